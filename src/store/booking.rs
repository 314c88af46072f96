//! The one transaction that changes seats: lock, decide, write.
//!
//! It concerns one event and carries out any number of commands. It locks the event's row, then the
//! seats that the commands name in ascending order, both FOR UPDATE; since every booking does so in
//! this order there are no deadlocks, and an event's bookings happen one after another. The clock
//! is read after the locks are held. Whatever fails, nothing of it is there; what is answered has
//! been committed.
//!
//! It takes three round trips to the database: lock, write, commit; and one before them to claim
//! the event, for whoever wants to choose his commands once it is his turn. Whoever has several to
//! carry out keeps the connection (see [`Booker`]): each commit begins the next transaction.
//!
//! Deliberately absent: NOTIFY (it takes a lock across all databases at commit; the desk's
//! dispatcher sends it afterwards) and retries (the desk knows whether a command may run again).

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, EntityTrait,
    FromQueryResult, QueryFilter, QueryOrder, QueryResult, QuerySelect, QueryTrait,
    TransactionTrait,
};

use super::entity::{event, seat};
use super::rows::TermsRow;
use super::sql::{bigints, instants, ints, smallints, statement, texts};
use super::{Store, StoreError, reads, rows};
use crate::domain::command::Needs;
use crate::domain::ledger::{Closing, Ledger, NewOrder, Opening, Terms};
use crate::domain::seat::Seat;
use crate::domain::{
    CategoryId, Change, EventId, IdempotencyKey, OrderId, Revision, SeatState, ViewerId,
};

/// A command waiting for its decision. The store calls [`Job::decide`] once for each attempt at the
/// transaction.
pub trait Job: Send + Sync {
    /// What has to be on the ledger.
    fn needs(&self) -> Needs<'_>;
    /// Whether it may be decided again although it is unknown whether it was written.
    fn is_repeatable(&self) -> bool;
    /// Decides, and keeps the outcome until the transaction is committed.
    fn decide(&mut self, ledger: &mut Ledger);
}

/// What a committed booking transaction did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Booked {
    /// There is no such event; nothing was decided.
    NoSuchEvent,
    /// Everything was decided, and no seat changed.
    Unchanged,
    /// Seats changed.
    Changed {
        /// What the change log has now, in order.
        changes: Vec<Change>,
        /// How long from the decision until the first of the holds granted here runs out.
        first_expiry_in: Option<Duration>,
    },
}

impl Store {
    /// Somebody who carries out bookings.
    pub fn booker(&self) -> Booker {
        Booker { connection: self.bookings.clone(), begun: None }
    }
}

/// How long a connection is kept without a pause between transactions. PostgreSQL tells its
/// autovacuum what a session has changed when the session is between transactions, and once a
/// second at most.
const KEPT_FOR: Duration = Duration::from_secs(1);

/// Carries out bookings one after another.
///
/// Keeps a connection between them, with a transaction begun: a commit that begins the next one is
/// one round trip where beginning, committing and putting a connection back are three. Until its
/// first statement a transaction that has begun holds nothing, neither a lock nor an old row, but
/// its connection.
#[derive(Debug)]
pub struct Booker {
    connection: DatabaseConnection,
    begun: Option<Begun>,
}

/// A transaction that has begun, on a connection that was taken at some time.
#[derive(Debug)]
struct Begun {
    transaction: DatabaseTransaction,
    taken: Instant,
}

impl Booker {
    /// Waits until the event's row is locked for the transaction that [`Booker::book`] carries out
    /// next. Whoever knows that others stand before him claims first, and chooses what to book when
    /// it is his turn.
    ///
    /// # Errors
    ///
    /// On any error nothing is claimed, and nothing was written.
    pub async fn claim(&mut self, event: EventId) -> Result<(), StoreError> {
        let begun = self.begun().await?;
        let row = event::Entity::find_by_id(event.0)
            .select_only()
            .column(event::Column::Id)
            .lock_exclusive();
        row.into_tuple::<i64>().one(&begun.transaction).await?;
        self.begun = Some(begun);
        Ok(())
    }

    /// A transaction that has begun. Taken out: what ends early, for whatever reason, is rolled
    /// back and not gone on with.
    async fn begun(&mut self) -> Result<Begun, StoreError> {
        match self.begun.take() {
            Some(begun) => Ok(begun),
            None => {
                Ok(Begun { transaction: self.connection.begin().await?, taken: Instant::now() })
            }
        }
    }

