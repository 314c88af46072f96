//! Events that do not take place.

use std::sync::Arc;

use grand_arena::domain::command::{Expire, Reserve, SeatSet, UpdateEvent};
use grand_arena::domain::event_details::EventChanges;
use grand_arena::domain::{Cause, EventStage, SeatStatus, ViewerId};
use serde_json::json;

use super::{admin, status, update};
use crate::harness::client::{kind, reasons};
use crate::harness::socket::MY_RESERVATIONS;
use crate::harness::{Arena, Event, books, eventually, submit};

pub(super) fn cancel() -> UpdateEvent {
    let changes = EventChanges { stage: Some(EventStage::Cancelled), ..EventChanges::default() };
    UpdateEvent { by: ViewerId::new("root").unwrap(), changes }
}

pub(super) async fn until_nothing_is_held(arena: &Arena, event: &Event) {
    eventually("the holds end", async || {
        let seats = books::seats(&arena.sql, event).await;
        seats.iter().all(|seat| seat.status != SeatStatus::Reserved)
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_event_sells_nothing_more_its_holds_end_and_its_orders_stay() {
    let arena = Arena::new().await;
    let event = arena.event_with(20, |event| event.hold_extension_seconds = 60).await;
    let server = arena.server().await;
    let (root, alice, bob) = (admin(&server), server.client("alice"), server.client("bob"));
    alice.reserve(&event, [1, 2, 3]).await;
    assert_eq!(kind(&alice.confirm(&event, [1], "key").await), "ConfirmSeatsSuccess");
    bob.reserve(&event, [4]).await;
    let mut mine = server.socket("alice").await;
    mine.subscribe("1", MY_RESERVATIONS, json!({ "event": event.gid })).await;
    assert_eq!(mine.next("myReservations").await["held"].as_array().unwrap().len(), 2);
    let mut changes = server.socket("bob").await;
    changes.seat_changes(&event, Some(5)).await;

    let cancelled = update(&root, &event.gid, json!({ "status": "CANCELLED" })).await;
    assert_eq!(status(&cancelled), "CANCELLED");
    let refused = bob.reserve(&event, [10]).await;
    assert_eq!((kind(&refused), &refused["status"]), ("SalesClosed", &json!("CANCELLED")));
    assert_eq!(kind(&alice.reserve(&event, [2]).await), "SalesClosed", "also what she held");
    assert_eq!(reasons(&alice.confirm(&event, [2, 3], "new").await), ["HOLD_EXPIRED"; 2]);
    assert_eq!(reasons(&alice.release(&event, [2]).await), ["HOLD_EXPIRED"]);
    let again = alice.confirm(&event, [1], "key").await;
    assert_eq!((kind(&again), &again["created"]), ("ConfirmSeatsSuccess", &json!(false)));

    let frame = changes.next_changes().await;
    let told = frame["changes"].as_array().unwrap();
    let causes: Vec<_> = told.iter().map(|change| change["cause"].as_str().unwrap()).collect();
    assert_eq!(causes, ["CANCELLED"; 3]);
    // The cleaner may end them in two transactions.
    let mut expired = Vec::new();
    while expired.len() < 2 {
        let state = mine.next("myReservations").await;
        assert_eq!(state["orders"][0]["seats"][0]["id"], json!(event.seat_gid(1)));
        expired.extend(state["expired"].as_array().unwrap().iter().cloned());
        let held = state["held"].as_array().unwrap().len();
        assert!(held == 0 || expired.len() < 2, "{state}");
    }
    assert_eq!(json!(expired), json!(event.seat_gids([2, 3])));
    assert_eq!(alice.status(&event, 1).await, "CONFIRMED");
    assert_eq!(reasons(&alice.confirm(&event, [2], "new").await), ["HOLD_EXPIRED"], "as before");
    let log = books::check(&arena, &event).await;
    assert_eq!(log.iter().filter(|row| row.cause == Cause::Cancelled).count(), 3);
}

/// What ends the holds is any server's cleaner: whoever cancels may be gone before.
#[tokio::test]
async fn holds_end_although_whoever_cancelled_is_gone_before_they_do() {
    let arena = Arena::new().await;
    let event = arena.event(1_000).await;
    let viewer = ViewerId::new("alice").unwrap();
    let (desk, mut tasks) = arena.desk(2).await;
    for first in (1..=1_000).step_by(100) {
        let seats = (first..first + 100).map(|serial| event.seat(serial)).collect();
        let reserve = Reserve { viewer: viewer.clone(), seats: SeatSet::new(seats).unwrap() };
        submit(&desk, event.id, reserve).await.unwrap().unwrap();
    }
    submit(&desk, event.id, cancel()).await.unwrap().unwrap();
    tasks.finish().await;
    let held = books::seats(&arena.sql, &event).await;
    assert!(held.iter().all(|seat| seat.status == SeatStatus::Reserved), "nobody has cleaned");
    books::check_all(&arena).await;
    let _server = arena.server().await;
    until_nothing_is_held(&arena, &event).await;
    let log = books::check(&arena, &event).await;
    assert_eq!(log.iter().filter(|row| row.cause == Cause::Cancelled).count(), 1_000);
}

/// A cleaner has listed what has run out before the event is cancelled, and looks ahead after it.
#[tokio::test]
async fn a_stale_list_does_not_put_off_the_ends_of_holds_of_a_cancelled_event() {
    let arena = Arena::new().await;
    let event = arena.event(5).await;
    let (desk, _tasks) = arena.desk(2).await;
    let seats = SeatSet::new(vec![event.seat(1), event.seat(2)]).unwrap();
    let reserve = Reserve { viewer: ViewerId::new("alice").unwrap(), seats };
    submit(&desk, event.id, reserve).await.unwrap().unwrap();
    submit(&desk, event.id, cancel()).await.unwrap().unwrap();
    let stale = Expire { seats: vec![event.seat(1)], looks_ahead: true };
    assert_eq!(submit(&desk, event.id, stale).await.unwrap(), 1);
    let next = arena.store.next_expiries(10).await.unwrap();
    assert!(next.iter().any(|next| next.event == event.id && next.due_in.is_zero()), "{next:?}");
    assert_eq!(arena.store.due_seats(event.id, 10).await.unwrap(), [event.seat(2)]);
    let rest = Expire { seats: vec![event.seat(2)], looks_ahead: true };
    assert_eq!(submit(&desk, event.id, rest).await.unwrap(), 1);
    assert!(arena.store.next_expiries(10).await.unwrap().is_empty());
    books::check(&arena, &event).await;
}

/// Whatever a viewer had let go counts no more: nobody has to do with that.
#[tokio::test]
async fn nobody_is_blamed_for_holds_that_end_with_the_event() {
    let arena = Arena::new().await;
    let event = arena.event_with(5, |event| event.max_seats_let_go = Some(1)).await;
    let server = Arc::new(arena.server().await);
    server.client("alice").reserve(&event, [1, 2, 3]).await;
    update(&admin(&server), &event.gid, json!({ "status": "CANCELLED" })).await;
    until_nothing_is_held(&arena, &event).await;
    let let_go = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM seats_let_go");
    assert_eq!(let_go.fetch_one(&arena.sql).await.unwrap(), 0);
    books::check(&arena, &event).await;
}
