//! Webhooks: what receivers get, whatever becomes of them and of servers.

mod addresses;
mod failures;
mod libraries;
mod managing;
mod receiver;
mod servers;
mod telling;

use grand_arena::identity::Role;
use serde_json::{Value, json};

use self::receiver::Receiver;
use crate::harness::{Arena, Client, Event, TestServer, token};

const CREATE: &str = "mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { \
    __typename
    ... on CreateWebhookSuccess { secret webhook { ...WEBHOOK } }
    ... on UserError { message }
    ... on TooManyWebhooks { limit } } }
    fragment WEBHOOK on Webhook { id url event { id } kinds createdAt failingSince failures \
    nextTryAt pausedAt lastError lastErrorAt }";

const REPLAY: &str = "mutation ($input: ReplayWebhookInput!) { replayWebhook(input: $input) { \
    id pausedAt failures nextTryAt } }";

const ALL: &str = "{ webhooks { nodes { id url event { id } kinds failingSince failures nextTryAt \
    pausedAt lastError lastErrorAt } } }";

/// Somebody who manages events.
fn admin(server: &TestServer) -> Client {
    Client::new(&server.base, Some(token("admin", &[Role::Admin])))
}

/// What became of making a webhook.
async fn create(admin: &Client, input: Value) -> Value {
    admin.data(CREATE, json!({ "input": input })).await["createWebhook"].take()
}

/// A webhook of an event, of these kinds; none: every kind. Gives its id and its secret.
async fn webhook(
    server: &TestServer,
    event: &Event,
    receiver: &Receiver,
    kinds: &[&str],
) -> (String, String) {
    let mut input = json!({ "url": receiver.url, "eventId": event.gid });
    if !kinds.is_empty() {
        input["kinds"] = json!(kinds);
    }
    let made = create(&admin(server), input).await;
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    (text(&made["webhook"]["id"]), text(&made["secret"]))
}

/// The first of all webhooks, as those who manage events see it.
async fn first(server: &TestServer) -> Value {
    admin(server).data(ALL, json!({})).await["webhooks"]["nodes"][0].take()
}

/// Goes on with a webhook.
async fn replay(server: &TestServer, input: Value) -> Value {
    admin(server).data(REPLAY, json!({ "input": input })).await["replayWebhook"].take()
}

/// Lets the next attempts be due now.
async fn hurry(arena: &Arena) {
    let now = "UPDATE webhooks SET next_try_at = clock_timestamp() WHERE next_try_at IS NOT NULL";
    sqlx::query(now).execute(&arena.sql).await.unwrap();
}

/// Lets a server's turn to tell webhooks be over, as if it had not been heard of for long.
async fn end_lease(arena: &Arena) {
    sqlx::query("UPDATE webhook_lease SET until = clock_timestamp()")
        .execute(&arena.sql)
        .await
        .unwrap();
}
