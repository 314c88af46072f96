//! What can be asked of an event and its seats, and how each is decided.
//!
//! A command first looks, then acts: it either changes all it names or nothing. Expected refusals
//! are values.
//!
//! A file for each command: what it asks, how it is decided, and why it may be refused.

mod block;
mod claim;
mod confirm;
mod decide;
mod expire;
mod extend;
mod held;
mod import;
mod release;
mod reserve;
mod reserve_best;
mod seat_set;
mod set_prices;
mod shorten;
#[cfg(test)]
mod tests;
mod transfer;
mod update_event;

pub use block::{Block, Blocked, MAX_SEATS_PER_BLOCK, Unblock};
pub use claim::{Claim, Claimed};
pub use confirm::{Confirm, ConfirmRefusal, Confirmed};
pub use decide::{Command, HandOver, Needs};
pub use expire::Expire;
pub use extend::{Extend, ExtendRefusal};
pub use held::NotHeldReason;
pub use import::{Import, Imported};
pub use release::{Release, Released};
pub use reserve::{Reserve, ReserveRefusal, Reserved, UnavailableReason};
pub use reserve_best::{ReserveBest, ReserveBestRefusal};
pub use seat_set::{InvalidSeatSet, MAX_SEATS_PER_REQUEST, SeatSet};
pub use set_prices::{SetPrices, SetPricesRefusal};
pub use shorten::{FarHold, Shorten};
pub use transfer::{Transfer, TransferRefusal, Transferred};
pub use update_event::{UpdateEvent, UpdateEventRefusal};
