//! Whether a history can have been true.
//!
//! Event by event, since nothing spans two:
//!
//! 1. `knowledge` is what somebody had been told by when, and `origins` who asked for what.
//! 2. `terms` are what terms and prices may have been: they are not in the log.
//! 3. `fold` goes through the log, row by row, and comes to a `book`: each seat at each
//!    revision. `expiry` looks at how long holds lasted.
//! 4. `calls` finds a position for each answer and refusal at which it is true, in real time's
//!    order. `maps` holds whole maps against the book.
//! 5. `streams` does so with what subscribers were sent, and `tables` with the tables in the
//!    end.
//!
//! It takes time in proportion to the history, but for sorting.
//!
//! What is not checked: which seats are the best, and how many are together; until when
//! `HoldsTooFrequent` lasts. Both need a plan's geometry or long memory, and have tests of their
//! own. Of what may have been several things, each is taken for possible.

mod book;
mod calls;
mod clock;
mod event_history;
mod expiry;
mod fold;
mod knowledge;
mod maps;
mod origins;
mod places;
mod step;
mod streams;
mod tables;
mod terms;
mod timeline;
mod violation;
mod window;

use std::collections::HashMap;

pub use violation::{Kind, MAX_VIOLATIONS_PER_EVENT, Pointer, Violation};

use crate::history::History;
use calls::Facts;
use clock::Clock;
use event_history::EventHistory;
use knowledge::Knowledge;
use origins::Origins;
use places::Places;
use terms::{PriceStory, TermsStory};
use violation::Findings;

/// Everything that is wrong with a history; nothing, if it can have been true.
#[must_use]
pub fn check(history: &History) -> Vec<Violation> {
    let mut violations: Vec<Violation> =
        EventHistory::all(history).iter().flat_map(check_event).collect();
    violations.extend(shared_codes(history));
    violations
}

fn check_event(history: &EventHistory<'_>) -> Vec<Violation> {
    let mut findings = Findings::new(history.setup.event);
    let knowledge = Knowledge::of(history);
    let origins = Origins::of(history, &knowledge, &mut findings);
    let clock = Clock::of(history);
    let terms = TermsStory::of(history, &knowledge, &origins);
    let prices = PriceStory::of(history, &knowledge, &origins);
    let places = Places::of(history, &knowledge);
    let book = fold::fold(history, &terms, &places, clock, &mut findings);
    expiry::check(history, &book, clock, &mut findings);
    let facts = Facts {
        history,
        book: &book,
        terms: &terms,
        prices: &prices,
        knowledge: &knowledge,
        origins: &origins,
        clock,
    };
    calls::check(&facts, &mut findings);
    maps::check(&facts, &mut findings);
    streams::check(&facts, &mut findings);
    tables::check(&facts, &mut findings);
    findings.into_found()
}

/// Codes are unique over all events.
fn shared_codes(history: &History) -> Vec<Violation> {
    let mut known = HashMap::new();
    let mut violations = Vec::new();
    for order in &history.orders {
        let Some(other) = known.insert(order.code.as_str(), &order.id) else { continue };
        violations.push(Violation {
            kind: Kind::CodeTwice,
            event: order.event,
            entries: vec![Pointer::Order(other.clone()), Pointer::Order(order.id.clone())],
            sentence: format!("two orders have the code {}", order.code),
        });
    }
    violations
}
