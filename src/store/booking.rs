//! The one transaction that changes seats: lock, decide, write.
//!
//! It concerns one event and carries out any number of commands. It locks the event's row, then the seats that the
//! commands name in ascending order, both FOR UPDATE; since every booking does so in this order there are no
//! deadlocks, and an event's bookings happen one after another. The clock is read after the locks are held.
//! Whatever fails, nothing of it is there; what is answered has been committed.
//!
//! Deliberately absent: NOTIFY (it takes a lock across all databases at commit; the desk's dispatcher sends it
//! afterwards) and retries (the desk knows whether a command may run again).

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, TransactionTrait,
};

use super::entity::{event, seat};
use super::sql::{bigints, instants, ints, smallints, statement, texts};
use super::{Store, StoreError, reads, rows};
use crate::domain::command::Needs;
use crate::domain::ledger::{Closing, Ledger, NewOrder, Opening, Terms};
use crate::domain::seat::Seat;
use crate::domain::{CategoryId, EventId, IdempotencyKey, OrderId, Revision, SeatState, ViewerId};

/// A command waiting for its decision. The store calls [`Job::decide`] once for each attempt at the transaction.
pub trait Job: Send + Sync {
    /// What has to be on the ledger.
    fn needs(&self) -> Needs<'_>;
    /// Whether it may be decided again although it is unknown whether it was written.
    fn is_repeatable(&self) -> bool;
    /// Decides, and keeps the outcome until the transaction is committed.
    fn decide(&mut self, ledger: &mut Ledger);
}

/// What a committed booking transaction did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Booked {
    /// There is no such event; nothing was decided.
    NoSuchEvent,
    /// Everything was decided, and no seat changed.
    Unchanged,
    /// Seats changed.
    Changed {
        /// The event's revision now.
        revision: Revision,
        /// How long from the decision until the first of the holds granted here runs out.
        first_expiry_in: Option<Duration>,
    },
}

impl Store {
    /// Carries out the jobs, in their order, in one transaction on one event.
    ///
    /// # Errors
    ///
    /// On any error nothing was written; but for [`StoreError::Unknown`], after which everything may have been.
    pub async fn book<J: Job + ?Sized>(&self, event: EventId, jobs: &mut [Box<J>]) -> Result<Booked, StoreError> {
        let transaction = self.bookings.begin().await?;
        let Some(event_row) = lock_event(&transaction, event).await? else {
            transaction.rollback().await?;
            return Ok(Booked::NoSuchEvent);
        };
        let mut ledger = Ledger::open(read_opening(&transaction, &event_row, jobs).await?);
        for job in jobs.iter_mut() {
            job.decide(&mut ledger);
        }
        let now = ledger.now();
        let closing = ledger.close();
        if !closing.changes.is_empty() {
            write_changes(&transaction, event, &closing, now).await?;
        }
        if !closing.keys.is_empty() {
            write_orders(&transaction, event, &closing, now).await?;
        }
        if jobs.iter().any(|job| job.needs().reschedules_expiry) {
            reschedule_expiry(&transaction, event).await?;
        }
        transaction.commit().await.map_err(StoreError::in_commit)?;
        Ok(closing.revision().map_or(Booked::Unchanged, |revision| Booked::Changed {
            revision,
            first_expiry_in: closing.earliest_expiry().and_then(|at| (at - now).to_std().ok()),
        }))
    }
}

async fn lock_event(transaction: &DatabaseTransaction, event: EventId) -> Result<Option<event::Model>, StoreError> {
    Ok(event::Entity::find_by_id(event.0).lock_exclusive().one(transaction).await?)
}

