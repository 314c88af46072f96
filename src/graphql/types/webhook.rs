//! Webhooks, as those who manage events see them.

use async_graphql::{Enum, ID, Object};

use super::event::Event;
use super::event_scope::EventScope;
use crate::domain;
use crate::graphql::ids;
use crate::graphql::scalars::{DateTime, to_int};
use crate::store::WebhookRecord;

/// What a message of a webhook is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "domain::WebhookKind")]
pub enum WebhookKind {
    /// `seats.reserved`: viewers took hold of seats.
    SeatsReserved,
    /// `seats.released`: holders gave seats back.
    SeatsReleased,
    /// `seats.expired`: holds ran out.
    SeatsExpired,
    /// `seats.confirmed`: holders bought seats.
    SeatsConfirmed,
    /// `seats.extended`: holds were prolonged.
    SeatsExtended,
    /// `seats.blocked`: seats went off sale.
    SeatsBlocked,
    /// `seats.unblocked`: seats went on sale again.
    SeatsUnblocked,
    /// `seats.imported`: seats came into the plan, or are elsewhere in it.
    SeatsImported,
    /// `seats.cancelled`: holds ended with their event.
    SeatsCancelled,
    /// `seats.claimed`: guests who signed in took their holds along.
    SeatsClaimed,
    /// `seats.transferred`: orders have other owners.
    SeatsTransferred,
    /// `event.changed`: an event's terms, stage, prices or plan are others, or it is new.
    EventChanged,
}

/// Another server that is told what happens: see docs/webhooks.md.
#[derive(Clone, Debug)]
pub struct Webhook(pub WebhookRecord);

/// Another server that is told what happens: see docs/webhooks.md.
#[Object]
impl Webhook {
    /// Opaque and stable.
    async fn id(&self) -> ID {
        ids::webhook_id(self.0.id)
    }

    /// Where it is told.
    async fn url(&self) -> &str {
        &self.0.url
    }

    /// Of which event; null: of every one, also of those to come.
    async fn event(&self) -> Option<Event> {
        self.0.event.map(|event| EventScope::new(event).into())
    }

    /// Of which kinds.
    async fn kinds(&self) -> Vec<WebhookKind> {
        let kinds = domain::WebhookKind::ALL.iter().filter(|kind| self.0.kinds.include(**kind));
        kinds.map(|kind| (*kind).into()).collect()
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// Since when nothing has been delivered; null while all is well.
    async fn failing_since(&self) -> Option<DateTime> {
        self.0.failing_since.map(DateTime)
    }

    /// How many attempts have failed since then.
    async fn failures(&self) -> i32 {
        to_int(self.0.failures.into())
    }

    /// When the next attempt is due after one that failed.
    async fn next_try_at(&self) -> Option<DateTime> {
        self.0.next_try_at.filter(|_| self.0.paused_at.is_none()).map(DateTime)
    }

    /// Since when it is told nothing any more, after a day without success: replayWebhook resumes
    /// it.
    async fn paused_at(&self) -> Option<DateTime> {
        self.0.paused_at.map(DateTime)
    }

    /// What went wrong last. It stays when all is well again.
    async fn last_error(&self) -> Option<&str> {
        self.0.last_error.as_deref()
    }

    /// When that was.
    async fn last_error_at(&self) -> Option<DateTime> {
        self.0.last_error_at.map(DateTime)
    }
}
