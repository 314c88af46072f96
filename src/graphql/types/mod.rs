//! The output types of the contract. Each wraps what `domain` and `store` give, and says it in the
//! contract's words.

mod event;
mod money;
mod node;
mod order;
mod results;
mod seat;
mod stream;
mod viewer;

pub use event::{Availability, Category, Event, EventScope};
pub use money::{Money, MoneyInput};
pub use node::{Node, UserError};
pub use order::{Order, OrderLine};
pub use results::{
    AlreadyConfirmed, ConfirmSeatsResult, IdempotencyKeyReused, NotHeldSeat, PriceChanged,
    ReleaseSeatsResult, ReserveSeatsResult, SalesClosed, SeatLimitExceeded, SeatsNotHeld,
    SeatsUnavailable, UnavailableSeat,
};
pub use seat::{Seat, SeatMap, SeatStatus};
pub use stream::{
    MyReservations, SeatChange, SeatChanges, SeatSnapshot, SeatState, SeatStreamItem,
    SnapshotReason,
};
pub use viewer::{GuestSession, Role, Viewer};
