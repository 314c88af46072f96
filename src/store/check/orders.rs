//! An event's orders, held against its seats; and the codes and keys that lead to them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::FromQueryResult;

use super::event_books::EventBooks;
use super::findings::Findings;
use super::log::Folded;
use super::violation::Violation;
use crate::domain::{Cause, KeySlots, Revision, SeatState};
use crate::store::error::StoreError;
use crate::store::pool::Transaction;
use crate::store::sql::statement;

#[derive(FromQueryResult)]
struct OrderRow {
    id: i64,
    viewer: String,
    code: String,
    total_minor: i64,
    currency: String,
}

#[derive(FromQueryResult)]
struct OrderSeatRow {
    seat_id: i32,
    order_id: i64,
    price_minor: i64,
}

/// The seats of one order.
#[derive(Default)]
struct Contents {
    seats: Vec<i32>,
    /// Whatever the rows hold, it does not overflow.
    sum: i128,
}

/// Each confirmed seat is in exactly one order, and the reverse; totals add up; keys lead to
/// orders. (A seat cannot be in two orders: that is the primary key of `order_seats`.)
pub(super) async fn verify(
    books: &EventBooks,
    folded: &HashMap<i32, Folded>,
    snapshot: &Transaction,
    findings: &mut Findings<'_>,
) -> Result<(), StoreError> {
    let event = books.event;
    let query = "SELECT id, viewer, code, total_minor, currency FROM orders WHERE event_id = $1";
    let orders = OrderRow::find_by_statement(statement(query, [event.0.into()]));
    let orders: BTreeMap<i64, OrderRow> =
        orders.all(snapshot).await?.into_iter().map(|row| (row.id, row)).collect();
    let query = "SELECT seat_id, order_id, price_minor FROM order_seats WHERE event_id = $1
  ORDER BY seat_id";
    let rows = OrderSeatRow::find_by_statement(statement(query, [event.0.into()]));
    let mut contents: BTreeMap<i64, Contents> = BTreeMap::new();
    let mut order_of: BTreeMap<i32, i64> = BTreeMap::new();
    for row in rows.all(snapshot).await? {
        let of_order = contents.entry(row.order_id).or_default();
        of_order.seats.push(row.seat_id);
        of_order.sum += i128::from(row.price_minor);
        order_of.insert(row.seat_id, row.order_id);
    }
    findings.summary.orders += orders.len() as u64;
    for (seat, order) in books.sold() {
        if order_of.get(&seat) != Some(&order.0) {
            findings.violation(Violation::SoldOutsideOrder { event, seat, order });
        }
    }
    for &order in contents.keys().filter(|order| !orders.contains_key(order)) {
        findings.violation(Violation::SeatsOfNoOrder { event, order: Revision(order) });
    }
    let mut passed_on = BTreeSet::new();
    for order in orders.values() {
        if verify_order(books, folded, order, contents.get(&order.id), findings) {
            passed_on.insert(order.id);
        }
    }
    verify_codes(books, &orders, snapshot, findings).await?;
    verify_keys(books, (&orders, &passed_on), snapshot, findings).await
}

/// Each order's code leads to it, and no other code leads to an order.
async fn verify_codes(
    books: &EventBooks,
    orders: &BTreeMap<i64, OrderRow>,
    snapshot: &Transaction,
    findings: &mut Findings<'_>,
) -> Result<(), StoreError> {
    #[derive(FromQueryResult)]
    struct CodeRow {
        code: String,
        order_id: i64,
    }
    let event = books.event;
    let query = "SELECT code, order_id FROM order_codes WHERE event_id = $1 ORDER BY order_id";
    let codes = CodeRow::find_by_statement(statement(query, [event.0.into()]));
    let mut named = BTreeSet::new();
    for CodeRow { code, order_id } in codes.all(snapshot).await? {
        if orders.get(&order_id).is_some_and(|order| order.code == code) {
            named.insert(order_id);
        } else {
            let order = Revision(order_id);
            findings.violation(Violation::CodeWithoutOrder { event, order });
        }
    }
    for order in orders.values().filter(|order| !named.contains(&order.id)) {
        let order = Revision(order.id);
        findings.violation(Violation::OrderWithoutCode { event, order });
    }
    Ok(())
}

