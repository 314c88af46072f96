//! The log, row by row: whether each may follow what was there, and what comes of it.
//!
//! What may become of a seat is written here anew, from what the API promises.

use std::collections::{BTreeMap, HashMap};

use super::book::{Book, Hold, Moment, Move, SeatStory, Sold, State};
use super::clock::Clock;
use super::event_history::EventHistory;
use super::places::Places;
use super::step::{self, Rules};
use super::terms::TermsStory;
use super::violation::{Findings, Kind};
use crate::history::{Cause, DbMicros, LogRow, Revision, SeatNo};

/// Folds the log of an event, and writes down what is wrong with it.
pub(super) fn fold<'h>(
    history: &EventHistory<'h>,
    terms: &TermsStory,
    places: &Places<'h>,
    clock: Clock,
    findings: &mut Findings,
) -> Book<'h> {
    let mut fold = Fold {
        rules: Rules { terms, is_steady: clock.is_steady() },
        places,
        findings,
        book: Book::default(),
        holders: HashMap::new(),
        first: history.setup.revision,
    };
    for seat in &history.setup.seats {
        let moment = Moment {
            revision: history.setup.revision,
            state: State::Free { lapsed: None },
            for_sale: seat.for_sale,
            category: Some(seat.category.as_str()),
        };
        let story = SeatStory { place: &seat.place, moments: vec![moment] };
        fold.book.seats.insert(seat.seat, story);
        fold.book.plan.push((seat.seat, history.setup.revision));
    }
    let mut before = (history.setup.revision, DbMicros::MIN);
    for row in &history.rows {
        fold.check_place(row, before);
        fold.apply(row);
        before = (row.revision, row.changed_at);
    }
    fold.book.plan.sort_unstable();
    fold.check_orders();
    fold.book
}

struct Fold<'h, 'a> {
    rules: Rules<'a>,
    places: &'a Places<'h>,
    findings: &'a mut Findings,
    book: Book<'h>,
    holders: HashMap<&'h str, Holder>,
    first: Revision,
}

/// What a viewer has.
#[derive(Default)]
struct Holder {
    held: BTreeMap<SeatNo, DbMicros>,
    owned: usize,
}

