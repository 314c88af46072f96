//! Whole maps: true for their revision, shared, compressed, and never another viewer's.

use std::sync::Arc;

use grand_arena::domain::SeatStatus;
use serde_json::{Value, json};

use crate::harness::{Arena, all_at_once, books, eventually};

/// Maps may be shared between those who ask for the same at about the same time; each is true for
/// its own revision.
#[tokio::test(flavor = "multi_thread")]
async fn every_map_is_true_for_the_revision_it_says_while_the_sale_runs() {
    let arena = Arena::new().await;
    let event = Arc::new(arena.event(60).await);
    let server = arena.server().await;
    let asking = all_at_once((0..4).map(|_| {
        let (client, event) = (server.stranger(), Arc::clone(&event));
        async move {
            let query = "query ($e: ID!) { seatMap(eventId: $e) { revision seats { status } } }";
            let mut maps = Vec::new();
            for _ in 0..30 {
                maps.push(client.data(query, json!({ "e": event.gid })).await["seatMap"].take());
            }
            maps
        }
    }));
    let buyer = server.client("alice");
    for serial in 1..=60 {
        buyer.reserve(&event, [serial]).await;
        match serial % 3 {
            0 => drop(buyer.confirm(&event, [serial], &serial.to_string()).await),
            1 => drop(buyer.release(&event, [serial]).await),
            _ => {}
        }
    }
    let maps: Vec<Value> = asking.await.into_iter().flatten().collect();
    let log = books::check(&arena, &event).await;
    for map in maps {
        let revision = map["revision"].as_i64().unwrap();
        let mut expected = vec!["AVAILABLE"; 60];
        for row in log.iter().filter(|row| row.revision <= revision) {
            expected[usize::try_from(row.seat_id - 1).unwrap()] = match row.cause.status() {
                SeatStatus::Available => "AVAILABLE",
                SeatStatus::Reserved => "RESERVED",
                SeatStatus::Confirmed => "CONFIRMED",
            };
        }
        let seats: Vec<&str> = map["seats"]
            .as_array()
            .unwrap()
            .iter()
            .map(|seat| seat["status"].as_str().unwrap())
            .collect();
        assert_eq!(seats, expected, "at revision {revision}");
    }
}

/// A hold that ran out between two statements of one read would be over before the map's own time:
/// countdowns go by that, and so do those who compare maps with the log.
#[tokio::test(flavor = "multi_thread")]
async fn a_map_says_the_time_at_which_its_seats_were_read() {
    let arena = Arena::new().await;
    let event = arena.event(3).await;
    let map = arena.store.seat_map(event.id).await.unwrap().unwrap();
    assert!(map.seats.iter().all(|seat| seat.now == map.now), "{map:?}");
}

const STATUSES: &str = "query ($e: ID!) { seatMap(eventId: $e) { seats { status } } }";

/// Maps are shared, and yet nobody is given one that does not have what they have just done.
#[tokio::test(flavor = "multi_thread")]
async fn a_map_has_what_this_server_committed_before_it_was_asked_for() {
    let arena = Arena::new().await;
    let event = arena.event(60).await;
    let server = arena.server().await;
    let (buyer, stranger) = (server.client("alice"), server.stranger());
    let documents = [
        STATUSES,
        "query ($e: ID!) { seatMap(eventId: $e) { revision seats { status } } }",
        "query ($e: ID!) { ...M } fragment M on Query {
            seatMap(eventId: $e) { seats { status } } }",
        "query ($e: ID!) { event(id: $e) { name seatMap { seats { status } } } }",
    ];
    for serial in 1..=30 {
        let number = usize::try_from(serial).unwrap();
        let document = documents[number % documents.len()];
        // So that there is one to share.
        stranger.data(document, json!({ "e": event.gid })).await;
        buyer.reserve(&event, [serial]).await;
        let map = stranger.data(document, json!({ "e": event.gid })).await;
        let map = map.get("event").unwrap_or(&map);
        let status = &map["seatMap"]["seats"][number - 1]["status"];
        assert_eq!(status, "RESERVED", "try {number}");
    }
    books::check(&arena, &event).await;
}

