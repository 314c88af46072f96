//! How far webhooks were told, and who of the servers tells them.
//!
//! A position is moved by whoever finds it where they left it, and by nobody else. So a server that
//! has lost its turn without noticing moves nothing that another has moved since. All times are the
//! database's.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult};

use super::error::StoreError;
use super::pools::Store;
use super::sql::{bigints, statement};
use super::webhooks::{WebhookId, kinds_from_row};
use crate::domain::webhook::WebhookKinds;
use crate::domain::{EventId, Revision};

/// Positions that are looked up at a time. Where more are behind, they are found by and by.
const MAX_BACKLOG: i64 = 10_000;

/// A webhook that is not paused.
#[derive(Clone, Debug)]
pub struct WebhookToTell {
    /// Which webhook.
    pub id: WebhookId,
    /// Where it is told.
    pub url: String,
    /// What it shares with us.
    pub secret: Vec<u8>,
    /// Of which kinds.
    pub kinds: WebhookKinds,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// How many attempts have failed since the last one that did not.
    pub failures: u32,
    /// Whether the next attempt may be made.
    pub is_due: bool,
}

/// Something of an event that a webhook has not been told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Backlog {
    /// Which webhook.
    pub webhook: WebhookId,
    /// Which event.
    pub event: EventId,
    /// The event's newest revision and version.
    pub reached: (Revision, i64),
    /// Up to where it was told.
    pub told: Told,
}

/// Up to where a webhook was told of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told {
    /// The last change of a seat.
    pub revision: Revision,
    /// The last change of the event.
    pub version: i64,
    /// The last revision of the message that is under way.
    pub sending_to: Option<Revision>,
}

/// What became of a webhook whose attempt has failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// It will be tried again.
    WillTryAgain,
    /// It is told nothing any more.
    Paused,
    /// It is no longer there.
    Gone,
}

impl Store {
    /// Takes the turn to tell webhooks, or keeps it, for so long from now; false if it is another
    /// server's.
    ///
    /// # Errors
    ///
    /// If the database cannot be asked.
    pub async fn hold_webhook_lease(
        &self,
        holder: &str,
        time: Duration,
    ) -> Result<bool, StoreError> {
        const HOLD: &str = "INSERT INTO webhook_lease (id, holder, until)
VALUES (1, $1, clock_timestamp() + make_interval(secs => $2))
ON CONFLICT (id) DO UPDATE SET holder = EXCLUDED.holder, until = EXCLUDED.until
 WHERE webhook_lease.holder = EXCLUDED.holder OR webhook_lease.until <= clock_timestamp()
    -- Nobody takes it to such a time: the clock was put back.
    OR webhook_lease.until > EXCLUDED.until + make_interval(secs => $2)";
        let hold = statement(HOLD, [holder.into(), time.as_secs_f64().into()]);
        Ok(self.upkeep.execute_raw(hold).await?.rows_affected() > 0)
    }

    /// Gives the turn to tell webhooks back, where it is this one's.
    ///
    /// # Errors
    ///
    /// If the database cannot be asked.
    pub async fn end_webhook_lease(&self, holder: &str) -> Result<(), StoreError> {
        const END: &str = "DELETE FROM webhook_lease WHERE id = 1 AND holder = $1";
        self.upkeep.execute_raw(statement(END, [holder.into()])).await?;
        Ok(())
    }

