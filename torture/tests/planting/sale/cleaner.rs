//! The cleaner: it looks what is due, and frees it under the event's lock.

use torture::history::{DbMicros, RunMicros};

use super::world::{AHEAD, Next, World};
use crate::bugs::Bug;

impl World {
    pub(super) fn look(&mut self) {
        let now = self.now + AHEAD;
        let is_asleep = self.db.plant.bug == Some(Bug::CleanerAsleep) && self.now > 5_000_000;
        if !is_asleep {
            let looked_at = self.early(now);
            self.due = self.db.due(looked_at);
        } else if !self.db.due(now - 1_500_000).is_empty() {
            self.db.plant.strikes(Bug::CleanerAsleep);
        }
        // It may have to wait for its turn, with its list.
        let waits = if self.db.plant.bug == Some(Bug::CleanerWithoutLock) { 300_000 } else { 0 };
        self.at(self.now + waits, Next::Turn);
        let at = self.now + self.rng.i64(100_000..700_000);
        self.at(at, Next::Look);
    }

    pub(super) fn turn(&mut self) {
        let (locked_at, committed_at) = self.lock();
        self.at(committed_at, Next::Clean(locked_at));
    }

    pub(super) fn early(&self, now: DbMicros) -> DbMicros {
        let is_early = !self.db.due(now + 1_000_000).is_empty()
            && self.db.plant.bug == Some(Bug::HoldCutShort);
        if is_early { now + 1_000_000 } else { now }
    }

    pub(super) fn clean(&mut self, locked_at: RunMicros) {
        let list = std::mem::take(&mut self.due);
        let now = locked_at + AHEAD;
        if self.db.is_cancelled() && self.db.plant.bug == Some(Bug::CancelForgotten) {
            if !list.is_empty() {
                self.db.plant.strikes(Bug::CancelForgotten);
            }
            return;
        }
        for &no in &list {
            let is_live = self.db.seats.get(&no).is_some_and(|seat| seat.holder(now).is_some());
            if is_live && !self.db.is_cancelled() && self.db.plant.strikes(Bug::HoldCutShort) {
                self.db.clean_early(no, now);
            }
        }
        self.db.clean(&list, now);
        self.commits.push((self.now, self.db.revision));
    }
}
