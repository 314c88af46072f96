//! Spreading the tables over a cluster of Citus.
//!
//! They are distributed by event, all alike, so that a booking is one worker's business. What is
//! asked by another key is a reference table, which every worker has whole. What is left, the audit
//! log and the webhooks' turn, stays where the coordinator is.
//!
//! Each table is a statement of its own, and one that is distributed already is passed over. So it
//! can be done again: after it was interrupted, and after a migration that has brought a table.

use const_format::formatcp;
use sea_orm::ConnectionTrait as _;

use super::error::StoreError;
use super::limits::begin_to_take_long;
use super::pools::Store;
use super::sql::statement;

/// What every worker has whole: asked by a code, a slug, or by nothing.
const REFERENCE: [&str; 3] = ["event_slugs", "order_codes", "webhooks"];

/// What lies where its event does: the tables, and their columns with the event. In this order,
/// since each may refer to those before.
const BY_EVENT: [(&str, &str); 16] = [
    ("events", "id"),
    ("categories", EVENT),
    ("seat_places", EVENT),
    ("seats", EVENT),
    ("seat_changes", EVENT),
    ("orders", EVENT),
    ("order_seats", EVENT),
    ("idempotency_keys", EVENT),
    ("seats_let_go", EVENT),
    ("seat_runs", EVENT),
    ("plan_shapes", EVENT),
    ("seat_blocks", EVENT),
    ("price_lists", EVENT),
    ("ticket_prices", EVENT),
    ("past_terms", EVENT),
    ("webhook_cursors", EVENT),
];

const EVENT: &str = "event_id";

/// Why tables are not distributed.
#[derive(Debug, thiserror::Error)]
pub enum DistributeError {
    /// There is no Citus.
    #[error(
        "the database is {0}; only those of Citus can be distributed (CREATE EXTENSION citus, and \
            add the workers)"
    )]
    NoCitus(String),
    /// Citus does not want to.
    #[error("the table {table} could not be distributed: {reason}")]
    Refused {
        /// Which.
        table: &'static str,
        /// What Citus said.
        reason: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Distributes what is not distributed yet, and tells of each table that it has.
    ///
    /// # Errors
    ///
    /// See [`DistributeError`]. What was distributed before stays so.
    pub async fn distribute(
        &self,
        tell: &mut (dyn FnMut(&'static str) + Send),
    ) -> Result<(), DistributeError> {
        // What refers to a reference table is known to Citus before it is distributed.
        const IS_ABSENT: &str = "NOT EXISTS (
    SELECT FROM citus_tables
     WHERE table_name = to_regclass($1) AND citus_table_type IN ('distributed', 'reference'))";
        const EVERYWHERE: &str =
            formatcp!("SELECT create_reference_table($1::regclass) WHERE {IS_ABSENT}");
        const BY_COLUMN: &str =
            formatcp!("SELECT create_distributed_table($1::regclass, $2) WHERE {IS_ABSENT}");
        const WITH_EVENTS: &str = formatcp!(
            "SELECT create_distributed_table($1::regclass, $2, colocate_with => 'events')
 WHERE {IS_ABSENT}"
        );
        if !self.engine().is_citus() {
            return Err(DistributeError::NoCitus(self.engine().to_string()));
        }
        let everywhere = REFERENCE.map(|table| (table, statement(EVERYWHERE, [table.into()])));
        let by_event = BY_EVENT.map(|(table, column)| {
            let sql = if table == "events" { BY_COLUMN } else { WITH_EVENTS };
            (table, statement(sql, [table.into(), column.into()]))
        });
        let database = self.driver("grand-arena distribute").await?;
        for (table, distribute) in everywhere.into_iter().chain(by_event) {
            let transaction = begin_to_take_long(&database).await.map_err(StoreError::from)?;
            let distributed = transaction.query_one_raw(distribute).await;
            let refused = |error: sea_orm::DbErr| DistributeError::Refused {
                table,
                reason: error.to_string(),
            };
            let is_new = distributed.map_err(refused)?.is_some();
            transaction.commit().await.map_err(StoreError::from)?;
            if is_new {
                tell(table);
            }
        }
        Ok(())
    }
}
