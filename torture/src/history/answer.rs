//! What servers answered.

use serde::{Deserialize, Serialize};

use super::{DbMicros, OrderId, Revision, SeatNo, Viewer};

/// That it was done, or what was read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// `ReserveSeatsSuccess` and `ExtendHoldsSuccess`: the viewer holds all of the seats.
    Held {
        /// Which seats.
        seats: Vec<SeatNo>,
        /// When the first of these holds runs out.
        expires_at: DbMicros,
        /// When it was decided.
        server_time: DbMicros,
        /// The last revision of one of these holds.
        revision: Revision,
    },
    /// `ReleaseSeatsSuccess`.
    Released {
        /// Which seats.
        seats: Vec<SeatNo>,
        /// The revision of it.
        revision: Revision,
    },
    /// `ConfirmSeatsSuccess`.
    Confirmed {
        /// The order.
        order: OrderSeen,
        /// Whether this request made it.
        created: bool,
        /// The revision of the sale.
        revision: Revision,
    },
    /// `TransferOrderSuccess`.
    Transferred {
        /// The order.
        order: OrderSeen,
        /// The revision of it.
        revision: Revision,
    },
    /// `claimGuestSession` has answered.
    Claimed,
    /// `BlockSeatsSuccess`, of both mutations.
    Blocked {
        /// Which seats.
        seats: Vec<SeatNo>,
        /// The last revision of one of them.
        revision: Revision,
    },
    /// `ImportSeatsSuccess`.
    Imported {
        /// How many are new.
        created: usize,
        /// How many have changed.
        changed: usize,
        /// How many were as they were to be.
        unchanged: usize,
        /// Those that somebody has.
        left_alone: Vec<RefusedSeat>,
        /// The event's revision.
        revision: Revision,
    },
    /// `SetPricesSuccess`.
    PricesSet {
        /// Whether any is another.
        changed: bool,
    },
    /// `UpdateEventSuccess`.
    Updated {
        /// What the event is.
        status: Status,
    },
    /// A map.
    Map {
        /// What it is true for.
        revision: Revision,
        /// When it was read.
        server_time: DbMicros,
        /// A letter for each seat, ascending: A, R, C, or N where it is free and not for sale.
        letters: String,
        /// Which of them are the viewer's (`heldByMe`).
        mine: Vec<SeatNo>,
    },
    /// The letters of all seats.
    Statuses {
        /// What they are true for.
        revision: Revision,
        /// A letter for each seat, ascending.
        letters: String,
    },
    /// What the viewer holds.
    Mine {
        /// Which seats, and until when.
        held: Vec<Held>,
    },
    /// An order, if the viewer may see it.
    Order(Option<OrderSeen>),
}

/// A hold that its holder sees.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Held {
    /// Which seat.
    pub seat: SeatNo,
    /// Until when.
    pub expires_at: DbMicros,
}

/// An order as a client sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OrderSeen {
    /// Which.
    pub id: OrderId,
    /// Its code.
    pub code: String,
    /// Whose it is, as far as the client is told.
    pub viewer: Option<Viewer>,
    /// Its seats, ascending.
    pub lines: Vec<OrderLine>,
    /// What they cost together.
    pub total_minor: i64,
    /// The shop's reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_reference: Option<String>,
}

/// A seat of an order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OrderLine {
    /// Which.
    pub seat: SeatNo,
    /// The name of its type of ticket.
    pub ticket: String,
    /// What was paid.
    pub amount_minor: i64,
}

/// Why it was not done: typed, and true.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Not reserved: these are in the way, all of them.
    SeatsUnavailable(Vec<RefusedSeat>),
    /// Not confirmed, released or extended: these are not the viewer's, all of them.
    SeatsNotHeld(Vec<RefusedSeat>),
    /// Not blocked: these are in the way, all of them.
    SeatsInUse(Vec<RefusedSeat>),
    /// More than the event allows.
    SeatLimitExceeded {
        /// The limit.
        limit: i64,
        /// What the viewer holds and owns.
        held: i64,
        /// How many more were asked for.
        requested: i64,
    },
    /// Too many let go.
    HoldsTooFrequent {
        /// Until when.
        retry_at: DbMicros,
    },
    /// Not on sale.
    SalesClosed {
        /// What it is instead.
        status: Status,
    },
    /// These would be left alone.
    LoneSeatLeft(Vec<SeatNo>),
    /// Not so many together.
    NoSeatsTogether {
        /// The most that are.
        largest_block: usize,
        /// How many are free.
        available: usize,
    },
    /// The key stands for another purchase.
    IdempotencyKeyReused,
    /// These have no such type of ticket.
    TicketTypeUnavailable(Vec<SeatNo>),
    /// They cost something else.
    PriceChanged {
        /// As the request says.
        expected: i64,
        /// What they cost.
        actual: i64,
    },
    /// They are in this order of the viewer, with another payment.
    AlreadyConfirmed(OrderSeen),
    /// FORBIDDEN of a confirmation: the shop's affair.
    LeftToShop,
    /// No extension, or done before.
    ExtensionRefused,
    /// No such order, or not the viewer's.
    OrderNotFound,
    /// Somebody else's by now.
    OrderOwnerChanged(OrderSeen),
    /// The event does not become that.
    StatusRefused {
        /// What it is.
        status: Status,
    },
    /// Anything that does not depend on the state of a sale: bad input. Its typename.
    Other(String),
}

/// A seat in the way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RefusedSeat {
    /// Which.
    pub seat: SeatNo,
    /// Why.
    pub reason: Reason,
}

/// `RefusalReason`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the API's schema says what they mean")]
pub enum Reason {
    ReservedByAnother,
    Confirmed,
    NotForSale,
    NotFound,
    HoldExpired,
    HeldByAnother,
    NeverHeld,
    ConfirmedToAnother,
    AlreadyConfirmed,
}

/// `EventStatus`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the API's schema says what they mean")]
pub enum Status {
    Draft,
    Upcoming,
    OnSale,
    Closed,
    Cancelled,
}
