//! The sums: what must be true of the tables after anything that may have happened.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool};

use super::Event;

/// A row of the change log.
#[derive(Clone, Debug, FromRow)]
pub struct LogRow {
    pub revision: i64,
    pub seat_id: i32,
    pub cause: i16,
    pub viewer: String,
    pub expires_at: Option<DateTime<Utc>>,
    pub order_id: Option<i64>,
    pub changed_at: DateTime<Utc>,
}

/// A row of the seats.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct SeatRow {
    pub id: i32,
    pub status: i16,
    pub viewer: Option<String>,
    pub expires_at: Option<DateTime<Utc>>,
    pub order_id: Option<i64>,
    pub revision: i64,
}

#[derive(Debug, FromRow)]
struct SoldRow {
    seat_id: i32,
    order_id: i64,
    viewer: String,
    price_minor: i32,
    total_minor: i64,
}

const RESERVED: i16 = 1;
const RELEASED: i16 = 2;
const EXPIRED: i16 = 3;
const CONFIRMED: i16 = 4;

/// The change log, in order.
pub async fn log(sql: impl PgExecutor<'_>, event: &Event) -> Vec<LogRow> {
    sqlx::query_as("SELECT * FROM seat_changes WHERE event_id = $1 ORDER BY revision")
        .bind(event.id.0)
        .fetch_all(sql)
        .await
        .unwrap()
}

/// The seats, ascending.
pub async fn seats(sql: impl PgExecutor<'_>, event: &Event) -> Vec<SeatRow> {
    sqlx::query_as("SELECT * FROM seats WHERE event_id = $1 ORDER BY id")
        .bind(event.id.0)
        .fetch_all(sql)
        .await
        .unwrap()
}

/// Checks everything that must be true, at any moment, of an event whose log was never pruned;
/// gives the log.
pub async fn check(sql: &PgPool, event: &Event) -> Vec<LogRow> {
    // One snapshot of everything: holds may run out while we look.
    let mut snapshot =
        sql.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.unwrap();
    let log = log(&mut *snapshot, event).await;
    let revision: i64 = sqlx::query_scalar("SELECT revision FROM events WHERE id = $1")
        .bind(event.id.0)
        .fetch_one(&mut *snapshot)
        .await
        .unwrap();
    let holes: Vec<_> =
        (1..).zip(&log).filter(|(expected, row)| row.revision != *expected).take(3).collect();
    assert!(holes.is_empty(), "revisions are 1 to n without a hole: {holes:?}");
    assert_eq!(
        log.last().map_or(0, |row| row.revision),
        revision,
        "the event's revision is that of its last change"
    );
    check_transitions(&log);
    let seats = seats(&mut *snapshot, event).await;
    for (folded, seat) in fold(&log, event).iter().zip(&seats) {
        assert_eq!(folded, seat, "the log folded is the table");
    }
    check_orders(&mut snapshot, event, &seats).await;
    log
}

/// Every change follows from the one before it of the same seat.
fn check_transitions(log: &[LogRow]) {
    let mut last: HashMap<i32, &LogRow> = HashMap::new();
    for row in log {
        let before = last.insert(row.seat_id, row);
        let held_by_same =
            |before: &LogRow| before.cause == RESERVED && before.viewer == row.viewer;
        let until = |before: &LogRow| before.expires_at.unwrap();
        let legal = match (row.cause, before) {
            (RESERVED, None) => true,
            (RESERVED, Some(before)) => matches!(before.cause, RELEASED | EXPIRED),
            (RELEASED | CONFIRMED, Some(before)) => {
                held_by_same(before) && row.changed_at < until(before)
            }
            (EXPIRED, Some(before)) => held_by_same(before) && row.changed_at >= until(before),
            _ => false,
        };
        assert!(legal, "{row:?} cannot follow {before:?}");
    }
}

/// What the seats must be, going by the log alone.
fn fold(log: &[LogRow], event: &Event) -> Vec<SeatRow> {
    let fresh =
        |id| SeatRow { id, status: 0, viewer: None, expires_at: None, order_id: None, revision: 0 };
    let mut seats: BTreeMap<i32, SeatRow> =
        (1..=i32::try_from(event.seats).unwrap()).map(|id| (id, fresh(id))).collect();
    for row in log {
        let revision = row.revision;
        let viewer = Some(row.viewer.clone());
        let seat = match row.cause {
            RESERVED => SeatRow {
                status: 1,
                viewer,
                expires_at: row.expires_at,
                revision,
                ..fresh(row.seat_id)
            },
            CONFIRMED => SeatRow {
                status: 2,
                viewer,
                order_id: row.order_id,
                revision,
                ..fresh(row.seat_id)
            },
            _ => SeatRow { revision, ..fresh(row.seat_id) },
        };
        seats.insert(row.seat_id, seat);
    }
    seats.into_values().collect()
}

/// Every confirmed seat is in exactly one order, of its owner, and nothing else is; totals add up.
async fn check_orders(sql: &mut PgConnection, event: &Event, seats: &[SeatRow]) {
    let sold: Vec<SoldRow> = sqlx::query_as(
        "SELECT seat_id, order_id, viewer, price_minor, total_minor FROM order_seats
           JOIN orders ON orders.event_id = order_seats.event_id AND orders.id = order_id
          WHERE order_seats.event_id = $1 ORDER BY seat_id",
    )
    .bind(event.id.0)
    .fetch_all(&mut *sql)
    .await
    .unwrap();
    let by_order: Vec<_> =
        sold.iter().map(|row| (row.seat_id, row.order_id, row.viewer.clone())).collect();
    let by_seat: Vec<_> = seats
        .iter()
        .filter(|seat| seat.status == 2)
        .map(|seat| (seat.id, seat.order_id.unwrap(), seat.viewer.clone().unwrap()))
        .collect();
    assert_eq!(by_order, by_seat, "every confirmed seat is in exactly one order");
    let mut totals: HashMap<i64, (i64, i64)> = HashMap::new();
    for row in &sold {
        let entry = totals.entry(row.order_id).or_insert((0, row.total_minor));
        entry.0 += i64::from(row.price_minor);
    }
    assert!(
        totals.values().all(|(sum, total)| sum == total),
        "totals are the sums of prices: {totals:?}"
    );
    let orders: i64 = sqlx::query_scalar("SELECT count(*) FROM orders WHERE event_id = $1")
        .bind(event.id.0)
        .fetch_one(sql)
        .await
        .unwrap();
    assert_eq!(usize::try_from(orders).unwrap(), totals.len(), "no order is empty");
}