    /// Carries out the jobs, in their order, in one transaction on one event. `before_commit` is
    /// called when everything is written and the commit is all that is left.
    ///
    /// # Errors
    ///
    /// On any error nothing was written; but for [`StoreError::Unknown`], after which everything
    /// may have been.
    pub async fn book<J: Job + ?Sized>(
        &mut self,
        event: EventId,
        jobs: &mut [Box<J>],
        before_commit: impl FnOnce(),
    ) -> Result<Booked, StoreError> {
        let Begun { transaction, taken } = self.begun().await?;
        let Some(opening) = read_opening(&transaction, event, jobs).await? else {
            transaction.rollback().await?;
            return Ok(Booked::NoSuchEvent);
        };
        let mut ledger = Ledger::open(opening);
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
        before_commit();
        if taken.elapsed() < KEPT_FOR {
            transaction
                .execute_unprepared("COMMIT AND CHAIN")
                .await
                .map_err(StoreError::in_commit)?;
            self.begun = Some(Begun { transaction, taken });
        } else {
            transaction.commit().await.map_err(StoreError::in_commit)?;
        }
        let first_expiry_in = closing.earliest_expiry().and_then(|at| (at - now).to_std().ok());
        let changes = closing.changes;
        Ok(if changes.is_empty() {
            Booked::Unchanged
        } else {
            Booked::Changed { changes, first_expiry_in }
        })
    }

    /// Gives the connection back, and with it what was claimed.
    pub async fn rest(&mut self) {
        if let Some(begun) = self.begun.take() {
            // It has written nothing. A connection that is broken is noticed by whoever uses it
            // next.
            let _ = begun.transaction.rollback().await;
        }
    }
}

/// Locks the event and the seats, and reads everything else the jobs need; `None` if there is no
/// such event.
async fn read_opening<J: Job + ?Sized>(
    transaction: &DatabaseTransaction,
    event: EventId,
    jobs: &[Box<J>],
) -> Result<Option<Opening>, StoreError> {
    let Some(Locked { terms, revision, now, seats }) = lock(transaction, event, jobs).await? else {
        return Ok(None);
    };
    let purchases: Vec<_> = jobs.iter().filter_map(|job| job.needs().purchase).collect();
    let limited = jobs.iter().filter(|_| terms.max_seats_per_viewer.is_some());
    let counted: BTreeSet<&str> =
        limited.filter_map(|job| job.needs().holdings_of).map(ViewerId::as_str).collect();
    let (mut holdings, mut keys) = (HashMap::new(), HashMap::new());
    if !counted.is_empty() || !purchases.is_empty() {
        (holdings, keys) = read_facts(transaction, event, now, &counted, &purchases).await?;
    }
    let (mut prices, mut orders) = (HashMap::new(), Vec::new());
    if !purchases.is_empty() {
        prices = read_prices(transaction, event).await?;
        let sold = seats.iter().filter_map(|seat| match &seat.state {
            SeatState::Confirmed(sale) => Some(sale.order),
            SeatState::Available { .. } | SeatState::Reserved(_) => None,
        });
        let known: BTreeSet<OrderId> = keys.values().copied().chain(sold).collect();
        orders = reads::orders(transaction, event, known).await?;
    }
    Ok(Some(Opening { event, terms, revision, now, seats, prices, holdings, keys, orders }))
}

/// The locked rows, and the clock after that.
struct Locked {
    terms: Terms,
    revision: Revision,
    now: DateTime<Utc>,
    seats: Vec<Seat>,
}

/// Locks the event's row, then every seat of the event that is named, ascending; then reads the
/// clock.
///
/// Each of the three depends on the one before: no seat is looked for until there is an event, and
/// the clock is read by a subquery over all seats that were locked. Both rows are given as they are
/// once they are locked, even if the statement began before another transaction changed them
/// (PostgreSQL's READ COMMITTED). The first row is the event's and has the clock.
static LOCK: LazyLock<String> = LazyLock::new(|| {
    let event = event::Entity::find_by_id(0).lock_exclusive().build(DbBackend::Postgres).sql;
    let seats = seat::Entity::find()
        .filter(seat::Column::EventId.eq(0))
        .filter(seat::Column::Id.eq_any([0]))
        .filter(Expr::cust("EXISTS (SELECT FROM locked_event)"))
        .order_by_asc(seat::Column::Id)
        .lock_exclusive()
        .build(DbBackend::Postgres)
        .sql;
    format!(
        "WITH locked_event AS MATERIALIZED ({event}), locked_seats AS MATERIALIZED ({seats})
SELECT NULL::integer AS id, NULL::integer AS category_id, NULL::boolean AS for_sale, \
NULL::smallint AS status,
       NULL::text AS viewer, NULL::timestamptz AS expires_at, NULL::text AS lapsed_viewer, \
       NULL::bigint AS order_id,
       revision, (SELECT clock_timestamp() FROM (SELECT count(*) FROM locked_seats) AS locked) AS \
       now,
       sales_open_at, sales_close_at, hold_seconds, max_seats_per_viewer, currency
  FROM locked_event
UNION ALL
SELECT id, category_id, for_sale, status, viewer, expires_at, lapsed_viewer, order_id, revision,
       NULL, NULL, NULL, NULL, NULL, NULL
  FROM locked_seats"
    )
});

