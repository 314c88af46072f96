//! An event as its organisers see it, and what they may change of it.

use chrono::{DateTime, SecondsFormat, Utc};

use super::audit::AuditEntry;
use super::confirmed_by::ConfirmedBy;
use super::event::{NewEvent, NewEventError};
use super::stage::EventStage;
use super::terms::Terms;

/// Everything about an event but its plan, its prices and its seats.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventDetails {
    /// Its name, place, time and conditions of sale. The slug stays what it is.
    pub event: NewEvent,
    /// Whether a reservation may leave a single free seat between taken ones.
    pub allows_lone_seats: bool,
    /// What has been decided of it.
    pub stage: EventStage,
}

/// What is to be different; what is not said stays. `Some(None)` clears what may be cleared.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EventChanges {
    /// See [`NewEvent::name`].
    pub name: Option<String>,
    /// See [`NewEvent::venue`].
    pub venue: Option<String>,
    /// See [`NewEvent::starts_at`].
    pub starts_at: Option<DateTime<Utc>>,
    /// See [`NewEvent::time_zone`].
    pub time_zone: Option<String>,
    /// See [`NewEvent::sales_open_at`].
    pub sales_open_at: Option<Option<DateTime<Utc>>>,
    /// See [`NewEvent::sales_close_at`].
    pub sales_close_at: Option<Option<DateTime<Utc>>>,
    /// See [`NewEvent::hold_seconds`]. Holds that are there keep their end.
    pub hold_seconds: Option<u32>,
    /// See [`NewEvent::hold_extension_seconds`].
    pub hold_extension_seconds: Option<u32>,
    /// See [`NewEvent::max_seats_per_viewer`]. Whoever has more keeps them.
    pub max_seats_per_viewer: Option<Option<u32>>,
    /// See [`NewEvent::max_seats_let_go`].
    pub max_seats_let_go: Option<Option<u32>>,
    /// See [`NewEvent::confirmed_by`].
    pub confirmed_by: Option<ConfirmedBy>,
    /// See [`EventDetails::allows_lone_seats`].
    pub allows_lone_seats: Option<bool>,
    /// See [`EventStage::may_become`].
    pub stage: Option<EventStage>,
}

impl EventDetails {
    /// What they are with these changes, whether or not that may be.
    #[must_use]
    pub fn with(&self, changes: &EventChanges) -> Self {
        let mut next = self.clone();
        let event = &mut next.event;
        let trimmed = |text: &Option<String>| text.as_deref().map(str::trim).map(str::to_owned);
        set(&mut event.name, trimmed(&changes.name));
        set(&mut event.venue, trimmed(&changes.venue));
        set(&mut event.starts_at, changes.starts_at);
        set(&mut event.time_zone, changes.time_zone.clone());
        set(&mut event.sales_open_at, changes.sales_open_at);
        set(&mut event.sales_close_at, changes.sales_close_at);
        set(&mut event.hold_seconds, changes.hold_seconds);
        set(&mut event.hold_extension_seconds, changes.hold_extension_seconds);
        set(&mut event.max_seats_per_viewer, changes.max_seats_per_viewer);
        set(&mut event.max_seats_let_go, changes.max_seats_let_go);
        set(&mut event.confirmed_by, changes.confirmed_by);
        set(&mut next.allows_lone_seats, changes.allows_lone_seats);
        set(&mut next.stage, changes.stage);
        next
    }

    /// Checks every bound.
    ///
    /// # Errors
    ///
    /// What is out of bounds.
    pub fn check(&self) -> Result<(), NewEventError> {
        self.event.check()
    }

    /// The conditions of sale that follow, where these were the ones before.
    #[must_use]
    pub fn terms(&self, before: &Terms) -> Terms {
        let event = &self.event;
        Terms {
            stage: self.stage,
            sales_open_at: event.sales_open_at,
            sales_close_at: event.sales_close_at(),
            hold: event.hold(),
            hold_extension: event.hold_extension(),
            max_seats_per_viewer: event.max_seats_per_viewer,
            max_seats_let_go: event.max_seats_let_go,
            confirmed_by: event.confirmed_by,
            allows_lone_seats: self.allows_lone_seats,
            ..before.clone()
        }
    }

    /// The entry with everything in it that is different from what it was before.
    #[must_use]
    pub fn noted(&self, before: &Self, entry: AuditEntry) -> AuditEntry {
        let facts = before.facts().into_iter().zip(self.facts());
        facts.fold(
            entry,
            |entry, ((name, before), (_, now))| {
                if before == now { entry } else { entry.with_change(name, before, now) }
            },
        )
    }

    /// The entry with everything in it that there is of a new event.
    #[must_use]
    pub fn noted_anew(&self, entry: AuditEntry) -> AuditEntry {
        let known = self.facts().into_iter().filter(|(_, value)| value.is_some());
        known.fold(entry, |entry, (name, value)| entry.with_change(name, None, value))
    }

    /// All there is, in words, by the names of the API.
    fn facts(&self) -> [(&'static str, Option<String>); 14] {
        let Self { event, allows_lone_seats, stage } = self;
        let instant = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let number = |number: u32| number.to_string();
        [
            ("slug", Some(event.slug.clone())),
            ("name", Some(event.name.clone())),
            ("venue", Some(event.venue.clone())),
            ("startsAt", Some(instant(event.starts_at))),
            ("timeZone", Some(event.time_zone.clone())),
            ("salesOpenAt", event.sales_open_at.map(instant)),
            ("salesCloseAt", event.sales_close_at.map(instant)),
            ("holdSeconds", Some(number(event.hold_seconds))),
            ("holdExtensionSeconds", Some(number(event.hold_extension_seconds))),
            ("maxSeatsPerViewer", event.max_seats_per_viewer.map(number)),
            ("maxSeatsLetGo", event.max_seats_let_go.map(number)),
            ("confirmedBy", Some(event.confirmed_by.to_string())),
            ("allowsLoneSeats", Some(allows_lone_seats.to_string())),
            ("stage", Some(stage.to_string())),
        ]
    }
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}
