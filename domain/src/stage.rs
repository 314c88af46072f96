//! How far along an event is: what its organiser has decided, and what follows from that at a time.

use chrono::{DateTime, Utc};
use strum::{Display, FromRepr, VariantArray};

/// What the organiser has decided of an event.
///
/// Each has the number that stands for it in a database: never changed, never given to another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Display, FromRepr, VariantArray)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
#[repr(i16)]
pub enum EventStage {
    /// Being prepared: nothing can be reserved.
    Draft = 0,
    /// Public: on sale within its window.
    Published = 1,
    /// Sales were closed, before their time or after. Holds may still be confirmed.
    Closed = 2,
    /// Does not take place: holds have ended, orders stay. Final.
    Cancelled = 3,
}

/// What an event is at an instant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Display)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum EventStatus {
    /// Being prepared.
    Draft,
    /// Public, and not on sale yet.
    Upcoming,
    /// Seats can be reserved.
    OnSale,
    /// Seats can no longer be reserved.
    Closed,
    /// Does not take place.
    Cancelled,
}

impl EventStage {
    /// Every stage, in the order of their numbers.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The number that stands for it in a database.
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// The stage that a number stands for; `None` for a number that no version has written.
    pub const fn from_code(code: i16) -> Option<Self> {
        Self::from_repr(code)
    }

    /// Whether an organiser may take an event from here to there. A draft is published, sales are
    /// closed and opened again, and whatever it is may be cancelled. Nothing comes back from that,
    /// and nothing that was published becomes a draft again.
    pub const fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Draft | Self::Closed | Self::Published, Self::Published) => true,
            (Self::Published | Self::Closed, Self::Closed) => true,
            (_, Self::Cancelled) | (Self::Draft, Self::Draft) => true,
            (Self::Draft, Self::Closed) | (Self::Cancelled, _) | (_, Self::Draft) => false,
        }
    }

    /// What an event of this stage is at `now`, where its sales open and close at these instants.
    pub fn status(
        self,
        opens_at: Option<DateTime<Utc>>,
        closes_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> EventStatus {
        match self {
            Self::Draft => EventStatus::Draft,
            Self::Closed => EventStatus::Closed,
            Self::Cancelled => EventStatus::Cancelled,
            Self::Published if closes_at <= now => EventStatus::Closed,
            Self::Published if opens_at.is_some_and(|opens_at| now < opens_at) => {
                EventStatus::Upcoming
            }
            Self::Published => EventStatus::OnSale,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(second)
    }

    #[test]
    fn a_published_event_follows_its_window_and_the_others_do_not() {
        let status = |stage: EventStage, now| stage.status(Some(at(10)), at(20), at(now));
        let published = [9, 10, 19, 20].map(|now| status(EventStage::Published, now));
        let through =
            [EventStatus::Upcoming, EventStatus::OnSale, EventStatus::OnSale, EventStatus::Closed];
        assert_eq!(published, through);
        for now in [9, 10, 20] {
            assert_eq!(status(EventStage::Draft, now), EventStatus::Draft);
            assert_eq!(status(EventStage::Closed, now), EventStatus::Closed);
            assert_eq!(status(EventStage::Cancelled, now), EventStatus::Cancelled);
        }
        assert_eq!(EventStage::Published.status(None, at(20), at(0)), EventStatus::OnSale);
    }

    #[test]
    fn what_is_cancelled_stays_so_and_what_was_published_is_no_draft_again() {
        use EventStage::{Cancelled, Closed, Draft, Published};
        let to = |from: EventStage| {
            EventStage::ALL.iter().copied().filter(|&next| from.may_become(next)).collect()
        };
        let reached: [Vec<_>; 4] = [Draft, Published, Closed, Cancelled].map(to);
        assert_eq!(reached[0], [Draft, Published, Cancelled]);
        assert_eq!(reached[1], [Published, Closed, Cancelled]);
        assert_eq!(reached[2], [Published, Closed, Cancelled]);
        assert_eq!(reached[3], [Cancelled]);
    }

    #[test]
    fn numbers_of_stages_stay_the_same_for_ever() {
        let codes: Vec<_> = EventStage::ALL.iter().map(|stage| stage.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3]);
        assert!(codes.iter().all(|&code| EventStage::from_code(code).is_some()));
        assert_eq!(EventStage::from_code(4), None);
    }
}
