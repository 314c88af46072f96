//! What was there before a run.

use serde::{Deserialize, Serialize};

use super::{DbMicros, EventNo, Revision, RunMicros, SeatNo};

/// The run.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Run {
    /// What it can be started again with.
    pub seed: u64,
    /// Which schedule, in words for people.
    #[serde(default)]
    pub schedule: String,
    /// Whether the database's clock was moved.
    #[serde(default)]
    pub database_clock: DatabaseClock,
    /// How late the end of a hold may be logged once it is over and a server is well, in
    /// microseconds. Ends that fell into [`Fault`]s have as long from the fault's end.
    pub expiry_bound: i64,
}

/// Whether the database's clock can be trusted to go at the same speed as the run's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatabaseClock {
    /// It was left alone.
    #[default]
    Steady,
    /// It was moved: nothing is concluded from the time that passed.
    Moved,
}

/// A fault that was made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fault {
    /// What, in words for people.
    pub what: String,
    /// From when.
    pub start: RunMicros,
    /// Until when everything had recovered from it.
    pub end: RunMicros,
}

/// An event before the run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EventSetup {
    /// Which.
    pub event: EventNo,
    /// Its revision; seats were all free then.
    #[serde(default)]
    pub revision: Revision,
    /// Its terms.
    pub terms: Terms,
    /// Its seats, ascending.
    pub seats: Vec<SeatSetup>,
    /// What its seats cost.
    pub prices: Vec<NewPrice>,
}

/// A seat before the run: free.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SeatSetup {
    /// Which.
    pub seat: SeatNo,
    /// Its place (section, row, number) in words that are the same for the same place.
    pub place: String,
    /// The name of its category.
    pub category: String,
    /// Whether it is for sale.
    pub for_sale: bool,
}

/// What seats of a category cost as a type of ticket. The first of a category is the one that is
/// meant where none is chosen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewPrice {
    /// The name of the category.
    pub category: String,
    /// The name of the type of ticket.
    pub ticket: String,
    /// What it costs, in minor units.
    pub amount_minor: i64,
}

/// The terms of an event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Terms {
    /// What was decided of it.
    pub stage: Stage,
    /// From when it is on sale; `None`: at once.
    pub sales_open_at: Option<DbMicros>,
    /// Until when it is on sale.
    pub sales_close_at: DbMicros,
    /// How long holds last, in seconds.
    pub hold_seconds: i64,
    /// By how much they can be prolonged, in seconds; 0: not at all.
    pub hold_extension_seconds: i64,
    /// How many seats a viewer may hold and own.
    pub max_seats_per_viewer: Option<i64>,
    /// How many seats a viewer may let go within ten minutes.
    pub max_seats_let_go: Option<i64>,
    /// Whether a reservation may leave single seats.
    pub allows_lone_seats: bool,
    /// Whether buyers confirm what costs money.
    pub buyers_confirm: bool,
}

/// What an organiser has decided of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Stage {
    /// Being prepared.
    Draft,
    /// On sale within its window.
    Published,
    /// Closed.
    Closed,
    /// Does not take place.
    Cancelled,
}
