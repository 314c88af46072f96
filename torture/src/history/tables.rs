//! The tables as the database has them when a run is over.

use serde::{Deserialize, Serialize};

use super::answer::OrderLine;
use super::frame::Cause;
use super::setup::Terms;
use super::{DbMicros, EventNo, OrderId, Revision, SeatNo, Viewer};

/// An event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EventRow {
    /// Which.
    pub event: EventNo,
    /// Its revision.
    pub revision: Revision,
    /// Its terms.
    pub terms: Terms,
    /// The database's clock when all of these tables were read, in one snapshot.
    pub read_at: DbMicros,
}

/// A row of `seat_changes`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LogRow {
    /// Of which event.
    pub event: EventNo,
    /// Its place.
    pub revision: Revision,
    /// Which seat.
    pub seat: SeatNo,
    /// The revision of the seat's change before; 0: none.
    pub previous: Option<Revision>,
    /// Why.
    pub cause: Cause,
    /// Whose hold or sale it is or was, or who did it.
    pub viewer: Viewer,
    /// When the hold ends.
    pub expires_at: Option<DbMicros>,
    /// In which order it is sold.
    pub order: Option<OrderId>,
    /// When it was decided.
    pub changed_at: DbMicros,
}

/// A row of `seats`, with its place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SeatRow {
    /// Of which event.
    pub event: EventNo,
    /// Which.
    pub seat: SeatNo,
    /// Its place, as in [`SeatSetup::place`](super::SeatSetup::place).
    pub place: String,
    /// The name of its category.
    pub category: String,
    /// Whether it is for sale.
    pub for_sale: bool,
    /// A, R or C, as it is written: a hold that is over may still be R.
    pub status: char,
    /// Who holds or owns it.
    pub viewer: Option<Viewer>,
    /// When the hold ends.
    pub expires_at: Option<DbMicros>,
    /// In which order it is sold.
    pub order: Option<OrderId>,
    /// The revision of its last change.
    pub revision: Revision,
}

/// A row of `orders`, with its seats.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OrderRow {
    /// Of which event.
    pub event: EventNo,
    /// Which.
    pub id: OrderId,
    /// Its code.
    pub code: String,
    /// Whose it is.
    pub viewer: Viewer,
    /// Its seats, ascending.
    pub lines: Vec<OrderLine>,
    /// What they cost together.
    pub total_minor: i64,
    /// The shop's reference.
    pub payment_reference: Option<String>,
    /// When it was confirmed.
    pub confirmed_at: DbMicros,
}

/// A row of `idempotency_keys`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeyRow {
    /// Of which event.
    pub event: EventNo,
    /// Whose.
    pub viewer: Viewer,
    /// The key.
    pub key: String,
    /// What it stands for.
    pub order: OrderId,
}
