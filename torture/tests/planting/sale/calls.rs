//! Calls on their way: to a server, under the event's lock, and back.

use std::collections::BTreeMap;

use torture::history::{Answer, Call, Command, DbMicros, Entry, Outcome, RunMicros, Viewer};

use super::buying::Purchase;
use super::db::State;
use super::world::{AHEAD, Next, PATIENCE, Pending, World, state_after};
use crate::bugs::Bug;

impl World {
    pub(super) fn arrive(&mut self, id: u64) {
        let Some(pending) = self.pending.get(&id) else { return };
        self.db.plant.is_unheard = pending.is_over;
        self.struck_before = self.db.plant.struck;
        if matches!(
            pending.call.command,
            Command::ReadMap
                | Command::ReadStatuses
                | Command::ReadMine
                | Command::ReadOrder { .. }
        ) {
            let outcome = self.read(id);
            self.decided(id, outcome);
            return;
        }
        let (locked_at, committed_at) = self.lock();
        let is_write = matches!(self.pending[&id].call.command, Command::Reserve { .. });
        if is_write && self.db.plant.bug == Some(Bug::CommitAfterAnswer) {
            let outcome = self.pretend(id, locked_at);
            let is_new = matches!(outcome, Outcome::Answered(Answer::Held { revision, .. })
                if self.db.revision < revision);
            if is_new && self.db.plant.strikes(Bug::CommitAfterAnswer) {
                // The answer goes out as if it were done; it is done much later.
                self.at(committed_at + 1_500_000, Next::Commit(id, locked_at));
                self.lock_free_at = committed_at + 1_500_000;
                self.pending.entry(id).and_modify(|pending| pending.outcome = Some(outcome));
                let at = self.now + self.rng.i64(3_000..8_000);
                self.at(at, Next::Answer(id));
                return;
            }
        }
        self.at(committed_at, Next::Commit(id, locked_at));
    }

    /// What a reservation will be answered with.
    pub(super) fn pretend(&mut self, id: u64, locked_at: RunMicros) -> Outcome {
        let Some(pending) = self.pending.get(&id) else {
            return Outcome::Rejected("gone".to_owned());
        };
        let (viewer, command) = (pending.call.viewer.clone(), pending.call.command.clone());
        let seats = self.db.seats.clone();
        let (revision, rows) = (self.db.revision, self.db.log.len());
        let outcome = self.decide(&viewer, &command, locked_at + AHEAD);
        (self.db.seats, self.db.revision) = (seats, revision);
        self.db.log.truncate(rows);
        outcome
    }

    pub(super) fn commit(&mut self, id: u64, locked_at: RunMicros) {
        let Some(pending) = self.pending.get(&id) else { return };
        self.db.plant.is_unheard = pending.is_over;
        self.struck_before = self.db.plant.struck;
        let (viewer, command) = (pending.call.viewer.clone(), pending.call.command.clone());
        let is_answered = pending.outcome.is_some();
        // A server dies before it has committed anything.
        let is_sure = viewer == "admin" && self.db.plant.bug.is_some();
        if !is_answered && !is_sure && self.rng.f32() < 0.02 {
            return;
        }
        let is_kept = self.db.plant.bug == Some(Bug::AnswerBeforeCommit);
        let seats = if is_kept { self.db.seats.clone() } else { BTreeMap::new() };
        let before = (seats, self.db.revision, self.db.log.len());
        let orders = self.db.orders.len();
        let outcome = self.decide(&viewer, &command, locked_at + AHEAD);
        let is_simple = matches!(command, Command::Reserve { .. } | Command::Confirm { .. });
        let has_changed = self.db.log.len() > before.2;
        if is_simple && has_changed && self.db.plant.strikes(Bug::AnswerBeforeCommit) {
            (self.db.seats, self.db.revision) = (before.0, before.1);
            self.db.log.truncate(before.2);
            self.db.orders.truncate(orders);
        }
        self.rewind();
        self.commits.push((self.now, self.db.revision));
        if !is_answered {
            self.decided(id, outcome);
        }
    }

    /// The database goes back, and some commits are lost.
    pub(super) fn rewind(&mut self) {
        let rows = self.db.log.len();
        let has_orders =
            self.db.log.iter().skip(rows.saturating_sub(3)).any(|row| row.order.is_some());
        if rows < 20 || has_orders || !self.db.plant.strikes(Bug::RewoundLog) {
            return;
        }
        for row in self.db.log.split_off(rows - 3).into_iter().rev() {
            let before = self.db.log.iter().rev().find(|known| known.seat == row.seat);
            let Some(seat) = self.db.seats.get_mut(&row.seat) else { continue };
            seat.revision = before.map_or(0, |known| known.revision);
            seat.state = before.map_or(State::Free(None), state_after);
        }
        self.db.revision = self.db.log.last().map_or(0, |row| row.revision);
    }