/// A lock on what maps are read from holds them up, and no booking: so it can be seen who waits for
/// whom.
#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_a_map_shares_one_that_began_after_the_newest_commit() {
    let arena = Arena::new().await;
    let event = Arc::new(arena.event(10).await);
    let server = arena.server().await;
    let mut lock = arena.sql.begin().await.unwrap();
    sqlx::query("LOCK TABLE seat_places IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *lock)
        .await
        .unwrap();
    let crowd = |size: usize| {
        all_at_once((0..size).map(|_| {
            let (client, event) = (server.stranger(), Arc::clone(&event));
            async move { client.data(STATUSES, json!({ "e": event.gid })).await }
        }))
    };
    let early = crowd(20);
    eventually("a map waits", async || arena.waiting_for_locks().await > 0).await;
    let buyer = server.client("alice");
    buyer.reserve(&event, [1]).await;
    let late = crowd(20);
    buyer.reserve(&event, [2]).await;
    assert_eq!(arena.waiting_for_locks().await, 1, "one map is read for all of them");
    lock.rollback().await.unwrap();
    early.await;
    for map in late.await {
        assert_eq!(map["seatMap"]["seats"][0]["status"], "RESERVED");
    }
    books::check(&arena, &event).await;
}

/// Everybody loads a map when sales open. Who accepts Brotli or gzip gets the same one compressed;
/// who refuses both does not, and nothing small is.
#[tokio::test]
async fn a_map_is_compressed_for_those_who_accept_it() {
    let arena = Arena::new().await;
    let event = arena.event(2_000).await;
    let server = arena.server().await;
    let whole = "query ($e: ID!) { seatMap(eventId: $e) { revision seats { id section row number \
        status } } }";
    let small = "query ($e: ID!) { seatMap(eventId: $e) { revision } }";
    let ask = async |query: &str, accepted: &str| {
        let body = json!({ "query": query, "variables": { "e": event.gid } });
        let address = format!("{}/graphql", server.base);
        let request =
            reqwest::Client::new().post(address).header("accept-encoding", accepted).json(&body);
        let response = request.send().await.unwrap();
        let varies = response.headers().get("vary").is_some_and(|names| names == "accept-encoding");
        assert_eq!(varies, query == whole, "{accepted}");
        let coding = response.headers().get("content-encoding").cloned();
        let coding = coding.map(|coding| coding.to_str().unwrap().to_owned());
        (coding, response.bytes().await.unwrap())
    };
    let (coding, plain) = ask(whole, "identity").await;
    assert_eq!(coding, None);
    for (accepted, expected) in [
        ("deflate, gzip;q=0.5", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.5, gzip", "gzip"),
        ("gzip;q=0, br", "br"),
        ("*", "br"),
    ] {
        let (coding, compressed) = ask(whole, accepted).await;
        assert_eq!(coding.as_deref(), Some(expected), "{accepted}");
        let sizes = format!("{} of {} bytes", compressed.len(), plain.len());
        assert!(compressed.len() * 8 < plain.len(), "{accepted}: {sizes}");
        let mut text = Vec::new();
        let mut reader: Box<dyn std::io::Read> = match expected {
            "br" => Box::new(brotli::Decompressor::new(&compressed[..], 4096)),
            _ => Box::new(flate2::read::GzDecoder::new(&compressed[..])),
        };
        reader.read_to_end(&mut text).unwrap();
        assert_eq!(text, plain, "{accepted}");
    }
    assert_eq!(ask(whole, "gzip;q=0, br;q=0").await, (None, plain), "both are refused");
    assert_eq!(ask(small, "gzip, br").await.0, None, "not worth it");
}

/// The same words at the same time from different viewers: what depends on the viewer is not
/// shared.
#[tokio::test(flavor = "multi_thread")]
async fn a_map_that_says_what_is_mine_is_never_given_to_anybody_else() {
    let arena = Arena::new().await;
    let event = Arc::new(arena.event(10).await);
    let server = arena.server().await;
    for (serial, user) in [(1, "alice"), (2, "bob")] {
        server.client(user).reserve(&event, [serial]).await;
    }
    let maps = all_at_once((0..40).map(|number| {
        let (client, event) =
            (server.client(["alice", "bob", "carol"][number % 3]), Arc::clone(&event));
        let query = "query ($e: ID!) { seatMap(eventId: $e) { seats { heldByMe } } }";
        async move { (number % 3, client.data(query, json!({ "e": event.gid })).await) }
    }))
    .await;
    for (who, map) in maps {
        let mine: Vec<bool> = map["seatMap"]["seats"]
            .as_array()
            .unwrap()
            .iter()
            .map(|seat| seat["heldByMe"] == true)
            .collect();
        let expected: Vec<bool> = (0..10).map(|seat| seat == who && who < 2).collect();
        assert_eq!(mine, expected, "viewer {who}");
    }
    books::check(&arena, &event).await;
}
