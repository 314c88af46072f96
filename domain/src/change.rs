//! One row of an event's change log.

use chrono::{DateTime, Utc};
use strum::{Display, FromRepr, VariantArray};

use super::ids::{OrderId, Revision, SeatId, ViewerId};
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
    /// Its hold was prolonged.
    Extended = 5,
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
            Self::Reserved | Self::Extended => SeatStatus::Reserved,
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
    /// When the hold ends; present exactly for [`Cause::Reserved`] and [`Cause::Extended`].
    pub expires_at: Option<DateTime<Utc>>,
    /// The order it became part of; present exactly for [`Cause::Confirmed`].
    pub order: Option<OrderId>,
    /// When it was decided, by the database's clock.
    pub changed_at: DateTime<Utc>,
}

impl Change {
    /// The seat's state after it, whatever it was before: how the log is folded into seats.
    ///
    /// `None` where the change lacks what its cause demands: a hold its end, a sale its order.
    pub fn state(&self) -> Option<SeatState> {
        let viewer = self.viewer.clone();
        Some(match self.cause {
            Cause::Reserved | Cause::Extended => SeatState::Reserved(Hold {
                viewer,
                expires_at: self.expires_at?,
                is_extended: self.cause == Cause::Extended,
            }),
            Cause::Confirmed => SeatState::Confirmed(Sale { viewer, order: self.order? }),
            Cause::Expired => SeatState::Available { lapsed: Some(viewer) },
            Cause::Released => SeatState::Available { lapsed: None },
        })
    }

    /// Whether it is one of the transitions there are, from the state that the seat was in before.
    /// A hold must be its own viewer's; it is given back, bought or, once, prolonged while it is
    /// live, and runs out when it is not.
    pub fn may_follow(&self, before: &SeatState) -> bool {
        match (self.cause, before) {
            (Cause::Reserved, SeatState::Available { .. }) => true,
            (Cause::Released | Cause::Confirmed, SeatState::Reserved(hold)) => {
                hold.viewer == self.viewer && hold.is_live(self.changed_at)
            }
            (Cause::Extended, SeatState::Reserved(hold)) => {
                let is_later = self.expires_at.is_some_and(|until| until > hold.expires_at);
                let is_first = !hold.is_extended;
                is_later && is_first && hold.viewer == self.viewer && hold.is_live(self.changed_at)
            }
            (Cause::Expired, SeatState::Reserved(hold)) => {
                hold.viewer == self.viewer && !hold.is_live(self.changed_at)
            }
            (Cause::Reserved, SeatState::Reserved(_) | SeatState::Confirmed(_))
            | (
                Cause::Released | Cause::Confirmed | Cause::Expired | Cause::Extended,
                SeatState::Available { .. } | SeatState::Confirmed(_),
            ) => false,
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
        for code in [i16::MIN, -1, 0, 6, i16::MAX] {
            assert_eq!(Cause::from_code(code), None);
        }
        for code in [i16::MIN, -1, 3, i16::MAX] {
            assert_eq!(SeatStatus::from_code(code), None);
        }
    }
}
