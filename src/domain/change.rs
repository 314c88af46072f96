//! One row of an event's change log.

use chrono::{DateTime, Utc};

use super::ids::{OrderId, Revision, SeatId, ViewerId};
use super::seat::SeatStatus;

/// Why a seat changed. The cause settles the status that the seat has afterwards.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cause {
    /// A viewer took hold of it.
    Reserved,
    /// Its holder gave it back.
    Released,
    /// Its hold ran out.
    Expired,
    /// Its holder bought it.
    Confirmed,
}

impl Cause {
    /// The seat's status after a change of this cause.
    pub const fn status(self) -> SeatStatus {
        match self {
            Self::Reserved => SeatStatus::Reserved,
            Self::Released | Self::Expired => SeatStatus::Available,
            Self::Confirmed => SeatStatus::Confirmed,
        }
    }
}

/// A committed seat change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Its position in the event's log.
    pub revision: Revision,
    /// The seat that changed.
    pub seat: SeatId,
    /// Why.
    pub cause: Cause,
    /// Whose hold or order it was. Never shown to anybody else.
    pub viewer: ViewerId,
    /// When the hold ends; present exactly for [`Cause::Reserved`].
    pub expires_at: Option<DateTime<Utc>>,
    /// The order it became part of; present exactly for [`Cause::Confirmed`].
    pub order: Option<OrderId>,
    /// When it was decided, by the database's clock.
    pub changed_at: DateTime<Utc>,
}