async fn lock<J: Job + ?Sized>(
    transaction: &DatabaseTransaction,
    event: EventId,
    jobs: &[Box<J>],
) -> Result<Option<Locked>, StoreError> {
    let named = jobs.iter().flat_map(|job| job.needs().seats);
    // A seat of another event is not on this ledger: the command will find that it does not exist.
    let serials: BTreeSet<i32> =
        named.filter(|seat| seat.event == event).map(|seat| seat.serial).collect();
    let rows = transaction.query_all_raw(statement(&LOCK, [event.0.into(), ints(serials)])).await?;
    let Some((first, seats)) = rows.split_first() else { return Ok(None) };
    Ok(Some(Locked {
        terms: TermsRow::from_query_result(first, "")?.into(),
        revision: Revision(first.try_get_by_index(8)?),
        now: first.try_get_by_index(9)?,
        seats: seats
            .iter()
            .map(|row| Seat::try_from(seat_from_row(event, row)?))
            .collect::<Result<_, _>>()?,
    }))
}

/// By index: there may be thousands of these, and names would be looked up anew in each.
fn seat_from_row(event: EventId, row: &QueryResult) -> Result<seat::Model, StoreError> {
    Ok(seat::Model {
        event_id: event.0,
        id: row.try_get_by_index(0)?,
        category_id: row.try_get_by_index(1)?,
        for_sale: row.try_get_by_index(2)?,
        status: row.try_get_by_index(3)?,
        viewer: row.try_get_by_index(4)?,
        expires_at: row.try_get_by_index(5)?,
        lapsed_viewer: row.try_get_by_index(6)?,
        order_id: row.try_get_by_index(7)?,
        revision: row.try_get_by_index(8)?,
    })
}

/// How many seats viewers hold and own, and which orders their keys stand for.
type Facts = (HashMap<ViewerId, u32>, HashMap<(ViewerId, IdempotencyKey), OrderId>);

/// One row for each viewer who is counted, and one for each key that is known, which has a `key`.
/// LATERAL, so that each is a look-up by its whole key, whatever the planner believes the tables to
/// hold.
const FACTS: &str = "
SELECT asked.viewer, NULL AS key, held.number FROM UNNEST($3::text[]) AS asked (viewer), LATERAL (
    SELECT count(*) AS number FROM seats
     WHERE event_id = $1 AND viewer = asked.viewer AND (status = 2 OR expires_at > $2)
) AS held
UNION ALL
SELECT asked.viewer, asked.key, known.order_id FROM UNNEST($4::text[], $5::text[]) AS asked \
(viewer, key), LATERAL (
    SELECT order_id FROM idempotency_keys
     WHERE event_id = $1 AND viewer = asked.viewer AND key = asked.key LIMIT 1
) AS known";

#[derive(FromQueryResult)]
struct FactRow {
    viewer: String,
    key: Option<String>,
    number: i64,
}

async fn read_facts(
    transaction: &DatabaseTransaction,
    event: EventId,
    now: DateTime<Utc>,
    counted: &BTreeSet<&str>,
    purchases: &[(&ViewerId, &IdempotencyKey)],
) -> Result<Facts, StoreError> {
    let rows = FactRow::find_by_statement(statement(
        FACTS,
        [
            event.0.into(),
            now.into(),
            texts(counted.iter().copied()),
            texts(purchases.iter().map(|(viewer, _)| viewer.as_str())),
            texts(purchases.iter().map(|(_, key)| key.as_str())),
        ],
    ))
    .all(transaction)
    .await?;
    let (mut holdings, mut keys) = Facts::default();
    for row in rows {
        let viewer = rows::viewer_from_row(&row.viewer)?;
        if let Some(key) = row.key {
            let key = IdempotencyKey::new(key).ok_or(StoreError::Corrupt("an idempotency key"))?;
            keys.insert((viewer, key), OrderId { event, first: Revision(row.number) });
        } else {
            holdings.insert(viewer, u32::try_from(row.number).unwrap_or(u32::MAX));
        }
    }
    Ok((holdings, keys))
}

