//! A few who ask without a pause, and somebody else who has a turn all the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::Request;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use grand_arena::account::{Account, Permit};
use grand_arena::domain::command::{Reserve, SeatSet};
use grand_arena::domain::{EventId, SeatId, ViewerId};
use grand_arena::graphql::ids::AnyId;
use grand_arena::identity::{Asker, Role, Viewer};
use grand_arena::store::reads::SeatFilter;
use grand_arena::store::{ConnectSettings, ReadLane, Store};
use serde_json::{Value, json};
use sqlx::{Postgres, Transaction};

use crate::harness::client::{RESERVE, kind};
use crate::harness::socket::MY_RESERVATIONS;
use crate::harness::{Arena, Client, Event, Socket, books, eventually, poll_once, token};

fn viewer(name: &str) -> ViewerId {
    ViewerId::new(name).unwrap()
}

/// Locks an event, so that its bookings wait.
async fn held_up<'a>(arena: &Arena, event: &Event) -> Transaction<'a, Postgres> {
    let mut lock = arena.sql.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM events WHERE id = $1 FOR UPDATE")
        .bind(event.id.0)
        .execute(&mut *lock)
        .await
        .unwrap();
    lock
}

/// Four have as many bookings waiting as they can. Somebody who comes after all of them is served
/// when each of them has had a turn, and everybody has an outcome.
#[tokio::test(flavor = "multi_thread")]
async fn four_who_fill_an_events_queue_make_a_buyer_wait_for_one_turn_of_each() {
    let arena = Arena::new().await;
    let event = arena.event(7000).await;
    let (desk, _tasks) = arena.desk(2).await;
    let lock = held_up(&arena, &event).await;
    let reserve = |name: String, serial: i32| {
        let (desk, id, seat) = (Arc::clone(&desk), event.id, event.seat(serial));
        let viewer = viewer(&name);
        let account = Account::Viewer(viewer.clone());
        let seats = SeatSet::new(vec![seat]).unwrap();
        async move { desk.submit(account, Permit::default(), id, Reserve { viewer, seats }).await }
    };
    let first = tokio::spawn(reserve("first".to_owned(), 7000));
    eventually("a worker waits for the lock", async || arena.waiting_for_locks().await > 0).await;
    let mut accepted = Vec::new();
    for guest in 0..4 {
        // As many as there is room for beside those that wait already.
        for serial in guest * 1600 + 1..=guest * 1600 + 1600 {
            let mut answer = Box::pin(reserve(format!("guest-{guest}"), serial));
            if poll_once(answer.as_mut()).await.is_pending() {
                accepted.push(answer);
            }
        }
    }
    assert!(accepted.len() > 4000, "{} wait", accepted.len());
    let mut buying = Box::pin(reserve("buyer".to_owned(), 6999));
    assert!(poll_once(buying.as_mut()).await.is_pending(), "there is room for others");
    lock.commit().await.unwrap();

    let bought = buying.await.unwrap().unwrap();
    assert!(first.await.unwrap().unwrap().is_ok());
    assert!(bought.revision.0 <= 10, "{:?} others were before", bought.revision);
    for answer in accepted {
        assert!(answer.await.unwrap().is_ok());
    }
    books::check(&arena, &event).await;
}

async fn reserve(client: Client, event: Event, serial: i32) -> Value {
    let input = json!({ "eventId": event.gid, "seatIds": event.seat_gids([serial]) });
    client.send(RESERVE, json!({ "input": input })).await
}

