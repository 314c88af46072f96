//! Reading the change log.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult};

use super::sql::statement;
use super::{Store, StoreError, rows};
use crate::domain::{Change, EventId, OrderId, Revision, SeatId};

/// What of an event's log is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogExtent {
    /// The newest revision.
    pub newest: Revision,
    /// The last revision that is no longer in the log; zero while nothing was pruned.
    pub pruned: Revision,
}

#[derive(FromQueryResult)]
struct ChangeRow {
    revision: i64,
    seat_id: i32,
    cause: i16,
    viewer: String,
    expires_at: Option<DateTime<Utc>>,
    order_id: Option<i64>,
    changed_at: DateTime<Utc>,
}

impl Store {
    /// What of the event's log is there; `None` if there is no such event.
    pub async fn log_extent(&self, event: EventId) -> Result<Option<LogExtent>, StoreError> {
        let query = statement(
            "SELECT revision, (SELECT min(revision) FROM seat_changes WHERE event_id = $1) FROM \
                events WHERE id = $1",
            [event.0.into()],
        );
        let Some(row) = self.upkeep.query_one_raw(query).await? else { return Ok(None) };
        let newest: i64 = row.try_get_by_index(0)?;
        let oldest: Option<i64> = row.try_get_by_index(1)?;
        let pruned = oldest.map_or(newest, |oldest| oldest - 1);
        Ok(Some(LogExtent { newest: Revision(newest), pruned: Revision(pruned) }))
    }

    /// The changes after a revision, in order, at most `limit` of them. They are consecutive, but
    /// where the log was pruned the first may not follow `after`: the caller checks.
    pub async fn changes_after(
        &self,
        event: EventId,
        after: Revision,
        limit: usize,
    ) -> Result<Vec<Change>, StoreError> {
        let query = statement(
            "SELECT * FROM seat_changes WHERE event_id = $1 AND revision > $2 ORDER BY revision \
                LIMIT $3",
            [event.0.into(), after.0.into(), i64::try_from(limit).unwrap_or(i64::MAX).into()],
        );
        let rows = ChangeRow::find_by_statement(query).all(&self.upkeep).await?;
        rows.into_iter().map(|row| row.into_change(event)).collect()
    }

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
        let prune = statement(
            "WITH oldest AS (
                 SELECT revision, changed_at FROM seat_changes WHERE event_id = $1 ORDER BY \
                 revision LIMIT $2
             ), due AS (
                 SELECT max(revision) AS last FROM oldest
                  WHERE revision <= (SELECT revision FROM events WHERE id = $1) - $3
                     OR changed_at < clock_timestamp() - make_interval(secs => $4)
             )
             DELETE FROM seat_changes WHERE event_id = $1 AND revision <= (SELECT last FROM due)",
            [
                event.0.into(),
                PRUNED_AT_ONCE.into(),
                retention.changes.into(),
                retention.age.as_secs_f64().into(),
            ],
        );
        let pruned = self.upkeep.execute_raw(prune).await?.rows_affected();
        Ok(pruned == PRUNED_AT_ONCE.unsigned_abs())
    }

    /// Sends a wake-up of nothing: those who listen can tell that they still hear.
    pub async fn heartbeat(&self) -> Result<(), StoreError> {
        self.upkeep.execute_raw(statement("SELECT pg_notify($1, '')", [CHANNEL.into()])).await?;
        Ok(())
    }

    /// Wakes every feed that listens, with the revisions that events have reached.
    pub async fn notify(&self, reached: &HashMap<EventId, Revision>) -> Result<(), StoreError> {
        for payload in wake_ups(reached) {
            let notify = statement("SELECT pg_notify($1, $2)", [CHANNEL.into(), payload.into()]);
            self.upkeep.execute_raw(notify).await?;
        }
        Ok(())
    }
}

/// How much of its change log an event keeps: what is within both bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retention {
    /// The newest changes of the event, this many.
    pub changes: i64,
    /// Changes that are younger than this.
    pub age: Duration,
}

/// Changes removed by one statement: a few tens of milliseconds.
const PRUNED_AT_ONCE: i64 = 5000;

/// The channel of the wake-ups.
pub(super) const CHANNEL: &str = "grand_arena";

/// PostgreSQL takes payloads of less than 8,000 bytes.
const MAX_PAYLOAD_BYTES: usize = 7_999;

/// Writes wake-ups as `event:revision` pairs with spaces between, in as few messages as they fit
/// into.
fn wake_ups(reached: &HashMap<EventId, Revision>) -> Vec<String> {
    let mut payloads: Vec<String> = Vec::new();
    for (event, revision) in reached {
        let pair = format!("{}:{revision}", event.0);
        match payloads.last_mut() {
            Some(payload) if payload.len() + 1 + pair.len() <= MAX_PAYLOAD_BYTES => {
                payload.push(' ');
                payload.push_str(&pair);
            }
            _ => payloads.push(pair),
        }
    }
    payloads
}

/// Reads a wake-up. What cannot be read is passed over: a wake-up is a hint, and anybody may write
/// to the channel.
pub fn parse_wake_up(payload: &str) -> impl Iterator<Item = (EventId, Revision)> {
    payload.split(' ').filter_map(|pair| {
        let (event, revision) = pair.split_once(':')?;
        Some((EventId(event.parse().ok()?), Revision(revision.parse().ok()?)))
    })
}

impl ChangeRow {
    fn into_change(self, event: EventId) -> Result<Change, StoreError> {
        Ok(Change {
            revision: Revision(self.revision),
            seat: SeatId { event, serial: self.seat_id },
            cause: rows::cause_from_row(self.cause)?,
            viewer: rows::viewer_from_row(&self.viewer)?,
            expires_at: self.expires_at,
            order: self.order_id.map(|first| OrderId { event, first: Revision(first) }),
            changed_at: self.changed_at,
        })
    }
}
