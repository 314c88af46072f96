//! The streams: no gap, no repeat, whatever is lost on the way.

use grand_arena::domain::Cause;
use serde_json::{Value, json};

use crate::harness::client::RESERVE;
use crate::harness::socket::{MY_RESERVATIONS, SEAT_CHANGES};
use crate::harness::{Arena, Event, Socket, TestServer, all_at_once, books, eventually};

/// Revisions and causes of a frame of changes, checked to be consecutive.
fn changes(frame: &Value) -> Vec<(i64, String)> {
    assert_eq!(frame["__typename"], "SeatChanges", "{frame}");
    let list = frame["changes"].as_array().unwrap();
    let revisions: Vec<i64> =
        list.iter().map(|change| change["revision"].as_i64().unwrap()).collect();
    let (from, to) =
        (frame["fromRevision"].as_i64().unwrap(), frame["toRevision"].as_i64().unwrap());
    assert_eq!(revisions, (from..=to).collect::<Vec<_>>(), "consecutive");
    list.iter()
        .map(|change| {
            (change["revision"].as_i64().unwrap(), change["cause"].as_str().unwrap().to_owned())
        })
        .collect()
}

/// Reads frames until a revision, and gives every change in them.
async fn until(socket: &mut Socket, revision: i64) -> Vec<(i64, String)> {
    let mut seen = Vec::new();
    while seen.last().is_none_or(|(last, _)| *last < revision) {
        seen.extend(changes(&socket.next_changes().await));
    }
    seen
}

fn revisions(seen: &[(i64, String)]) -> Vec<i64> {
    seen.iter().map(|(revision, _)| *revision).collect()
}

#[tokio::test]
async fn a_stream_begins_with_a_snapshot_and_goes_on_with_what_is_committed_together() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    alice.reserve(&event, [1]).await;
    let mut socket = Socket::open(&server.base, None).await;
    socket.seat_changes(&event, None).await;

    let snapshot = socket.next_changes().await;
    assert_eq!((&snapshot["reason"], &snapshot["revision"]), (&json!("INITIAL"), &json!(1)));
    assert_eq!(snapshot["seats"].as_array().unwrap().len(), 20);
    assert_eq!(snapshot["seats"][0]["status"], "RESERVED");
    assert!(snapshot["seats"][0]["reservationExpiresAt"].is_null(), "it would help snipers");
    assert_eq!(
        snapshot["seats"][1],
        json!({ "seatId": event.seat_gid(2), "status": "AVAILABLE",
        "reservationExpiresAt": null, "revision": 0 })
    );

    let granted = alice.reserve(&event, [2, 3, 4, 5, 6]).await;
    let frame = socket.next_changes().await;
    assert_eq!(changes(&frame).len(), 5, "what commits together arrives together");
    assert_eq!(frame["toRevision"], granted["revision"]);
    assert!(frame["changes"][0]["reservationExpiresAt"].is_null());
    alice.confirm(&event, [2], "key").await;
    alice.release(&event, [3]).await;
    let causes: Vec<_> = until(&mut socket, 8).await.into_iter().map(|(_, cause)| cause).collect();
    assert_eq!(causes, ["CONFIRMED", "RELEASED"]);
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn a_stream_goes_on_after_since_on_any_server_and_across_restarts() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let first = arena.server().await;
    let alice = first.client("alice");
    alice.reserve(&event, [1, 2, 3]).await;
    let map = alice
        .data("query ($e: ID!) { seatMap(eventId: $e) { revision } }", json!({ "e": event.gid }))
        .await;
    let since = map["seatMap"]["revision"].as_i64();
    alice.reserve(&event, [4, 5]).await;
    first.server.shut_down().await.unwrap();

    let second = arena.server().await;
    let mut socket = second.socket("anybody").await;
    socket.seat_changes(&event, since).await;
    assert_eq!(revisions(&until(&mut socket, 5).await), [4, 5], "what happened meanwhile");
    second.client("alice").reserve(&event, [6]).await;
    assert_eq!(revisions(&until(&mut socket, 6).await), [6], "and what happens now");

    let mut socket = second.socket("anybody").await;
    socket.seat_changes(&event, Some(0)).await;
    assert_eq!(revisions(&until(&mut socket, 6).await), [1, 2, 3, 4, 5, 6], "from the beginning");
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn a_stream_that_cannot_go_on_says_so_with_a_snapshot() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    server.client("alice").reserve(&event, [1, 2, 3, 4]).await;
    let snapshot = async |server: &TestServer, since: i64| {
        let mut socket = server.socket("anybody").await;
        socket.seat_changes(&event, Some(since)).await;
        let frame = socket.next_changes().await;
        (frame["reason"].as_str().map(str::to_owned), frame["revision"].as_i64())
    };
    assert_eq!(snapshot(&server, 5).await, (Some("UNKNOWN_REVISION".to_owned()), Some(4)));
    arena.execute("DELETE FROM seat_changes WHERE event_id = $1 AND revision <= 2", &event).await;
    assert_eq!(snapshot(&server, 1).await, (Some("LOG_PRUNED".to_owned()), Some(4)));
    let mut socket = server.socket("anybody").await;
    socket.seat_changes(&event, Some(2)).await;
    assert_eq!(revisions(&until(&mut socket, 4).await), [3, 4], "just what is kept");
    arena.execute("DELETE FROM seat_changes WHERE event_id = $1", &event).await;
    // This server has read the last change of all, and another has not.
    let other = arena.server().await;
    assert_eq!(snapshot(&other, 3).await, (Some("LOG_PRUNED".to_owned()), Some(4)));
    books::check_all(&arena).await;
}

