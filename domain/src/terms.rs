//! An event's conditions of sale.

use chrono::{DateTime, TimeDelta, Utc};

use super::confirmed_by::ConfirmedBy;
use super::seat::Hold;
use super::stage::{EventStage, EventStatus};

/// An event's conditions of sale.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Terms {
    /// What the organiser has decided of it.
    pub stage: EventStage,
    /// From when seats can be reserved; `None`: at once.
    pub sales_open_at: Option<DateTime<Utc>>,
    /// From when seats can no longer be reserved. Holds may still be confirmed.
    pub sales_close_at: DateTime<Utc>,
    /// How long a hold lasts.
    pub hold: TimeDelta,
    /// By how much a hold may be prolonged, once; zero: not at all.
    pub hold_extension: TimeDelta,
    /// The most seats one viewer may hold and own together; `None`: no limit.
    pub max_seats_per_viewer: Option<u32>,
    /// The most seats one viewer may let go within [`WINDOW`](crate::churn::WINDOW) and still get
    /// more; `None`: however often seats are let go and taken again, nobody is refused for it.
    pub max_seats_let_go: Option<u32>,
    /// Whether a reservation may leave a single free seat between taken ones.
    pub allows_lone_seats: bool,
    /// Who confirms seats that cost money.
    pub confirmed_by: ConfirmedBy,
    /// ISO 4217; one for the whole event.
    pub currency: String,
}

impl Terms {
    /// What the event is at `now`.
    pub fn status(&self, now: DateTime<Utc>) -> EventStatus {
        self.stage.status(self.sales_open_at, self.sales_close_at, now)
    }

    /// Whether it may matter at `now` what was let go, where that counts until `churn_until` at the
    /// latest: so long, and for one hold more, of which it may be the beginning that counts.
    pub fn may_be_churning(&self, churn_until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
        let longest = self.hold + self.hold_extension;
        self.max_seats_let_go.is_some() && churn_until.is_some_and(|until| now < until + longest)
    }

    /// How long this hold lasts from its beginning to its end, if the terms were the same when it
    /// was granted.
    pub fn length_of(&self, hold: &Hold) -> TimeDelta {
        if hold.is_extended { self.hold + self.hold_extension } else { self.hold }
    }

    /// What of these terms is a promise about what was granted by them.
    pub fn grants(&self) -> GrantTerms {
        GrantTerms {
            hold: self.hold,
            hold_extension: self.hold_extension,
            max_seats_per_viewer: self.max_seats_per_viewer,
        }
    }
}

/// The terms by which holds are granted: what was granted keeps to those of its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GrantTerms {
    /// See [`Terms::hold`].
    pub hold: TimeDelta,
    /// See [`Terms::hold_extension`].
    pub hold_extension: TimeDelta,
    /// See [`Terms::max_seats_per_viewer`].
    pub max_seats_per_viewer: Option<u32>,
}