/// Four bookings of a viewer may be under way, over all events. The fifth is told to wait; others
/// are not, nor is the shop's own server.
#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_has_so_many_bookings_under_way_and_is_told_when_to_come_back() {
    let arena = Arena::new().await;
    let (event, other) = (arena.event(100).await, arena.event(10).await);
    let server = arena.server_with(|settings| settings.limits.are_on = true).await;
    let lock = held_up(&arena, &event).await;
    let alice = server.client("alice");
    let mut asked: FuturesUnordered<_> =
        (1..=5).map(|serial| reserve(alice.clone(), event.clone(), serial)).collect();
    let refused = asked.next().await.unwrap();
    let error = &refused["errors"][0]["extensions"];
    assert_eq!(error["code"], "RATE_LIMITED", "{refused}");
    assert!(error["retryAfterMs"].as_u64() > Some(0), "{refused}");
    let elsewhere = reserve(alice.clone(), other.clone(), 1).await;
    assert_eq!(elsewhere["errors"][0]["extensions"]["code"], "RATE_LIMITED", "{elsewhere}");
    let bob = reserve(server.client("bob"), other.clone(), 1).await;
    assert_eq!(bob["errors"], Value::Null, "{bob}");
    let shop = Client::new(&server.base, Some(token("shop", &[Role::Shop])));
    let mut many: FuturesUnordered<_> =
        (11..=20).map(|serial| reserve(shop.clone(), event.clone(), serial)).collect();
    tokio::select! {
        answer = many.next() => panic!("before the event was let go: {answer:?}"),
        () = eventually("all wait", async || arena.waiting_for_locks().await > 0) => {}
    }
    lock.commit().await.unwrap();
    while let Some(answer) = asked.next().await {
        assert_eq!(kind(&answer["data"]["reserveSeats"]), "ReserveSeatsSuccess", "{answer}");
    }
    while let Some(answer) = many.next().await {
        assert_eq!(kind(&answer["data"]["reserveSeats"]), "ReserveSeatsSuccess", "{answer}");
    }
    assert_eq!(kind(&alice.reserve(&other, [2]).await), "ReserveSeatsSuccess");
    books::check_all(&arena).await;
}

/// Whoever makes ids of events up is told so before the desk hears of it: no connection for
/// bookings was ever made.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_for_an_event_that_is_not_there_never_gets_to_the_desk() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let connections = async || -> i64 {
        sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity
              WHERE datname = current_database() AND application_name = 'grand-arena bookings'",
        )
        .fetch_one(&arena.sql)
        .await
        .unwrap()
    };
    let before = server.server.statements();
    let made_up = |number: i64| {
        let event = EventId(1_000_000 + number);
        let (gid, seat) = (AnyId::Event(event), AnyId::Seat(SeatId { event, serial: 1 }));
        let input = json!({ "eventId": gid.encode().0, "seatIds": [seat.encode().0] });
        let mallory = server.client("mallory");
        async move { mallory.send(RESERVE, json!({ "input": input })).await }
    };
    let mut flood: FuturesUnordered<_> = (0..500).map(made_up).collect();
    while let Some(answer) = flood.next().await {
        assert_eq!(answer["errors"][0]["extensions"]["code"], "NOT_FOUND", "{answer}");
    }
    assert_eq!(connections().await, 0, "no booking was begun");
    let statements = server.server.statements() - before;
    assert!(statements < 250, "{statements} statements: those who ask together share one");
    assert_eq!(kind(&server.client("alice").reserve(&event, [1]).await), "ReserveSeatsSuccess");
    assert!(connections().await > 0, "they would have been seen");
    books::check(&arena, &event).await;
}

/// A request as a viewer sends it.
fn asked_by(name: &str, query: String) -> Request {
    let viewer = Viewer::new(viewer(name), &[], chrono::DateTime::UNIX_EPOCH);
    let address = std::net::Ipv4Addr::LOCALHOST.into();
    Request::new(query).data(Asker { viewer: Some(viewer), address })
}

/// A query for so many things, each of which is looked up by itself.
fn lists(number: usize) -> String {
    let fields: String =
        (0..number).map(|n| format!("a{n}: orders {{ edges {{ cursor }} }} ")).collect();
    format!("{{ viewer {{ {fields} }} }}")
}

/// Twenty have asked for twenty things each. Somebody who comes after all of them is answered
/// before any of them: when each has had one turn of twenty.
#[tokio::test(flavor = "multi_thread")]
async fn reads_go_round_by_account_so_that_a_flood_of_them_keeps_nobody_waiting() {
    let arena = Arena::new().await;
    let (desk, _tasks) = arena.desk(1).await;
    let schema = arena.schema(&desk);
    let answered = Arc::new(AtomicUsize::new(0));
    let ask = |name: &str, number| {
        let (schema, request) = (schema.clone(), asked_by(name, lists(number)));
        let answered = Arc::clone(&answered);
        tokio::spawn(async move {
            let response = schema.execute(request).await;
            (answered.fetch_add(1, Ordering::SeqCst), response.errors)
        })
    };
    // The tests' store has four connections for reading.
    let mut inside = Vec::new();
    for lane in [ReadLane::Keys, ReadLane::Keys, ReadLane::Counts, ReadLane::Counts] {
        inside.push(arena.store.read_turn(lane).await.unwrap());
    }
    let waiting = async |number| arena.store.waiting_reads() == number;
    let flood: Vec<_> = (0..20).map(|reader| ask(&format!("reader-{reader}"), 20)).collect();
    eventually("all of them wait", async || waiting(400).await).await;
    let asked = ask("buyer", 1);
    eventually("the buyer waits too", async || waiting(401).await).await;
    drop(inside);
    assert_eq!(asked.await.unwrap(), (0, vec![]), "before any of those who came before");
    for reader in flood {
        assert_eq!(reader.await.unwrap().1, vec![]);
    }
}

