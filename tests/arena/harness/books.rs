//! The books as tests read them, and the check that a test which changes seats ends with.

use std::ops::ControlFlow;

use chrono::{DateTime, Utc};
use grand_arena::domain::{Cause, SeatStatus};
use grand_arena::store::check::Finding;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgExecutor, Row as _};

use super::{Arena, Event};

/// A row of the change log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogRow {
    pub revision: i64,
    pub seat_id: i32,
    pub cause: Cause,
    pub viewer: String,
    pub expires_at: Option<DateTime<Utc>>,
    pub order_id: Option<i64>,
    pub changed_at: DateTime<Utc>,
}

/// A row of the seats.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeatRow {
    pub id: i32,
    pub status: SeatStatus,
    pub viewer: Option<String>,
    pub expires_at: Option<DateTime<Utc>>,
    pub order_id: Option<i64>,
    pub revision: i64,
}

impl FromRow<'_, PgRow> for LogRow {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            revision: row.try_get("revision")?,
            seat_id: row.try_get("seat_id")?,
            cause: known(row, "cause", Cause::from_code)?,
            viewer: row.try_get("viewer")?,
            expires_at: row.try_get("expires_at")?,
            order_id: row.try_get("order_id")?,
            changed_at: row.try_get("changed_at")?,
        })
    }
}

impl FromRow<'_, PgRow> for SeatRow {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            status: known(row, "status", SeatStatus::from_code)?,
            viewer: row.try_get("viewer")?,
            expires_at: row.try_get("expires_at")?,
            order_id: row.try_get("order_id")?,
            revision: row.try_get("revision")?,
        })
    }
}

/// What the number in a column stands for.
fn known<T>(row: &PgRow, column: &str, from_code: fn(i16) -> Option<T>) -> sqlx::Result<T> {
    let code: i16 = row.try_get(column)?;
    from_code(code).ok_or_else(|| {
        let source = BoxDynError::from(format!("{code} stands for nothing"));
        sqlx::Error::ColumnDecode { index: column.to_owned(), source }
    })
}

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

/// Every violation there is in the whole database, one line each.
pub async fn violations(arena: &Arena) -> Vec<String> {
    let mut lines = Vec::new();
    let mut tell = |finding| {
        if let Finding::Violation(violation) = finding {
            lines.push(violation.to_string());
        }
        ControlFlow::Continue(())
    };
    let summary = arena.store.check(&mut tell).await.unwrap();
    assert_eq!(summary.violations, lines.len() as u64, "each is counted: {lines:#?}");
    assert_eq!(summary.verified, summary.events, "no event is left out");
    lines
}

/// Fails if anything is wrong with the books, of whatever event; a log may have been pruned.
pub async fn check_all(arena: &Arena) {
    let violations = violations(arena).await;
    assert!(violations.is_empty(), "the books are wrong:\n{}", violations.join("\n"));
}

/// Fails if anything is wrong with the books, of whatever event; gives the log of one that was
/// never pruned.
pub async fn check(arena: &Arena, event: &Event) -> Vec<LogRow> {
    check_all(arena).await;
    let log = log(&arena.sql, event).await;
    let revision: i64 = sqlx::query_scalar("SELECT revision FROM events WHERE id = $1")
        .bind(event.id.0)
        .fetch_one(&arena.sql)
        .await
        .unwrap();
    // What was never written looks like what was pruned.
    assert!(revision == 0 || log.first().is_some_and(|row| row.revision == 1), "the log is whole");
    log
}

/// Gives all orders the numbers that earlier versions gave them: revisions of their first seats.
pub async fn number_orders_as_before(arena: &Arena) {
    for (table, column) in [
        ("orders", "id"),
        ("order_seats", "order_id"),
        ("order_codes", "order_id"),
        ("idempotency_keys", "order_id"),
        ("seats", "order_id"),
        ("seat_changes", "order_id"),
    ] {
        let number = format!(
            "UPDATE {table} SET {column} = ({column} # (1::bigint << 62)) >> 24
              WHERE {column} >= 1::bigint << 62"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(number)).execute(&arena.sql).await.unwrap();
    }
}
