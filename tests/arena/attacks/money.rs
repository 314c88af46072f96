//! Seats for nothing: holding is free, owning is not.

use grand_arena::domain::ConfirmedBy;
use serde_json::{Value, json};

use crate::harness::client::{CONFIRM, kind};
use crate::harness::{Arena, Client, Event, TestServer, all_at_once, books};

/// Somebody whom nobody knows, and their id.
async fn guest(server: &TestServer) -> (Client, Value) {
    let start = "mutation { startGuestSession { token viewer { id } } }";
    let mut session = server.stranger().data(start, json!({})).await["startGuestSession"].take();
    let token = session["token"].as_str().unwrap().to_owned();
    (Client::new(&server.base, Some(token)), session["viewer"]["id"].take())
}

fn purchase(event: &Event, seats: &[String], key: &str) -> Value {
    json!({ "eventId": event.gid, "seatIds": seats, "idempotencyKey": key })
}

/// One guest held 20,000 seats, and owned them a second later.
#[tokio::test]
async fn a_guest_may_hold_a_whole_event_and_own_nothing_of_it_that_is_not_paid() {
    let arena = Arena::new().await;
    let event = arena.event_with(200, |event| event.confirmed_by = ConfirmedBy::Shop).await;
    let server = arena.server().await;
    let (guest, _) = guest(&server).await;
    for serials in [1..=100, 101..=200] {
        assert_eq!(kind(&guest.reserve(&event, serials).await), "ReserveSeatsSuccess");
    }
    let all = event.seat_gids(1..=200);
    for (number, seats) in [&all[..100], &all[100..], &all[..1], &all[7..9]].iter().enumerate() {
        let input = purchase(&event, seats, &number.to_string());
        let answer = guest.send(CONFIRM, json!({ "input": input })).await;
        assert_eq!(answer["data"]["confirmSeats"], Value::Null);
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "FORBIDDEN", "{answer}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("SHOP") && message.contains("viewerId"), "{message}");
    }
    let log = books::check(&arena, &event).await;
    assert_eq!(log.len(), 200, "nothing happened but the holds");
}

#[tokio::test]
async fn a_guest_confirms_for_nobody_else_and_is_told_so_before_anything_is_looked_up() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let ((thief, own_id), (victim, id)) = (guest(&server).await, guest(&server).await);
    victim.reserve(&event, [1]).await;
    thief.reserve(&event, [2]).await;
    for (viewer_id, serial) in [(&id, 1), (&own_id, 2), (&json!("no id"), 1)] {
        let mut input = purchase(&event, &event.seat_gids([serial]), "key");
        input["viewerId"] = viewer_id.clone();
        assert_eq!(thief.code(CONFIRM, json!({ "input": input })).await, "FORBIDDEN");
    }
    let log = books::check(&arena, &event).await;
    assert_eq!(log.len(), 2, "both hold what they held, and nobody owns it");
}

/// 63,244 rows in 15 s, for one seat.
#[tokio::test]
async fn keys_without_end_for_one_order_are_answered_and_ten_are_kept() {
    let arena = Arena::new().await;
    let event = std::sync::Arc::new(arena.event(10).await);
    let server = arena.server().await;
    let (guest, _) = guest(&server).await;
    guest.reserve(&event, [1]).await;
    let first = guest.confirm(&event, [1], "first").await;
    // Some of them share a transaction, and some do not.
    let answers = all_at_once((0..100).map(|number| {
        let (guest, event) = (guest.clone(), std::sync::Arc::clone(&event));
        async move { guest.confirm(&event, [1], &format!("key {number}")).await }
    }));
    for answer in answers.await {
        assert_eq!((kind(&answer), &answer["created"]), ("ConfirmSeatsSuccess", &json!(false)));
        assert_eq!(answer["order"], first["order"]);
    }
    let mut slots: Vec<i16> = sqlx::query_scalar("SELECT slot FROM idempotency_keys")
        .fetch_all(&arena.sql)
        .await
        .unwrap();
    slots.sort_unstable();
    assert_eq!(slots, (1..=10).collect::<Vec<_>>());
    books::check(&arena, &event).await;
}
