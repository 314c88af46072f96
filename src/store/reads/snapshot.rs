//! Reading several things as of one instant.

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;

use crate::domain::{EventId, Revision};
use crate::store::error::StoreError;
use crate::store::pool::Transaction;
use crate::store::pools::Store;
use crate::store::sql::statement;

impl Store {
    /// Everything read in it is true for one instant.
    pub(in crate::store) async fn read_snapshot(&self) -> Result<Transaction, StoreError> {
        Ok(self.reads.begin_snapshot().await?)
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
