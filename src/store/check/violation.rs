//! What can be wrong with the books, each said in one line with the ids it concerns.

use chrono::{DateTime, Utc};
use strum::{IntoStaticStr, VariantNames};

use crate::domain::{Cause, EventId, KeySlots, Revision, SeatStatus};

/// Something that must never be. Seats are named by their serial number in the event, orders by
/// their number in it, as in the tables.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, IntoStaticStr, VariantNames)]
pub enum Violation {
    /// Rows of an event that does not exist.
    #[error("table {table}: rows of event {}, which does not exist", event.0)]
    NoSuchEvent {
        /// Where.
        table: &'static str,
        /// Of which event.
        event: EventId,
    },
    /// A seat's row that no version of the program writes.
    #[error("event {}, seat {seat}: the row cannot be read ({what})", event.0)]
    UnreadableSeat {
        /// In which event.
        event: EventId,
        /// Which seat.
        seat: i32,
        /// What about it.
        what: String,
    },
    /// A row of the log that no version of the program writes.
    #[error("event {}, revision {revision}: the change cannot be read ({what})", event.0)]
    UnreadableChange {
        /// In which event.
        event: EventId,
        /// Which change.
        revision: i64,
        /// What about it.
        what: String,
    },
    /// The log has a hole.
    #[error("event {}: revisions {from} to {to} are missing from the log", event.0)]
    MissingRevisions {
        /// In which event.
        event: EventId,
        /// The first that is missing.
        from: Revision,
        /// The last that is missing.
        to: Revision,
    },
    /// The log goes on after the event's revision.
    #[error("event {}: the log has revision {logged}, the event only {revision}", event.0)]
    BeyondRevision {
        /// Which event.
        event: EventId,
        /// The last in the log.
        logged: Revision,
        /// The event's own.
        revision: Revision,
    },
    /// A change that cannot follow what the seat was before it.
    #[error(
        "event {}, seat {seat}, revision {revision}: {cause} cannot follow what was before",
        event.0
    )]
    IllegalChange {
        /// In which event.
        event: EventId,
        /// Which seat.
        seat: i32,
        /// Which change.
        revision: Revision,
        /// Of which cause.
        cause: Cause,
    },
    /// A change of a seat that the event does not have.
    #[error("event {}, revision {revision}: there is no seat {seat}", event.0)]
    ChangeOfNoSeat {
        /// In which event.
        event: EventId,
        /// The seat that is not there.
        seat: i32,
        /// Which change.
        revision: Revision,
    },
    /// The log folded is not the table.
    #[error(
        "event {}, seat {seat}: the table differs from the log: {table} of revision \
         {table_revision}, by the log {log} of revision {log_revision}",
        event.0
    )]
    SeatDiffersFromLog {
        /// In which event.
        event: EventId,
        /// Which seat.
        seat: i32,
        /// Its status in the table; where that is the same, something else of it
        /// differs: viewer, end, order, revision or whose hold lapsed.
        table: SeatStatus,
        /// Its revision in the table.
        table_revision: Revision,
        /// Its status by the log.
        log: SeatStatus,
        /// Its last revision in the log; 0 if it has none.
        log_revision: Revision,
    },
    /// A seat that is offered and by the log is not, or the other way round.
    #[error(
        "event {}, seat {seat}: it is {}, and by the log {}",
        event.0,
        offered(*table),
        offered(*log)
    )]
    OfferDiffersFromLog {
        /// In which event.
        event: EventId,
        /// Which seat.
        seat: i32,
        /// Whether it is for sale in the table.
        table: bool,
        /// Whether it is by the log.
        log: bool,
    },
    /// A seat that is for sale with a reason why it is not, or blocked without one.
    #[error(
        "event {}, seat {seat}: {}",
        event.0,
        if *has_reason { "it is for sale, and there is a reason why it is not" }
        else { "it is blocked, and there is no reason why" }
    )]
    WrongBlock {
        /// In which event.
        event: EventId,
        /// Which seat.
        seat: i32,
        /// Whether there is a reason.
        has_reason: bool,
    },
    /// A sold seat without its order.
    #[error("event {}, seat {seat}: confirmed in order {order}, which does not have it", event.0)]
    SoldOutsideOrder {
        /// In which event.
        event: EventId,
        /// Which seat.
        seat: i32,
        /// The order by the seat's row.
        order: i64,
    },
    /// An order with a seat that is not sold in it.
    #[error("event {}, order {order}: seat {seat} is in it and not confirmed by it", event.0)]
    OrderedNotSold {
        /// In which event.
        event: EventId,
        /// Which order.
        order: i64,
        /// Which seat.
        seat: i32,
    },
    /// Seats of an order that is not there.
    #[error("event {}, order {order}: there are seats of it and no order", event.0)]
    SeatsOfNoOrder {
        /// In which event.
        event: EventId,
        /// Which order.
        order: i64,
    },
    /// An order without seats.
    #[error("event {}, order {order}: it has no seats", event.0)]
    EmptyOrder {
        /// In which event.
        event: EventId,
        /// Which order.
        order: i64,
    },
    /// A total that is not the sum of the prices.
    #[error("event {}, order {order}: the total is {total}, the prices add up to {sum}", event.0)]
    WrongTotal {
        /// In which event.
        event: EventId,
        /// Which order.
        order: i64,
        /// As written, in minor units.
        total: i64,
        /// Of its seats' prices, in minor units.
        sum: i128,
    },
    /// An order in another currency than its event's.
    #[error("event {}, order {order}: it is in {currency}, the event in {expected}", event.0)]
    WrongCurrency {
        /// In which event.
        event: EventId,
        /// Which order.
        order: i64,
        /// Its currency.
        currency: String,
        /// The event's.
        expected: String,
    },
    /// A seat that is somebody else's than its order.
    #[error("event {}, order {order}: seat {seat} is confirmed to another viewer", event.0)]
    WrongOwner {
        /// In which event.
        event: EventId,
        /// Which order.
        order: i64,
        /// Which seat.
        seat: i32,
    },
    /// An order that does not take up the revisions of its seats.
    #[error(
        "event {}, order {order}: its seats were not confirmed one after another from it",
        event.0
    )]
    WrongRevisions {
        /// In which event.
        event: EventId,
        /// Which order.
        order: i64,
    },
    /// A code of no order, or of an order that has another.
    #[error("event {}, order {order}: a code stands for it that is none of its own", event.0)]
    CodeWithoutOrder {
        /// In which event.
        event: EventId,
        /// The order it stands for. Codes are not named: they are for those who placed the order.
        order: i64,
    },
    /// An order that cannot be found by its code.
    #[error("event {}, order {order}: its code does not lead to it", event.0)]
    OrderWithoutCode {
        /// In which event.
        event: EventId,
        /// Which order.
        order: i64,
    },
    /// An idempotency key of no order, or of another viewer's.
    #[error(
        "event {}, idempotency key {key:?}: it leads to no order {order} of its viewer",
        event.0
    )]
    KeyWithoutOrder {
        /// In which event.
        event: EventId,
        /// Which key.
        key: String,
        /// The order it stands for.
        order: i64,
    },
    /// An order with more idempotency keys than it remembers.
    #[error(
        "event {}, order {order}: {count} idempotency keys lead to it, at most {} may",
        event.0,
        KeySlots::COUNT
    )]
    TooManyKeys {
        /// In which event.
        event: EventId,
        /// Which order.
        order: i64,
        /// How many keys.
        count: usize,
    },
    /// A hold that lasts longer than the event allows.
    #[error(
        "event {}, seat {seat}: held from {from} until {until}, the event allows {seconds} s",
        event.0
    )]
    HoldTooLong {
        /// In which event.
        event: EventId,
        /// Which seat.
        seat: i32,
        /// When it was granted.
        from: DateTime<Utc>,
        /// When it ends.
        until: DateTime<Utc>,
        /// The event's length of a hold.
        seconds: i64,
    },
    /// A hold that ends later than one could that began now; its beginning is not in the log.
    #[error(
        "event {}, seat {seat}: held until {until}, further off than the {seconds} s that the \
         event allows",
        event.0
    )]
    HoldTooFar {
        /// In which event.
        event: EventId,
        /// Which seat.
        seat: i32,
        /// When it ends.
        until: DateTime<Utc>,
        /// The event's length of a hold.
        seconds: i64,
    },
    /// A viewer who holds and owns more than the event allows.
    #[error(
        "event {}: the holder of seat {seat} has taken {count} seats, the event allows {limit}",
        event.0
    )]
    LimitExceeded {
        /// In which event.
        event: EventId,
        /// One of the seats; viewers are not named.
        seat: i32,
        /// How many seats the viewer holds and owns.
        count: u32,
        /// The event's limit.
        limit: u32,
    },
    /// A seat that is held or was sold by another price list than the event had.
    #[error(
        "event {}, seat {seat}: held or sold by price list {list}, the event had {expected} when \
         its hold began",
        event.0
    )]
    WrongPriceList {
        /// In which event.
        event: EventId,
        /// Which seat.
        seat: i32,
        /// By its row.
        list: i32,
        /// By the log.
        expected: i32,
    },
    /// A seat that was sold at another price than its ticket had.
    #[error(
        "event {}, order {order}: seat {seat} was sold for {price}, which is not what its ticket \
         costs by price list {list}",
        event.0
    )]
    WrongPrice {
        /// In which event.
        event: EventId,
        /// Which order.
        order: i64,
        /// Which seat.
        seat: i32,
        /// What was paid, in minor units.
        price: i64,
        /// The list that it was sold by.
        list: i32,
    },
}

/// In words.
fn offered(for_sale: bool) -> &'static str {
    if for_sale { "for sale" } else { "off sale" }
}
