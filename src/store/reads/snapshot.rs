//! Reading several things as of one instant.

use chrono::{DateTime, Utc};
use const_format::formatcp;
use sea_orm::ConnectionTrait;

use crate::domain::{EventId, LogPoint};
use crate::store::changes::{POINT_COLUMNS, point_from_row};
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

/// Where the event's log ends, and the database's clock; `None` if there is no such event.
pub(super) async fn end_and_clock(
    connection: &impl ConnectionTrait,
    event: EventId,
) -> Result<Option<(LogPoint, DateTime<Utc>)>, StoreError> {
    const HEAD: &str =
        formatcp!("SELECT {POINT_COLUMNS}, statement_timestamp() FROM events WHERE id = $1");
    let row = connection.query_one_raw(statement(HEAD, [event.0.into()])).await?;
    row.map(|row| Ok((point_from_row(&row, 0)?, row.try_get_by_index(2)?))).transpose()
}
