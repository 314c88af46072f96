//! Changes of an event that race with bookings, forced: all wait for the event's row before any of
//! them is decided.

use std::sync::Arc;

use serde_json::{Value, json};

use super::cancelling::until_nothing_is_held;
use super::{admin, update};
use crate::harness::client::kind;
use crate::harness::{Arena, Event, TestServer, all_at_once, books, eventually};

/// What clients ask for at once, and an organiser meanwhile, on two servers: all of it waits until
/// two transactions are known to wait for the event.
async fn race<F: Future<Output = Value> + Send + 'static>(
    arena: &Arena,
    event: &Arc<Event>,
    servers: &[TestServer; 2],
    changes: Value,
    asks: impl IntoIterator<Item = F>,
) -> (Value, Vec<Value>) {
    let mut lock = arena.sql.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM events WHERE id = $1 FOR UPDATE")
        .bind(event.id.0)
        .execute(&mut *lock)
        .await
        .unwrap();
    let asking = tokio::spawn(all_at_once(asks));
    let (root, gid) = (admin(&servers[1]), event.gid.clone());
    let changing = tokio::spawn(async move { update(&root, &gid, changes).await });
    eventually("both servers wait", async || arena.waiting_for_locks().await >= 2).await;
    lock.commit().await.unwrap();
    (changing.await.unwrap(), asking.await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_confirms_while_the_event_is_cancelled_has_an_order_or_no_hold() {
    let arena = Arena::new().await;
    let servers = [arena.server().await, arena.server().await];
    for _ in 0..4 {
        let event = Arc::new(arena.event(40).await);
        for serial in 1..=40 {
            servers[0].client(&format!("viewer-{serial}")).reserve(&event, [serial]).await;
        }
        let confirms = (1..=40_i32).map(|serial| {
            let server = &servers[usize::try_from(serial % 2).unwrap()];
            let (client, event) = (server.client(&format!("viewer-{serial}")), Arc::clone(&event));
            async move { client.confirm(&event, [serial], "key").await }
        });
        let cancelled = json!({ "status": "CANCELLED" });
        let (changed, answers) = race(&arena, &event, &servers, cancelled, confirms).await;
        assert_eq!(kind(&changed), "UpdateEventSuccess");
        let sold = answers.iter().filter(|answer| kind(answer) == "ConfirmSeatsSuccess").count();
        let late = answers.iter().filter(|it| it["seats"][0]["reason"] == "HOLD_EXPIRED").count();
        assert_eq!(sold + late, 40, "{answers:?}");
        until_nothing_is_held(&arena, &event).await;
        let log = books::check(&arena, &event).await;
        assert_eq!(log.len(), 80, "each hold has one end");
        let orders =
            sqlx::query_scalar::<_, i64>("SELECT count(*) FROM orders WHERE event_id = $1");
        let orders = orders.bind(event.id.0).fetch_one(&arena.sql).await.unwrap();
        assert_eq!(usize::try_from(orders).unwrap(), sold, "what was answered is what is written");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reserves_while_the_limit_falls_has_what_one_of_both_allows() {
    let arena = Arena::new().await;
    let servers = [arena.server().await, arena.server().await];
    for (from, to) in [(Some(6), Some(2)), (None, Some(2)), (Some(2), None)] {
        let event = arena.event_with(60, |event| event.max_seats_per_viewer = from).await;
        let event = Arc::new(event);
        let reserves = (0..20_i32).map(|number| {
            let server = &servers[usize::try_from(number % 2).unwrap()];
            let (client, event) = (server.client("alice"), Arc::clone(&event));
            async move { client.reserve(&event, [2 * number + 1, 2 * number + 2]).await }
        });
        let limit = json!({ "maxSeatsPerViewer": to, "holdSeconds": 60 });
        let (changed, answers) = race(&arena, &event, &servers, limit, reserves).await;
        assert_eq!(kind(&changed), "UpdateEventSuccess");
        let granted = answers.iter().filter(|it| kind(it) == "ReserveSeatsSuccess").count();
        let exceeded = answers.iter().filter(|it| kind(it) == "SeatLimitExceeded").count();
        assert_eq!(granted + exceeded, 20, "{answers:?}");
        assert!(granted >= 1, "{from:?} {to:?}");
        books::check(&arena, &event).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reserves_while_sales_close_holds_seats_or_is_told_that_they_have() {
    let arena = Arena::new().await;
    let servers = [arena.server().await, arena.server().await];
    let event = Arc::new(arena.event(40).await);
    let reserves = (1..=40_i32).map(|serial| {
        let server = &servers[usize::try_from(serial % 2).unwrap()];
        let (client, event) = (server.client(&format!("viewer-{serial}")), Arc::clone(&event));
        async move { client.reserve(&event, [serial]).await }
    });
    let closed = json!({ "status": "CLOSED" });
    let (changed, answers) = race(&arena, &event, &servers, closed, reserves).await;
    assert_eq!(changed["event"]["status"], "CLOSED");
    let held = answers.iter().filter(|answer| kind(answer) == "ReserveSeatsSuccess").count();
    let late = answers.iter().filter(|answer| kind(answer) == "SalesClosed").count();
    assert_eq!(held + late, 40, "{answers:?}");
    assert!(answers.iter().all(|it| kind(it) != "SalesClosed" || it["status"] == "CLOSED"));
    assert_eq!(books::check(&arena, &event).await.len(), held);
    for serial in 1..=40 {
        let viewer = servers[0].client(&format!("viewer-{serial}"));
        let sold = kind(&viewer.confirm(&event, [serial], "key").await) == "ConfirmSeatsSuccess";
        let was_held =
            kind(&answers[usize::try_from(serial - 1).unwrap()]) == "ReserveSeatsSuccess";
        assert_eq!(sold, was_held, "what is held when sales close can be bought");
    }
    books::check(&arena, &event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_those_who_change_an_event_at_once_none_undoes_anothers_change() {
    let arena = Arena::new().await;
    let servers = [arena.server().await, arena.server().await];
    let event = arena.event(4).await;
    let answers = all_at_once((0..12).map(|number: usize| {
        let (root, gid) = (admin(&servers[number % 2]), event.gid.clone());
        let changes = [
            json!({ "name": "Another" }),
            json!({ "holdSeconds": 77 }),
            json!({ "maxSeatsPerViewer": 5 }),
            json!({ "status": "CLOSED" }),
        ];
        async move { update(&root, &gid, changes[number % 4].clone()).await }
    }))
    .await;
    assert!(answers.iter().all(|answer| kind(answer) == "UpdateEventSuccess"), "{answers:?}");
    let now = update(&admin(&servers[0]), &event.gid, json!({})).await["event"].take();
    let said = [&now["name"], &now["holdSeconds"], &now["maxSeatsPerViewer"], &now["status"]];
    assert_eq!(json!(said), json!(["Another", 77, 5, "CLOSED"]));
    let entries = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM audit_log");
    assert_eq!(entries.fetch_one(&arena.sql).await.unwrap(), 4, "each change once");
}
