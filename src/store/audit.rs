//! The audit log: who of those who manage events did what, and when.
//!
//! Whoever changes something writes its entries in the same transaction (`write_audit`). What a
//! command on the ledger says of itself the booking writes. Entries are never changed. What is said
//! of an event outlives it.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::{Value, json};

use super::error::StoreError;
use super::pools::Store;
use super::sql::{statement, texts};
use crate::domain::audit::AuditDetail;
use crate::domain::{AuditEntry, EventId};

/// An entry as stored.
#[derive(Clone, Debug)]
pub struct AuditRecord {
    /// Later entries have greater numbers.
    pub id: i64,
    /// When it was written, by the database's clock.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub actor: String,
    /// What.
    pub action: String,
    /// With which event, if with one. It may be there no longer.
    pub event: Option<EventId>,
    /// In which words.
    pub details: Vec<DetailRecord>,
}

/// One thing that an entry says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DetailRecord {
    /// What it is about.
    pub name: String,
    /// What it was before, where it was something.
    pub before: Option<String>,
    /// What it is now; `None`: it was cleared.
    pub value: Option<String>,
}

/// Writes entries about an event, or about none.
pub(super) async fn write_audit(
    connection: &impl ConnectionTrait,
    event: Option<EventId>,
    entries: &[AuditEntry],
) -> Result<(), StoreError> {
    const WRITE: &str = "INSERT INTO audit_log (actor, action, event_id, details)
SELECT actor, action, $1, details::jsonb
  FROM UNNEST($2::text[], $3::text[], $4::text[]) WITH ORDINALITY
    AS entry (actor, action, details, number) ORDER BY number";
    let actions: Vec<_> = entries.iter().map(|entry| entry.action.to_string()).collect();
    let details: Vec<_> = entries.iter().map(|entry| to_json(&entry.details)).collect();
    let values = [
        event.map(|event| event.0).into(),
        texts(entries.iter().map(|entry| entry.actor.as_str())),
        texts(actions.iter().map(String::as_str)),
        texts(details.iter().map(String::as_str)),
    ];
    connection.execute_raw(statement(WRITE, values)).await?;
    Ok(())
}

impl Store {
    /// The entries before one, newest first, at most `limit` of them.
    ///
    /// # Errors
    ///
    /// If the database cannot be asked.
    pub async fn audit_page(
        &self,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        const PAGE: &str = "SELECT id, at, actor, action, event_id, details::text AS details
  FROM audit_log WHERE id < $1 ORDER BY id DESC LIMIT $2";
        let values = [before.unwrap_or(i64::MAX).into(), limit.into()];
        let rows = AuditRow::find_by_statement(statement(PAGE, values)).all(&self.reads).await?;
        rows.into_iter().map(AuditRecord::try_from).collect()
    }
}

#[derive(FromQueryResult)]
struct AuditRow {
    id: i64,
    at: DateTime<Utc>,
    actor: String,
    action: String,
    event_id: Option<i64>,
    details: String,
}

impl TryFrom<AuditRow> for AuditRecord {
    type Error = StoreError;

    fn try_from(row: AuditRow) -> Result<Self, StoreError> {
        let AuditRow { id, at, actor, action, event_id, details } = row;
        let details = from_json(&details).ok_or(StoreError::Corrupt("an audit log's details"))?;
        Ok(Self { id, at, actor, action, event: event_id.map(EventId), details })
    }
}

/// A list, so that they stay in their order.
fn to_json(details: &[AuditDetail]) -> String {
    let detail =
        |it: &AuditDetail| json!({ "name": it.name, "before": it.before, "value": it.value });
    Value::Array(details.iter().map(detail).collect()).to_string()
}

fn from_json(details: &str) -> Option<Vec<DetailRecord>> {
    let details: Value = serde_json::from_str(details).ok()?;
    let text = |detail: &Value, name| detail.get(name).and_then(Value::as_str).map(str::to_owned);
    let detail = |detail: &Value| {
        Some(DetailRecord {
            name: text(detail, "name")?,
            before: text(detail, "before"),
            value: text(detail, "value"),
        })
    };
    details.as_array()?.iter().map(detail).collect()
}
