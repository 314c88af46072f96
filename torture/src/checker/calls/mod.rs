//! Whether calls can have been answered as they were: strict serializability against the log.
//!
//! The log is the order of what was done. Each call that was answered or refused was decided at a
//! position of it, at which the answer is true. Whatever ended before a call began was decided at
//! its position or before it. So calls are gone through in the order of time. Each is given the
//! first position at which it is true, and which is not before those that had ended. If there is
//! such an order at all, this finds one: no call is ever put later than it must be.
//!
//! Calls of which nobody knows the outcome constrain nothing. What they did is in the log, and was
//! asked for by them ([`Origins`]).

mod bought;
mod handed_over;
mod holding;
mod not_held;
mod planned;
mod progress;
mod reading;
mod refused;
mod seen;
mod unpriced;

use std::collections::HashMap;

use super::book::Book;
use super::clock::Clock;
use super::event_history::EventHistory;
use super::knowledge::Knowledge;
use super::origins::Origins;
use super::terms::{PriceStory, TermsStory};
use super::violation::{Findings, Kind, Pointer};
use super::window::Window;
use crate::history::{Answer, Call, Command, OrderRow, Outcome, Revision, SeatNo};
use progress::{Progress, Step};

/// What calls are held against.
pub(super) struct Facts<'h, 'a> {
    pub(super) history: &'a EventHistory<'h>,
    pub(super) book: &'a Book<'h>,
    pub(super) terms: &'a TermsStory,
    pub(super) prices: &'a PriceStory<'h>,
    pub(super) knowledge: &'a Knowledge,
    pub(super) origins: &'a Origins,
    pub(super) clock: Clock,
}

/// Calls as they are gone through.
struct Calls<'h, 'a> {
    facts: &'a Facts<'h, 'a>,
    findings: &'a mut Findings,
    /// Which call was told that it made a row.
    makers: HashMap<Revision, u64>,
    /// Which order was made under a viewer's key.
    keys: HashMap<(&'h str, &'h str), bought::KeyUsed<'h>>,
    /// Whose keys stand for whom as well: who has claimed whom.
    guests: HashMap<&'h str, Vec<&'h str>>,
    /// Confirmations by their keys.
    purchases: HashMap<&'h str, Vec<&'h Call>>,
    orders: HashMap<&'h str, &'h OrderRow>,
}

/// Goes through all calls of an event, and writes down which cannot have been answered so.
pub(super) fn check(facts: &Facts<'_, '_>, findings: &mut Findings) {
    let history = facts.history;
    let mut calls = Calls {
        facts,
        findings,
        makers: HashMap::new(),
        keys: HashMap::new(),
        guests: HashMap::new(),
        purchases: HashMap::new(),
        orders: history.orders.iter().map(|&order| (order.id.as_str(), order)).collect(),
    };
    calls.look_ahead();
    let mut progress = Progress::new(history.setup.revision);
    let mut positions: Vec<Option<Revision>> = vec![None; history.calls.len()];
    for step in progress::steps(&history.calls) {
        match step {
            Step::Start(index) => {
                let call = history.calls[index];
                let from = progress.before(call, facts.knowledge);
                let until = facts.origins.latest_at(call.end);
                let window = Window::of(call, from, until, facts.clock);
                positions[index] = calls.position(call, window);
            }
            Step::End(index) => {
                if let Some(position) = positions[index] {
                    progress.end(history.calls[index], position);
                }
            }
        }
    }
}

