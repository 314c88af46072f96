//! A seat's history: its changes in the log, the newest first.
//!
//! Each row of the log has the revision of its seat's change before. So a page is a walk from one
//! to the next, each by the table's key. It ends at the seat's first change, or where the log does
//! not go on: what was before is pruned, or an earlier version wrote a row that does not say.

use sea_orm::FromQueryResult;

use crate::domain::{Change, Revision, SeatId};
use crate::store::changes::ChangeRow;
use crate::store::error::StoreError;
use crate::store::pools::Store;
use crate::store::sql::statement;

/// Where a page of a seat's history begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HistoryFrom {
    /// With the change of this revision.
    With(Revision),
    /// After it, which is before it in time.
    After(Revision),
}

/// A page of a seat's history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistoryRecord {
    /// The changes, the newest first.
    pub changes: Vec<Change>,
    /// Whether there were more before the last of these that cannot be found any more.
    pub is_cut: bool,
}

/// A walk that begins with the row of a revision, and leaves that out or not. Rows of other seats
/// are none of it, whatever revision somebody names.
const WALK: &str = "
WITH RECURSIVE story AS (
    (SELECT seat_changes.*, CASE WHEN $4 THEN 0 ELSE 1 END AS place FROM seat_changes
      WHERE event_id = $1 AND revision = $3 AND seat_id = $2)
    UNION ALL
    SELECT before.*, place + 1 FROM story JOIN seat_changes AS before
        ON before.event_id = $1 AND before.revision = story.previous AND before.seat_id = $2
     WHERE place < $5
)
SELECT revision, seat_id, previous, cause, viewer, expires_at, order_id, changed_at
  FROM story ORDER BY place";

impl Store {
    /// Changes of a seat, at most `limit` of them.
    pub async fn history(
        &self,
        seat: SeatId,
        from: HistoryFrom,
        limit: i64,
    ) -> Result<HistoryRecord, StoreError> {
        let (begin, is_left_out) = match from {
            HistoryFrom::With(revision) => (revision, false),
            HistoryFrom::After(revision) => (revision, true),
        };
        let values = [
            seat.event.0.into(),
            seat.serial.into(),
            begin.0.into(),
            is_left_out.into(),
            limit.into(),
        ];
        let rows = ChangeRow::find_by_statement(statement(WALK, values)).all(&self.reads).await?;
        let changes = rows.into_iter().map(|row| row.into_change(seat.event));
        let mut changes: Vec<Change> = changes.collect::<Result<_, _>>()?;
        let is_full =
            i64::try_from(changes.len()).unwrap_or(i64::MAX) - i64::from(is_left_out) >= limit;
        let is_cut = match changes.last() {
            // Of a seat that never changed nothing is missing.
            None => begin > Revision::ZERO,
            Some(last) => !is_full && last.previous != Some(Revision::ZERO),
        };
        if is_left_out && !changes.is_empty() {
            changes.remove(0);
        }
        Ok(HistoryRecord { changes, is_cut })
    }
}
