//! The tables in the end, beside what the log comes to.

use std::collections::{HashMap, HashSet};

use super::book::{Book, Moment, State};
use super::calls::Facts;
use super::violation::{Findings, Kind, Pointer};
use crate::history::{
    Answer, Command, OrderRow, Outcome, Revision, RunMicros, SeatNo, SeatRow, Stage,
};

/// Holds the tables of an event against its log.
pub(super) fn check(facts: &Facts<'_, '_>, findings: &mut Findings) {
    if let Some(end) = facts.history.end {
        check_event(facts, findings);
        check_seats(facts, end.terms.stage == Stage::Cancelled, findings);
    }
    let rows: HashMap<&str, &OrderRow> =
        facts.history.orders.iter().map(|&row| (row.id.as_str(), row)).collect();
    for &row in &facts.history.orders {
        for (kind, what) in wrong_order(facts, row) {
            findings.add(kind, vec![Pointer::Order(row.id.clone())], what);
        }
    }
    for (&order, sold) in &facts.book.orders {
        if !rows.contains_key(order) {
            let sentence = format!("order {order} of {} is in the log alone", sold.buyer);
            findings.add(Kind::OrderLost, vec![Pointer::Order(order.to_owned())], sentence);
        }
    }
    check_keys(facts, findings);
}

fn check_event(facts: &Facts<'_, '_>, findings: &mut Findings) {
    let Some(end) = facts.history.end else { return };
    let last = facts.history.last();
    if end.revision != last {
        let sentence = format!("the event is at {} and its log at {last}", end.revision);
        findings.add(Kind::TableWrong, Vec::new(), sentence);
    }
    let (terms, is) = (&end.terms, facts.terms);
    let span = (RunMicros::MAX - 1, RunMicros::MAX);
    let agrees = [
        is.stage.during(span.0, span.1).contains(&&terms.stage),
        is.opens_at.during(span.0, span.1).contains(&&terms.sales_open_at),
        is.closes_at.during(span.0, span.1).contains(&&terms.sales_close_at),
        is.hold_seconds.during(span.0, span.1).contains(&&terms.hold_seconds),
        is.extension_seconds.during(span.0, span.1).contains(&&terms.hold_extension_seconds),
        is.limit.during(span.0, span.1).contains(&&terms.max_seats_per_viewer),
        is.let_go.during(span.0, span.1).contains(&&terms.max_seats_let_go),
        is.allows_lone_seats.during(span.0, span.1).contains(&&terms.allows_lone_seats),
        is.buyers_confirm.during(span.0, span.1).contains(&&terms.buyers_confirm),
    ];
    if agrees.contains(&false) {
        let sentence = format!("the event's terms are {terms:?}, which nobody has set last");
        findings.add(Kind::TableWrong, Vec::new(), sentence);
    }
}

fn check_seats(facts: &Facts<'_, '_>, is_cancelled: bool, findings: &mut Findings) {
    let last = facts.history.last();
    let mut rows = facts.history.seats.iter().peekable();
    for seat in facts.book.plan_at(last) {
        let row = rows.next_if(|row| row.seat == seat);
        let Some(moment) = facts.book.seat(seat, last) else { continue };
        if !row.is_some_and(|row| is_as(row, moment)) {
            let sentence = format!("the table has {row:?}, and the log comes to {moment:?}");
            findings.add(Kind::TableWrong, vec![Pointer::Seat(seat)], sentence);
        }
        if is_cancelled && matches!(moment.state, State::Held(_)) {
            let sentence = format!("seat {seat} is held, and the event is cancelled");
            findings.add(Kind::HeldAfterCancel, vec![Pointer::Seat(seat)], sentence);
        }
        if row.is_none() {
            break;
        }
    }
    if let Some(row) = rows.next() {
        let sentence = format!("the table has {row:?}, which the log does not know");
        findings.add(Kind::TableWrong, vec![Pointer::Seat(row.seat)], sentence);
    }
}

fn is_as(row: &SeatRow, moment: &Moment<'_>) -> bool {
    let (status, viewer, until, order) = match moment.state {
        State::Free { .. } => ('A', None, None, None),
        State::Held(hold) => ('R', Some(hold.viewer), Some(hold.until), None),
        State::Sold { viewer, order, .. } => ('C', Some(viewer), None, Some(order)),
    };
    row.status == status
        && row.viewer.as_deref() == viewer
        && row.expires_at == until
        && row.order.as_deref() == order
        && row.for_sale == moment.for_sale
        && (row.revision == moment.revision || row.revision == 0)
        && moment.category.is_none_or(|category| category == row.category)
}

