//! What mutations answer: unions of success and the refusals to expect. A file for each mutation.

mod confirm;
mod events;
mod extend;
mod refused_seats;
mod release;
mod reserve;

pub use confirm::{AlreadyConfirmed, ConfirmSeatsResult, IdempotencyKeyReused, PriceChanged};
pub use events::{
    CreateEventResult, DeleteEventResult, EventInUse, InvalidEvent, SlugTaken, StatusRefused,
    UpdateEventResult,
};
pub use extend::{ExtendHoldsResult, ExtensionRefused};
pub use refused_seats::{RefusalReason, RefusedSeat, SeatsNotHeld};
pub use release::ReleaseSeatsResult;
pub use reserve::{
    HoldsTooFrequent, ReserveSeatsResult, SalesClosed, SeatLimitExceeded, SeatsUnavailable,
};
