//! An event's change log, held against the rules and, folded, against the table.

use std::collections::HashMap;

use super::event_books::EventBooks;
use super::findings::Findings;
use super::grants::Grants;
use super::prices::verify_lists;
use super::violation::Violation;
use crate::domain::seat::Seat;
use crate::domain::{Cause, Change, Revision, SeatState, SeatStatus};
use crate::store::changes::change_rows;
use crate::store::error::StoreError;
use crate::store::pool::Transaction;

/// Changes read at a time.
const CHANGES_AT_ONCE: usize = 10_000;

/// A seat as the log folded so far leaves it.
pub(super) struct Folded {
    state: SeatState,
    /// Whether it is offered; `None` while nothing in the log has said so. A seat of which nothing
    /// ever does may be off sale all the same: before there was a command for it, whoever ran a
    /// sale did that by hand.
    for_sale: Option<bool>,
    revision: Revision,
    /// Why it changed last.
    pub(super) cause: Cause,
}

/// The log of one event, folded as it is read.
struct LogFold<'a> {
    books: &'a EventBooks,
    /// The last revision that is no longer in the log; known once its first row is read.
    pruned: Option<Revision>,
    last: Revision,
    seats: HashMap<i32, Folded>,
    grants: Grants,
    /// When the last hold on each seat began.
    begun: HashMap<i32, Revision>,
}

/// Verifies the log: no hole from what is kept of it, only changes that can be, holds no longer
/// than the event allows; and that it folds to the table. Gives the seats as they are folded, as
/// far back as the log is kept.
pub(super) async fn verify(
    books: &EventBooks,
    snapshot: &Transaction,
    findings: &mut Findings<'_>,
) -> Result<HashMap<i32, Folded>, StoreError> {
    let (seats, begun, grants) = (HashMap::new(), HashMap::new(), Grants::default());
    let mut fold = LogFold { books, pruned: None, last: Revision::ZERO, seats, grants, begun };
    loop {
        let rows = change_rows(snapshot, books.event, fold.last, CHANGES_AT_ONCE).await?;
        if rows.is_empty() {
            break;
        }
        findings.summary.changes += rows.len() as u64;
        for row in rows {
            let revision = row.revision;
            fold.follow(Revision(revision), findings);
            match row.into_change(books.event) {
                Ok(change) => fold.add(&change, findings),
                Err(error) => findings.violation(Violation::UnreadableChange {
                    event: books.event,
                    revision,
                    what: error.to_string(),
                }),
            }
        }
        findings.progress();
    }
    fold.finish(findings);
    Ok(fold.seats)
}

impl LogFold<'_> {
    /// Takes note of the next revision that is there.
    fn follow(&mut self, revision: Revision, findings: &mut Findings<'_>) {
        let event = self.books.event;
        if self.pruned.is_none() {
            // What is missing before the first row was pruned.
            let pruned = Revision(revision.0 - 1);
            self.grants.begin(self.books, pruned);
            self.pruned = Some(pruned);
        } else if revision != self.last.next() {
            let (from, to) = (self.last.next(), Revision(revision.0 - 1));
            findings.violation(Violation::MissingRevisions { event, from, to });
        }
        self.last = revision;
    }

    fn add(&mut self, change: &Change, findings: &mut Findings<'_>) {
        let (event, seat, revision) = (self.books.event, change.seat.serial, change.revision);
        if !self.books.seats.contains_key(&seat) && !self.books.unreadable.contains(&seat) {
            findings.violation(Violation::ChangeOfNoSeat { event, seat, revision });
            return;
        }
        let before = match self.seats.get(&seat) {
            Some(folded) => Some(&folded.state),
            // Its first change ever, if the log is whole.
            None if self.pruned == Some(Revision::ZERO) => Some(&UNTOUCHED),
            None => None,
        };
        if before.is_some_and(|before| !change.may_follow(before)) {
            let cause = change.cause;
            findings.violation(Violation::IllegalChange { event, seat, revision, cause });
        }
        if change.cause == Cause::Reserved {
            self.begun.insert(seat, revision);
        }
        let known = self.seats.get(&seat);
        let for_sale = change.cause.for_sale().or(known.and_then(|folded| folded.for_sale));
        match change.state(before) {
            Some(state) => {
                self.grants.follow(self.books, change, (before, &state), findings);
                let folded = Folded { state, for_sale, revision, cause: change.cause };
                self.seats.insert(seat, folded);
            }
            None => findings.violation(Violation::UnreadableChange {
                event,
                revision: revision.0,
                what: "it lacks its end or its order".to_owned(),
            }),
        }
    }

    /// A hold whose beginning is no longer in the log.
    fn check_end(&self, serial: i32, seat: &Seat, findings: &mut Findings<'_>) {
        let (event, SeatState::Reserved(hold)) = (self.books.event, &seat.state) else { return };
        let allowed = self.books.terms_then.furthest(seat, hold.is_extended);
        if hold.expires_at - self.books.now > allowed {
            let (until, seconds) = (hold.expires_at, allowed.num_seconds());
            findings.violation(Violation::HoldTooFar { event, seat: serial, until, seconds });
        }
    }

    /// The log is read: what is left is to compare it with the event and its seats.
    fn finish(&self, findings: &mut Findings<'_>) {
        let (event, revision) = (self.books.event, self.books.revision);
        // A log of which nothing is kept was pruned to its end.
        let pruned = self.pruned.unwrap_or(revision);
        let last = self.last.max(pruned);
        if last > revision {
            findings.violation(Violation::BeyondRevision { event, logged: last, revision });
        } else if last < revision {
            let from = last.next();
            findings.violation(Violation::MissingRevisions { event, from, to: revision });
        }
        verify_lists(self.books, &self.begun, findings);
        for (&serial, seat) in &self.books.seats {
            let folded = self.seats.get(&serial);
            if folded.is_none() {
                self.check_end(serial, seat, findings);
            }
            let said = folded.and_then(|folded| folded.for_sale);
            self.books.verify_offer(serial, seat, said, findings);
            if !agrees(seat, folded, pruned) {
                let (log, log_revision) = match folded {
                    Some(folded) => (stored_status(&folded.state), folded.revision),
                    None => (SeatStatus::Available, Revision::ZERO),
                };
                findings.violation(Violation::SeatDiffersFromLog {
                    event,
                    seat: serial,
                    table: stored_status(&seat.state),
                    table_revision: seat.revision,
                    log,
                    log_revision,
                });
            }
        }
    }
}

/// A seat that never changed.
const UNTOUCHED: SeatState = SeatState::Available { lapsed: None };

/// Whether a seat's row is what the log says, as far as the log is kept.
fn agrees(seat: &Seat, folded: Option<&Folded>, pruned: Revision) -> bool {
    match folded {
        Some(folded) => seat.revision == folded.revision && seat.state == folded.state,
        // Its last change was pruned with the beginning of the log.
        None if seat.revision > Revision::ZERO => seat.revision <= pruned,
        None => seat.state == UNTOUCHED,
    }
}

/// The status as it is written, whatever time it is.
fn stored_status(state: &SeatState) -> SeatStatus {
    match state {
        SeatState::Available { .. } => SeatStatus::Available,
        SeatState::Reserved(_) => SeatStatus::Reserved,
        SeatState::Confirmed(_) => SeatStatus::Confirmed,
    }
}
