//! A database that goes away: without a word, by becoming a standby, by a full disk, or for a
//! while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::client::{RESERVE, kind};
use crate::harness::line::Line;
use crate::harness::node::show;
use crate::harness::{Arena, Client, Event, TestServer, books, eventually};

/// How soon everything works again once new connections do, after a database has gone silent:
/// the limit of a statement, and of asking whether a connection lives.
const BACK_WITHIN: Duration = Duration::from_secs(5);

/// How long a booking waits that finds out that the database is away: until its connection has not
/// answered, and no other has come about. And how long the others wait, once that is known.
const FIRST_WAITS: Duration = Duration::from_secs(4);
const OTHERS_WAIT: Duration = Duration::from_secs(1);

/// What everything warns of meanwhile.
const WARNINGS: [&str; 9] = [
    "the listening connection was lost",
    "cannot listen for changes",
    "the change log cannot be read",
    "an event cannot be read",
    "holds that ran out are announced late",
    "subscribers will hear of the last bookings a second late",
    "the database cannot be reached",
    "a booking was given up",
    "a read failed",
];

pub fn expect_warnings(arena: &Arena) {
    WARNINGS.iter().for_each(|warning| arena.expect_warning(warning));
    arena.expect_warning("terminating connection");
    arena.expect_warning("webhooks");
    arena.expect_warning("logs and keys were not pruned");
}