/// Locks the seats and reads everything else the jobs need.
async fn read_opening<J: Job + ?Sized>(
    transaction: &DatabaseTransaction,
    event_row: &event::Model,
    jobs: &[Box<J>],
) -> Result<Opening, StoreError> {
    let event = EventId(event_row.id);
    let terms = Terms::from(event_row);
    let seats = lock_seats(transaction, event, jobs).await?;
    let purchases: Vec<_> = jobs.iter().filter_map(|job| job.needs().purchase).collect();
    let facts = read_facts(transaction, event, &terms, jobs, &purchases).await?;
    let mut opening = Opening {
        event,
        terms,
        revision: Revision(event_row.revision),
        now: facts.now,
        seats,
        prices: HashMap::new(),
        holdings: facts.holdings,
        keys: facts.keys,
        orders: Vec::new(),
    };
    if !purchases.is_empty() {
        opening.prices = read_prices(transaction, event).await?;
        let sold = opening.seats.iter().filter_map(|seat| match &seat.state {
            SeatState::Confirmed(sale) => Some(sale.order),
            SeatState::Available { .. } | SeatState::Reserved(_) => None,
        });
        let known: BTreeSet<OrderId> = opening.keys.values().copied().chain(sold).collect();
        opening.orders = reads::orders(transaction, event, known).await?;
    }
    Ok(opening)
}

/// Locks, in ascending order, every seat of the event that a job names.
async fn lock_seats<J: Job + ?Sized>(
    transaction: &DatabaseTransaction,
    event: EventId,
    jobs: &[Box<J>],
) -> Result<Vec<Seat>, StoreError> {
    let named = jobs.iter().flat_map(|job| job.needs().seats);
    // A seat of another event is not on this ledger: the command will find that it does not exist.
    let serials: BTreeSet<i32> = named.filter(|seat| seat.event == event).map(|seat| seat.serial).collect();
    if serials.is_empty() {
        return Ok(Vec::new());
    }
    seat::Entity::find()
        .filter(seat::Column::EventId.eq(event.0))
        .filter(seat::Column::Id.eq_any(serials))
        .order_by_asc(seat::Column::Id)
        .lock_exclusive()
        .all(transaction)
        .await?
        .into_iter()
        .map(Seat::try_from)
        .collect()
}

struct Facts {
    now: DateTime<Utc>,
    holdings: HashMap<ViewerId, u32>,
    keys: HashMap<(ViewerId, IdempotencyKey), OrderId>,
}

/// The clock, and what the viewers at hand hold and have asked before: one row each, told apart by what is NULL.
/// LATERAL, so that each is a look-up by its whole key, whatever the planner believes the tables to hold.
const FACTS: &str = "
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now)
SELECT now, NULL AS viewer, NULL AS key, 0::bigint AS number FROM clock
UNION ALL
SELECT now, asked.viewer, NULL, held.number FROM clock, UNNEST($2::text[]) AS asked (viewer), LATERAL (
    SELECT count(*) AS number FROM seats
     WHERE event_id = $1 AND viewer = asked.viewer AND (status = 2 OR expires_at > now)
) AS held
UNION ALL
SELECT now, asked.viewer, asked.key, known.order_id
  FROM clock, UNNEST($3::text[], $4::text[]) AS asked (viewer, key), LATERAL (
    SELECT order_id FROM idempotency_keys
     WHERE event_id = $1 AND viewer = asked.viewer AND key = asked.key LIMIT 1
) AS known";

#[derive(FromQueryResult)]
struct FactRow {
    now: DateTime<Utc>,
    viewer: Option<String>,
    key: Option<String>,
    number: i64,
}