/// Gives whether the order has been passed on since it was made.
fn verify_order(
    books: &EventBooks,
    folded: &HashMap<i32, Folded>,
    row: &OrderRow,
    contents: Option<&Contents>,
    findings: &mut Findings<'_>,
) -> bool {
    let (event, order) = (books.event, Revision(row.id));
    let Some(contents) = contents else {
        findings.violation(Violation::EmptyOrder { event, order });
        return false;
    };
    if contents.sum != i128::from(row.total_minor) {
        let (total, sum) = (row.total_minor, contents.sum);
        findings.violation(Violation::WrongTotal { event, order, total, sum });
    }
    if row.currency != books.terms.currency {
        let (currency, expected) = (row.currency.clone(), books.terms.currency.clone());
        findings.violation(Violation::WrongCurrency { event, order, currency, expected });
    }
    for &seat in contents.seats.iter().filter(|seat| !books.unreadable.contains(seat)) {
        match books.seats.get(&seat).map(|seat| &seat.state) {
            Some(SeatState::Confirmed(sale)) if sale.order.first == order => {
                if sale.viewer.as_str() != row.viewer {
                    findings.violation(Violation::WrongOwner { event, order, seat });
                }
            }
            _ => findings.violation(Violation::OrderedNotSold { event, order, seat }),
        }
    }
    if contents.seats.iter().any(|seat| books.unreadable.contains(seat)) {
        return false;
    }
    let revisions = contents.seats.iter().filter_map(|seat| books.seats.get(seat));
    let mut revisions: Vec<i64> = revisions.map(|seat| seat.revision.0).collect();
    revisions.sort_unstable();
    let first = revisions.first().copied().unwrap_or(row.id);
    let is_as_made = |seat| folded.get(seat).is_some_and(|folded| folded.cause == Cause::Confirmed);
    let is_passed_on = first > row.id && !contents.seats.iter().any(is_as_made);
    let first = if is_passed_on { first } else { row.id };
    if !(first..).zip(&revisions).all(|(expected, &revision)| expected == revision) {
        findings.violation(Violation::WrongRevisions { event, order });
    }
    is_passed_on
}

/// Each key leads to an order of its viewer. Those of an order that was passed on stay whose they
/// are: they name the purchase.
async fn verify_keys(
    books: &EventBooks,
    (orders, passed_on): (&BTreeMap<i64, OrderRow>, &BTreeSet<i64>),
    snapshot: &Transaction,
    findings: &mut Findings<'_>,
) -> Result<(), StoreError> {
    #[derive(FromQueryResult)]
    struct KeyRow {
        viewer: String,
        key: String,
        order_id: i64,
    }
    let query = "SELECT viewer, key, order_id FROM idempotency_keys WHERE event_id = $1
  ORDER BY order_id, key";
    let event = books.event;
    let keys = KeyRow::find_by_statement(statement(query, [event.0.into()]));
    let keys = keys.all(snapshot).await?;
    for of_order in keys.chunk_by(|key, next| key.order_id == next.order_id) {
        let (order, count) = (Revision(of_order[0].order_id), of_order.len());
        if count > KeySlots::COUNT {
            findings.violation(Violation::TooManyKeys { event, order, count });
        }
    }
    for KeyRow { viewer, key, order_id } in keys {
        let leads_to = |order: &OrderRow| order.viewer == viewer || passed_on.contains(&order.id);
        if !orders.get(&order_id).is_some_and(leads_to) {
            let order = Revision(order_id);
            findings.violation(Violation::KeyWithoutOrder { event, key, order });
        }
    }
    Ok(())
}