pub async fn readiness(server: &TestServer) -> (u16, Value) {
    let answer = reqwest::get(format!("{}/readyz", server.base)).await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

pub async fn until_ready(server: &TestServer) {
    eventually("the server is ready", async || readiness(server).await.0 == 200).await;
}

/// Reserves until it succeeds, and says how long that took from an instant.
pub async fn booked_after(client: &Client, event: &Event, serial: i32, since: Instant) -> Duration {
    let input = json!({ "eventId": event.gid, "seatIds": event.seat_gids([serial]) });
    loop {
        let answer = client.send(RESERVE, json!({ "input": input })).await;
        if answer["data"]["reserveSeats"]["__typename"] == "ReserveSeatsSuccess" {
            return since.elapsed();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Asks until there is an answer, likewise.
async fn read_after(client: &Client, event: &Event, since: Instant) -> Duration {
    let query = "query ($id: ID!) { seat(id: $id) { status } }";
    loop {
        let answer = client.send(query, json!({ "id": event.seat_gid(1) })).await;
        if answer["data"]["seat"]["status"].is_string() {
            return since.elapsed();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Somebody who books and somebody who reads without a pause, so that statements are under way
/// whenever the line goes dead.
fn rush(server: &TestServer, event: &Arc<Event>) -> Arc<AtomicBool> {
    let rushing = Arc::new(AtomicBool::new(true));
    for serial in 11..=14 {
        let client = server.client(&format!("rush {serial}"));
        let (event, rushing) = (Arc::clone(event), Arc::clone(&rushing));
        tokio::spawn(async move {
            while rushing.load(Ordering::Relaxed) {
                let seats = event.seat_gids([serial]);
                let input = json!({ "eventId": event.gid, "seatIds": seats });
                client.send(RESERVE, json!({ "input": input })).await;
                let query = "query ($id: ID!) { seat(id: $id) { status } }";
                client.send(query, json!({ "id": event.seat_gid(serial) })).await;
            }
        });
    }
    rushing
}

/// A machine vanishes and another takes its place: no packet says that the connections are dead.
/// Bookings, reads, streams and the cleaner are back within seconds.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_database_has_gone_silent_everything_is_back_within_seconds() {
    let arena = Arena::new().await;
    expect_warnings(&arena);
    let event = Arc::new(arena.event_with(40, |event| event.hold_seconds = 60).await);
    let line = Line::to(&arena.url).await;
    let server = arena.server_with(|settings| {
        settings.database.database_url = Some(line.url.clone());
    });
    let server = server.await;
    // Another server, whose line lives.
    let other = arena.server().await;
    until_ready(&server).await;
    let mut socket = server.socket("alice").await;
    socket.seat_changes(&event, None).await;
    socket.next_changes().await;
    for serial in 21..=24 {
        other.client("alice").reserve(&event, [serial]).await;
    }
    // They run out while the line is dead.
    arena.pass(&event, 58).await;
    let rushing = rush(&server, &event);

    line.go_dead();
    let died = Instant::now();
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    let booking = async { booked_after(&alice, &event, 1, died).await };
    let reading = async { read_after(&bob, &event, died).await };
    // What another server commits.
    let told = async {
        let revision = other.client("carol").reserve(&event, [2]).await["revision"].clone();
        let reached = revision.as_i64().unwrap();
        while socket.next_changes().await["toRevision"].as_i64().unwrap() < reached {}
        died.elapsed()
    };
    let unready = async {
        let mut told = None;
        while died.elapsed() < BACK_WITHIN {
            let (status, readiness) = readiness(&server).await;
            if status != 200 && told.is_none() {
                told = Some((died.elapsed(), readiness));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        told
    };
    let (booked, read, told, unready) = tokio::join!(booking, reading, told, unready);
    rushing.store(false, Ordering::Relaxed);
    until_ready(&server).await;
    let ready = died.elapsed();
    let (unready, why) = unready.expect("it was never unready");
    show(&format!(
        "silent database: booked after {booked:?}, read after {read:?}, told after {told:?}, \
            unready after {unready:?} ({why}), ready after {ready:?}"
    ));
    for (what, took) in [("booking", booked), ("reading", read), ("the stream", told)] {
        assert!(took < BACK_WITHIN, "{what} took {took:?}");
    }
    eventually("the cleaner has been by", async || {
        let due: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM seats WHERE event_id = $1 AND expires_at < now()",
        )
        .bind(event.id.0)
        .fetch_one(&arena.sql)
        .await
        .unwrap();
        due == 0
    })
    .await;
    books::check(&arena, &event).await;
}

/// On a quiet server nothing would be asked, and nothing missed: readiness finds it out.
#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_server_on_a_silent_database_is_unready_within_seconds() {
    let arena = Arena::new().await;
    expect_warnings(&arena);
    let event = arena.event(10).await;
    let line = Line::to(&arena.url).await;
    let server = arena.server_with(|settings| {
        settings.database.database_url = Some(line.url.clone());
    });
    let server = server.await;
    let mut socket = server.socket("alice").await;
    socket.seat_changes(&event, None).await;
    socket.next_changes().await;
    until_ready(&server).await;
    line.take_new(false);
    line.go_dead();
    let died = Instant::now();
    let patience = Duration::from_secs(3);
    while readiness(&server).await.0 == 200 {
        assert!(died.elapsed() < patience, "still ready");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // It is known by now: nobody waits as if it were not.
    eventually("everything has missed its limit", async || {
        let (_, readiness) = readiness(&server).await;
        ["database", "writes", "feed", "readers", "cleaner"]
            .iter()
            .all(|what| readiness[*what] == json!(false))
    })
    .await;
    let input = json!({ "input": { "eventId": event.gid, "seatIds": event.seat_gids([1]) } });
    let alice = server.client("alice");
    for most in [FIRST_WAITS, OTHERS_WAIT] {
        let asked = Instant::now();
        assert_eq!(alice.code(RESERVE, input.clone()).await, "UNAVAILABLE");
        let took = asked.elapsed();
        assert!(took < most, "a booking waited {took:?}");
    }
    line.take_new(true);
    let back = Instant::now();
    assert_eq!(kind(&until_booked(&server, &event).await), "ReserveSeatsSuccess");
    let booked = back.elapsed();
    until_ready(&server).await;
    let ready = back.elapsed();
    show(&format!("back after {booked:?}, ready after {ready:?}"));
    assert!(booked < BACK_WITHIN && ready < 2 * BACK_WITHIN, "{booked:?} {ready:?}");
    books::check(&arena, &event).await;
}

async fn until_booked(server: &TestServer, event: &Event) -> Value {
    let alice = server.client("alice");
    booked_after(&alice, event, 1, Instant::now()).await;
    alice.reserve(event, [1]).await
}
