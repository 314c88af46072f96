//! What mutations answer: unions of success and the refusals to expect. A file for each mutation.

mod block;
mod confirm;
mod create_webhook;
mod events;
mod extend;
mod import;
mod lone_seat;
mod prices;
mod refused_seats;
mod release;
mod reserve;
mod reserve_best;
mod transfer;

pub use block::{BlockSeatsResult, SeatsInUse};
pub use confirm::{
    AlreadyConfirmed, ConfirmSeatsResult, IdempotencyKeyReused, PriceChanged,
    TicketTypeUnavailable, UnavailableTicket,
};
pub use create_webhook::{CreateWebhookResult, TooManyWebhooks, WebhookAddressRefused};
pub use events::{
    CreateEventResult, DeleteEventResult, EventInUse, InvalidEvent, SlugTaken, StatusRefused,
    UpdateEventResult,
};
pub use extend::{ExtendHoldsResult, ExtensionRefused};
pub use import::{ImportSeatsResult, InvalidSeats};
pub use lone_seat::LoneSeatLeft;
pub use prices::{CategoriesNotFound, CurrencyMismatch, SetPricesResult, TooManyPriceLists};
pub use refused_seats::{RefusalReason, RefusedSeat, SeatsNotHeld};
pub use release::ReleaseSeatsResult;
pub use reserve::{
    HoldsTooFrequent, ReserveSeatsResult, SalesClosed, SeatLimitExceeded, SeatsUnavailable,
};
pub use reserve_best::{NoSeatsTogether, ReserveBestAvailableResult};
pub use transfer::{OrderNotFound, OrderOwnerChanged, TransferOrderResult};