impl<'h> Fold<'h, '_> {
    /// Whether a row stands where it should.
    fn check_place(&mut self, row: &LogRow, (last, at): (Revision, DbMicros)) {
        let revision = row.revision;
        if revision == last && revision > self.first {
            let sentence = format!("the log has revision {revision} twice");
            self.findings.at(Kind::LogDoubled, revision, sentence);
        } else if revision != last + 1 {
            let sentence = format!("after revision {last} the log goes on with {revision}");
            self.findings.at(Kind::LogGap, revision, sentence);
        }
        if self.rules.is_steady && row.changed_at < at {
            let by = at - row.changed_at;
            let sentence = format!("revision {revision} is {by} µs older than the one before it");
            self.findings.at(Kind::LogTime, revision, sentence);
        }
        let known = self.book.seats.get(&row.seat).and_then(|story| story.moments.last());
        // What was before the run is known where the log began with it.
        let in_log = known.map(|seat| seat.revision).filter(|&revision| revision > self.first);
        let expected = in_log.or((self.first == 0).then_some(0));
        // A row of a version that did not say it has none.
        if row.previous.zip(expected).is_some_and(|(said, expected)| said != expected) {
            let sentence = format!(
                "revision {revision} says that seat {} changed before at {:?}, and it did at \
                 {expected:?}",
                row.seat, row.previous
            );
            self.findings.at(Kind::LogChain, revision, sentence);
        }
    }

    fn apply(&mut self, row: &'h LogRow) {
        let known = self.book.seats.get(&row.seat).and_then(|story| story.moments.last()).copied();
        let Some(before) = known.or_else(|| self.newcomer(row)) else {
            let sentence =
                format!("revision {} is of seat {}, which is not there", row.revision, row.seat);
            self.findings.at(Kind::UnknownSeat, row.revision, sentence);
            return;
        };
        for (kind, sentence) in step::problems(row, &before, &self.rules) {
            self.findings.at(kind, row.revision, sentence);
        }
        let after = self.after(row, &before);
        self.move_seat(row, before.state, after.state);
        if let Some(story) = self.book.seats.get_mut(&row.seat) {
            story.moments.push(after);
        }
        self.keep_order(row, before.state);
        if row.cause == Cause::Reserved {
            self.check_limit(row);
        }
    }

    /// A seat that comes into the plan with this row.
    fn newcomer(&mut self, row: &'h LogRow) -> Option<Moment<'h>> {
        let place = self.places.place(row.seat)?;
        if row.cause != Cause::Imported {
            return None;
        }
        self.book.plan.push((row.seat, row.revision));
        self.book.seats.insert(row.seat, SeatStory { place, moments: Vec::new() });
        let state = State::Free { lapsed: None };
        Some(Moment { revision: 0, state, for_sale: true, category: None })
    }

    /// The seat as the row leaves it, whether or not it may.
    fn after(&self, row: &'h LogRow, before: &Moment<'h>) -> Moment<'h> {
        let viewer = row.viewer.as_str();
        let since = match before.state {
            State::Held(hold) => hold.since,
            State::Sold { since, .. } => since,
            State::Free { .. } => row.revision,
        };
        let held = |is_extended, since| {
            State::Held(Hold {
                viewer,
                until: row.expires_at.unwrap_or(row.changed_at),
                is_extended,
                since,
            })
        };
        let was_extended = matches!(before.state, State::Held(hold) if hold.is_extended);
        let state = match row.cause {
            Cause::Reserved => held(false, row.revision),
            Cause::Extended => held(true, since),
            Cause::Claimed => held(was_extended, since),
            Cause::Confirmed | Cause::Transferred => {
                State::Sold { viewer, order: row.order.as_deref().unwrap_or_default(), since }
            }
            Cause::Expired | Cause::Cancelled => State::Free { lapsed: Some(viewer) },
            Cause::Released | Cause::Blocked | Cause::Unblocked | Cause::Imported => {
                State::Free { lapsed: None }
            }
        };
        let for_sale = match row.cause {
            Cause::Blocked => false,
            Cause::Unblocked => true,
            _ => before.for_sale,
        };
        let category = match row.cause {
            Cause::Imported => self.places.category(row),
            _ => before.category,
        };
        Moment { revision: row.revision, state, for_sale, category }
    }

    /// Counts a seat for who has it now, and no longer for who had it.
    fn move_seat(&mut self, row: &'h LogRow, before: State<'h>, after: State<'h>) {
        for (state, is_gained) in [(before, false), (after, true)] {
            let Some(viewer) = state.viewer() else { continue };
            let holder = self.holders.entry(viewer).or_default();
            match (state, is_gained) {
                (State::Held(hold), true) => drop(holder.held.insert(row.seat, hold.until)),
                (State::Held(_), false) => drop(holder.held.remove(&row.seat)),
                (_, true) => holder.owned += 1,
                (_, false) => holder.owned = holder.owned.saturating_sub(1),
            }
            let (held, owned) = (holder.held.len(), holder.owned);
            let made = Move { revision: row.revision, seat: row.seat, held, owned };
            self.book.viewers.entry(viewer).or_default().push(made);
        }
    }

    fn keep_order(&mut self, row: &'h LogRow, before: State<'h>) {
        let (Some(order), viewer) = (row.order.as_deref(), row.viewer.as_str()) else { return };
        let owner = (row.revision, viewer);
        match row.cause {
            Cause::Confirmed => {
                let sold = self.book.orders.entry(order).or_insert_with(|| Sold {
                    buyer: viewer,
                    seats: Vec::new(),
                    first: row.revision,
                    last: row.revision - 1,
                    at: row.changed_at,
                    owners: vec![owner],
                });
                let is_next = row.revision == sold.last + 1;
                let is_same = sold.buyer == viewer && sold.at == row.changed_at;
                sold.seats.push(row.seat);
                sold.last = row.revision;
                if !(is_next && is_same) {
                    let sentence = format!(
                        "revision {} sells seat {} in order {order}, which was made by revision {}",
                        row.revision, row.seat, sold.first
                    );
                    let kind = if is_same { Kind::OrderTorn } else { Kind::OrderTwice };
                    self.findings.at(kind, row.revision, sentence);
                }
            }
            Cause::Transferred => {
                let Some(sold) = self.book.orders.get_mut(order) else { return };
                if before.viewer() != Some(viewer)
                    && sold.owners.last().is_some_and(|last| last.1 != viewer)
                {
                    sold.owners.push(owner);
                }
            }
            _ => {}
        }
    }

    /// Whether everything of each order is the same viewer's.
    fn check_orders(&mut self) {
        for (order, sold) in &self.book.orders {
            let owner = sold.owners.last().map(|last| last.1);
            for seat in &sold.seats {
                let state = self.book.seats.get(seat).and_then(|story| story.moments.last());
                let is_sold = matches!(
                    state.map(|seat| seat.state),
                    Some(State::Sold { viewer, order: of, .. })
                        if of == *order && Some(viewer) == owner
                );
                if !is_sold {
                    let sentence = format!(
                        "seat {seat} was sold in order {order} of {}, and is {:?} in the end",
                        owner.unwrap_or_default(),
                        state.map(|seat| seat.state)
                    );
                    self.findings.at(Kind::OrderTorn, sold.first, sentence);
                }
            }
        }
    }

    /// Whether whoever has taken a seat has no more than the event allows.
    fn check_limit(&mut self, row: &'h LogRow) {
        let limits = self.rules.terms.limit.after(row.revision - 1);
        let Some(limit) = limits.iter().map(|limit| limit.unwrap_or(i64::MAX)).max() else {
            return;
        };
        if limit == i64::MAX {
            return;
        }
        let Some(holder) = self.holders.get(row.viewer.as_str()) else { return };
        let live = holder.held.values().filter(|&&until| row.changed_at < until).count();
        let count = live + holder.owned;
        if i64::try_from(count).unwrap_or(i64::MAX) > limit {
            let sentence = format!(
                "by revision {} {} has {count} seats, and the event allows {limit}",
                row.revision, row.viewer
            );
            self.findings.at(Kind::OverLimit, row.revision, sentence);
        }
    }
}
