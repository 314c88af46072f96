//! The audit log: what those who manage events have done.

use async_graphql::connection::{ConnectionNameType, EdgeNameType};
use async_graphql::{Context, ID, Object, OutputType, SimpleObject};

use super::event::Event;
use crate::graphql::context::ContextExt as _;
use crate::graphql::ids::AnyId;
use crate::graphql::loaders::EventKey;
use crate::graphql::nullable::nullable;
use crate::graphql::paging::NamedConnection;
use crate::graphql::scalars::DateTime;
use crate::store::audit::{AuditRecord, DetailRecord};

/// A page of the audit log.
pub type AuditLogConnection = NamedConnection<AuditLogEntry, AuditLogNames, AuditLogNames>;

/// What pages of the audit log are called.
#[derive(Clone, Copy, Debug)]
pub struct AuditLogNames;

impl ConnectionNameType for AuditLogNames {
    fn type_name<T: OutputType>() -> String {
        "AuditLogConnection".to_owned()
    }
}

impl EdgeNameType for AuditLogNames {
    fn type_name<T: OutputType>() -> String {
        "AuditLogEdge".to_owned()
    }
}

/// One thing that somebody who manages events has done. Never changes.
#[derive(Clone, Debug)]
pub struct AuditLogEntry(pub AuditRecord);

/// One thing that somebody who manages events has done. Never changes.
#[Object]
impl AuditLogEntry {
    /// When it was done.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// Who did it: the subject of a token, or a user of the shell as `cli:name`.
    async fn actor(&self) -> &str {
        &self.0.actor
    }

    /// What was done: the name of a mutation, or of what the shell does like one, for example
    /// `importEvent`. More may be added.
    async fn action(&self) -> &str {
        &self.0.action
    }

    /// The id of the event that it was done with, if it was done with one; also where that is there
    /// no longer.
    async fn event_id(&self) -> Option<ID> {
        self.0.event.map(|event| AnyId::Event(event).encode())
    }

    /// The event, if there is one and it is there still.
    async fn event(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Event>> {
        nullable(async {
            let Some(event) = self.0.event else { return Ok(None) };
            let record = ctx.loader().load_one(EventKey(event)).await?;
            Ok(record.map(|record| Event::known((*record).clone())))
        })
        .await
    }

    /// In which words, up to a hundred.
    async fn details(&self) -> Vec<AuditLogDetail> {
        self.0.details.iter().map(AuditLogDetail::from).collect()
    }
}

/// One thing that an entry of the audit log says.
#[derive(Clone, Debug, SimpleObject)]
pub(super) struct AuditLogDetail {
    /// What it is about: an argument, by its name in the API.
    name: String,
    /// What it was before, where it was something.
    before: Option<String>,
    /// What it is since; null: it was cleared.
    value: Option<String>,
}

impl From<&DetailRecord> for AuditLogDetail {
    fn from(detail: &DetailRecord) -> Self {
        let DetailRecord { name, before, value } = detail.clone();
        Self { name, before, value }
    }
}
