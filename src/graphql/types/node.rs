//! The contract's interfaces.

use async_graphql::{ID, Interface};

use super::results::{
    AlreadyConfirmed, EventInUse, ExtensionRefused, HoldsTooFrequent, IdempotencyKeyReused,
    InvalidEvent, PriceChanged, SalesClosed, SeatLimitExceeded, SeatsNotHeld, SeatsUnavailable,
    SlugTaken, StatusRefused,
};
use super::{Category, Event, Order, Seat, Viewer};

/// Anything with a global id.
#[derive(Clone, Debug, Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Opaque and stable."))]
pub enum Node {
    /// An event.
    Event(Event),
    /// A seat.
    Seat(Seat),
    /// An order.
    Order(Order),
    /// A price category.
    Category(Category),
    /// The viewer who asks.
    Viewer(Viewer),
}

/// What a caller can be told went wrong. Expected refusals are data; faults are GraphQL errors with
/// extensions.code.
#[derive(Clone, Debug, Interface)]
#[graphql(field(name = "message", ty = "&String", desc = "What happened, for a person."))]
pub enum UserError {
    /// Some seats are in the way.
    SeatsUnavailable(SeatsUnavailable),
    /// The viewer would have too many.
    SeatLimitExceeded(SeatLimitExceeded),
    /// The viewer has let seats go too often.
    HoldsTooFrequent(HoldsTooFrequent),
    /// Outside the sales window.
    SalesClosed(SalesClosed),
    /// Some seats are not the viewer's.
    SeatsNotHeld(SeatsNotHeld),
    /// The key stands for another set of seats.
    IdempotencyKeyReused(IdempotencyKeyReused),
    /// The seats would cost something else than expected.
    PriceChanged(PriceChanged),
    /// The seats are in an order with another payment reference.
    AlreadyConfirmed(AlreadyConfirmed),
    /// No hold was prolonged.
    ExtensionRefused(ExtensionRefused),
    /// Something about an event is out of bounds.
    InvalidEvent(InvalidEvent),
    /// The slug is another event's.
    SlugTaken(SlugTaken),
    /// The event cannot have this status.
    StatusRefused(StatusRefused),
    /// Something of the event is sold or held.
    EventInUse(EventInUse),
}
