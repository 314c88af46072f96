//! One row of an event's change log.

use chrono::{DateTime, Utc};
use strum::{Display, FromRepr, VariantArray};

use super::ids::{Mark, OrderId, Revision, SeatId, ViewerId};
use super::seat::{Hold, Sale, SeatState, SeatStatus};

/// Why a seat changed. The cause settles the status that the seat has afterwards.
///
/// Each has the number that stands for it in a database: never changed, never given to another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Display, FromRepr, VariantArray)]
#[strum(serialize_all = "UPPERCASE")]
#[repr(i16)]
pub enum Cause {
    /// A viewer took hold of it.
    Reserved = 1,
    /// Its holder gave it back.
    Released = 2,
    /// Its hold ran out.
    Expired = 3,
    /// Its holder bought it.
    Confirmed = 4,
    /// Its hold has another end: it was prolonged, or the clock by which it was granted was put
    /// back.
    Extended = 5,
    /// It went off sale.
    Blocked = 6,
    /// It went on sale again.
    Unblocked = 7,
    /// It came into the plan, or its place or category in it is another.
    Imported = 8,
    /// The event is cancelled, and the hold on it with that.
    Cancelled = 9,
    /// A guest who signed in took the hold along.
    Claimed = 10,
    /// Its order has another owner.
    Transferred = 11,
}

impl Cause {
    /// Every cause, in the order of their numbers.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The number that stands for it in a database.
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// The cause that a number stands for; `None` for a number that no version has written.
    pub const fn from_code(code: i16) -> Option<Self> {
        Self::from_repr(code)
    }

    /// The seat's status after a change of this cause.
    pub const fn status(self) -> SeatStatus {
        match self {
            Self::Reserved | Self::Extended | Self::Claimed => SeatStatus::Reserved,
            Self::Released | Self::Expired | Self::Cancelled => SeatStatus::Available,
            Self::Blocked | Self::Unblocked | Self::Imported => SeatStatus::Available,
            Self::Confirmed | Self::Transferred => SeatStatus::Confirmed,
        }
    }

