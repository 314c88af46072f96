//! All books of a database, event by event, each in one snapshot.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult};

use super::event_books::{EventBooks, EventRow};
use super::findings::{Findings, Summary, Tell};
use super::violation::Violation;
use super::{log, orders, prices};
use crate::domain::EventId;
use crate::store::error::StoreError;
use crate::store::pool::Transaction;
use crate::store::pools::Store;
use crate::store::sql::statement;

/// How long a snapshot may lie between two statements, as PostgreSQL writes it: longer than a page
/// of rows takes to fold, shorter than a database should keep old rows for somebody who has gone.
const PATIENCE: &str = "60s";

impl Store {
    /// Verifies the books of every event, and tells of each violation and of its progress. Reads
    /// only, without a lock. Violations are told between two snapshots, which may take its time;
    /// `Break` ends the check.
    ///
    /// # Errors
    ///
    /// If the database cannot be read to the end.
    pub async fn check(&self, tell: Tell<'_>) -> Result<Summary, StoreError> {
        let mut findings = Findings::new(tell);
        let snapshot = self.begin_check().await?;
        let count = snapshot.query_one_raw(statement("SELECT count(*) FROM events", [])).await?;
        let count: i64 = count.map_or(Ok(0), |row| row.try_get_by_index(0))?;
        findings.summary.events = count.unsigned_abs();
        check_strays(&snapshot, &mut findings).await?;
        snapshot.commit().await?;
        let mut after = 0;
        while findings.tell().is_continue()
            && let Some(event) = self.check_event_after(after, &mut findings).await?
        {
            after = event.0;
        }
        Ok(findings.summary)
    }

    /// Verifies the next event, in a snapshot of its own; `None` if there is none.
    async fn check_event_after(
        &self,
        after: i64,
        findings: &mut Findings<'_>,
    ) -> Result<Option<EventId>, StoreError> {
        let snapshot = self.begin_check().await?;
        let Some(row) = event_after(&snapshot, after).await? else { return Ok(None) };
        // Read after the snapshot was taken: what was decided in it has been decided by now.
        let now = clock(&snapshot).await?;
        let books = EventBooks::read(&snapshot, row, now, findings).await?;
        let folded = log::verify(&books, &snapshot, findings).await?;
        orders::verify(&books, &folded, &snapshot, findings).await?;
        prices::verify_sales(&books, &snapshot, findings).await?;
        snapshot.commit().await?;
        findings.summary.verified += 1;
        findings.progress();
        Ok(Some(books.event))
    }

    /// A snapshot in which there is time to think between two statements.
    async fn begin_check(&self) -> Result<Transaction, StoreError> {
        let mut snapshot = self.read_snapshot().await?;
        snapshot.be_patient();
        let patience = format!("SET LOCAL idle_in_transaction_session_timeout = '{PATIENCE}'");
        snapshot.execute_unprepared(&patience).await?;
        Ok(snapshot)
    }
}

async fn event_after(snapshot: &Transaction, after: i64) -> Result<Option<EventRow>, StoreError> {
    const NEXT: &str = "SELECT id, revision, sales_open_at,
       coalesce(sales_close_at, starts_at) AS sales_close_at, hold_seconds,
       hold_extension_seconds, max_seats_per_viewer, max_seats_let_go, allows_lone_seats,
       confirmed_by, currency, stage
  FROM events WHERE id > $1 ORDER BY id LIMIT 1";
    Ok(EventRow::find_by_statement(statement(NEXT, [after.into()])).one(snapshot).await?)
}

/// Rows of events that are not there; for tables that no foreign key ties to their event.
async fn check_strays(
    snapshot: &Transaction,
    findings: &mut Findings<'_>,
) -> Result<(), StoreError> {
    /// The events that a table knows, each by one step through its primary key, and which the
    /// database does not.
    macro_rules! strays {
        ($table:literal) => {
            (
                $table,
                concat!(
                    "WITH RECURSIVE known (event_id) AS (
    (SELECT event_id FROM ",
                    $table,
                    " ORDER BY event_id LIMIT 1)
    UNION ALL
    SELECT (SELECT event_id FROM ",
                    $table,
                    " WHERE event_id > known.event_id
             ORDER BY event_id LIMIT 1) FROM known WHERE event_id IS NOT NULL
)
SELECT event_id FROM known
 WHERE event_id IS NOT NULL AND NOT EXISTS (SELECT FROM events WHERE id = event_id)"
                ),
            )
        };
    }
    let tables = [
        strays!("event_slugs"),
        strays!("seats"),
        strays!("seat_changes"),
        strays!("orders"),
        strays!("order_codes"),
        strays!("order_seats"),
        strays!("idempotency_keys"),
        strays!("seats_let_go"),
        strays!("seat_runs"),
        strays!("webhook_cursors"),
        strays!("past_terms"),
    ];
    for (table, query) in tables {
        for row in snapshot.query_all_raw(statement(query, [])).await? {
            let event = EventId(row.try_get_by_index(0)?);
            findings.violation(Violation::NoSuchEvent { table, event });
        }
    }
    Ok(())
}

/// The database's clock.
async fn clock(snapshot: &Transaction) -> Result<DateTime<Utc>, StoreError> {
    let row = snapshot.query_one_raw(statement("SELECT clock_timestamp()", [])).await?;
    let row = row.ok_or(StoreError::Corrupt("a clock without a time"))?;
    Ok(row.try_get_by_index(0)?)
}
