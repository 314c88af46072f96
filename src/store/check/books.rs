//! All books of a database, event by event, in one snapshot.

use const_format::formatcp;
use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult};

use super::event::EventBooks;
use super::violation::Violation;
use crate::domain::EventId;
use crate::store::error::StoreError;
use crate::store::pools::Store;
use crate::store::rows::TermsRow;
use crate::store::sql::statement;

/// Events looked up at a time.
const EVENTS_AT_ONCE: i64 = 500;

/// What is found on the way.
#[derive(Clone, Debug)]
pub enum Finding {
    /// Something that must not be.
    Violation(Violation),
    /// So much is done.
    Progress(Summary),
}

/// What was verified.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Events that there are.
    pub events: u64,
    /// Events that were verified.
    pub verified: u64,
    /// Their seats.
    pub seats: u64,
    /// Rows of their change logs.
    pub changes: u64,
    /// Their orders.
    pub orders: u64,
    /// What was found to be wrong.
    pub violations: u64,
}

/// Where findings go, and what they add up to.
pub(super) struct Findings<'a> {
    pub(super) summary: Summary,
    tell: &'a mut (dyn FnMut(Finding) + Send),
}

impl Findings<'_> {
    pub(super) fn violation(&mut self, violation: Violation) {
        self.summary.violations += 1;
        (self.tell)(Finding::Violation(violation));
    }

    pub(super) fn progress(&mut self) {
        (self.tell)(Finding::Progress(self.summary));
    }
}

/// The event's row, as far as the books need it.
#[derive(FromQueryResult)]
pub(super) struct EventRow {
    pub(super) id: i64,
    pub(super) revision: i64,
    #[sea_orm(nested)]
    pub(super) terms: TermsRow,
}

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
        let mut findings = Findings { summary: Summary::default(), tell };
        let count = snapshot.query_one_raw(statement("SELECT count(*) FROM events", [])).await?;
        let count: i64 = count.map_or(Ok(0), |row| row.try_get_by_index(0))?;
        findings.summary.events = count.unsigned_abs();
        check_strays(&snapshot, &mut findings).await?;
        let mut after = 0;
        loop {
            let events = events_after(&snapshot, after).await?;
            let Some(last) = events.last() else { break };
            after = last.id;
            for event in events {
                EventBooks::read(&snapshot, event, &mut findings)
                    .await?
                    .verify(&snapshot, &mut findings)
                    .await?;
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
