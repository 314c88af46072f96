//! What a booking writes: the log, the seats, the event's revision; and orders with their keys.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use const_format::formatcp;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::Value;

use super::fold;
use crate::domain::ledger::Closing;
use crate::domain::{EventId, PriceVersion, TicketName, ViewerId};
use crate::store::error::StoreError;
use crate::store::numbers::{AVAILABLE, CANCELLED_EVENT, RESERVED};
use crate::store::pool::Transaction;
use crate::store::sql::{bigints, instants, ints, smallints, statement, texts};

/// The log rows, the seats as their last change leaves them, and the event's revision: one
/// statement. That the table is the log folded is not kept up by care but written down here.
///
/// The seats are written as if they were new, and are not: a row that is there is found by its key,
/// one look-up each. An UPDATE would join them. A planner that thinks an event small, by statistics
/// older than the event, reads the whole event for every change. Were a seat not there, its
/// category 0 would not be either: nothing is inserted.
///
/// A seat that is sold stays sold: its status would become NULL, which the table refuses. So does
/// that of a change whose cause is unknown. It may change its owner.
///
/// A hold that ends when the one before did is the same hold, which somebody took along: it stays
/// one that was prolonged, or not, and so does one that was prolonged right before.
static WRITE_CHANGES: LazyLock<String> = LazyLock::new(|| {
    let kept = |value, keeps| fold::kept(value, "cause", keeps);
    let status = fold::status_after("cause");
    let viewer = kept("viewer", fold::keeps_viewer as fn(_) -> _);
    let lapsed_viewer = kept("viewer", fold::keeps_lapsed_viewer);
    let expires_at = kept("expires_at", fold::keeps_expiry);
    let extended_until = fold::extended_until("last", "change");
    let order_id = kept("order_id", fold::keeps_order);
    format!(
        "
WITH change AS (
    SELECT * FROM UNNEST($3::bigint[], $4::integer[], $5::smallint[], $6::text[],
                         $7::timestamptz[], $8::bigint[], $12::bigint[], $13::integer[])
        AS change (revision, seat_id, cause, viewer, expires_at, order_id, previous, price_version)
), log AS (
    INSERT INTO seat_changes
           (event_id, revision, seat_id, cause, viewer, expires_at, order_id, changed_at, previous)
    SELECT $1, revision, seat_id, cause, viewer, {expires_at}, {order_id}, $2, previous
      FROM change
), last AS (
    SELECT DISTINCT ON (seat_id) * FROM change ORDER BY seat_id, revision DESC
), seat AS (
    INSERT INTO seats AS seat (event_id, id, category_id, status, viewer, expires_at,
                               lapsed_viewer, order_id, revision, extended_until,
                               price_version)
    SELECT $1, seat_id, 0, {status}, {viewer}, {expires_at}, {lapsed_viewer}, {order_id}, revision,
           {extended_until}, price_version
      FROM last
    ON CONFLICT (event_id, id) DO UPDATE SET
        status = CASE WHEN seat.status IN ({AVAILABLE}, {RESERVED})
                        OR seat.order_id = EXCLUDED.order_id THEN EXCLUDED.status END,
        viewer = EXCLUDED.viewer, expires_at = EXCLUDED.expires_at,
        lapsed_viewer = EXCLUDED.lapsed_viewer, order_id = EXCLUDED.order_id,
        revision = EXCLUDED.revision,
        extended_until = COALESCE(EXCLUDED.extended_until, CASE
            WHEN seat.expires_at = EXCLUDED.expires_at THEN seat.extended_until END),
        price_version = EXCLUDED.price_version
)
UPDATE events SET revision = $9, next_expiry_at = LEAST(next_expiry_at, $10),
       churn_until = GREATEST(churn_until, $11) WHERE id = $1"
    )
});

/// Writes changes to the log of an event and folds them into its seats. Their revisions must be
/// consecutive from the event's own; its row and theirs must be locked.
///
/// # Errors
///
/// If the database refuses: a seat is sold already, or a change is none that there can be.
pub async fn write_changes(
    connection: &impl ConnectionTrait,
    event: EventId,
    closing: &Closing,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let changes = &closing.changes;
    let revision = closing.revision().unwrap_or_default();
    let values = [
        event.0.into(),
        now.into(),
        bigints(changes.iter().map(|change| change.revision.0)),
        ints(changes.iter().map(|change| change.seat.serial)),
        smallints(changes.iter().map(|change| change.cause.code())),
        texts(changes.iter().map(|change| change.viewer.as_str())),
        instants(changes.iter().map(|change| change.expires_at.unwrap_or_default())),
        bigints(changes.iter().map(|change| change.order.map_or(0, |order| order.first.0))),
        revision.0.into(),
        closing.earliest_expiry().into(),
        closing.churn_until().into(),
        bigints(changes.iter().map(|change| change.previous.unwrap_or_default().0)),
        price_lists(&closing.price_lists),
    ];
    connection.execute_raw(statement(&WRITE_CHANGES, values)).await?;
    Ok(())
}