/// However much a single one reads, there is a connection left for whoever comes next.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_all_connections_for_reading() {
    let arena = Arena::new().await;
    let (desk, _tasks) = arena.desk(1).await;
    let schema = arena.schema(&desk);
    let mut inside = Vec::new();
    for _ in 0..3 {
        let lane = ReadLane::Account(Account::Viewer(viewer("reader")));
        inside.push(arena.store.read_turn(lane).await.unwrap());
    }
    let flood = {
        let (schema, request) = (schema.clone(), asked_by("reader", lists(20)));
        tokio::spawn(async move { schema.execute(request).await })
    };
    eventually("its other reads wait", async || arena.store.waiting_reads() == 20).await;
    let answer = schema.execute(asked_by("buyer", lists(20))).await;
    assert_eq!(answer.errors, vec![], "while the other cannot go on");
    assert_eq!(arena.store.waiting_reads(), 20);
    drop(inside);
    assert_eq!(flood.await.unwrap().errors, vec![]);
}

/// Seats of a section are found by it, wherever in the event they are.
#[tokio::test]
async fn a_page_of_a_section_reads_no_other_seats() {
    let arena = Arena::new().await;
    let event = arena.event(5000).await;
    let url = arena.url.clone();
    let settings = ConnectSettings { url, booking_connections: 1, reading_connections: 1 };
    let store = Store::connect(&settings).await.unwrap();
    let rows = async || -> i64 {
        sqlx::query_scalar(
            "SELECT sum(idx_tup_read)::bigint FROM pg_stat_user_indexes
              WHERE relname IN ('seats', 'seat_places')",
        )
        .fetch_one(&arena.sql)
        .await
        .unwrap()
    };
    // Statistics are told when a connection ends, if not before. Those of the import come first: it
    // looked up a location for each seat.
    arena.store.clone().close().await;
    eventually("the import is counted", async || rows().await >= 5000).await;
    let before = rows().await;
    let filter = SeatFilter {
        sections: Some(["150", "149", "150", "nowhere"].map(str::to_owned).to_vec()),
        ..SeatFilter::default()
    };
    let page = store.seats_page(event.id, &filter, 4850, 100).await.unwrap();
    let serials: Vec<_> = page.iter().map(|record| record.seat.id.serial).collect();
    assert_eq!(serials, (4851..=4950).collect::<Vec<_>>(), "in the order of the plan, each once");
    let counts = store.counts_of(event.id, &filter).await.unwrap();
    assert_eq!((counts.available, counts.reserved, counts.confirmed), (200, 0, 0));
    store.close().await;
    eventually("the rows are counted", async || rows().await > before).await;
    let read = rows().await - before;
    assert!((300..1000).contains(&read), "{read} rows");
}

/// A hundred subscriptions of one viewer hear of a change and are told of it; the database is asked
/// once, or a few times if they are not all as quick.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_viewer_holds_is_looked_up_once_for_all_who_watch_it() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    let mut sockets = Vec::new();
    for _ in 0..4 {
        let mut socket = server.socket("alice").await;
        for id in 0..25 {
            let variables = json!({ "event": event.gid });
            socket.subscribe(&id.to_string(), MY_RESERVATIONS, variables).await;
        }
        for _ in 0..25 {
            held(&mut socket).await;
        }
        sockets.push(socket);
    }
    let before = server.server.statements();
    for serial in 1..=2 {
        alice.reserve(&event, [serial]).await;
        let seats = event.seat_gids(1..=serial);
        for socket in &mut sockets {
            for _ in 0..25 {
                assert_eq!(held(socket).await, seats);
            }
        }
    }
    let statements = server.server.statements() - before;
    assert!(statements < 100, "{statements} statements for two changes");
    books::check(&arena, &event).await;
}

/// The seats of the next item of `myReservations`.
async fn held(socket: &mut Socket) -> Vec<String> {
    let item = socket.next("myReservations").await;
    let ids = item["held"].as_array().unwrap().iter();
    ids.map(|seat| seat["id"].as_str().unwrap().to_owned()).collect()
}