#[tokio::test]
async fn a_stream_of_no_event_and_bad_arguments_end_with_a_coded_error() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let mut socket = Socket::open(&server.base, None).await;
    let cases = [
        (json!({ "event": "RXZlbnQ6OTk5" }), SEAT_CHANGES, "NOT_FOUND"),
        (json!({ "event": "nonsense" }), SEAT_CHANGES, "NOT_FOUND"),
        (json!({ "event": "RXZlbnQ6MQ", "since": -1 }), SEAT_CHANGES, "BAD_USER_INPUT"),
        (json!({ "event": "RXZlbnQ6MQ" }), MY_RESERVATIONS, "UNAUTHENTICATED"),
    ];
    for (variables, query, code) in cases {
        socket.subscribe("1", query, variables.clone()).await;
        let message = socket.message().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!("1")), "{message}");
        assert_eq!(message["payload"][0]["extensions"]["code"], code, "{variables}: {message}");
    }
}

/// Ends connections of the servers on this database from the database's side.
async fn terminate(arena: &Arena, application: &str) -> i64 {
    sqlx::query_scalar(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = $1",
    )
    .bind(application)
    .fetch_one(&arena.sql)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_subscriber_whose_wake_ups_are_lost_still_gets_every_change() {
    let arena = Arena::new().await;
    arena.expect_warning("the listening connection was lost");
    arena.expect_warning("cannot listen for changes");
    let event = arena.event(40).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    let mut socket = server.socket("anybody").await;
    socket.seat_changes(&event, None).await;
    socket.next_changes().await;
    let mut revision = 0;
    for round in 0..4 {
        eventually("the listening connection is cut", async || {
            terminate(&arena, "grand-arena listen").await == 1
        })
        .await;
        for serial in [1, 2, 3] {
            alice.reserve(&event, [round * 3 + serial]).await;
        }
        let seen = until(&mut socket, revision + 3).await;
        assert_eq!(revisions(&seen), [revision + 1, revision + 2, revision + 3]);
        revision += 3;
    }
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn expiries_reach_the_subscribers_of_every_server() {
    let arena = Arena::new().await;
    let event = arena.event_with(20, |event| event.hold_seconds = 1).await;
    let servers = [arena.server().await, arena.server().await];
    let mut sockets = [servers[0].socket("anybody").await, servers[1].socket("anybody").await];
    for socket in &mut sockets {
        socket.seat_changes(&event, None).await;
        socket.next_changes().await;
    }
    servers[0].client("alice").reserve(&event, [1, 2, 3]).await;
    for socket in &mut sockets {
        let seen = until(socket, 6).await;
        assert_eq!(seen.iter().filter(|(_, cause)| cause == "EXPIRED").count(), 3);
    }
    let lateness: Vec<f64> = sqlx::query_scalar(
        "SELECT EXTRACT(epoch FROM e.changed_at - r.expires_at)::float8 FROM seat_changes e JOIN \
            seat_changes r
          USING (event_id, seat_id) WHERE e.cause = $1 AND r.cause = $2",
    )
    .bind(Cause::Expired.code())
    .bind(Cause::Reserved.code())
    .fetch_all(&arena.sql)
    .await
    .unwrap();
    // Both cleaners look every second, whether or not they are woken. Another second is for a
    // machine that is busy with other tests.
    println!("holds were ended this long after they ran out, in seconds: {lateness:?}");
    assert!(lateness.iter().all(|&seconds| (0.0..2.0).contains(&seconds)), "{lateness:?}");
    books::check(&arena, &event).await;
}

/// More holds than are ended in one transaction: all of them are, and the event no longer counts as
/// due.
#[tokio::test]
async fn holds_that_run_out_together_are_all_ended() {
    let arena = Arena::new().await;
    let event = arena.event_with(600, |event| event.hold_seconds = 1).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    for first in (1..=600).step_by(100) {
        alice.reserve(&event, first..first + 100).await;
    }
    eventually("all holds are ended, and no next one is waited for", async || {
        let ended = "SELECT next_expiry_at IS NULL AND revision = 1200 FROM events WHERE id = $1";
        sqlx::query_scalar(ended).bind(event.id.0).fetch_one(&arena.sql).await.unwrap()
    })
    .await;
    books::check(&arena, &event).await;
}

async fn mine(socket: &mut Socket) -> (Vec<String>, usize, Vec<String>) {
    let item = socket.next("myReservations").await;
    let held = item["held"]
        .as_array()
        .unwrap()
        .iter()
        .map(|seat| seat["id"].as_str().unwrap().to_owned())
        .collect();
    let expired = item["expired"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap().to_owned())
        .collect();
    (held, item["orders"].as_array().unwrap().len(), expired)
}

#[tokio::test]
async fn my_reservations_follow_holds_orders_and_expiries_of_the_viewer_alone() {
    let arena = Arena::new().await;
    let event = arena.event_with(20, |event| event.hold_seconds = 2).await;
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    let mut socket = server.socket("alice").await;
    socket.subscribe("mine", MY_RESERVATIONS, json!({ "event": event.gid })).await;
    let seats = |event: &Event, serials: &[i32]| event.seat_gids(serials.iter().copied());

    assert_eq!(mine(&mut socket).await, (vec![], 0, vec![]));
    bob.reserve(&event, [9]).await;
    alice.reserve(&event, [1, 2]).await;
    assert_eq!(
        mine(&mut socket).await,
        (seats(&event, &[1, 2]), 0, vec![]),
        "and nothing of bob's"
    );
    alice.confirm(&event, [1], "key").await;
    assert_eq!(mine(&mut socket).await, (seats(&event, &[2]), 1, vec![]));
    assert_eq!(
        mine(&mut socket).await,
        (vec![], 1, seats(&event, &[2])),
        "the second hold has run out"
    );
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn subscriptions_beyond_the_servers_limit_are_refused_with_a_time_to_come_back() {
    let arena = Arena::new().await;
    let event = arena.event(5).await;
    let server = arena.server_with(|settings| settings.max_subscriptions = 2).await;
    let mut socket = server.socket("anybody").await;
    for id in ["1", "2"] {
        socket.subscribe(id, SEAT_CHANGES, json!({ "event": event.gid })).await;
        socket.next_changes().await;
    }
    socket.subscribe("3", SEAT_CHANGES, json!({ "event": event.gid })).await;
    let refused = socket.message().await;
    assert_eq!(refused["payload"][0]["extensions"]["code"], "OVERLOADED");
    assert!(refused["payload"][0]["extensions"]["retryAfterMs"].as_u64() > Some(0));
    socket.send(json!({ "type": "complete", "id": "1" })).await;
    eventually("its permit is free again", async || {
        let mut socket = server.socket("anybody").await;
        socket.subscribe("1", SEAT_CHANGES, json!({ "event": event.gid })).await;
        socket.message().await["type"] == "next"
    })
    .await;
}

/// The frames of both are made once; the snapshot is the same, and so is every change.
#[tokio::test]
async fn subscribers_who_ask_the_same_get_the_same_whatever_they_began_with() {
    let arena = Arena::new().await;
    let event = arena.event(50).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    alice.reserve(&event, [1, 2]).await;
    let mut sockets = Vec::new();
    for (user, since) in [("alice", None), ("bob", Some(0)), ("carol", Some(1)), ("dave", Some(2))]
    {
        let mut socket = server.socket(user).await;
        socket.seat_changes(&event, since).await;
        sockets.push(socket);
    }
    assert_eq!(sockets[0].next_changes().await["revision"], 2);
    assert_eq!(revisions(&until(&mut sockets[1], 2).await), [1, 2]);
    assert_eq!(revisions(&until(&mut sockets[2], 2).await), [2]);
    // Others ask for the same event in other words.
    let mut other = server.socket("erin").await;
    let words =
        "subscription ($e: ID!, $with: Boolean!) { live: seatChanges(eventId: $e, since: 2) {
        ... on SeatChanges { to: toRevision changes @include(if: $with) { seatId } } } }";
    other.subscribe("with", words, json!({ "e": event.gid, "with": true })).await;
    other.subscribe("without", words, json!({ "e": event.gid, "with": false })).await;
    eventually("everybody follows", async || server.server.followers() == 6).await;

    alice.reserve(&event, [3, 4]).await;
    let mut frames = Vec::new();
    for socket in &mut sockets {
        frames.push(socket.next_changes().await);
    }
    assert!(frames.iter().all(|frame| *frame == frames[0]), "{frames:?}");
    assert_eq!(revisions(&changes(&frames[0])), [3, 4]);
    let mut told = [other.message().await, other.message().await];
    told.sort_by_key(|message| message["id"].as_str().unwrap().len());
    assert_eq!(
        told[0]["payload"]["data"]["live"],
        json!({ "to": 4, "changes": [
        { "seatId": event.seat_gid(3) }, { "seatId": event.seat_gid(4) }] })
    );
    assert_eq!(told[1]["payload"]["data"]["live"], json!({ "to": 4 }));
    books::check(&arena, &event).await;
}

/// Same words, same event, different viewers: what depends on the viewer is never shared.
#[tokio::test]
async fn no_viewer_ever_gets_anothers_data_over_the_same_document() {
    let arena = Arena::new().await;
    let event = arena.event(50).await;
    let server = arena.server().await;
    let words = "subscription ($event: ID!) { myReservations(eventId: $event) { held { id \
        heldByMe } orders { id } } }";
    let mut sockets = Vec::new();
    for user in ["alice", "bob"] {
        let mut socket = server.socket(user).await;
        socket.subscribe("mine", words, json!({ "event": event.gid })).await;
        assert_eq!(socket.next("myReservations").await, json!({ "held": [], "orders": [] }));
        sockets.push(socket);
    }
    for (index, user) in ["alice", "bob"].into_iter().enumerate() {
        let serial = i32::try_from(index).unwrap() + 1;
        server.client(user).reserve(&event, [serial]).await;
        let held = json!([{ "id": event.seat_gid(serial), "heldByMe": true }]);
        assert_eq!(sockets[index].next("myReservations").await["held"], held);
    }
    books::check(&arena, &event).await;
}

/// A rush makes frames larger, not more: about thirty a second, with every change in them.
#[tokio::test(flavor = "multi_thread")]
async fn a_rush_comes_in_few_frames_with_nothing_dropped() {
    let arena = Arena::new().await;
    let event = arena.event(400).await;
    let server = arena.server().await;
    let mut socket = server.socket("anybody").await;
    socket.seat_changes(&event, Some(0)).await;
    eventually("the stream is followed", async || server.server.followers() == 1).await;
    let buying = all_at_once((0..8).map(|buyer| {
        let (client, gid) = (server.client(&format!("viewer-{buyer}")), event.gid.clone());
        let seats: Vec<String> = event.seat_gids(buyer * 50 + 1..=buyer * 50 + 50);
        async move {
            for seat in seats {
                let input = json!({ "input": { "eventId": gid, "seatIds": [seat] } });
                client.data(RESERVE, input).await;
            }
        }
    }));
    let (mut seen, mut frames, mut first) = (Vec::new(), 0, None);
    while seen.len() < 400 {
        seen.extend(changes(&socket.next_changes().await));
        first.get_or_insert_with(std::time::Instant::now);
        frames += 1;
    }
    buying.await;
    assert_eq!(revisions(&seen), (1..=400).collect::<Vec<_>>());
    // Batches are made at least 33 ms apart; on a busy machine some may be late and close to the
    // next.
    let most = first.unwrap().elapsed().as_millis() / 33 + 5;
    assert!(frames <= most, "{frames} frames where {most} are enough");
    books::check(&arena, &event).await;
}
