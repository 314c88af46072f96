//! The storm: thousands of random operations from many viewers on two servers with short holds,
//! while connections are cut; then the books.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fastrand::Rng;
use grand_arena::domain::Cause;
use serde_json::{Value, json};

use crate::harness::client::{CONFIRM, RELEASE, RESERVE};
use crate::harness::{Arena, Client, Event, Socket, TestServer, all_at_once, books, token};

const VIEWERS: usize = 24;
const OPERATIONS: usize = 150;
const SEATS: i32 = 120;
const LIMIT: i64 = 7;

/// What one subscriber saw.
type Seen = Vec<(i64, String, String)>;

#[tokio::test(flavor = "multi_thread")]
async fn after_a_storm_the_books_are_right_and_every_subscriber_saw_the_log() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut rng = Rng::with_seed(seed);
    let arena = Arena::new().await;
    let event = arena
        .event_with(usize::try_from(SEATS).unwrap(), |event| {
            event.hold_seconds = 1;
            event.max_seats_per_viewer = Some(u32::try_from(LIMIT).unwrap());
        })
        .await;
    let (arena, event) = (Arc::new(arena), Arc::new(event));
    let servers = Arc::new([arena.server().await, arena.server().await]);
    let is_over = Arc::new(AtomicBool::new(false));

    let subscribers: Vec<_> = (0..6)
        .map(|number| {
            let (event, servers, is_over, rng) =
                (Arc::clone(&event), Arc::clone(&servers), Arc::clone(&is_over), rng.fork());
            tokio::spawn(watch(event, servers, is_over, rng, number % 2 == 0))
        })
        .collect();
    let saboteur =
        tokio::spawn(cut_connections(Arc::clone(&arena), Arc::clone(&is_over), rng.fork()));
    let counts = all_at_once((0..VIEWERS).map(|number| {
        let clients = [0, 1].map(|server| servers[server].client(&format!("viewer-{number}")));
        buy(clients, Arc::clone(&event), rng.fork())
    }))
    .await;
    is_over.store(true, Ordering::Relaxed);
    let cuts = saboteur.await.unwrap();

    let done: Vec<usize> =
        (0..3).map(|kind| counts.iter().map(|count| count[kind]).sum()).collect();
    println!("{done:?} reserved, confirmed, released; {cuts} connections cut");
    assert!(
        done.iter().all(|&count| count > 30) && cuts > 5,
        "it was a storm: {done:?}, {cuts} cuts"
    );
    let log = books::check(&arena, &event).await;
    check_limit(&log);
    for subscriber in subscribers {
        let seen = subscriber.await.unwrap();
        // Holds go on running out after the count was taken: a subscriber may have seen more than
        // the log had then.
        let log = books::log(&arena.sql, &event).await;
        let expected: Seen = log
            .iter()
            .take(seen.len())
            .map(|row| {
                let cause = format!("{:?}", row.cause).to_uppercase();
                (row.revision, event.seat_gid(row.seat_id), cause)
            })
            .collect();
        assert!(
            seen.len() >= log.len().min(expected.len()) && seen == expected,
            "a subscriber saw something else than the log"
        );
    }
}

/// One viewer's random doings; how often each kind succeeded.
async fn buy(clients: [Client; 2], event: Arc<Event>, mut rng: Rng) -> [usize; 3] {
    let mut done = [0; 3];
    let mut mine: Vec<i32> = Vec::new();
    for number in 0..OPERATIONS {
        let client = &clients[rng.usize(..2)];
        let kind = if mine.is_empty() { 0 } else { rng.usize(..4).min(2) };
        let serials: Vec<i32> = if kind == 0 {
            (0..rng.usize(1..=3)).map(|_| rng.i32(1..=SEATS)).collect()
        } else {
            let count = rng.usize(1..=mine.len());
            rng.choose_multiple(&mine, count).into_iter().copied().collect()
        };
        let (query, field) =
            [(RESERVE, "reserveSeats"), (CONFIRM, "confirmSeats"), (RELEASE, "releaseSeats")][kind];
        let mut input =
            json!({ "eventId": event.gid, "seatIds": event.seat_gids(serials.iter().copied()) });
        if kind == 1 {
            // Few viewers buy: seats come back, and the storm goes on.
            if rng.u8(..) > 40 {
                continue;
            }
            input["idempotencyKey"] = json!(format!("key-{number}"));
        }
        let result = insist(client, query, field, input).await;
        if result["__typename"].as_str().unwrap().ends_with("Success") {
            done[kind] += 1;
            if kind == 0 {
                mine.extend(serials);
            } else {
                mine.retain(|serial| !serials.contains(serial));
            }
        } else if kind != 0 {
            mine.clear();
        }
    }
    done
}

