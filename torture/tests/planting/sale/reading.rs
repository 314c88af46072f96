//! What is read in a simulated sale, and what becomes of answers on their way.

use torture::history::{Answer, Command, Held, Outcome, Refusal, Revision, SeatNo};

use super::buying::seen;
use super::db::State;
use super::world::World;
use crate::bugs::Bug;

impl World {
    /// Reads what a call asks for, as of now.
    pub(super) fn read(&mut self, id: u64) -> Outcome {
        let Some(pending) = self.pending.get(&id) else {
            return Outcome::Rejected("gone".to_owned());
        };
        let (viewer, command) = (pending.call.viewer.clone(), pending.call.command.clone());
        match command {
            Command::ReadMap | Command::ReadStatuses => {
                self.read_map(&viewer, command == Command::ReadStatuses, id)
            }
            Command::ReadMine => self.read_mine(&viewer),
            Command::ReadOrder { order, by_admin } => {
                let order = self.db.order(&order);
                let order = order.filter(|order| by_admin || order.viewer == viewer);
                Outcome::Answered(Answer::Order(order.map(seen)))
            }
            _ => Outcome::Rejected("no read".to_owned()),
        }
    }

    fn read_map(&mut self, viewer: &str, is_short: bool, id: u64) -> Outcome {
        let now = self.db_now();
        let mut revision = self.db.revision;
        let (mut letters, is_mine) = (self.letters(), self.mine(viewer));
        if let Some(old) = self.old_map(id, is_short) {
            (revision, letters) = old;
        }
        let is_early = self.now < self.ends_at() / 2;
        if is_early && revision > 0 && self.db.plant.strikes(Bug::MapOfTheFuture) {
            revision += 20;
        }
        if is_short {
            return Outcome::Answered(Answer::Statuses { revision, letters });
        }
        let server_time = if revision == self.db.revision { now } else { now - 800_000 };
        Outcome::Answered(Answer::Map { revision, server_time, letters, mine: is_mine })
    }

    /// A map that is older than it may be, if that is the bug.
    fn old_map(&mut self, id: u64, is_short: bool) -> Option<(Revision, String)> {
        let (start, server) = (self.pending[&id].call.start, self.pending[&id].call.server);
        match self.db.plant.bug? {
            Bug::StaleMap => {
                let old = self.revision_at(start - 800_000);
                let is_stale = old < self.told_before(start - 250_000);
                let strikes = is_stale && self.db.plant.strikes(Bug::StaleMap);
                strikes.then(|| (old, self.letters_at(old, start - 800_000)))
            }
            Bug::KeptMapTooOld if is_short => {
                let kept = self.revision_at(start - 100_000);
                let is_stale = kept < self.committed_by(server, start);
                let strikes = is_stale && self.db.plant.strikes(Bug::KeptMapTooOld);
                strikes.then(|| (kept, self.letters_at(kept, start - 100_000)))
            }
            _ => None,
        }
    }

    /// The highest revision that some answer said before an instant.
    fn told_before(&self, at: i64) -> Revision {
        let calls = self.history.calls.iter().filter(|call| call.end < at);
        calls.filter_map(told).max().unwrap_or(0)
    }

    /// The highest revision that a server has made and answered before an instant.
    fn committed_by(&self, server: Option<u32>, at: i64) -> Revision {
        let calls = self.history.calls.iter();
        let calls = calls.filter(|call| call.server == server && call.end < at);
        let made = calls.filter(|call| {
            matches!(call.command, Command::Release { .. } | Command::Extend { .. })
        });
        made.filter_map(told).max().unwrap_or(0)
    }

    /// The letters now.
    pub(super) fn letters(&self) -> String {
        self.db.seats.values().map(|seat| seat.letter(self.db_now())).collect()
    }

