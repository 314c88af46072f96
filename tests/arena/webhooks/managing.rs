//! Webhooks, as those who manage events see them.

use grand_arena::identity::Role;
use serde_json::json;

use super::receiver::Receiver;
use super::{ALL, CREATE, REPLAY, admin, create, webhook};
use crate::harness::{Arena, Client, eventually, token};

const DELETE: &str = "mutation ($id: ID!) { deleteWebhook(id: $id) }";

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_for_those_who_manage_events() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let clients = [
        (server.stranger(), "UNAUTHENTICATED"),
        (server.client("ann"), "FORBIDDEN"),
        (Client::new(&server.base, Some(token("shop", &[Role::Shop]))), "FORBIDDEN"),
    ];
    for (client, code) in clients {
        let input = json!({ "input": { "url": "https://shop.example" } });
        assert_eq!(client.code(CREATE, input).await, code);
        assert_eq!(client.code(REPLAY, json!({ "input": { "webhookId": "a" } })).await, code);
        assert_eq!(client.code(DELETE, json!({ "id": "a" })).await, code);
        assert_eq!(client.code(ALL, json!({})).await, code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_said_once_and_what_is_done_is_in_the_audit_log() {
    let (arena, receiver) = (Arena::new().await, Receiver::open().await);
    let event = arena.event(5).await;
    let server = arena.server().await;
    let (id, secret) = webhook(&server, &event, &receiver, &["SEATS_CONFIRMED"]).await;
    let admin = admin(&server);
    let listed = admin.data(ALL, json!({})).await;
    let it = &listed["webhooks"]["nodes"][0];
    assert_eq!((&it["id"], &it["url"]), (&json!(id), &json!(receiver.url)));
    assert_eq!(
        (&it["kinds"], &it["event"]["id"]),
        (&json!(["SEATS_CONFIRMED"]), &json!(event.gid))
    );
    admin.data(REPLAY, json!({ "input": { "webhookId": id, "since": 0 } })).await;
    assert_eq!(admin.data(DELETE, json!({ "id": id })).await["deleteWebhook"], id.as_str());
    assert_eq!(admin.code(DELETE, json!({ "id": id })).await, "NOT_FOUND");
    assert_eq!(admin.data(ALL, json!({})).await["webhooks"]["nodes"], json!([]));
    let log = "{ auditLog { nodes { actor action details { name value } } } }";
    let log = admin.data(log, json!({})).await;
    let entries = log["auditLog"]["nodes"].as_array().unwrap();
    let actions: Vec<_> = entries.iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["deleteWebhook", "replayWebhook", "createWebhook"]);
    assert!(!format!("{listed}{log}").contains(secret.trim_start_matches("whsec_")));
    let cursors: i64 = sqlx::query_scalar("SELECT count(*) FROM webhook_cursors")
        .fetch_one(&arena.sql)
        .await
        .unwrap();
    assert_eq!(cursors, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_deleted_is_told_nothing_more() {
    let (arena, gone, other) = (Arena::new().await, Receiver::open().await, Receiver::open().await);
    let event = arena.event(5).await;
    let server = arena.server().await;
    let (id, _) = webhook(&server, &event, &gone, &[]).await;
    webhook(&server, &event, &other, &[]).await;
    gone.hold();
    server.client("ann").reserve(&event, [1]).await;
    gone.wait_for(1).await;
    admin(&server).data(DELETE, json!({ "id": id })).await;
    gone.let_go();
    server.client("ann").reserve(&event, [2]).await;
    other.wait_until(2).await;
    eventually("the lane is closed", async || gone.received().len() == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_only_so_many_webhooks() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let many = "INSERT INTO webhooks (url, secret, kinds)
        SELECT 'http://127.0.0.1:1', 'a secret', '{}' FROM generate_series(1, 98)";
    sqlx::query(many).execute(&arena.sql).await.unwrap();
    let admin = admin(&server);
    let create_one = || {
        let admin = admin.clone();
        async move { create(&admin, json!({ "url": "http://127.0.0.1:1" })).await }
    };
    let made = crate::harness::all_at_once((0..5).map(|_| create_one())).await;
    let count = |kind: &str| made.iter().filter(|made| made["__typename"] == kind).count();
    assert_eq!((count("CreateWebhookSuccess"), count("TooManyWebhooks")), (2, 3), "{made:?}");
    assert!(made.iter().all(|made| made["limit"].is_null() || made["limit"] == 100));
}