async fn read_facts<J: Job + ?Sized>(
    transaction: &DatabaseTransaction,
    event: EventId,
    terms: &Terms,
    jobs: &[Box<J>],
    purchases: &[(&ViewerId, &IdempotencyKey)],
) -> Result<Facts, StoreError> {
    let limited = jobs.iter().filter(|_| terms.max_seats_per_viewer.is_some());
    let counted: BTreeSet<&str> = limited.filter_map(|job| job.needs().holdings_of).map(ViewerId::as_str).collect();
    if counted.is_empty() && purchases.is_empty() {
        let now = transaction.query_one_raw(statement("SELECT clock_timestamp()", [])).await?;
        let now = now.ok_or(StoreError::Corrupt("no clock"))?.try_get_by_index(0)?;
        return Ok(Facts { now, holdings: HashMap::new(), keys: HashMap::new() });
    }
    let rows = FactRow::find_by_statement(statement(
        FACTS,
        [
            event.0.into(),
            texts(counted),
            texts(purchases.iter().map(|(viewer, _)| viewer.as_str())),
            texts(purchases.iter().map(|(_, key)| key.as_str())),
        ],
    ))
    .all(transaction)
    .await?;
    let now = rows.first().map(|row| row.now).ok_or(StoreError::Corrupt("no clock"))?;
    let mut facts = Facts { now, holdings: HashMap::new(), keys: HashMap::new() };
    for row in rows {
        let Some(viewer) = row.viewer.as_deref().map(rows::viewer_from_row).transpose()? else { continue };
        if let Some(key) = row.key {
            let key = IdempotencyKey::new(key).ok_or(StoreError::Corrupt("an idempotency key"))?;
            facts.keys.insert((viewer, key), OrderId { event, first: Revision(row.number) });
        } else {
            facts.holdings.insert(viewer, u32::try_from(row.number).unwrap_or(u32::MAX));
        }
    }
    Ok(facts)
}

async fn read_prices(
    transaction: &DatabaseTransaction,
    event: EventId,
) -> Result<HashMap<CategoryId, i32>, StoreError> {
    let query = statement("SELECT id, price_minor FROM categories WHERE event_id = $1", [event.0.into()]);
    let rows = transaction.query_all_raw(query).await?;
    rows.iter()
        .map(|row| {
            let serial = row.try_get_by_index(0)?;
            Ok((CategoryId { event, serial }, row.try_get_by_index(1)?))
        })
        .collect()
}

/// The log rows, the seats as their last change leaves them, and the event's revision: one statement.
/// That the table is the log folded is not kept up by care but written down here.
///
/// The seats are written as if they were new, and are not: a row that is there is found by its key, one look-up each. An
/// UPDATE would join them, and a planner that thinks an event small (its statistics are older than the event) reads
/// the whole event for every change. Were a seat not there, its category 0 would not be either: nothing is inserted.
const WRITE_CHANGES: &str = "
WITH change AS (
    SELECT * FROM UNNEST($3::bigint[], $4::integer[], $5::smallint[], $6::text[], $7::timestamptz[], $8::bigint[])
        AS change (revision, seat_id, cause, viewer, expires_at, order_id)
), log AS (
    INSERT INTO seat_changes (event_id, revision, seat_id, cause, viewer, expires_at, order_id, changed_at)
    SELECT $1, revision, seat_id, cause, viewer,
           CASE WHEN cause = 1 THEN expires_at END, CASE WHEN cause = 4 THEN order_id END, $2
      FROM change
), last AS (
    SELECT DISTINCT ON (seat_id) * FROM change ORDER BY seat_id, revision DESC
), seat AS (
    INSERT INTO seats (event_id, id, category_id, status, viewer, expires_at, lapsed_viewer, order_id, revision)
    SELECT $1, seat_id, 0,
           CASE cause WHEN 1 THEN 1 WHEN 4 THEN 2 ELSE 0 END,
           CASE WHEN cause IN (1, 4) THEN viewer END,
           CASE WHEN cause = 1 THEN expires_at END,
           CASE WHEN cause = 3 THEN viewer END,
           CASE WHEN cause = 4 THEN order_id END,
           revision
      FROM last
    ON CONFLICT (event_id, id) DO UPDATE SET
        status = EXCLUDED.status, viewer = EXCLUDED.viewer, expires_at = EXCLUDED.expires_at,
        lapsed_viewer = EXCLUDED.lapsed_viewer, order_id = EXCLUDED.order_id, revision = EXCLUDED.revision
)
UPDATE events SET revision = $9, next_expiry_at = LEAST(next_expiry_at, $10) WHERE id = $1";

