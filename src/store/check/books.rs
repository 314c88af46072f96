//! All books of a database, event by event, in one snapshot.

use chrono::{DateTime, Utc};
use const_format::formatcp;
use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult};

use super::event_books::{EventBooks, EventRow};
use super::findings::{Finding, Findings, Summary};
use super::violation::Violation;
use super::{log, orders};
use crate::domain::EventId;
use crate::store::error::StoreError;
use crate::store::pools::Store;
use crate::store::sql::statement;

/// Events looked up at a time.
const EVENTS_AT_ONCE: i64 = 500;

impl Store {
    /// Verifies the books of every event, and tells of each violation and of its progress. Reads
    /// only, in one snapshot.
    ///
    /// # Errors
    ///
    /// If the database cannot be read to the end.
    pub async fn check(
        &self,
        tell: &mut (dyn FnMut(Finding) + Send),
    ) -> Result<Summary, StoreError> {
        let snapshot = self.read_snapshot().await?;
        // Over the limits of our sessions: an event's sums may take longer than a query may.
        let unhurried = "SET LOCAL statement_timeout = 0;
            SET LOCAL idle_in_transaction_session_timeout = 0";
        snapshot.execute_unprepared(unhurried).await?;
        let mut findings = Findings::new(tell);
        let count = snapshot.query_one_raw(statement("SELECT count(*) FROM events", [])).await?;
        let count: i64 = count.map_or(Ok(0), |row| row.try_get_by_index(0))?;
        findings.summary.events = count.unsigned_abs();
        let now = clock(&snapshot).await?;
        check_strays(&snapshot, &mut findings).await?;
        let mut after = 0;
        loop {
            let events = events_after(&snapshot, after).await?;
            let Some(last) = events.last() else { break };
            after = last.id;
            for event in events {
                let books = EventBooks::read(&snapshot, event, &mut findings).await?;
                log::verify(&books, &snapshot, &mut findings).await?;
                orders::verify(&books, &snapshot, &mut findings).await?;
                books.verify_limit(now, &mut findings);
                findings.summary.verified += 1;
                findings.progress();
            }
        }
        snapshot.commit().await?;
        Ok(findings.summary)
    }
}

async fn events_after(
    snapshot: &DatabaseTransaction,
    after: i64,
) -> Result<Vec<EventRow>, StoreError> {
    const EVENTS: &str = formatcp!(
        "SELECT id, revision, sales_open_at, sales_close_at, hold_seconds, max_seats_per_viewer,
       currency FROM events WHERE id > $1 ORDER BY id LIMIT {EVENTS_AT_ONCE}"
    );
    Ok(EventRow::find_by_statement(statement(EVENTS, [after.into()])).all(snapshot).await?)
}

/// Rows of events that are not there; for tables that no foreign key ties to their event.
async fn check_strays(
    snapshot: &DatabaseTransaction,
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
        strays!("order_seats"),
        strays!("idempotency_keys"),
    ];
    for (table, query) in tables {
        for row in snapshot.query_all_raw(statement(query, [])).await? {
            let event = EventId(row.try_get_by_index(0)?);
            findings.violation(Violation::NoSuchEvent { table, event });
        }
    }
    Ok(())
}

/// When the snapshot was taken, as far as holds are concerned.
async fn clock(snapshot: &DatabaseTransaction) -> Result<DateTime<Utc>, StoreError> {
    let row = snapshot.query_one_raw(statement("SELECT transaction_timestamp()", [])).await?;
    let row = row.ok_or(StoreError::Corrupt("a clock without a time"))?;
    Ok(row.try_get_by_index(0)?)
}