/// The price lists after these changes; NULL is the first. UNNEST has NULL where an array ends
/// before the others: nothing is sent of events whose prices nobody has set.
fn price_lists(lists: &[PriceVersion]) -> Value {
    let of_first = lists.iter().all(|list| *list == PriceVersion::FIRST);
    ints(lists.iter().filter(|_| !of_first).map(|list| list.0))
}

/// An empty payment reference stands for NULL, and so do the number 0 and the empty name of a
/// ticket: real ones have at least one character, and count from 1.
const WRITE_ORDERS: &str = "
WITH placed AS (
    SELECT *
      FROM UNNEST($3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[])
        AS placed (id, viewer, code, total_minor, currency, payment_reference)
), written AS (
    INSERT INTO orders
           (event_id, id, viewer, code, total_minor, currency, payment_reference, confirmed_at)
    SELECT $1, id, viewer, code, total_minor, currency, NULLIF(payment_reference, ''), $2
      FROM placed
), named AS (
    INSERT INTO order_codes (code, event_id, order_id) SELECT code, $1, id FROM placed
), sold AS (
    INSERT INTO order_seats
           (event_id, order_id, seat_id, price_minor, ticket_type_id, ticket_type)
    SELECT $1, order_id, seat_id, price_minor, NULLIF(ticket_id, 0), NULLIF(ticket, '')
      FROM UNNEST($9::bigint[], $10::integer[], $11::bigint[], $16::integer[], $17::text[])
        AS sold (order_id, seat_id, price_minor, ticket_id, ticket)
)
INSERT INTO idempotency_keys (event_id, viewer, key, order_id, slot, created_at)
SELECT $1, viewer, key, order_id, slot, $2
  FROM UNNEST($12::text[], $13::text[], $14::bigint[], $15::smallint[])
    AS known (viewer, key, order_id, slot)";

pub(super) async fn write_orders(
    transaction: &Transaction,
    event: EventId,
    closing: &Closing,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (orders, standard) = (|| closing.orders.iter(), TicketName::standard());
    let references = || {
        orders().map(|order| {
            order.payment_reference.as_ref().map_or("", |reference| reference.as_str())
        })
    };
    let sold = || {
        orders().flat_map(|order| {
            let first = order.id.first.0;
            let priced = order.seats.iter().zip(&order.prices_minor);
            priced.map(move |(seat, &price)| (first, seat.serial, price))
        })
    };
    let tickets = || {
        let tickets = orders().flat_map(|order| &order.tickets);
        tickets.map(
            |ticket| if *ticket == standard { (0, "") } else { (ticket.number, &*ticket.name) },
        )
    };
    let values = [
        event.0.into(),
        now.into(),
        bigints(orders().map(|order| order.id.first.0)),
        texts(orders().map(|order| order.viewer.as_str())),
        texts(orders().map(|order| order.code.as_str())),
        bigints(orders().map(|order| order.total_minor)),
        texts(orders().map(|order| order.currency.as_str())),
        texts(references()),
        bigints(sold().map(|(order, _, _)| order)),
        ints(sold().map(|(_, seat, _)| seat)),
        bigints(sold().map(|(_, _, price)| price)),
        texts(closing.keys.iter().map(|new| new.viewer.as_str())),
        texts(closing.keys.iter().map(|new| new.key.as_str())),
        bigints(closing.keys.iter().map(|new| new.order.first.0)),
        smallints(closing.keys.iter().map(|new| new.slot)),
        ints(tickets().map(|(number, _)| number)),
        texts(tickets().map(|(_, name)| name)),
    ];
    transaction.execute_raw(statement(WRITE_ORDERS, values)).await?;
    Ok(())
}

/// Writes whose orders are that have another owner now. Their seats are written with the changes.
pub(super) async fn write_owners(
    transaction: &Transaction,
    event: EventId,
    closing: &Closing,
) -> Result<(), StoreError> {
    const WRITE: &str = "UPDATE orders SET viewer = $3 WHERE event_id = $1 AND id = ANY ($2)";
    let mut of_owner: BTreeMap<&ViewerId, Vec<i64>> = BTreeMap::new();
    for (order, owner) in &closing.owners {
        of_owner.entry(owner).or_default().push(order.first.0);
    }
    for (owner, orders) in of_owner {
        let values = [event.0.into(), bigints(orders), owner.as_str().into()];
        transaction.execute_raw(statement(WRITE, values)).await?;
    }
    Ok(())
}

/// Bookings only ever bring an event's next expiry nearer (LEAST); here, after the due holds are
/// gone, it is looked up anew. What is held of an event that is cancelled is due.
const RESCHEDULE: &str = formatcp!(
    "
UPDATE events
   SET next_expiry_at = LEAST(
       (SELECT min(expires_at) FROM seats WHERE event_id = $1 AND status = {RESERVED}),
       CASE WHEN stage = {CANCELLED_EVENT}
                 AND EXISTS (SELECT FROM seats WHERE event_id = $1 AND status = {RESERVED})
            THEN clock_timestamp() END)
 WHERE id = $1"
);

pub(super) async fn reschedule_expiry(
    transaction: &Transaction,
    event: EventId,
) -> Result<(), StoreError> {
    transaction.execute_raw(statement(RESCHEDULE, [event.0.into()])).await?;
    Ok(())
}
