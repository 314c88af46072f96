//! How the database's clock and the run's go together.
//!
//! Each answer that says when it was decided bounds how far they are apart: it was decided between
//! the beginning and the end of its call. Where nothing is said, or the clock was moved, nothing is
//! concluded from time that passed.

use super::event_history::EventHistory;
use crate::history::{Answer, DatabaseClock, DbMicros, Outcome, RunMicros};

/// By how much the two may drift apart in a run, in microseconds. A system's clock is made to go
/// faster or slower by up to 500 ppm, which is this much in 100 seconds.
const SLACK: i64 = 50_000;

/// See the module's documentation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Clock {
    /// The least and the most that the database's instant is ahead of the run's.
    ahead: Option<(i64, i64)>,
}

impl Clock {
    pub(super) fn of(history: &EventHistory<'_>) -> Self {
        if history.run.database_clock == DatabaseClock::Moved {
            return Self { ahead: None };
        }
        let decided = history.calls.iter().filter_map(|call| match call.outcome {
            Outcome::Answered(Answer::Held { server_time, .. }) => {
                Some((server_time - call.end, server_time - call.start))
            }
            _ => None,
        });
        let ahead = decided.fold(None, |ahead: Option<(i64, i64)>, (least, most)| {
            Some(ahead.map_or((least, most), |(low, high)| (low.max(least), high.min(most))))
        });
        let ahead = ahead.map(|(low, high)| (low.min(high) - SLACK, high.max(low) + SLACK));
        Self { ahead }
    }

    /// Whether the database's times can be trusted to grow with the log.
    pub(super) fn is_steady(self) -> bool {
        self.ahead.is_some()
    }

    /// What the database's clock showed between two instants of the run's: at the earliest and at
    /// the latest.
    pub(super) fn between(self, start: RunMicros, end: RunMicros) -> (DbMicros, DbMicros) {
        match self.ahead {
            Some((least, most)) => (start + least, end + most),
            None => (DbMicros::MIN, DbMicros::MAX),
        }
    }

    /// The latest instant of the run at which the database's clock showed this.
    pub(super) fn run_at_latest(self, at: DbMicros) -> Option<RunMicros> {
        self.ahead.map(|(least, _)| at - least)
    }
}
