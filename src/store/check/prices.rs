//! What an event's seats are held and were sold by, held against its price lists.
//!
//! Before an event has a second list, its first is no more than what its categories say: what an
//! operator has changed there with plain SQL is nobody's mistake. So sales are held against the
//! first list from then on alone.

use std::collections::{BTreeSet, HashMap};

use sea_orm::FromQueryResult;

use super::event_books::EventBooks;
use super::findings::Findings;
use super::violation::Violation;
use crate::domain::{PriceVersion, Revision, SeatState};
use crate::store::error::StoreError;
use crate::store::pool::Transaction;
use crate::store::prices::read_prices;
use crate::store::sql::statement;

/// Each seat is held or was sold by the list that the event had when its hold began: as far as the
/// log says when.
pub(super) fn verify_lists(
    books: &EventBooks,
    begun: &HashMap<i32, Revision>,
    findings: &mut Findings<'_>,
) {
    for (&serial, seat) in &books.seats {
        let is_free = matches!(seat.state, SeatState::Available { .. });
        let Some(begun) = begun.get(&serial).filter(|_| !is_free) else { continue };
        let raised = books.lists.iter().filter(|after| *after < begun).count();
        let expected = PriceVersion(i32::try_from(raised + 1).unwrap_or(i32::MAX));
        if seat.price_list != expected {
            findings.violation(Violation::WrongPriceList {
                event: books.event,
                seat: serial,
                list: seat.price_list.0,
                expected: expected.0,
            });
        }
    }
}

#[derive(FromQueryResult)]
struct SoldRow {
    seat_id: i32,
    order_id: i64,
    price_minor: i64,
    ticket_id: i32,
}

/// Each seat was sold at a price of the list that it was sold by, as a ticket that is in it.
pub(super) async fn verify_sales(
    books: &EventBooks,
    snapshot: &Transaction,
    findings: &mut Findings<'_>,
) -> Result<(), StoreError> {
    let Some(&first_ends) = books.lists.first() else { return Ok(()) };
    let event = books.event;
    let lists: BTreeSet<_> = books.seats.values().map(|seat| seat.price_list).collect();
    let prices = read_prices(snapshot, lists.into_iter().map(|list| (event, list))).await?;
    let query = "SELECT seat_id, order_id, price_minor, COALESCE(ticket_type_id, 1) AS ticket_id
  FROM order_seats WHERE event_id = $1 ORDER BY seat_id";
    let rows = SoldRow::find_by_statement(statement(query, [event.0.into()]));
    for row in rows.all(snapshot).await? {
        let Some(seat) = books.seats.get(&row.seat_id) else { continue };
        let list = seat.price_list;
        if list == PriceVersion::FIRST && row.order_id <= first_ends.0 {
            continue;
        }
        let mut types = prices.types(list, seat.category).iter();
        let known = types.find(|known| known.ticket.number == row.ticket_id);
        if known.is_none_or(|known| known.price_minor != row.price_minor) {
            findings.violation(Violation::WrongPrice {
                event,
                order: Revision(row.order_id),
                seat: row.seat_id,
                price: row.price_minor,
                list: list.0,
            });
        }
    }
    Ok(())
}
