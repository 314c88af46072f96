//! Where webhooks may be.

use serde_json::json;

use super::receiver::Receiver;
use super::{admin, create, first, webhook};
use crate::harness::{Arena, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_are_not_of_the_internet_are_refused_also_behind_a_name() {
    let (arena, receiver) = (Arena::new().await, Receiver::open().await);
    let server = arena.server_with(|settings| settings.webhooks_allow_private = false).await;
    let admin = admin(&server);
    for (url, reason) in [
        (receiver.url.as_str(), "begins with https://"),
        ("https://127.0.0.1/hook", "private network"),
        ("https://[::ffff:10.0.0.1]/hook", "private network"),
        ("https://169.254.169.254/latest/meta-data/", "private network"),
        ("https://localhost/hook", "localhost is, or leads to,"),
        ("https://nowhere.invalid/hook", "leads to no address"),
        ("https://me:secret@shop.example/hook", "no user or password"),
        ("shop.example", "no address such as"),
    ] {
        let refused = create(&admin, json!({ "url": url })).await;
        assert_eq!(refused["__typename"], "WebhookAddressRefused", "{url}: {refused}");
        let message = refused["message"].as_str().unwrap();
        assert!(message.contains(reason), "{url}: {message}");
    }
    assert_eq!(receiver.received(), []);
}

/// As a name that leads elsewhere by the time it is called.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_checked_again_when_it_is_called() {
    let (arena, receiver) = (Arena::new().await, Receiver::open().await);
    let event = arena.event(5).await;
    let server = arena.server_with(|settings| settings.webhooks_allow_private = false).await;
    let there = "INSERT INTO webhooks (url, secret, kinds) VALUES ($1, 'a secret', '{}')";
    let url = receiver.url.replace("http://127.0.0.1", "https://localhost");
    sqlx::query(there).bind(url).execute(&arena.sql).await.unwrap();
    server.client("ann").reserve(&event, [1]).await;
    eventually("it is refused", async || first(&server).await["failures"] != 0).await;
    let error = first(&server).await["lastError"].take();
    assert!(error.as_str().unwrap().contains("private network"), "{error}");
    assert_eq!(receiver.received(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_allows_private_networks_and_names_that_lead_there() {
    let (arena, mut receiver) = (Arena::new().await, Receiver::open().await);
    let event = arena.event(5).await;
    let server = arena.server().await;
    receiver.url = receiver.url.replace("127.0.0.1", "localhost");
    webhook(&server, &event, &receiver, &[]).await;
    server.client("ann").reserve(&event, [1]).await;
    receiver.wait_until(1).await;
}
