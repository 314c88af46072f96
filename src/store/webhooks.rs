//! Webhooks, as those who manage events see them: made, listed, removed, replayed.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult};

use super::audit::write_audit;
use super::error::StoreError;
use super::pools::Store;
use super::sql::{statement, texts};
use crate::domain::webhook::WebhookKinds;
use crate::domain::{AuditEntry, EventId, Revision};
use crate::store::pool::Transaction;

/// The most webhooks that there may be in all: each is told of everything that it asks for, by one
/// server.
pub const MAX_WEBHOOKS: i64 = 100;

/// Which webhook.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WebhookId(pub i64);

/// A webhook that is to be made.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// Where it is told.
    pub url: String,
    /// What it shares with us.
    pub secret: Vec<u8>,
    /// Of which event; `None`: of every one, also of those to come.
    pub event: Option<EventId>,
    /// Of which kinds.
    pub kinds: WebhookKinds,
}

/// A webhook as stored, but for its secret.
#[derive(Clone, Debug)]
pub struct WebhookRecord {
    /// Which webhook.
    pub id: WebhookId,
    /// Where it is told.
    pub url: String,
    /// Of which event; `None`: of every one.
    pub event: Option<EventId>,
    /// Of which kinds.
    pub kinds: WebhookKinds,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Since when nothing has been delivered; `None` while all is well.
    pub failing_since: Option<DateTime<Utc>>,
    /// How many attempts have failed since then.
    pub failures: i32,
    /// When the next attempt is due, if one has failed.
    pub next_try_at: Option<DateTime<Utc>>,
    /// Since when it is told nothing any more, until somebody resumes it.
    pub paused_at: Option<DateTime<Utc>>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When that was.
    pub last_error_at: Option<DateTime<Utc>>,
}

/// From where a webhook is told once more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Replay {
    /// Of which event.
    pub event: EventId,
    /// What comes after this revision.
    pub since: Revision,
}

#[derive(FromQueryResult)]
struct WebhookRow {
    id: i64,
    url: String,
    event_id: Option<i64>,
    kinds: Vec<String>,
    created_at: DateTime<Utc>,
    failing_since: Option<DateTime<Utc>>,
    failures: i32,
    next_try_at: Option<DateTime<Utc>>,
    paused_at: Option<DateTime<Utc>>,
    last_error: Option<String>,
    last_error_at: Option<DateTime<Utc>>,
}

impl TryFrom<WebhookRow> for WebhookRecord {
    type Error = StoreError;

    fn try_from(row: WebhookRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: WebhookId(row.id),
            url: row.url,
            event: row.event_id.map(EventId),
            kinds: kinds_from_row(&row.kinds)?,
            created_at: row.created_at,
            failing_since: row.failing_since,
            failures: row.failures,
            next_try_at: row.next_try_at,
            paused_at: row.paused_at,
            last_error: row.last_error,
            last_error_at: row.last_error_at,
        })
    }
}

pub(super) fn kinds_from_row(kinds: &[String]) -> Result<WebhookKinds, StoreError> {
    let kinds: Result<Vec<_>, _> = kinds.iter().map(|kind| kind.parse()).collect();
    kinds.map(WebhookKinds::new).map_err(|_| StoreError::Corrupt("a webhook's kind"))
}