    /// Carries a command out.
    pub(super) fn decide(&mut self, viewer: &str, command: &Command, now: DbMicros) -> Outcome {
        let db = &mut self.db;
        match command {
            Command::Reserve { seats } => db.reserve(viewer, seats, now),
            Command::ReserveBest { quantity, categories } => {
                db.reserve_best(viewer, (*quantity, categories), now)
            }
            Command::Confirm { lines, key, by_shop, payment_reference, expected_total } => {
                let purchase = Purchase {
                    lines: lines.clone(),
                    key: key.clone(),
                    by_shop: *by_shop,
                    payment_reference: payment_reference.clone(),
                    expected_total: *expected_total,
                };
                db.confirm(viewer, &purchase, now)
            }
            Command::Release { seats } => db.release(viewer, seats, now),
            Command::Extend { seats } => db.extend(viewer, seats, now),
            Command::Claim { guest } => db.claim(viewer, guest, now),
            Command::Transfer { order, to, by_admin } => {
                db.transfer(viewer, (order, to, *by_admin), now)
            }
            Command::Block { seats } => db.block(viewer, (seats, false), now),
            Command::Unblock { seats } => db.block(viewer, (seats, true), now),
            Command::Import { seats, categories } => db.import(viewer, (seats, categories), now),
            Command::SetPrices { prices } => db.set_prices(prices),
            Command::UpdateEvent(patch) => db.update(patch, now),
            _ => Outcome::Rejected("a read".to_owned()),
        }
    }

    /// A call was decided: the answer goes out, if it does.
    pub(super) fn decided(&mut self, id: u64, outcome: Outcome) {
        let outcome = self.garble(id, outcome);
        let by = self.pending.get(&id).map(|pending| pending.call.viewer.as_str());
        let is_sure = by == Some("admin") && self.db.plant.bug.is_some()
            || self.struck_before < self.db.plant.struck;
        self.db.plant.is_unheard = false;
        if let Some(pending) = self.pending.get_mut(&id) {
            pending.outcome = Some(outcome);
        }
        let is_lost = !is_sure && self.rng.f32() < 0.03;
        let delay = if !is_sure && self.rng.f32() < 0.02 {
            self.rng.i64(0..600_000)
        } else {
            self.rng.i64(100..5_000)
        };
        if !is_lost {
            self.at(self.now + delay, Next::Answer(id));
        }
    }

    pub(super) fn answer(&mut self, id: u64) {
        let outcome = self.pending.get_mut(&id).and_then(|pending| pending.outcome.take());
        if let Some(outcome) = outcome {
            self.end(id, outcome);
        }
    }

    pub(super) fn give_up(&mut self, id: u64) {
        self.end(id, Outcome::Unclear("no answer".to_owned()));
    }

    /// The client knows what became of a call; the first that it hears counts.
    pub(super) fn end(&mut self, id: u64, outcome: Outcome) {
        let Some(pending) = self.pending.get_mut(&id).filter(|pending| !pending.is_over) else {
            return;
        };
        pending.is_over = true;
        let mut call = pending.call.clone();
        let client = pending.client;
        call.end = self.now;
        call.outcome = outcome;
        self.clients[client].learn(&call, &mut self.rng);
        self.history.push(Entry::Call(call));
        let at = self.now + self.rng.i64(5_000..250_000);
        self.at(at, Next::Ask(client));
    }

    /// Sends a call.
    pub(super) fn send(&mut self, client: usize, viewer: Viewer, command: Command) {
        self.count += 1;
        let id = self.count;
        let event = (!matches!(command, Command::Claim { .. })).then_some(self.db.event);
        let call = Call {
            id,
            client: u32::try_from(client).unwrap_or(0),
            server: Some(self.rng.u32(0..3)),
            viewer,
            event,
            command,
            start: self.now,
            end: 0,
            outcome: Outcome::Unclear(String::new()),
        };
        self.pending.insert(id, Pending { call, client, outcome: None, is_over: false });
        // What terms are has to be known, or a bug cannot be told from it.
        let is_sure = self.pending[&id].call.viewer == "admin" && self.db.plant.bug.is_some();
        if is_sure || self.rng.f32() > 0.02 {
            // Some are on their way for longer than their client waits.
            let slow = !is_sure && self.rng.f32() < 0.01;
            let delay = if slow { self.rng.i64(0..900_000) } else { self.rng.i64(100..5_000) };
            self.at(self.now + delay, Next::Arrive(id));
        }
        self.at(self.now + PATIENCE, Next::GiveUp(id));
    }
}