    /// The letters as they were at a revision that is past.
    pub(super) fn letters_at(&self, revision: Revision, at: i64) -> String {
        let now = at + self.db_now() - self.now;
        let letter = |(&no, seat): (&SeatNo, &super::db::Seat)| {
            let mut seat = seat.clone();
            let setup = self.event_setup().seats.iter().find(|setup| setup.seat == no);
            seat.for_sale = setup.is_none_or(|setup| setup.for_sale);
            seat.state = State::Free(None);
            let mut is_there = setup.is_some();
            let rows = self.db.log.iter().filter(|row| row.seat == no && row.revision <= revision);
            for row in rows {
                is_there = true;
                seat.state = super::world::state_after(row);
                match row.cause {
                    torture::history::Cause::Blocked => seat.for_sale = false,
                    torture::history::Cause::Unblocked => seat.for_sale = true,
                    _ => {}
                }
            }
            is_there.then(|| seat.letter(now))
        };
        self.db.seats.iter().filter_map(letter).collect()
    }

    fn mine(&self, viewer: &str) -> Vec<SeatNo> {
        let now = self.db_now();
        let seats = self.db.seats.iter().filter(|(_, seat)| {
            seat.holder(now) == Some(viewer) || seat.owner().is_some_and(|own| own.0 == viewer)
        });
        seats.map(|(&no, _)| no).collect()
    }

    pub(super) fn held(&self, viewer: &str) -> Vec<Held> {
        let now = self.db_now();
        let held = self.db.seats.iter().filter_map(|(&seat, it)| match &it.state {
            State::Held { viewer: holder, until, .. } if holder == viewer && now < *until => {
                Some(Held { seat, expires_at: *until })
            }
            _ => None,
        });
        held.collect()
    }

    fn read_mine(&mut self, viewer: &str) -> Outcome {
        let mut held = self.held(viewer);
        // A hold that was there for half a second is not on a standby that lags.
        let now = self.db_now();
        let hold = self.db.terms.hold_seconds * 1_000_000;
        let is_known = |held: &Held| {
            let taken_at = held.expires_at - hold;
            now - taken_at > 900_000 && held.expires_at > now + 20_000
        };
        if held.first().is_some_and(is_known) && self.db.plant.strikes(Bug::StaleMine) {
            held.remove(0);
        }
        Outcome::Answered(Answer::Mine { held })
    }

    /// The answer to a release that was made before, if that is the bug.
    fn released_before(&mut self, id: u64, outcome: &Outcome) -> Option<Outcome> {
        let Outcome::Refused(Refusal::SeatsNotHeld(_)) = outcome else { return None };
        let call = &self.pending.get(&id)?.call;
        let is_same = |known: &&torture::history::Call| {
            let is_release = matches!(known.command, Command::Release { .. });
            let is_answered = matches!(known.outcome, Outcome::Answered(_));
            is_release
                && is_answered
                && known.viewer == call.viewer
                && known.command == call.command
        };
        let before = self.history.calls.iter().rev().find(is_same)?.outcome.clone();
        self.db.plant.strikes(Bug::ReleaseAnsweredTwice).then_some(before)
    }

    /// What becomes of an answer on its way.
    pub(super) fn garble(&mut self, id: u64, outcome: Outcome) -> Outcome {
        if let Some(again) = self.released_before(id, &outcome) {
            return again;
        }
        match outcome {
            Outcome::Answered(Answer::Confirmed { mut order, created, revision }) => {
                if self.db.plant.strikes(Bug::OrderOtherSeat) {
                    order.lines[0].seat += 1;
                }
                Outcome::Answered(Answer::Confirmed { order, created, revision })
            }
            outcome => outcome,
        }
    }
}

fn told(call: &torture::history::Call) -> Option<Revision> {
    match call.outcome {
        Outcome::Answered(
            Answer::Held { revision, .. }
            | Answer::Released { revision, .. }
            | Answer::Confirmed { revision, .. },
        ) => Some(revision),
        _ => None,
    }
}
