//! Removes what of the change logs is past its retention, and what of the idempotency keys is.

use std::time::Duration;

use sea_orm::ConnectionTrait as _;

use super::error::StoreError;
use super::pools::Store;
use super::sql::statement;
use crate::domain::EventId;

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

/// Rows removed by one statement: a few tens of milliseconds.
const PRUNED_AT_ONCE: i64 = 5000;

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
        // never a hole.
        const PRUNE: &str = "WITH oldest AS (
    SELECT revision, changed_at FROM seat_changes
     WHERE event_id = $1 ORDER BY revision LIMIT $2
), due AS (
    SELECT max(revision) AS last FROM oldest
     WHERE revision <= (SELECT revision FROM events WHERE id = $1) - $3
        OR changed_at < clock_timestamp() - make_interval(secs => $4)
)
DELETE FROM seat_changes WHERE event_id = $1 AND revision <= (SELECT last FROM due)";
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

    /// Removes the oldest idempotency keys of an event that need not be kept any longer, a batch of
    /// them; true if there may be more.
    pub async fn prune_keys(&self, event: EventId) -> Result<bool, StoreError> {
        // Up to an instant, which several keys may share: a few more than a batch then.
        const PRUNE: &str = "WITH oldest AS (
    SELECT created_at FROM idempotency_keys
     WHERE event_id = $1 AND created_at < statement_timestamp() - make_interval(secs => $3)
     ORDER BY created_at LIMIT $2
)
DELETE FROM idempotency_keys
 WHERE event_id = $1 AND created_at <= (SELECT max(created_at) FROM oldest)";
        let age = KEYS_KEPT_FOR.as_secs_f64();
        let prune = statement(PRUNE, [event.0.into(), PRUNED_AT_ONCE.into(), age.into()]);
        let pruned = self.upkeep.execute_raw(prune).await?.rows_affected();
        Ok(pruned >= PRUNED_AT_ONCE.unsigned_abs())
    }
}
