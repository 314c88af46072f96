//! Telling other servers: webhooks are made, removed, and told once more.

use async_graphql::{Context, ID, InputObject, Object, Result};

use crate::domain::audit::AuditAction;
use crate::domain::webhook::WebhookKinds;
use crate::domain::{AuditEntry, EventId, Revision};
use crate::endpoint::{EndpointError, EndpointSecret, EndpointUrl, Networks};
use crate::graphql::argument::Argument;
use crate::graphql::context::ContextExt as _;
use crate::graphql::error::{Code, Fault};
use crate::graphql::ids;
use crate::graphql::loaders::EventKey;
use crate::graphql::nullable::nullable;
use crate::graphql::scalars;
use crate::graphql::serial::SerialUnion;
use crate::graphql::types::{CreateWebhookResult, Webhook, WebhookKind};
use crate::identity::Role;
use crate::store::{NewWebhook, Replay, WebhookId};

/// What is done with webhooks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Webhooks;

/// A webhook to make.
#[derive(Clone, Debug, InputObject)]
pub(super) struct CreateWebhookInput {
    /// Where it is told: an https address of the internet without a user or password in it, up to
    /// 2,000 characters. A setting of the server allows others.
    url: String,
    /// Of which event, its id or its slug; of every one, also of those to come, unless said.
    event_id: Option<ID>,
    /// Of which kinds; of every kind unless said.
    kinds: Option<Vec<WebhookKind>>,
}

/// A webhook to resume, or to tell once more.
#[derive(Clone, Debug, InputObject)]
pub(super) struct ReplayWebhookInput {
    /// The webhook.
    webhook_id: ID,
    /// With `since`: of which event, its id or its slug. The webhook's own, unless said.
    event_id: Option<ID>,
    /// What comes after this revision is told, once more or not. Unless said, it goes on where it
    /// was.
    since: Option<scalars::Revision>,
}

/// What is done with webhooks.
#[Object]
impl Webhooks {
    /// Has another server told of what happens from now on. Its secret is in the answer, and never
    /// again anywhere; for ADMIN.
    async fn create_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where, and of what.")] input: Argument<CreateWebhookInput>,
    ) -> Option<Result<SerialUnion<CreateWebhookResult>>> {
        nullable(Box::pin(async {
            let (admin, input) = (ctx.require(Role::Admin)?, input.read()?);
            let services = ctx.services();
            let event = match &input.event_id {
                Some(id) => Some(existing_event(ctx, id).await?.0),
                None => None,
            };
            let url = match callable(&input.url, services.networks).await {
                Ok(url) => url.to_string(),
                Err(error) => return Ok(Some(SerialUnion(error.into()))),
            };
            let secret = EndpointSecret::fresh().map_err(Fault::internal)?;
            let kinds = input.kinds.into_iter().flatten();
            let kinds = WebhookKinds::new(kinds.map(Into::into));
            let audit = AuditEntry::new(&admin.id, AuditAction::CreateWebhook).with("url", &url);
            let named: Vec<_> = kinds.named().iter().map(ToString::to_string).collect();
            let audit =
                if named.is_empty() { audit } else { audit.with("kinds", named.join(", ")) };
            let webhook = NewWebhook { url, secret: secret.bytes().to_vec(), event, kinds };
            let store = services.store.clone();
            let made = async move { store.create_webhook(&webhook, audit).await };
            let made = services.store.apart(made).await?;
            Ok(Some(SerialUnion(CreateWebhookResult::new(made, secret.told()))))
        }))
        .await
    }

    /// Has another server told no longer; gives the id; for ADMIN.
    async fn delete_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The webhook's id.")] id: Argument<ID>,
    ) -> Option<Result<ID>> {
        nullable(Box::pin(async {
            let (admin, id) = (ctx.require(Role::Admin)?, id.read()?);
            let (webhook, store) = (webhook_named(&id)?, ctx.services().store.clone());
            let audit = AuditEntry::new(&admin.id, AuditAction::DeleteWebhook);
            let deleted = async move { store.delete_webhook(webhook, audit).await };
            let is_gone = ctx.services().store.apart(deleted).await?;
            if is_gone { Ok(Some(id)) } else { Err(no_such_webhook()) }
        }))
        .await
    }

    /// Resumes a webhook that is paused or waits for its next attempt, at once. From a revision of
    /// an event, where one is given: what comes after is told, though it may have been told before;
    /// for ADMIN.
    async fn replay_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which webhook, and from where.")] input: Argument<ReplayWebhookInput>,
    ) -> Option<Result<Webhook>> {
        nullable(Box::pin(async {
            let (admin, input) = (ctx.require(Role::Admin)?, input.read()?);
            let (webhook, store) = (webhook_named(&input.webhook_id)?, &ctx.services().store);
            let replay = match input.since {
                Some(since) => Some(replay_of(ctx, webhook, &input, since.0).await?),
                None => None,
            };
            let audit = AuditEntry::new(&admin.id, AuditAction::ReplayWebhook);
            let audit = match replay {
                Some(replay) => audit.with("since", replay.since),
                None => audit,
            };
            let it = store.clone();
            let replayed = async move { it.replay_webhook(webhook, replay, audit).await };
            let replayed = store.apart(replayed).await?;
            Ok(Some(Webhook(replayed.ok_or_else(no_such_webhook)?)))
        }))
        .await
    }
}

/// An address that can be called now.
async fn callable(text: &str, networks: Networks) -> Result<EndpointUrl, EndpointError> {
    let url = EndpointUrl::parse(text, networks)?;
    url.addresses(networks).await?;
    Ok(url)
}

/// Which event a webhook is told of once more, and from where.
async fn replay_of(
    ctx: &Context<'_>,
    webhook: WebhookId,
    input: &ReplayWebhookInput,
    since: Revision,
) -> Result<Replay, Fault> {
    let look_up = async move |store: crate::store::Store| store.webhook(webhook).await;
    let found = ctx.look_up(look_up).await?.ok_or_else(no_such_webhook)?;
    let (event, reached) = match (&input.event_id, found.event) {
        (Some(id), own) => {
            let (event, reached) = existing_event(ctx, id).await?;
            if own.is_some_and(|own| own != event) {
                let message = "input.eventId is another event than the webhook's";
                return Err(Fault::bad_input(message));
            }
            (event, reached)
        }
        (None, Some(own)) => (own, reached_by(ctx, own).await?),
        (None, None) => {
            let message = "input.eventId has to say of which event, since the webhook is told of \
                every one";
            return Err(Fault::bad_input(message));
        }
    };
    if since > reached {
        let message = format!("input.since is {since}; the event has only reached {reached}");
        return Err(Fault::bad_input(message));
    }
    Ok(Replay { event, since })
}

/// An event that is there, and its newest revision.
async fn existing_event(ctx: &Context<'_>, id: &ID) -> Result<(EventId, Revision), Fault> {
    let event = ids::event_id(ctx, id).await?;
    Ok((event, reached_by(ctx, event).await?))
}

async fn reached_by(ctx: &Context<'_>, event: EventId) -> Result<Revision, Fault> {
    let record = ctx.loader().load_one(EventKey(event)).await?;
    Ok(record.ok_or_else(Fault::no_such_event)?.revision)
}

fn webhook_named(id: &ID) -> Result<WebhookId, Fault> {
    ids::read_webhook_id(id).ok_or_else(no_such_webhook)
}

fn no_such_webhook() -> Fault {
    Fault::new(Code::NotFound, "there is no such webhook")
}
