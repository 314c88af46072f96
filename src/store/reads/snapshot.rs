//! Reading several things as of one instant.

use chrono::{DateTime, Utc};
use sea_orm::{AccessMode, ConnectionTrait, DatabaseTransaction, IsolationLevel, TransactionTrait};

use crate::domain::{EventId, Revision};
use crate::store::error::StoreError;
use crate::store::pools::Store;
use crate::store::sql::statement;

impl Store {
    /// Everything read in it is true for one instant.
    pub(in crate::store) async fn read_snapshot(&self) -> Result<DatabaseTransaction, StoreError> {
        let config = (Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly));
        Ok(self.reads.begin_with_config(config.0, config.1).await?)
    }
}

/// The event's revision, and the database's clock; `None` if there is no such event.
pub(super) async fn revision_and_clock(
    connection: &impl ConnectionTrait,
    event: EventId,
) -> Result<Option<(Revision, DateTime<Utc>)>, StoreError> {
    let query = statement(
        "SELECT revision, statement_timestamp() FROM events WHERE id = $1",
        [event.0.into()],
    );
    let row = connection.query_one_raw(query).await?;
    row.map(|row| Ok((Revision(row.try_get_by_index(0)?), row.try_get_by_index(1)?))).transpose()
}
