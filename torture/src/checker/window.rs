//! At which positions of the log, and at which instants, something was true during a call.

use super::clock::Clock;
use super::event_history::EventHistory;
use crate::history::{Call, DbMicros, Revision};

/// The positions at which a call can have been decided, and the instants of the database's clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    /// What was known before the call began was there.
    pub(super) from: Revision,
    /// What was asked for after it had ended was not.
    pub(super) until: Revision,
    pub(super) earliest: DbMicros,
    pub(super) latest: DbMicros,
    is_steady: bool,
    /// Whether it was decided under the event's lock: what came next was decided after it. What is
    /// only read may be read while others decide.
    is_locked: bool,
}

/// Instants at which something may have been decided: from the first up to, and without, the
/// second.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Instants {
    pub(super) from: DbMicros,
    pub(super) until: DbMicros,
}

impl Instants {
    /// Only those at which a hold is there.
    pub(super) fn live(&mut self, until: DbMicros) -> bool {
        self.until = self.until.min(until);
        self.from < self.until
    }

    /// Only those at which a hold is over.
    pub(super) fn over(&mut self, until: DbMicros) -> bool {
        self.from = self.from.max(until);
        self.from < self.until
    }
}

impl Window {
    pub(super) fn of(call: &Call, from: Revision, until: Revision, clock: Clock) -> Self {
        let (earliest, latest) = clock.between(call.start, call.end);
        let is_steady = clock.is_steady();
        Self { from, until: until.max(from), earliest, latest, is_steady, is_locked: true }
    }

    /// The same for what is only read.
    pub(super) fn of_read(self) -> Self {
        Self { is_locked: false, ..self }
    }

    /// The first position at which something is true. It depends on seats or viewers that change at
    /// these revisions only (in any order), and on the time.
    pub(super) fn first(
        &self,
        history: &EventHistory<'_>,
        mut changes: Vec<Revision>,
        is_true: impl Fn(Revision, &mut Instants) -> bool,
    ) -> Option<Revision> {
        changes.retain(|&revision| self.from < revision && revision <= self.until);
        changes.push(self.from);
        changes.sort_unstable();
        changes.dedup();
        for (index, &from) in changes.iter().enumerate() {
            let until = changes.get(index + 1).map_or(self.until, |&next| next - 1);
            let mut instants = self.instants(history, from, until);
            if instants.from < instants.until && is_true(from, &mut instants) {
                return Some(self.position(history, from, until, instants.from));
            }
        }
        None
    }

    /// When something was decided at one of these positions.
    fn instants(&self, history: &EventHistory<'_>, from: Revision, until: Revision) -> Instants {
        if !self.is_steady {
            return Instants { from: DbMicros::MIN, until: DbMicros::MAX };
        }
        let at = history.row(from).map_or(DbMicros::MIN, |row| row.changed_at);
        let next = history.row_from(until + 1).filter(|_| self.is_locked);
        let next = next.map_or(DbMicros::MAX - 1, |row| row.changed_at);
        Instants { from: at.max(self.earliest), until: next.min(self.latest).saturating_add(1) }
    }

    /// The first of these positions that was there at an instant.
    fn position(
        &self,
        history: &EventHistory<'_>,
        from: Revision,
        until: Revision,
        at: DbMicros,
    ) -> Revision {
        if !self.is_steady || !self.is_locked {
            return from;
        }
        let rows = &history.rows;
        let first = rows.partition_point(|row| row.revision <= from);
        let end = rows.partition_point(|row| row.revision <= until);
        let later = rows[first..end].partition_point(|row| row.changed_at < at);
        later.checked_sub(1).map_or(from, |index| rows[first + index].revision)
    }
}