/// What is wrong with a row of the table of orders.
fn wrong_order(facts: &Facts<'_, '_>, row: &OrderRow) -> Vec<(Kind, String)> {
    let id = &row.id;
    let Some(sold) = facts.book.orders.get(id.as_str()) else {
        return vec![(Kind::OrderTable, format!("order {id} is not in the log"))];
    };
    let mut wrong = Vec::new();
    let seats: Vec<SeatNo> = row.lines.iter().map(|line| line.seat).collect();
    let (mut told, mut logged) = (seats, sold.seats.clone());
    told.sort_unstable();
    logged.sort_unstable();
    if told != logged {
        let what = format!("order {id} is of seats {told:?}, and in the log of {logged:?}");
        wrong.push((Kind::OrderTable, what));
    }
    let owner = sold.owners.last().map(|owner| owner.1);
    if owner != Some(row.viewer.as_str()) || sold.at != row.confirmed_at {
        let what = format!(
            "order {id} is {}'s of {}, and in the log {owner:?}'s of {}",
            row.viewer, row.confirmed_at, sold.at
        );
        wrong.push((Kind::OrderTable, what));
    }
    let sum: i64 = row.lines.iter().map(|line| line.amount_minor).sum();
    if sum != row.total_minor {
        let what = format!("order {id} costs {}, and its seats {sum}", row.total_minor);
        wrong.push((Kind::PriceWrong, what));
    }
    for line in &row.lines {
        let Some((category, since)) = priced_by(facts.book, line.seat, sold.first, sold.last)
        else {
            continue;
        };
        let costs = facts.prices.after(category, Some(&line.ticket), since - 1);
        if !costs.iter().any(|&(_, amount)| amount == line.amount_minor) {
            let what = format!(
                "order {id} has {line:?}; when revision {since} took the seat, it cost {costs:?}"
            );
            wrong.push((Kind::PriceWrong, what));
        }
    }
    wrong
}

/// The category that a seat was sold in, and the revision by which it was taken; `None` where that
/// may be one of several.
pub(super) fn priced_by<'h>(
    book: &Book<'h>,
    seat: SeatNo,
    first: Revision,
    last: Revision,
) -> Option<(&'h str, Revision)> {
    let moment = book.seat(seat, last).filter(|moment| first <= moment.revision)?;
    match moment.state {
        State::Sold { since, .. } => Some((moment.category?, since)),
        State::Free { .. } | State::Held(_) => None,
    }
}

/// Whether keys stand for orders that are there.
fn check_keys(facts: &Facts<'_, '_>, findings: &mut Findings) {
    let mut keys = Keys::new();
    for row in &facts.history.keys {
        keys.insert((row.viewer.as_str(), row.key.as_str()), row.order.as_str());
        let sold = facts.book.orders.get(row.order.as_str());
        let is_owners = sold.is_some_and(|sold| {
            sold.buyer == row.viewer || sold.owners.iter().any(|owner| owner.1 == row.viewer)
        });
        if !is_owners {
            let sentence = format!(
                "the key {} of {} stands for order {}, which is not there or never was theirs",
                row.key, row.viewer, row.order
            );
            findings.add(Kind::KeyTable, vec![Pointer::Order(row.order.clone())], sentence);
        }
    }
    check_used_keys(facts, &keys, findings);
}

/// Which order a viewer's key stands for.
type Keys<'h> = HashMap<(&'h str, &'h str), &'h str>;

/// Whether each order has the key that it was made under. Of an order that nobody was told of, some
/// confirmation without an answer has made it.
fn check_used_keys(facts: &Facts<'_, '_>, keys: &Keys<'_>, findings: &mut Findings) {
    let mut have_keys: HashSet<&str> = HashSet::new();
    for call in &facts.history.calls {
        let Command::Confirm { key, .. } = &call.command else { continue };
        let known = keys.get(&(call.viewer.as_str(), key.as_str())).copied();
        let order = match &call.outcome {
            Outcome::Answered(Answer::Confirmed { order, created: true, .. }) => &order.id,
            Outcome::Unclear(_) => {
                have_keys.extend(known);
                continue;
            }
            _ => continue,
        };
        have_keys.insert(order);
        if known != Some(order) {
            let sentence = format!(
                "order {order} was made under the key {key} of {}, which stands for {known:?}",
                call.viewer
            );
            let entries = vec![Pointer::Call(call.id), Pointer::Order(order.clone())];
            findings.add(Kind::KeyTable, entries, sentence);
        }
    }
    for order in facts.history.orders.iter().filter(|row| !have_keys.contains(row.id.as_str())) {
        let sentence = format!("order {} of {} has no key", order.id, order.viewer);
        findings.add(Kind::KeyTable, vec![Pointer::Order(order.id.clone())], sentence);
    }
}