    /// The webhooks that are not paused; and how many are. None waits for longer than this.
    ///
    /// # Errors
    ///
    /// If the database cannot be asked.
    pub async fn webhooks_to_tell(
        &self,
        longest_wait: Duration,
    ) -> Result<(Vec<WebhookToTell>, i64), StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            id: i64,
            url: String,
            secret: Vec<u8>,
            kinds: Vec<String>,
            created_at: DateTime<Utc>,
            failures: i32,
            is_due: bool,
            is_paused: bool,
        }
        const ALL: &str = "SELECT id, url, secret, kinds, created_at, failures,
       -- No wait is that long: the clock was put back.
       COALESCE(next_try_at <= clock_timestamp()
                OR next_try_at > clock_timestamp() + make_interval(secs => $1), true) AS is_due,
       paused_at IS NOT NULL AS is_paused FROM webhooks ORDER BY id";
        let rows = Row::find_by_statement(statement(ALL, [longest_wait.as_secs_f64().into()]))
            .all(&self.upkeep)
            .await?;
        let paused = rows.iter().filter(|row| row.is_paused).count();
        let to_tell = rows.into_iter().filter(|row| !row.is_paused).map(|row| {
            Ok(WebhookToTell {
                id: WebhookId(row.id),
                url: row.url,
                secret: row.secret,
                kinds: kinds_from_row(&row.kinds)?,
                created_at: row.created_at,
                failures: u32::try_from(row.failures).unwrap_or_default(),
                is_due: row.is_due,
            })
        });
        Ok((to_tell.collect::<Result<_, StoreError>>()?, i64::try_from(paused).unwrap_or(i64::MAX)))
    }

    /// Events after an id, ascending, at most `limit` of them.
    ///
    /// # Errors
    ///
    /// If the database cannot be asked.
    pub async fn event_ids_after(
        &self,
        after: EventId,
        limit: i64,
    ) -> Result<Vec<EventId>, StoreError> {
        const AFTER: &str = "SELECT id FROM events WHERE id > $1 ORDER BY id LIMIT $2";
        let query = statement(AFTER, [after.0.into(), limit.into()]);
        let rows = self.upkeep.query_all_raw(query).await?;
        rows.iter().map(|row| Ok(EventId(row.try_get_by_index(0)?))).collect()
    }

    /// What these webhooks have not been told of these events.
    ///
    /// # Errors
    ///
    /// If the database cannot be asked.
    pub async fn webhook_backlog(
        &self,
        webhooks: impl IntoIterator<Item = WebhookId>,
        events: impl IntoIterator<Item = EventId>,
    ) -> Result<Vec<Backlog>, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            webhook_id: i64,
            event_id: i64,
            revision: i64,
            version: i64,
            told_revision: i64,
            told_version: i64,
            sending_to: Option<i64>,
        }
        const BACKLOG: &str = "SELECT webhooks.id AS webhook_id, events.id AS event_id,
       events.revision, events.version, COALESCE(told.revision, 0) AS told_revision,
       COALESCE(told.version, 0) AS told_version, told.sending_to
  FROM events
  JOIN webhooks ON webhooks.event_id IS NULL OR webhooks.event_id = events.id
  LEFT JOIN webhook_cursors AS told
    ON told.event_id = events.id AND told.webhook_id = webhooks.id
 WHERE webhooks.id = ANY ($1) AND events.id = ANY ($2)
   AND (events.revision > COALESCE(told.revision, 0)
        OR events.version > COALESCE(told.version, 0))
 LIMIT $3";
        let values = [
            bigints(webhooks.into_iter().map(|webhook| webhook.0)),
            bigints(events.into_iter().map(|event| event.0)),
            MAX_BACKLOG.into(),
        ];
        let rows = Row::find_by_statement(statement(BACKLOG, values)).all(&self.upkeep).await?;
        let backlog = |row: Row| Backlog {
            webhook: WebhookId(row.webhook_id),
            event: EventId(row.event_id),
            reached: (Revision(row.revision), row.version),
            told: Told {
                revision: Revision(row.told_revision),
                version: row.told_version,
                sending_to: row.sending_to.map(Revision),
            },
        };
        Ok(rows.into_iter().map(backlog).collect())
    }

    /// Moves a webhook's position in an event, from where it was; false if it is elsewhere by now,
    /// or the webhook is gone or paused.
    ///
    /// # Errors
    ///
    /// If the database cannot be asked.
    pub async fn move_webhook(
        &self,
        webhook: WebhookId,
        event: EventId,
        (from, to): (Told, Told),
    ) -> Result<bool, StoreError> {
        const MOVE: &str = "INSERT INTO webhook_cursors AS told
       (event_id, webhook_id, revision, version, sending_to)
SELECT $1, $2, $3, $4, $5
  FROM webhooks WHERE id = $2 AND paused_at IS NULL AND EXISTS (SELECT FROM events WHERE id = $1)
ON CONFLICT (event_id, webhook_id) DO UPDATE
   SET revision = EXCLUDED.revision, version = EXCLUDED.version, sending_to = EXCLUDED.sending_to
 WHERE (told.revision, told.version) = ($6, $7) AND told.sending_to IS NOT DISTINCT FROM $8";
        let optional = |revision: Option<Revision>| revision.map(|revision| revision.0).into();
        let values = [
            event.0.into(),
            webhook.0.into(),
            to.revision.0.into(),
            to.version.into(),
            optional(to.sending_to),
            from.revision.0.into(),
            from.version.into(),
            optional(from.sending_to),
        ];
        Ok(self.upkeep.execute_raw(statement(MOVE, values)).await?.rows_affected() > 0)
    }

    /// Notes that a webhook was told something after attempts that failed.
    ///
    /// # Errors
    ///
    /// If the database cannot be asked.
    pub async fn webhook_succeeded(&self, webhook: WebhookId) -> Result<(), StoreError> {
        const SUCCEEDED: &str = "UPDATE webhooks
   SET failing_since = NULL, failures = 0, next_try_at = NULL WHERE id = $1 AND failures > 0";
        self.upkeep.execute_raw(statement(SUCCEEDED, [webhook.0.into()])).await?;
        Ok(())
    }

    /// Notes that an attempt has failed, and that the next is due after a wait. Who has failed for
    /// as long as there is patience is paused.
    ///
    /// # Errors
    ///
    /// If the database cannot be asked.
    pub async fn webhook_failed(
        &self,
        webhook: WebhookId,
        error: &str,
        (wait, patience): (Duration, Duration),
    ) -> Result<Failure, StoreError> {
        const FAILED: &str = "UPDATE webhooks SET failures = failures + 1,
       failing_since = COALESCE(failing_since, now.now), last_error = $2, last_error_at = now.now,
       next_try_at = now.now + make_interval(secs => $3),
       paused_at = COALESCE(paused_at, CASE
           WHEN COALESCE(failing_since, now.now) <= now.now - make_interval(secs => $4)
           THEN now.now END)
  FROM (SELECT clock_timestamp() AS now) AS now WHERE id = $1 RETURNING paused_at";
        let values = [
            webhook.0.into(),
            error.into(),
            wait.as_secs_f64().into(),
            patience.as_secs_f64().into(),
        ];
        let row = self.upkeep.query_one_raw(statement(FAILED, values)).await?;
        let Some(row) = row else { return Ok(Failure::Gone) };
        let paused_at: Option<DateTime<Utc>> = row.try_get_by_index(0)?;
        Ok(if paused_at.is_some() { Failure::Paused } else { Failure::WillTryAgain })
    }
}