/// Sends until there is an outcome, as a client does whose request may have been lost: the same
/// again.
async fn insist(client: &Client, query: &str, field: &str, input: Value) -> Value {
    for _ in 0..20 {
        let mut answer = client.send(query, json!({ "input": input })).await;
        if answer.get("errors").is_none() {
            return answer["data"][field].take();
        }
        let code = &answer["errors"][0]["extensions"]["code"];
        assert!(code == "UNAVAILABLE" || code == "OVERLOADED", "{answer}");
    }
    panic!("twenty times without an outcome");
}

/// Ends random connections of the servers, from the database's side.
async fn cut_connections(arena: Arc<Arena>, is_over: Arc<AtomicBool>, mut rng: Rng) -> i64 {
    let mut cuts = 0;
    let mut pause = tokio::time::interval(Duration::from_millis(60));
    while !is_over.load(Ordering::Relaxed) {
        pause.tick().await;
        let application =
            ["grand-arena bookings", "grand-arena reads", "grand-arena listen"][rng.usize(..3)];
        cuts += sqlx::query_scalar::<_, i64>(
            "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity
              WHERE datname = current_database() AND application_name = $1 ORDER BY random() \
              LIMIT 1) AS victim",
        )
        .bind(application)
        .fetch_one(&arena.sql)
        .await
        .unwrap();
    }
    cuts
}

/// Follows the stream from the beginning to the end of the storm; `restless` subscribers reconnect
/// again and again, to one server or the other, and go on where they were.
async fn watch(
    event: Arc<Event>,
    servers: Arc<[TestServer; 2]>,
    is_over: Arc<AtomicBool>,
    mut rng: Rng,
    restless: bool,
) -> Seen {
    let mut seen: Seen = Vec::new();
    loop {
        let base = &servers[rng.usize(..2)].base;
        let mut socket = Socket::open(base, Some(&token("watcher", &[]))).await;
        let since = seen.last().map_or(0, |(revision, _, _)| *revision);
        socket.seat_changes(&event, Some(since)).await;
        let mut frames_left = if restless { rng.usize(1..20) } else { usize::MAX };
        while frames_left > 0 {
            if is_over.load(Ordering::Relaxed) && has_all(&servers[0], &event, &seen).await {
                return seen;
            }
            let message = tokio::time::timeout(Duration::from_millis(300), socket.message()).await;
            // Nothing new for a while: look whether it is over.
            let Ok(message) = message else { continue };
            if message["type"] == "error" {
                // The log could not be read just then: connect again, as clients do.
                assert_eq!(message["payload"][0]["extensions"]["code"], "UNAVAILABLE", "{message}");
                break;
            }
            let frame = &message["payload"]["data"]["seatChanges"];
            assert_eq!(frame["__typename"], "SeatChanges", "{message}");
            for change in frame["changes"].as_array().unwrap() {
                let text = |name: &str| change[name].as_str().unwrap().to_owned();
                seen.push((change["revision"].as_i64().unwrap(), text("seatId"), text("cause")));
            }
            frames_left -= 1;
        }
    }
}

/// Whether the subscriber has seen everything that has happened.
async fn has_all(server: &TestServer, event: &Event, seen: &Seen) -> bool {
    let query = "query ($id: ID!) { event(id: $id) { revision } }";
    let answer = server.stranger().send(query, json!({ "id": event.gid })).await;
    let revision = answer["data"]["event"]["revision"].as_i64();
    revision.is_some() && revision == seen.last().map(|(revision, _, _)| *revision)
}

/// Nobody ever held and owned more than the limit: going by the log, at each grant.
fn check_limit(log: &[books::LogRow]) {
    for (index, granted) in log.iter().enumerate().filter(|(_, row)| row.cause == Cause::Reserved) {
        let mut has = std::collections::BTreeSet::new();
        for row in log[..=index].iter().filter(|row| row.viewer == granted.viewer) {
            let counts = match row.cause {
                Cause::Reserved => row.expires_at.is_some_and(|at| at > granted.changed_at),
                Cause::Confirmed => true,
                Cause::Released | Cause::Expired => false,
            };
            if counts {
                has.insert(row.seat_id)
            } else {
                has.remove(&row.seat_id)
            };
        }
        assert!(i64::try_from(has.len()).unwrap() <= LIMIT, "{granted:?} makes {}", has.len());
    }
}