impl Store {
    /// Makes a webhook that is told of what happens from now on; `None` if there are as many as may
    /// be. Of events that are there, everything up to now counts as told. Of others it is told from
    /// their beginning.
    ///
    /// # Errors
    ///
    /// If the database cannot be asked.
    pub async fn create_webhook(
        &self,
        webhook: &NewWebhook,
        audit: AuditEntry,
    ) -> Result<Option<WebhookRecord>, StoreError> {
        // Whoever counts is alone with that; who tells webhooks does not wait for it.
        const ALONE: &str = "LOCK TABLE webhooks IN SHARE ROW EXCLUSIVE MODE";
        const INSERT: &str = "INSERT INTO webhooks (url, secret, event_id, kinds)
SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM webhooks) < $5 RETURNING *";
        const TOLD: &str = "INSERT INTO webhook_cursors (event_id, webhook_id, revision, version)
SELECT id, $1, revision, version FROM events WHERE $2::bigint IS NULL OR id = $2";
        let transaction = self.reads.begin().await?;
        transaction.execute_unprepared(ALONE).await?;
        let names: Vec<_> = webhook.kinds.named().iter().map(ToString::to_string).collect();
        let event = webhook.event.map(|event| event.0);
        let values = [
            webhook.url.as_str().into(),
            webhook.secret.clone().into(),
            event.into(),
            texts(names.iter().map(String::as_str)),
            MAX_WEBHOOKS.into(),
        ];
        let made = WebhookRow::find_by_statement(statement(INSERT, values)).one(&transaction);
        let Some(made) = made.await? else { return Ok(None) };
        transaction.execute_raw(statement(TOLD, [made.id.into(), event.into()])).await?;
        write_audit(&transaction, webhook.event, &[audit.with("id", made.id)]).await?;
        transaction.commit().await.map_err(StoreError::in_commit)?;
        made.try_into().map(Some)
    }

    /// Removes a webhook; false if there is none such.
    ///
    /// # Errors
    ///
    /// If the database cannot be asked.
    pub async fn delete_webhook(
        &self,
        webhook: WebhookId,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        const DELETE: &str = "DELETE FROM webhooks WHERE id = $1 RETURNING *";
        let transaction = self.reads.begin().await?;
        let delete = statement(DELETE, [webhook.0.into()]);
        let deleted = WebhookRow::find_by_statement(delete).one(&transaction).await?;
        let Some(deleted) = deleted else { return Ok(false) };
        let audit = audit.with("id", webhook.0).with("url", deleted.url);
        write_audit(&transaction, deleted.event_id.map(EventId), &[audit]).await?;
        transaction.commit().await.map_err(StoreError::in_commit)?;
        Ok(true)
    }

    /// Goes on with a webhook, whether or not it is paused, at once and as if nothing had failed;
    /// from a revision of an event, if one is named. `None` if there is none such.
    ///
    /// # Errors
    ///
    /// If the database cannot be asked.
    pub async fn replay_webhook(
        &self,
        webhook: WebhookId,
        replay: Option<Replay>,
        audit: AuditEntry,
    ) -> Result<Option<WebhookRecord>, StoreError> {
        const RESUME: &str = "UPDATE webhooks SET paused_at = NULL, failing_since = NULL,
       failures = 0, next_try_at = NULL WHERE id = $1 RETURNING *";
        let transaction = self.reads.begin().await?;
        let resume = statement(RESUME, [webhook.0.into()]);
        let found = WebhookRow::find_by_statement(resume).one(&transaction).await?;
        let Some(found) = found else { return Ok(None) };
        if let Some(replay) = replay {
            go_back(&transaction, webhook, replay).await?;
        }
        let audit = audit.with("id", webhook.0);
        let event = replay.map(|replay| replay.event);
        write_audit(&transaction, event, &[audit]).await?;
        transaction.commit().await.map_err(StoreError::in_commit)?;
        found.try_into().map(Some)
    }

    /// The webhooks after one, in the order in which they were made, at most `limit` of them.
    ///
    /// # Errors
    ///
    /// If the database cannot be asked.
    pub async fn webhooks_page(
        &self,
        after: Option<WebhookId>,
        limit: i64,
    ) -> Result<Vec<WebhookRecord>, StoreError> {
        const PAGE: &str = "SELECT * FROM webhooks WHERE id > $1 ORDER BY id LIMIT $2";
        let values = [after.map_or(0, |after| after.0).into(), limit.into()];
        let rows = WebhookRow::find_by_statement(statement(PAGE, values)).all(&self.reads).await?;
        rows.into_iter().map(WebhookRecord::try_from).collect()
    }

    /// A webhook; `None` if there is none such.
    ///
    /// # Errors
    ///
    /// If the database cannot be asked.
    pub async fn webhook(&self, id: WebhookId) -> Result<Option<WebhookRecord>, StoreError> {
        let query = statement("SELECT * FROM webhooks WHERE id = $1", [id.0.into()]);
        let row = WebhookRow::find_by_statement(query).one(&self.reads).await?;
        row.map(WebhookRecord::try_from).transpose()
    }
}

/// Where a webhook was told further than this of an event, or not at all yet, it was told up to
/// there. A message that is under way for what comes after no longer counts as told.
async fn go_back(
    transaction: &Transaction,
    webhook: WebhookId,
    replay: Replay,
) -> Result<(), StoreError> {
    const BACK: &str = "INSERT INTO webhook_cursors (event_id, webhook_id, revision, version)
VALUES ($1, $2, $3, 0)
ON CONFLICT (event_id, webhook_id) DO UPDATE SET revision = EXCLUDED.revision, sending_to = NULL";
    let values = [replay.event.0.into(), webhook.0.into(), replay.since.0.into()];
    transaction.execute_raw(statement(BACK, values)).await?;
    Ok(())
}