    /// Whether the seat is for sale after a change of this cause; `None` if that is as before.
    pub const fn for_sale(self) -> Option<bool> {
        match self {
            Self::Blocked => Some(false),
            Self::Unblocked => Some(true),
            Self::Reserved | Self::Extended | Self::Claimed => None,
            Self::Released | Self::Expired | Self::Cancelled | Self::Imported => None,
            Self::Confirmed | Self::Transferred => None,
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
    /// The revision of the seat's change before: zero for its first; `None` where an earlier
    /// version wrote it, which did not say.
    pub previous: Option<Revision>,
    /// Why.
    pub cause: Cause,
    /// Whose hold or order it was or is; of what is done to the plan, who did it. Never shown to
    /// anybody else.
    pub viewer: ViewerId,
    /// When the hold ends; present exactly where the cause's status is RESERVED.
    pub expires_at: Option<DateTime<Utc>>,
    /// The order it is part of; present exactly where the cause's status is CONFIRMED.
    pub order: Option<OrderId>,
    /// Of what changed hands, whose it was before; `None` of all else, and where the log no longer
    /// says. Never shown to anybody else.
    pub former: Option<ViewerId>,
    /// When it was decided, by the database's clock.
    pub changed_at: DateTime<Utc>,
    /// What it was written with; `None` until it is, and where an earlier version wrote it.
    pub mark: Option<Mark>,
}

impl Change {
    /// The seat's state after it: how the log is folded into seats. What was before matters for a
    /// hold that was taken along: it stays one that was prolonged, or not. Where that is not known,
    /// it counts as not prolonged.
    ///
    /// `None` where the change lacks what its cause demands: a hold its end, a sale its order.
    pub fn state(&self, before: Option<&SeatState>) -> Option<SeatState> {
        let viewer = self.viewer.clone();
        Some(match self.cause {
            Cause::Reserved | Cause::Extended | Cause::Claimed => SeatState::Reserved(Hold {
                viewer,
                expires_at: self.expires_at?,
                is_extended: match (self.cause, before) {
                    (Cause::Claimed, Some(SeatState::Reserved(hold))) => hold.is_extended,
                    (cause, _) => cause == Cause::Extended,
                },
            }),
            Cause::Confirmed | Cause::Transferred => {
                SeatState::Confirmed(Sale { viewer, order: self.order? })
            }
            Cause::Expired | Cause::Cancelled => SeatState::Available { lapsed: Some(viewer) },
            Cause::Released => SeatState::Available { lapsed: None },
            Cause::Blocked | Cause::Unblocked | Cause::Imported => {
                SeatState::Available { lapsed: None }
            }
        })
    }

    /// Whether it is one of the transitions there are, from the state that the seat was in before.
    /// A hold must be its own viewer's; it is given back, bought or, once, prolonged while it is
    /// live, and runs out when it is not. While it is live it may also end earlier than was said,
    /// where the clock was put back. Only free seats are blocked and brought in.
    pub fn may_follow(&self, before: &SeatState) -> bool {
        match (self.cause, before) {
            (
                Cause::Reserved | Cause::Blocked | Cause::Unblocked | Cause::Imported,
                SeatState::Available { .. },
            ) => true,
            (Cause::Released | Cause::Confirmed | Cause::Cancelled, SeatState::Reserved(hold)) => {
                hold.viewer == self.viewer && hold.is_live(self.changed_at)
            }
            (Cause::Extended, SeatState::Reserved(hold)) => {
                let Some(until) = self.expires_at else { return false };
                let is_prolonged = hold.expires_at < until && !hold.is_extended;
                let is_shortened = self.changed_at < until && until < hold.expires_at;
                let is_either = is_prolonged || is_shortened;
                is_either && hold.viewer == self.viewer && hold.is_live(self.changed_at)
            }
            (Cause::Claimed, SeatState::Reserved(hold)) => {
                let is_the_same = self.expires_at == Some(hold.expires_at);
                is_the_same && hold.viewer != self.viewer && hold.is_live(self.changed_at)
            }
            (Cause::Expired, SeatState::Reserved(hold)) => {
                hold.viewer == self.viewer && !hold.is_live(self.changed_at)
            }
            (Cause::Transferred, SeatState::Confirmed(sale)) => {
                self.order == Some(sale.order) && sale.viewer != self.viewer
            }
            (_, SeatState::Available { .. } | SeatState::Reserved(_) | SeatState::Confirmed(_)) => {
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_causes_and_statuses_stay_the_same_for_ever() {
        // They are in everybody's database: a new value takes a new number.
        let causes: Vec<_> = Cause::ALL.iter().map(|cause| (*cause, cause.code())).collect();
        let numbered = [
            (Cause::Reserved, 1),
            (Cause::Released, 2),
            (Cause::Expired, 3),
            (Cause::Confirmed, 4),
            (Cause::Extended, 5),
            (Cause::Blocked, 6),
            (Cause::Unblocked, 7),
            (Cause::Imported, 8),
            (Cause::Cancelled, 9),
            (Cause::Claimed, 10),
            (Cause::Transferred, 11),
        ];
        assert_eq!(causes, numbered);
        let statuses: Vec<_> =
            SeatStatus::ALL.iter().map(|status| (*status, status.code())).collect();
        let numbered =
            [(SeatStatus::Available, 0), (SeatStatus::Reserved, 1), (SeatStatus::Confirmed, 2)];
        assert_eq!(statuses, numbered);
    }

    #[test]
    fn a_number_that_nobody_has_written_stands_for_nothing() {
        for code in [i16::MIN, -1, 0, 12, i16::MAX] {
            assert_eq!(Cause::from_code(code), None);
        }
        for code in [i16::MIN, -1, 3, i16::MAX] {
            assert_eq!(SeatStatus::from_code(code), None);
        }
    }
}
