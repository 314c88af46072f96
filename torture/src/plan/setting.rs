//! How a round's servers, database and events are set.

use std::fmt;

use fastrand::Rng;

use super::kit::Kit;
use super::wrong::Wrong;

/// How everything is set.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Setting {
    pub(crate) servers: usize,
    pub(crate) booking_connections: u32,
    pub(crate) read_connections: u32,
    /// A pooler between the last server and the database.
    pub(crate) has_pooler: bool,
    /// Clocks can be set: everything runs with libfaketime.
    pub(crate) has_clocks: bool,
    /// Milliseconds that each piece takes between servers and the database, all the time.
    pub(crate) latency_ms: u64,
    pub(crate) viewers: usize,
    pub(crate) events: Vec<EventPlan>,
}

/// How an event is set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct EventPlan {
    pub(crate) hold_seconds: i64,
    pub(crate) hold_extension_seconds: i64,
    pub(crate) max_seats_per_viewer: Option<i64>,
    pub(crate) max_seats_let_go: Option<i64>,
    pub(crate) allows_lone_seats: bool,
    pub(crate) buyers_confirm: bool,
}

/// Events of a round. One is confirmed by shops.
const EVENTS: usize = 3;

impl Setting {
    pub(super) fn draw(rng: &mut Rng, kit: Kit, only: Option<Wrong>) -> Self {
        let servers = rng.usize(2..=3);
        // A third of the rounds has hardly any connections.
        let (booking_connections, read_connections) = [(2, 2), (2, 4), (4, 12)][rng.usize(..3)];
        let has_pooler = rng.u8(..4) == 0 || only == Some(Wrong::PoolerKilled);
        let is_about_clocks = matches!(only, Some(Wrong::DatabaseClock | Wrong::ServerClock));
        let has_clocks = rng.u8(..4) == 0 || is_about_clocks;
        let latency_ms = [0, 0, 0, 2, 15][rng.usize(..5)];
        let viewers = rng.usize(10..=24);
        let events = (0..EVENTS).map(|number| EventPlan::draw(rng, number)).collect();
        Self {
            servers,
            booking_connections,
            read_connections,
            has_pooler: has_pooler && kit.has_pooler,
            has_clocks: has_clocks && kit.has_clocks,
            latency_ms,
            viewers,
            events,
        }
    }
}

impl EventPlan {
    fn draw(rng: &mut Rng, number: usize) -> Self {
        Self {
            hold_seconds: rng.i64(2..=6),
            hold_extension_seconds: [0, 1, 2][rng.usize(..3)],
            max_seats_per_viewer: [None, Some(4), Some(7)][rng.usize(..3)],
            max_seats_let_go: [None, Some(1_000), Some(30)][rng.usize(..3)],
            allows_lone_seats: rng.u8(..4) > 0,
            buyers_confirm: number + 1 < EVENTS,
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} servers with {}+{} connections, {} viewers",
            self.servers, self.booking_connections, self.read_connections, self.viewers
        )?;
        for (is_so, what) in
            [(self.has_pooler, ", PgBouncer"), (self.has_clocks, ", clocks that can be set")]
        {
            out.write_str(if is_so { what } else { "" })?;
        }
        if self.latency_ms > 0 {
            write!(out, ", {} ms to the database", self.latency_ms)?;
        }
        Ok(())
    }
}
