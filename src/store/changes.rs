//! Reads the change log.

use chrono::{DateTime, Utc};
use const_format::formatcp;
use sea_orm::sea_query::Value;
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult};

use super::error::StoreError;
use super::numbers::{CLAIMED, TRANSFERRED};
use super::pools::Store;
use super::rows;
use super::sql::statement;
use crate::domain::{Change, EventId, LogPoint, Mark, OrderId, OtherHistory, Revision, SeatId};

/// What of an event's log is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogExtent {
    /// Its end.
    pub newest: LogPoint,
    /// The last revision that is no longer in the log; zero while nothing was pruned.
    pub pruned: Revision,
    /// About how many seats the event has: their numbers go up to this.
    pub seats: usize,
    /// Revisions up to this one were given in a history that is lost; zero: none that anybody knows
    /// of.
    pub lost_until: Revision,
}

/// The position that an event's row stands for, as columns: its revision, and that one's mark where
/// the row has it.
pub(super) const POINT_COLUMNS: &str =
    "revision, CASE WHEN marked_revision = revision THEN mark END AS mark";

/// What stands in [`POINT_COLUMNS`], of which the first has this index.
pub(super) fn point_from_row(row: &QueryResult, index: usize) -> Result<LogPoint, StoreError> {
    let (revision, mark) = (row.try_get_by_index(index)?, row.try_get_by_index(index + 1)?);
    Ok(log_point(revision, mark))
}

/// The bits of a mark are a number that may be negative.
fn mark_from_row(mark: i64) -> Mark {
    Mark(mark.cast_unsigned())
}

/// The mark of the change before a position, as the database has it.
pub(super) fn mark_to_row(position: LogPoint) -> Value {
    position.mark.map(|mark| mark.0.cast_signed()).into()
}

/// A position as the database has it.
pub(super) fn log_point(revision: i64, mark: Option<i64>) -> LogPoint {
    LogPoint::new(Revision(revision), mark.map(mark_from_row))
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
    mark: Option<i64>,
}

impl Store {
    /// What of the event's log is there, looked up apart ([`Store::apart`]); `None` if there is no
    /// such event.
    pub async fn log_extent(&self, event: EventId) -> Result<Option<LogExtent>, StoreError> {
        let store = self.clone();
        self.apart(async move { store.read_log_extent(event).await }).await
    }

    async fn read_log_extent(&self, event: EventId) -> Result<Option<LogExtent>, StoreError> {
        const EXTENT: &str = formatcp!(
            "SELECT {POINT_COLUMNS},
       (SELECT min(revision) FROM seat_changes WHERE event_id = $1),
       (SELECT max(id) FROM seats WHERE event_id = $1), lost_until FROM events WHERE id = $1"
        );
        let query = statement(EXTENT, [event.0.into()]);
        let Some(row) = self.upkeep.query_one_raw(query).await? else { return Ok(None) };
        let newest = point_from_row(&row, 0)?;
        let oldest: Option<i64> = row.try_get_by_index(2)?;
        let pruned = Revision(oldest.map_or(newest.revision.0, |oldest| oldest - 1));
        let last_seat: Option<i32> = row.try_get_by_index(3)?;
        let seats = last_seat.and_then(|last| usize::try_from(last).ok()).unwrap_or(0);
        let lost_until = Revision(row.try_get_by_index(4)?);
        Ok(Some(LogExtent { newest, pruned, seats, lost_until }))
    }

    /// The changes after a position, as [`Store::changes_after`]; where the log has others than
    /// those that led to it, nothing but that.
    ///
    /// The change that it is the position after is looked at too. It is never pruned while it is
    /// the newest; if it is gone and others are there, nobody can say what they follow.
    ///
    /// # Errors
    ///
    /// As [`Store::changes_after`].
    pub async fn changes_going_on(
        &self,
        event: EventId,
        position: LogPoint,
        limit: usize,
    ) -> Result<Result<Vec<Change>, OtherHistory>, StoreError> {
        if position.revision == Revision::ZERO {
            return Ok(Ok(self.changes_after(event, Revision::ZERO, limit).await?));
        }
        let before = Revision(position.revision.0 - 1);
        let found = self.changes_after(event, before, limit + 1).await?;
        let is_next = |change: &Change| change.revision == position.revision.next();
        if position.mark.is_some() && found.first().is_some_and(is_next) {
            return Ok(Err(OtherHistory));
        }
        Ok(position.rest_of(found))
    }

    /// Writes down that an event's revisions up to this one were given in a history that is lost.
    ///
    /// # Errors
    ///
    /// If the database cannot be asked.
    pub async fn note_lost_history(
        &self,
        event: EventId,
        until: Revision,
    ) -> Result<(), StoreError> {
        const NOTE: &str = "UPDATE events SET lost_until = $2 WHERE id = $1 AND lost_until < $2";
        self.upkeep.execute_raw(statement(NOTE, [event.0.into(), until.0.into()])).await?;
        Ok(())
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
            order: self.order_id.map(|number| OrderId { event, number }),
            former,
            changed_at: self.changed_at,
            mark: self.mark.map(mark_from_row),
        })
    }
}