async fn write_changes(
    transaction: &DatabaseTransaction,
    event: EventId,
    closing: &Closing,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let changes = &closing.changes;
    let revision = closing.revision().unwrap_or_default();
    let write = statement(
        WRITE_CHANGES,
        [
            event.0.into(),
            now.into(),
            bigints(changes.iter().map(|change| change.revision.0)),
            ints(changes.iter().map(|change| change.seat.serial)),
            smallints(changes.iter().map(|change| rows::cause_to_row(change.cause))),
            texts(changes.iter().map(|change| change.viewer.as_str())),
            instants(changes.iter().map(|change| change.expires_at.unwrap_or_default())),
            bigints(changes.iter().map(|change| change.order.map_or(0, |order| order.first.0))),
            revision.0.into(),
            closing.earliest_expiry().into(),
        ],
    );
    transaction.execute_raw(write).await?;
    Ok(())
}

/// An empty payment reference stands for NULL: a real one has at least one character.
const WRITE_ORDERS: &str = "
WITH placed AS (
    INSERT INTO orders (event_id, id, viewer, total_minor, currency, payment_reference, confirmed_at)
    SELECT $1, id, viewer, total_minor, currency, NULLIF(payment_reference, ''), $2
      FROM UNNEST($3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::text[])
        AS placed (id, viewer, total_minor, currency, payment_reference)
), sold AS (
    INSERT INTO order_seats (event_id, order_id, seat_id, price_minor)
    SELECT $1, * FROM UNNEST($8::bigint[], $9::integer[], $10::integer[])
)
INSERT INTO idempotency_keys (event_id, viewer, key, order_id, created_at)
SELECT $1, viewer, key, order_id, $2 FROM UNNEST($11::text[], $12::text[], $13::bigint[]) AS k (viewer, key, order_id)";

async fn write_orders(
    transaction: &DatabaseTransaction,
    event: EventId,
    closing: &Closing,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let orders = || closing.orders.iter().map(|NewOrder { order, .. }| order);
    let sold = || {
        closing.orders.iter().flat_map(|NewOrder { order, prices_minor }| {
            order.seats.iter().zip(prices_minor).map(|(seat, &price)| (order.id.first.0, seat.serial, price))
        })
    };
    let write = statement(
        WRITE_ORDERS,
        [
            event.0.into(),
            now.into(),
            bigints(orders().map(|order| order.id.first.0)),
            texts(orders().map(|order| order.viewer.as_str())),
            bigints(orders().map(|order| order.total_minor)),
            texts(orders().map(|order| order.currency.as_str())),
            texts(orders().map(|order| order.payment_reference.as_ref().map_or("", |reference| reference.as_str()))),
            bigints(sold().map(|(order, _, _)| order)),
            ints(sold().map(|(_, seat, _)| seat)),
            ints(sold().map(|(_, _, price)| price)),
            texts(closing.keys.iter().map(|(viewer, _, _)| viewer.as_str())),
            texts(closing.keys.iter().map(|(_, key, _)| key.as_str())),
            bigints(closing.keys.iter().map(|(_, _, order)| order.first.0)),
        ],
    );
    transaction.execute_raw(write).await?;
    Ok(())
}

/// Bookings only ever bring an event's next expiry nearer (LEAST); here, after the due holds are gone, it is looked up
/// anew.
async fn reschedule_expiry(transaction: &DatabaseTransaction, event: EventId) -> Result<(), StoreError> {
    const RESCHEDULE: &str = "
UPDATE events
   SET next_expiry_at = (SELECT min(expires_at) FROM seats WHERE event_id = $1 AND status = 1)
 WHERE id = $1";
    transaction.execute_raw(statement(RESCHEDULE, [event.0.into()])).await?;
    Ok(())
}
