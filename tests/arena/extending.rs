//! What extendHolds promises.

use grand_arena::domain::Cause;
use serde_json::{Value, json};

use crate::harness::client::{kind, reasons};
use crate::harness::{Arena, Client, Event, all_at_once, books};

const EXTEND: &str =
    "mutation ($input: ExtendHoldsInput!) { extendHolds(input: $input) { __typename
    ... on ExtendHoldsSuccess { expiresAt serverTime revision seats { id status heldByMe \
    reservationExpiresAt revision } }
    ... on UserError { message }
    ... on SeatsNotHeld { seats { seatId reason } } } }";

async fn extend(client: &Client, event: &Event, serials: impl IntoIterator<Item = i32>) -> Value {
    let input = json!({ "eventId": event.gid, "seatIds": event.seat_gids(serials) });
    client.data(EXTEND, json!({ "input": input })).await["extendHolds"].take()
}

fn instant(answer: &Value) -> chrono::DateTime<chrono::Utc> {
    answer["expiresAt"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn holds_are_prolonged_all_of_them_or_none_and_each_once() {
    let arena = Arena::new().await;
    let event = arena.event_with(20, |event| event.hold_extension_seconds = 120).await;
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    let held = alice.reserve(&event, [1, 2]).await;
    bob.reserve(&event, [3]).await;

    let refused = extend(&alice, &event, [1, 3, 4]).await;
    assert_eq!(reasons(&refused), ["HELD_BY_ANOTHER", "NEVER_HELD"]);
    let longer = extend(&alice, &event, [2, 1]).await;
    assert_eq!(kind(&longer), "ExtendHoldsSuccess", "nothing was changed before");
    assert_eq!((instant(&longer) - instant(&held)).num_seconds(), 120);
    assert_eq!(longer["revision"], 5);
    let seats = longer["seats"].as_array().unwrap();
    let ids: Vec<_> = seats.iter().map(|seat| seat["id"].as_str().unwrap()).collect();
    assert_eq!(ids, event.seat_gids([1, 2]));
    for seat in seats {
        assert_eq!((&seat["status"], &seat["heldByMe"]), (&json!("RESERVED"), &json!(true)));
        assert_eq!(seat["reservationExpiresAt"], longer["expiresAt"]);
    }

    alice.reserve(&event, [5]).await;
    assert_eq!(kind(&extend(&alice, &event, [1, 5]).await), "ExtensionRefused", "once");
    let again = alice.reserve(&event, [1, 2]).await;
    assert_eq!(again["expiresAt"], longer["expiresAt"], "reserving again changes nothing");
    assert_eq!(kind(&alice.confirm(&event, [1, 2], "key").await), "ConfirmSeatsSuccess");
    assert_eq!(reasons(&extend(&alice, &event, [1]).await), ["ALREADY_CONFIRMED"]);

    assert_eq!(kind(&alice.release(&event, [5]).await), "ReleaseSeatsSuccess");
    alice.reserve(&event, [5]).await;
    assert_eq!(kind(&extend(&alice, &event, [5]).await), "ExtendHoldsSuccess", "another hold");
    let log = books::check(&arena, &event).await;
    let story: Vec<_> = log.iter().filter(|row| row.seat_id == 1).map(|row| row.cause).collect();
    assert_eq!(story, [Cause::Reserved, Cause::Extended, Cause::Confirmed]);
}

#[tokio::test]
async fn no_event_prolongs_holds_unless_it_says_so() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    let query = "query ($id: ID!) { event(id: $id) { holdExtensionSeconds } }";
    let data = alice.data(query, json!({ "id": event.gid })).await;
    assert_eq!(data["event"]["holdExtensionSeconds"], 0);
    alice.reserve(&event, [1]).await;
    assert_eq!(kind(&extend(&alice, &event, [1]).await), "ExtensionRefused");
    assert_eq!(books::check(&arena, &event).await.len(), 1);
}

#[tokio::test]
async fn a_hold_that_was_prolonged_runs_out_and_counts_for_as_long_as_it_lasted() {
    let arena = Arena::new().await;
    let event = arena.event_with(20, |event| event.hold_extension_seconds = 120).await;
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    alice.reserve(&event, [1]).await;
    extend(&alice, &event, [1]).await;
    assert_eq!(bob.reserve(&event, [1]).await["seats"][0]["reason"], "RESERVED_BY_ANOTHER");
    arena.pass(&event, 300).await;
    assert_eq!(bob.reserve(&event, [1]).await["seats"][0]["reason"], "RESERVED_BY_ANOTHER");
    arena.pass(&event, 120).await;
    assert_eq!(reasons(&extend(&alice, &event, [1]).await), ["HOLD_EXPIRED"]);
    assert_eq!(kind(&bob.reserve(&event, [1]).await), "ReserveSeatsSuccess");
    let kept = "SELECT kept_micros FROM seat_runs WHERE event_id = $1";
    let kept = sqlx::query_scalar::<_, i64>(kept).bind(event.id.0).fetch_one(&arena.sql);
    assert_eq!(kept.await.unwrap(), 420_000_000);
    books::check(&arena, &event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_prolong_a_hold_at_once_one_does() {
    let arena = Arena::new().await;
    let event = arena.event_with(20, |event| event.hold_extension_seconds = 120).await;
    let event = std::sync::Arc::new(event);
    let servers = [arena.server().await, arena.server().await];
    servers[0].client("alice").reserve(&event, [1, 2]).await;
    let answers = all_at_once((0..20).map(|number| {
        let (client, event) = (servers[number % 2].client("alice"), std::sync::Arc::clone(&event));
        async move { extend(&client, &event, [1, 2]).await }
    }))
    .await;
    let done = answers.iter().filter(|answer| kind(answer) == "ExtendHoldsSuccess").count();
    let refused = answers.iter().filter(|answer| kind(answer) == "ExtensionRefused").count();
    assert_eq!((done, refused), (1, 19), "{answers:?}");
    assert_eq!(books::check(&arena, &event).await.len(), 4);
}

/// The hold that a server of the version before grants has another end than the one that was
/// prolonged; that server does not know the column.
#[tokio::test]
async fn a_hold_of_an_older_server_was_not_prolonged() {
    let arena = Arena::new().await;
    let event = arena.event_with(20, |event| event.hold_extension_seconds = 120).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    alice.reserve(&event, [1]).await;
    let stale = "UPDATE seats SET extended_until = expires_at - interval '1 minute'
                  WHERE event_id = $1 AND id = 1";
    arena.execute(stale, &event).await;
    assert_eq!(kind(&extend(&alice, &event, [1]).await), "ExtendHoldsSuccess");
    books::check(&arena, &event).await;
}