async fn read_prices(
    transaction: &DatabaseTransaction,
    event: EventId,
) -> Result<HashMap<CategoryId, i32>, StoreError> {
    let query =
        statement("SELECT id, price_minor FROM categories WHERE event_id = $1", [event.0.into()]);
    let rows = transaction.query_all_raw(query).await?;
    rows.iter()
        .map(|row| {
            let serial = row.try_get_by_index(0)?;
            Ok((CategoryId { event, serial }, row.try_get_by_index(1)?))
        })
        .collect()
}

/// The log rows, the seats as their last change leaves them, and the event's revision: one
/// statement. That the table is the log folded is not kept up by care but written down here.
///
/// The seats are written as if they were new, and are not: a row that is there is found by its key,
/// one look-up each. An UPDATE would join them, and a planner that thinks an event small (its
/// statistics are older than the event) reads the whole event for every change. Were a seat not
/// there, its category 0 would not be either: nothing is inserted.
const WRITE_CHANGES: &str = "
WITH change AS (
    SELECT * FROM UNNEST($3::bigint[], $4::integer[], $5::smallint[], $6::text[], \
    $7::timestamptz[], $8::bigint[])
        AS change (revision, seat_id, cause, viewer, expires_at, order_id)
), log AS (
    INSERT INTO seat_changes (event_id, revision, seat_id, cause, viewer, expires_at, order_id, \
    changed_at)
    SELECT $1, revision, seat_id, cause, viewer,
           CASE WHEN cause = 1 THEN expires_at END, CASE WHEN cause = 4 THEN order_id END, $2
      FROM change
), last AS (
    SELECT DISTINCT ON (seat_id) * FROM change ORDER BY seat_id, revision DESC
), seat AS (
    INSERT INTO seats (event_id, id, category_id, status, viewer, expires_at, lapsed_viewer, \
    order_id, revision)
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
        lapsed_viewer = EXCLUDED.lapsed_viewer, order_id = EXCLUDED.order_id, revision = \
        EXCLUDED.revision
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
    INSERT INTO orders (event_id, id, viewer, total_minor, currency, payment_reference, \
    confirmed_at)
    SELECT $1, id, viewer, total_minor, currency, NULLIF(payment_reference, ''), $2
      FROM UNNEST($3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::text[])
        AS placed (id, viewer, total_minor, currency, payment_reference)
), sold AS (
    INSERT INTO order_seats (event_id, order_id, seat_id, price_minor)
    SELECT $1, * FROM UNNEST($8::bigint[], $9::integer[], $10::integer[])
)
INSERT INTO idempotency_keys (event_id, viewer, key, order_id, created_at)
SELECT $1, viewer, key, order_id, $2 FROM UNNEST($11::text[], $12::text[], $13::bigint[]) AS k \
(viewer, key, order_id)";

async fn write_orders(
    transaction: &DatabaseTransaction,
    event: EventId,
    closing: &Closing,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let orders = || closing.orders.iter().map(|NewOrder { order, .. }| order);
    let sold = || {
        closing.orders.iter().flat_map(|NewOrder { order, prices_minor }| {
            order
                .seats
                .iter()
                .zip(prices_minor)
                .map(|(seat, &price)| (order.id.first.0, seat.serial, price))
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
            texts(orders().map(|order| {
                order.payment_reference.as_ref().map_or("", |reference| reference.as_str())
            })),
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

/// Bookings only ever bring an event's next expiry nearer (LEAST); here, after the due holds are
/// gone, it is looked up anew.
async fn reschedule_expiry(
    transaction: &DatabaseTransaction,
    event: EventId,
) -> Result<(), StoreError> {
    const RESCHEDULE: &str = "
UPDATE events
   SET next_expiry_at = (SELECT min(expires_at) FROM seats WHERE event_id = $1 AND status = 1)
 WHERE id = $1";
    transaction.execute_raw(statement(RESCHEDULE, [event.0.into()])).await?;
    Ok(())
}
