//! Removes what of the change logs and of the idempotency keys is past its retention. So is what
//! no longer counts of the seats that were let go.

use std::time::Duration;

use sea_orm::{ConnectionTrait as _, FromQueryResult};

use super::error::StoreError;
use super::pools::Store;
use super::sql::statement;
use crate::domain::EventId;
use crate::domain::churn::WINDOW;

/// How much of its change log an event keeps: what is within both bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retention {
    /// The newest changes of the event, this many.
    pub changes: i64,
    /// Changes that are younger than this.
    pub age: Duration,
}

/// How long an idempotency key is kept: the contract says that long at least. Whoever repeats a
/// purchase later is answered by its seats.
const KEYS_KEPT_FOR: Duration = Duration::from_hours(24);

/// Rows of a table that one statement removes or looks at: a few tens of milliseconds.
const PRUNED_AT_ONCE: i64 = 5000;

/// A position among the idempotency keys of an event; at first before all of them.
#[derive(Clone, PartialEq, Eq, Debug, Default, FromQueryResult)]
pub struct KeyCursor {
    viewer: String,
    key: String,
}

impl Store {
    /// Events that have a change log, after an id, ascending.
    pub async fn events_with_changes(
        &self,
        after: EventId,
        limit: i64,
    ) -> Result<Vec<EventId>, StoreError> {
        let query = statement(
            "SELECT id FROM events WHERE id > $1 AND revision > 0 ORDER BY id LIMIT $2",
            [after.0.into(), limit.into()],
        );
        let rows = self.upkeep.query_all_raw(query).await?;
        rows.iter().map(|row| Ok(EventId(row.try_get_by_index(0)?))).collect()
    }

    /// Removes the oldest changes of an event that are past their retention, a batch of them; true
    /// if there may be more.
    pub async fn prune_changes(
        &self,
        event: EventId,
        retention: Retention,
    ) -> Result<bool, StoreError> {
        // The beginning of the log up to the last of the oldest rows that is past its retention:
        // never a hole. The newest row stays: it tells which log this is.
        const PRUNE: &str = "WITH oldest AS (
    SELECT revision, changed_at FROM seat_changes
     WHERE event_id = $1 ORDER BY revision LIMIT $2
), due AS (
    SELECT max(revision) AS last FROM oldest
     WHERE revision <= (SELECT revision FROM events WHERE id = $1) - $3
        OR changed_at < clock_timestamp() - make_interval(secs => $4)
)
DELETE FROM seat_changes WHERE event_id = $1 AND revision <= (SELECT last FROM due)
   AND revision < (SELECT revision FROM events WHERE id = $1)";
        let values = [
            event.0.into(),
            PRUNED_AT_ONCE.into(),
            retention.changes.into(),
            retention.age.as_secs_f64().into(),
        ];
        let prune = statement(PRUNE, values);
        let pruned = self.upkeep.execute_raw(prune).await?.rows_affected();
        Ok(pruned == PRUNED_AT_ONCE.unsigned_abs())
    }

    /// Removes what says that seats of an event were let go and no longer counts, a batch of it;
    /// true if there may be more. It counts for the window, and for one hold more, of which it may
    /// be the beginning that counts.
    pub async fn prune_churn(&self, event: EventId) -> Result<bool, StoreError> {
        // Rows that a booking writes just now are passed over. Whoever waited for one would find it
        // changed, and have to look again whether it is due.
        const PRUNE: &str = "WITH due AS MATERIALIZED (
    SELECT clock_timestamp()
           - make_interval(secs => $3 + hold_seconds + hold_extension_seconds) AS before
      FROM events WHERE id = $1
), runs AS (
    DELETE FROM seat_runs WHERE event_id = $1 AND seat_id IN (
        SELECT seat_id FROM seat_runs
         WHERE event_id = $1 AND let_go_at < (SELECT before FROM due)
         LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING 1
), let_go AS (
    DELETE FROM seats_let_go WHERE event_id = $1 AND (viewer, let_go_at) IN (
        SELECT viewer, let_go_at FROM seats_let_go
         WHERE event_id = $1 AND let_go_at < (SELECT before FROM due)
         LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING 1
)
SELECT GREATEST((SELECT count(*) FROM runs), (SELECT count(*) FROM let_go))";
        let window = WINDOW.as_seconds_f64();
        let values = [event.0.into(), PRUNED_AT_ONCE.into(), window.into()];
        let row = self.upkeep.query_one_raw(statement(PRUNE, values)).await?;
        let pruned: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
        Ok(pruned == PRUNED_AT_ONCE)
    }

    /// Removes those of the next keys of an event, by viewer and key, that need not be kept any
    /// longer. Gives where to go on; `None` at the end.
    ///
    /// It walks through the primary key: an index on their age would cost every purchase an entry.
    pub async fn prune_keys(
        &self,
        event: EventId,
        after: &KeyCursor,
    ) -> Result<Option<KeyCursor>, StoreError> {
        const LAST: &str = "SELECT viewer, key FROM idempotency_keys
 WHERE event_id = $1 AND (viewer, key) > ($2, $3) ORDER BY viewer, key OFFSET $4 LIMIT 1";
        const PRUNE: &str = "DELETE FROM idempotency_keys
 WHERE event_id = $1 AND (viewer, key) > ($2, $3)
   AND ($4::text IS NULL OR (viewer, key) <= ($4, $5))
   AND created_at < clock_timestamp() - make_interval(secs => $6)";
        let from = || [event.0.into(), after.viewer.as_str().into(), after.key.as_str().into()];
        let offset = (PRUNED_AT_ONCE - 1).into();
        let last = statement(LAST, from().into_iter().chain([offset]));
        let last = KeyCursor::find_by_statement(last).one(&self.upkeep).await?;
        let until =
            |field: fn(&KeyCursor) -> &String| last.as_ref().map(|last| field(last).clone());
        let bounds = [
            until(|last| &last.viewer).into(),
            until(|last| &last.key).into(),
            KEYS_KEPT_FOR.as_secs_f64().into(),
        ];
        self.upkeep.execute_raw(statement(PRUNE, from().into_iter().chain(bounds))).await?;
        Ok(last)
    }
}
