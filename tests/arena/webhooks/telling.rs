//! What is told, in which messages.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use grand_arena::domain::command::{Reserve, SeatSet};
use grand_arena::endpoint::EndpointSecret;
use serde_json::json;

use super::receiver::Receiver;
use super::{admin, create, replay, webhook};
use crate::harness::client::kind;
use crate::harness::{Arena, books, submit};

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_seats_is_told_in_order_and_signed() {
    let (arena, receiver) = (Arena::new().await, Receiver::open().await);
    let event = arena.event(20).await;
    let server = arena.server().await;
    let ann = server.client("ann");
    ann.reserve(&event, [20]).await;
    let (_, secret) = webhook(&server, &event, &receiver, &[]).await;
    ann.reserve(&event, [1, 2, 3]).await;
    ann.confirm(&event, [1, 2], "key").await;
    ann.release(&event, [3]).await;
    let received = receiver.wait_until(7).await;

    let mut next = 2;
    for message in &received {
        let (kind, from, to) = message.told();
        let body = message.body();
        assert_eq!(from, next, "what was before the webhook is not told, and all after it is");
        let changes = body["data"]["changes"].as_array().unwrap();
        for (revision, change) in (from..).zip(changes) {
            assert_eq!(change["revision"], revision);
            assert_eq!(
                format!("seats.{}", change["cause"]).to_lowercase(),
                format!("seats.\"{}\"", kind.trim_start_matches("seats."))
            );
        }
        assert_eq!(i64::try_from(changes.len()).unwrap(), to - from + 1);
        assert_eq!(body["data"]["eventId"], event.gid);
        next = to + 1;
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let signed = EndpointSecret::kept(key).sign(&message.id, message.timestamp, &message.bytes);
        assert_eq!(message.signature, signed);
    }
    let kinds: Vec<_> = received.iter().map(|message| message.told()).collect();
    let of = |kind: &str, from, to| (format!("seats.{kind}"), from, to);
    assert_eq!(kinds, [of("reserved", 2, 4), of("confirmed", 5, 6), of("released", 7, 7)]);

    let viewer = ann.data("{ viewer { id orders { nodes { id } } } }", json!({})).await;
    let sold = received[1].body()["data"]["changes"][0].take();
    assert_eq!(sold["seatId"], event.seat_gid(1));
    assert_eq!(sold["viewerId"], viewer["viewer"]["id"]);
    assert_eq!(sold["orderId"], viewer["viewer"]["orders"]["nodes"][0]["id"]);
    assert_eq!(sold["status"], "CONFIRMED");
    assert!(received[0].body()["data"]["changes"][0]["reservationExpiresAt"].is_string());
    books::check(&arena, &event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_kinds_that_were_asked_for_are_told_and_those_of_an_expiry_too() {
    let (arena, receiver) = (Arena::new().await, Receiver::open().await);
    let event = arena.event(20).await;
    let server = arena.server().await;
    webhook(&server, &event, &receiver, &["SEATS_EXPIRED", "SEATS_CONFIRMED"]).await;
    let ann = server.client("ann");
    for serial in 1..=5 {
        ann.reserve(&event, [serial]).await;
        ann.confirm(&event, [serial], &format!("key {serial}")).await;
    }
    ann.reserve(&event, [6]).await;
    arena.pass(&event, 301).await;
    // Whoever looks at the seat next ends the hold; so does the cleaner.
    server.client("bob").reserve(&event, [6, 7]).await;
    let received = receiver.wait_until(12).await;
    let sold = received.iter().filter(|it| it.kind() == "seats.confirmed");
    let sold: usize = sold.map(|it| it.body()["data"]["changes"].as_array().unwrap().len()).sum();
    assert_eq!(sold, 5);
    assert_eq!(received.last().unwrap().told(), ("seats.expired".to_owned(), 12, 12));
    assert_eq!(received.iter().filter(|it| it.kind() == "seats.reserved").count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_changes_are_told_in_bounded_messages() {
    let (arena, receiver) = (Arena::new().await, Receiver::open().await);
    let event = arena.event(1_300).await;
    let server = arena.server().await;
    receiver.answer(503);
    webhook(&server, &event, &receiver, &[]).await;
    let ann = server.client("ann");
    for first in (1..1_300).step_by(100) {
        assert_eq!(kind(&ann.reserve(&event, first..first + 100).await), "ReserveSeatsSuccess");
    }
    receiver.wait_for(1).await;
    receiver.answer(200);
    super::hurry(&arena).await;
    let received = receiver.wait_until(1_300).await;
    let mut next = 1;
    for message in &received {
        let (_, from, to) = message.told();
        assert_eq!(from, next);
        assert!(to - from < 500);
        next = to + 1;
    }
    assert!(received.len() <= 5, "they are told together: {}", received.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_of_every_event_is_told_of_those_to_come_and_of_their_terms() {
    let (arena, receiver) = (Arena::new().await, Receiver::open().await);
    let old = arena.event(5).await;
    let server = arena.server().await;
    let made = create(&admin(&server), json!({ "url": receiver.url })).await;
    assert_eq!(made["webhook"]["event"], json!(null));
    let new = arena.event(5).await;
    let told = receiver.wait_for(1).await.swap_remove(0);
    let body = told.body();
    assert_eq!(
        (body["type"].as_str(), &body["data"]["eventId"]),
        (Some("event.changed"), &json!(new.gid))
    );
    assert_eq!(body["data"]["slug"], new.slug);
    assert_eq!(body["data"]["status"], "ON_SALE");
    server.client("ann").reserve(&new, [1]).await;
    server.client("ann").reserve(&old, [1]).await;
    arena
        .execute("UPDATE events SET name = 'Another', version = version + 1 WHERE id = $1", &old)
        .await;
    let received = receiver.wait_for(4).await;
    let changed = received.iter().find(|it| it.body()["data"]["name"] == "Another").unwrap();
    assert_eq!(changed.body()["data"]["version"], 2);
    let seats: Vec<_> = received.iter().filter(|it| it.kind() == "seats.reserved").collect();
    assert_eq!(seats.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_tells_once_more_what_came_after_a_revision() {
    let (arena, receiver) = (Arena::new().await, Receiver::open().await);
    let event = arena.event(10).await;
    let server = arena.server().await;
    let (id, _) = webhook(&server, &event, &receiver, &[]).await;
    let ann = server.client("ann");
    ann.reserve(&event, [1, 2]).await;
    receiver.wait_until(2).await;
    ann.confirm(&event, [1], "key").await;
    ann.release(&event, [2]).await;
    let before = receiver.wait_until(4).await;
    replay(&server, json!({ "webhookId": id, "since": 2 })).await;
    let again = receiver.wait_for(before.len() + 2).await.split_off(before.len());
    let told = |messages: &[super::receiver::Received]| -> Vec<_> {
        messages.iter().map(|it| (it.id.clone(), it.bytes.clone())).collect()
    };
    assert_eq!(told(&again), told(&before[1..]), "what says the same has the same id");
    let admin = admin(&server);
    for (input, code) in [
        (json!({ "webhookId": id, "since": 5 }), "BAD_USER_INPUT"),
        (json!({ "webhookId": "nothing" }), "NOT_FOUND"),
        (json!({ "webhookId": id, "eventId": "nothing", "since": 0 }), "NOT_FOUND"),
    ] {
        assert_eq!(admin.code(super::REPLAY, json!({ "input": input })).await, code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_pruned_before_it_was_told_is_told_to_be_missing() {
    let (arena, receiver) = (Arena::new().await, Receiver::open().await);
    let event = arena.event(10).await;
    let server = arena.server().await;
    let (id, _) = webhook(&server, &event, &receiver, &[]).await;
    let ann = server.client("ann");
    ann.reserve(&event, 1..=5).await;
    let told = receiver.wait_until(5).await.len();
    arena.execute("DELETE FROM seat_changes WHERE event_id = $1 AND revision <= 3", &event).await;
    replay(&server, json!({ "webhookId": id, "since": 0 })).await;
    let again = receiver.wait_for(told + 2).await.split_off(told);
    let again: Vec<_> = again.iter().map(|it| it.told()).collect();
    let rest = ("seats.reserved".to_owned(), 4, 5);
    assert_eq!(again, [("changes.missed".to_owned(), 1, 3), rest]);
    // Nothing is left at all.
    arena.execute("DELETE FROM seat_changes WHERE event_id = $1", &event).await;
    replay(&server, json!({ "webhookId": id, "since": 1 })).await;
    let last = receiver.wait_for(told + 3).await.pop().unwrap();
    assert_eq!(last.told(), ("changes.missed".to_owned(), 2, 5));
    ann.reserve(&event, [6]).await;
    assert_eq!(receiver.wait_for(told + 4).await.pop().unwrap().told().1, 6);
}

#[tokio::test]
async fn a_booking_asks_the_database_nothing_more_with_webhooks() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let (desk, mut tasks) = arena.desk(2).await;
    let reserve = |serial| {
        let viewer = grand_arena::domain::ViewerId::new("ann").unwrap();
        let seats = SeatSet::new(vec![event.seat(serial)]).unwrap();
        submit(&desk, event.id, Reserve { viewer, seats })
    };
    let statements = async |serial| {
        let before = arena.store.statements();
        reserve(serial).await.unwrap().unwrap();
        arena.store.statements() - before
    };
    statements(1).await;
    let without = statements(2).await;
    let webhook =
        "INSERT INTO webhooks (url, secret, kinds) VALUES ('https://a.example', '', '{}')";
    sqlx::query(webhook).execute(&arena.sql).await.unwrap();
    assert_eq!(statements(3).await, without);
    tasks.finish().await;
}
