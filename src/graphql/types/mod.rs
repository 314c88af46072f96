//! The output types of the contract. Each wraps what `domain` and `store` give, and says it in the
//! contract's words.

mod event;
mod node;
mod order;
mod results;
mod seat;
mod stream;
mod viewer;

pub use event::{Availability, Category, Event, EventScope, Money};
pub use node::{Node, UserError};
pub use order::Order;
pub use results::{
    ConfirmSeatsResult, IdempotencyKeyReused, NotHeldSeat, ReleaseSeatsResult, ReserveSeatsResult,
    SalesClosed, SeatLimitExceeded, SeatsNotHeld, SeatsUnavailable, UnavailableSeat,
};
pub use seat::{Seat, SeatMap, SeatStatus};
pub use stream::{
    MyReservations, SeatChange, SeatChanges, SeatSnapshot, SeatState, SeatStreamItem,
    SnapshotReason,
};
pub use viewer::{GuestSession, Role, Viewer};