impl<'h> Calls<'h, '_> {
    /// What is looked up by words that several calls share.
    fn look_ahead(&mut self) {
        for &call in &self.facts.history.calls {
            match &call.command {
                Command::Confirm { key, .. } => self.purchases.entry(key).or_default().push(call),
                Command::Claim { guest } => {
                    self.guests.entry(&call.viewer).or_default().push(guest);
                }
                _ => {}
            }
        }
    }

    /// The first position at which a call can have been decided; `None` if nothing is known of it,
    /// or there is none, which is written down.
    fn position(&mut self, call: &'h Call, window: Window) -> Option<Revision> {
        let answer = match &call.outcome {
            Outcome::Answered(answer) => answer,
            Outcome::Refused(refusal) => return self.refused(call, &window, refusal),
            Outcome::Rejected(_) | Outcome::Unclear(_) => return None,
        };
        match (&call.command, answer) {
            (
                Command::Reserve { .. } | Command::ReserveBest { .. } | Command::Extend { .. },
                Answer::Held { .. },
            ) => self.held(call, &window, answer),
            (Command::Release { seats: asked }, Answer::Released { seats, revision }) => {
                self.released(call, &window, (asked, seats), *revision)
            }
            (
                Command::Confirm { lines, by_shop, .. },
                Answer::Confirmed { order, created, revision },
            ) => {
                let bought = bought::Bought { lines, by_shop: *by_shop, order, created: *created };
                self.bought(call, &window, &bought, *revision)
            }
            (Command::Transfer { .. }, Answer::Transferred { order, revision }) => {
                self.transferred(call, &window, order, *revision)
            }
            (Command::Claim { guest }, Answer::Claimed) => self.claimed(call, &window, guest),
            (Command::Block { seats: asked }, Answer::Blocked { seats, revision }) => {
                self.blocked(call, &window, (asked, seats), (*revision, false))
            }
            (Command::Unblock { seats: asked }, Answer::Blocked { seats, revision }) => {
                self.blocked(call, &window, (asked, seats), (*revision, true))
            }
            (Command::Import { seats, .. }, Answer::Imported { .. }) => {
                self.imported(call, &window, seats, answer)
            }
            (Command::SetPrices { .. }, Answer::PricesSet { .. })
            | (Command::UpdateEvent(_), Answer::Updated { .. }) => None,
            (Command::ReadMap, Answer::Map { revision, .. })
            | (Command::ReadStatuses, Answer::Statuses { revision, .. }) => {
                self.read_map(call, &window, *revision)
            }
            (Command::ReadMine, Answer::Mine { held }) => self.read_mine(call, &window, held),
            (Command::ReadOrder { .. }, Answer::Order(seen)) => {
                self.read_order(call, &window, seen.as_ref())
            }
            _ => {
                let what = format!("was answered with something else: {answer:?}");
                self.wrong(Kind::AnswerWrong, call, &what)
            }
        }
    }

    /// Writes down what is wrong with a call.
    fn wrong(&mut self, kind: Kind, call: &Call, what: &str) -> Option<Revision> {
        let name = match &call.command {
            Command::Reserve { .. } => "a reservation",
            Command::ReserveBest { .. } => "a reservation of the best seats",
            Command::Confirm { .. } => "a confirmation",
            Command::Release { .. } => "a release",
            Command::Extend { .. } => "a prolongation",
            Command::Claim { .. } => "a claim",
            Command::Transfer { .. } => "a transfer",
            Command::Block { .. } | Command::Unblock { .. } => "a block",
            Command::Import { .. } => "an import",
            Command::SetPrices { .. } => "setting prices",
            Command::UpdateEvent(_) => "a change of the event",
            Command::ReadMap | Command::ReadStatuses => "reading a map",
            Command::ReadMine => "reading one's own holds",
            Command::ReadOrder { .. } => "reading an order",
        };
        let sentence = format!("{name} by {} (client {}) {what}", call.viewer, call.client);
        self.findings.add(kind, vec![Pointer::Call(call.id)], sentence);
        None
    }

    /// Whether the log has what an answer says, and had it by the end of its call.
    fn is_there(&mut self, call: &Call, window: &Window, revision: Revision) -> bool {
        let last = self.facts.history.last();
        if revision > last || revision < self.facts.history.setup.revision {
            let what = format!("was answered with revision {revision}, and the log ends at {last}");
            self.wrong(Kind::AnswerLost, call, &what);
            return false;
        }
        if revision > window.until {
            let what = format!(
                "was answered with revision {revision}; what comes after {} was asked for later",
                window.until
            );
            self.wrong(Kind::AnswerEarly, call, &what);
            return false;
        }
        true
    }

    /// Lets a call be the one that made these rows; whether it can be: they are not older than what
    /// was known, and no other call was told so.
    fn make(&mut self, call: &Call, window: &Window, rows: &[Revision]) -> bool {
        if let Some(&old) = rows.iter().find(|&&revision| revision <= window.from) {
            let what = format!(
                "was answered with revision {old}, when {} was known before it began",
                window.from
            );
            self.wrong(Kind::AnswerStale, call, &what);
            return false;
        }
        for &revision in rows {
            if let Some(&other) = self.makers.get(&revision).filter(|&&other| other != call.id) {
                let what = format!("made revision {revision}, and so did call {other}");
                self.wrong(Kind::AnswerDoubled, call, &what);
                return false;
            }
            self.makers.insert(revision, call.id);
        }
        true
    }
}

/// The same seats, in whatever order, each once.
fn same_seats(one: &[SeatNo], other: &[SeatNo]) -> bool {
    sorted(one) == sorted(other)
}

fn sorted(seats: &[SeatNo]) -> Vec<SeatNo> {
    let mut seats = seats.to_vec();
    seats.sort_unstable();
    seats.dedup();
    seats
}
