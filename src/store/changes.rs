//! Reads the change log.

use chrono::{DateTime, Utc};
use const_format::formatcp;
use sea_orm::{ConnectionTrait, FromQueryResult};

use super::error::StoreError;
use super::numbers::{CLAIMED, TRANSFERRED};
use super::pools::Store;
use super::rows;
use super::sql::statement;
use crate::domain::{Change, EventId, OrderId, Revision, SeatId};

/// What of an event's log is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogExtent {
    /// The newest revision.
    pub newest: Revision,
    /// The last revision that is no longer in the log; zero while nothing was pruned.
    pub pruned: Revision,
    /// About how many seats the event has: their numbers go up to this.
    pub seats: usize,
}

/// A row of the change log.
#[derive(FromQueryResult)]
pub(super) struct ChangeRow {
    pub(super) revision: i64,
    pub(super) seat_id: i32,
    previous: Option<i64>,
    cause: i16,
    viewer: String,
    expires_at: Option<DateTime<Utc>>,
    order_id: Option<i64>,
    former: Option<String>,
    changed_at: DateTime<Utc>,
}

impl Store {
    /// What of the event's log is there, looked up apart ([`Store::apart`]); `None` if there is no
    /// such event.
    pub async fn log_extent(&self, event: EventId) -> Result<Option<LogExtent>, StoreError> {
        let store = self.clone();
        self.apart(async move { store.read_log_extent(event).await }).await
    }

    async fn read_log_extent(&self, event: EventId) -> Result<Option<LogExtent>, StoreError> {
        const EXTENT: &str = "SELECT revision,
       (SELECT min(revision) FROM seat_changes WHERE event_id = $1),
       (SELECT max(id) FROM seats WHERE event_id = $1) FROM events WHERE id = $1";
        let query = statement(EXTENT, [event.0.into()]);
        let Some(row) = self.upkeep.query_one_raw(query).await? else { return Ok(None) };
        let newest: i64 = row.try_get_by_index(0)?;
        let oldest: Option<i64> = row.try_get_by_index(1)?;
        let pruned = oldest.map_or(newest, |oldest| oldest - 1);
        let last_seat: Option<i32> = row.try_get_by_index(2)?;
        let seats = last_seat.and_then(|last| usize::try_from(last).ok()).unwrap_or(0);
        Ok(Some(LogExtent { newest: Revision(newest), pruned: Revision(pruned), seats }))
    }

    /// The changes after a revision, in order, at most `limit` of them, looked up apart
    /// ([`Store::apart`]). They are consecutive, but where the log was pruned the first may not
    /// follow `after`: the caller checks.
    ///
    /// # Errors
    ///
    /// If the database cannot be asked, or holds a row that is no change.
    pub async fn changes_after(
        &self,
        event: EventId,
        after: Revision,
        limit: usize,
    ) -> Result<Vec<Change>, StoreError> {
        let store = self.clone();
        let look_up = async move { change_rows(&store.upkeep, event, after, limit).await };
        let rows = self.apart(look_up).await?;
        rows.into_iter().map(|row| row.into_change(event)).collect()
    }
}

/// The rows of an event's log after a revision, in order, at most `limit` of them.
pub(super) async fn change_rows(
    connection: &impl ConnectionTrait,
    event: EventId,
    after: Revision,
    limit: usize,
) -> Result<Vec<ChangeRow>, StoreError> {
    // Of what changed hands, the seat's change before says whose it was.
    const ROWS: &str = formatcp!(
        "SELECT change.*, CASE WHEN cause IN ({CLAIMED}, {TRANSFERRED}) THEN (
    SELECT viewer FROM seat_changes AS before
     WHERE before.event_id = $1 AND before.revision = change.previous) END AS former
  FROM seat_changes AS change
 WHERE event_id = $1 AND revision > $2 ORDER BY revision LIMIT $3"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let query = statement(ROWS, [event.0.into(), after.0.into(), limit.into()]);
    Ok(ChangeRow::find_by_statement(query).all(connection).await?)
}

impl ChangeRow {
    pub(super) fn into_change(self, event: EventId) -> Result<Change, StoreError> {
        let former = self.former.as_deref().map(rows::viewer_from_row).transpose()?;
        Ok(Change {
            revision: Revision(self.revision),
            seat: SeatId { event, serial: self.seat_id },
            previous: self.previous.map(Revision),
            cause: rows::cause_from_row(self.cause)?,
            viewer: rows::viewer_from_row(&self.viewer)?,
            expires_at: self.expires_at,
            order: self.order_id.map(|first| OrderId { event, first: Revision(first) }),
            former,
            changed_at: self.changed_at,
        })
    }
}
