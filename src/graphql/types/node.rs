//! The contract's interfaces.

use async_graphql::{ID, Interface};

use super::results::{
    AlreadyConfirmed, CategoriesNotFound, CurrencyMismatch, EventInUse, ExtensionRefused,
    HoldsTooFrequent, IdempotencyKeyReused, InvalidEvent, InvalidSeats, LoneSeatLeft,
    NoSeatsTogether, OrderNotFound, OrderOwnerChanged, PriceChanged, SalesClosed,
    SeatLimitExceeded, SeatsInUse, SeatsNotHeld, SeatsUnavailable, SlugTaken, StatusRefused,
    TicketTypeUnavailable, TooManyPriceLists, TooManyWebhooks, WebhookAddressRefused,
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
    /// A single seat would be left alone.
    LoneSeatLeft(LoneSeatLeft),
    /// There are no such seats together.
    NoSeatsTogether(NoSeatsTogether),
    /// Some seats are not the viewer's.
    SeatsNotHeld(SeatsNotHeld),
    /// The key stands for another purchase.
    IdempotencyKeyReused(IdempotencyKeyReused),
    /// Some seats cannot be sold as the types of ticket that were chosen.
    TicketTypeUnavailable(TicketTypeUnavailable),
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
    /// There is no such order, or it is not the viewer's.
    OrderNotFound(OrderNotFound),
    /// The order is another viewer's by now.
    OrderOwnerChanged(OrderOwnerChanged),
    /// The event has no such categories.
    CategoriesNotFound(CategoriesNotFound),
    /// The event's prices are in another currency.
    CurrencyMismatch(CurrencyMismatch),
    /// The prices of the event have been changed as often as they can be.
    TooManyPriceLists(TooManyPriceLists),
    /// Some seats are held or sold.
    SeatsInUse(SeatsInUse),
    /// Something is wrong with seats to be brought in.
    InvalidSeats(InvalidSeats),
    /// A webhook's address may not be called.
    WebhookAddressRefused(WebhookAddressRefused),
    /// There are as many webhooks as there may be.
    TooManyWebhooks(TooManyWebhooks),
}
