//! Purchases do not wait for the map, nor the map for whoever serves requests: what carries frames
//! runs on threads of its own.

use std::collections::HashMap;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use grand_arena::domain::{LogPoint, Revision};
use grand_arena::feed::{Start, Step};
use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::harness::client::{RESERVE, kind};
use crate::harness::process::{ServerProcess, grand_arena};
use crate::harness::{Arena, Client, Event, Socket, books, eventually, token};

/// What the kernel knows of the threads of a process with a name: how often each was given a
/// processor, and its nice value.
#[cfg(target_os = "linux")]
fn threads(process: u32, name: &str) -> HashMap<u32, (u64, i64)> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let folders = threads.map(|thread| thread.unwrap().path());
    let named = folders.filter(|folder| {
        std::fs::read_to_string(folder.join("comm")).is_ok_and(|comm| comm.trim() == name)
    });
    let figures = named.map(|folder| {
        let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
        let runs = read("schedstat").split_whitespace().nth(2).unwrap().parse().unwrap();
        // The name, in parentheses, may have anything in it.
        let stat = read("stat");
        let after_name = stat.rsplit_once(')').unwrap().1;
        let nice = after_name.split_whitespace().nth(16).unwrap().parse().unwrap();
        (folder.file_name().unwrap().to_str().unwrap().parse().unwrap(), (runs, nice))
    });
    figures.collect()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn frames_are_carried_by_threads_behind_all_others_and_what_a_socket_asks_for_is_not() {
    let arena = Arena::new().await;
    let event = arena.event(100).await;
    let process = ServerProcess::start(grand_arena(&["serve"]).env("DATABASE_URL", &arena.url));
    let frame_threads = || threads(process.id(), "frames");
    assert!(!frame_threads().is_empty());
    assert!(frame_threads().values().all(|(_, nice)| *nice > 0));
    for others in ["tokio-rt-worker", "desk"] {
        assert!(threads(process.id(), others).values().all(|(_, nice)| *nice == 0), "{others}");
    }

    let mut buyer = Socket::open(&process.base, Some(&token("alice", &[]))).await;
    let before = frame_threads();
    for serial in 1..=20 {
        reserve_over(&mut buyer, &event, serial).await;
    }
    assert_eq!(frame_threads(), before, "nobody watches: there was nothing for them to do");

    let mut watcher = Socket::open(&process.base, None).await;
    watcher.seat_changes(&event, Some(20)).await;
    let runs = || -> u64 { frame_threads().values().map(|(runs, _)| runs).sum() };
    for serial in 21..=40 {
        let before = runs();
        reserve_over(&mut buyer, &event, serial).await;
        assert_eq!(watcher.next_changes().await["toRevision"], serial);
        assert!(runs() > before, "a frame was made elsewhere");
    }
    books::check(&arena, &event).await;
}

/// Reserves a seat over a socket.
async fn reserve_over(socket: &mut Socket, event: &Event, serial: i32) {
    let input = json!({ "eventId": event.gid, "seatIds": event.seat_gids([serial]) });
    socket.subscribe("reserve", RESERVE, json!({ "input": input })).await;
    let reserved = socket.next("reserveSeats").await;
    assert_eq!(kind(&reserved), "ReserveSeatsSuccess", "{reserved}");
    assert_eq!(socket.message().await, json!({ "type": "complete", "id": "reserve" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn bookings_are_answered_while_no_frame_thread_gets_on() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let mut buyer = Socket::open(&server.base, Some(&token("alice", &[]))).await;
    buyer.seat_changes(&event, Some(0)).await;
    reserve_over_live(&mut buyer, &event, 1, 1).await;

    // One that does not get on for each thread.
    let (release, held) = mpsc::channel::<()>();
    let held = Arc::new(std::sync::Mutex::new(held));
    let frame_threads = server.server.frame_threads();
    let (begin, begun) = mpsc::channel();
    let threads = frame_threads.handle().metrics().num_workers();
    for _ in 0..threads {
        let (held, begin) = (Arc::clone(&held), begin.clone());
        drop(frame_threads.spawn(async move {
            begin.send(()).unwrap();
            let _ = held.lock().unwrap().recv();
        }));
    }
    tokio::task::spawn_blocking(move || begun.iter().take(threads).for_each(drop)).await.unwrap();

    let client = server.client("bob");
    assert_eq!(kind(&client.reserve(&event, [2]).await), "ReserveSeatsSuccess");
    let input = json!({ "eventId": event.gid, "seatIds": event.seat_gids([3]) });
    buyer.subscribe("reserve", RESERVE, json!({ "input": input })).await;
    assert_eq!(kind(&buyer.next("reserveSeats").await), "ReserveSeatsSuccess");
    assert_eq!(buyer.message().await, json!({ "type": "complete", "id": "reserve" }));
    drop(release);
    let mut position = 1;
    while position < 3 {
        position = buyer.next_changes().await["toRevision"].as_i64().unwrap();
    }
    books::check(&arena, &event).await;
}

/// Reserves a seat over a socket that watches as well, and reads the frame to its revision.
async fn reserve_over_live(socket: &mut Socket, event: &Event, serial: i32, revision: i64) {
    let input = json!({ "eventId": event.gid, "seatIds": event.seat_gids([serial]) });
    socket.subscribe("reserve", RESERVE, json!({ "input": input })).await;
    let (mut is_complete, mut is_seen) = (false, false);
    while !is_complete || !is_seen {
        let message = socket.message().await;
        is_complete |= message["type"] == "complete";
        is_seen |= message["payload"]["data"]["seatChanges"]["toRevision"] == revision;
    }
}

/// They are more than a part has: they are told one part after another.
#[tokio::test]
async fn very_many_followers_are_all_told_of_everything() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let feed = arena.feed(600);
    let (mut looking, mut following) = (Vec::new(), Vec::new());
    for _ in 0..260 {
        looking.push(feed.follow_statuses(event.id, true).await.unwrap());
        let start = Start::After(LogPoint::ZERO);
        following.push(feed.follow(event.id, start, true).await.unwrap());
    }
    for serial in 1..=6 {
        server.client("alice").reserve(&event, [serial]).await;
        let reached = Revision(serial.into());
        for follower in &mut looking {
            while follower.next().await.unwrap().revision() < reached {}
        }
        for follower in &mut following {
            let Step::Changes(batch) = follower.next().await.unwrap() else { panic!("lost") };
            assert_eq!((batch.from(), batch.to()), (reached, reached));
        }
        // Some leave, from parts here and there.
        looking.truncate(looking.len() - 20);
        following.remove(0);
    }
    books::check(&arena, &event).await;
}

/// The test's runtime is what requests are served on, and where the log is looked at. It stands
/// still while a booking commits that was handed in before.
#[tokio::test]
async fn frames_leave_while_nothing_that_serves_requests_gets_on() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let event = arena.event(20).await;
    let stage = Stage { url: arena.url.clone(), base: server.base.clone(), event: event.clone() };
    assert!(a_frame_leaves(stage).await, "no frame came while requests stood still");
    eventually("the booking is answered", async || {
        server.client("alice").status(&event, 1).await == "RESERVED"
    })
    .await;
    books::check(&arena, &event).await;
}

/// Whether a frame leaves while this runtime stands still.
async fn a_frame_leaves(stage: Stage) -> bool {
    let (stand_still, told) = oneshot::channel();
    let (stands, standing) = mpsc::channel();
    let (go_on, gone_on) = mpsc::channel::<()>();
    let watching = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // Dropped last: if the test fails here, the other side goes on.
        let _go_on = go_on;
        runtime.block_on(watch(&stage, stand_still, standing))
    });
    if told.await.is_ok() {
        let _ = stands.send(());
        let _ = gone_on.recv();
    }
    tokio::task::spawn_blocking(move || watching.join()).await.unwrap().unwrap()
}

/// What is to be watched from another thread.
struct Stage {
    url: String,
    base: String,
    event: Event,
}

/// Watches from another thread: has a booking handed in that waits for its event, lets it go once
/// requests are no longer served, and tells whether its frame comes.
async fn watch(
    stage: &Stage,
    stand_still: oneshot::Sender<()>,
    standing: mpsc::Receiver<()>,
) -> bool {
    let event = &stage.event;
    let mut socket = Socket::open(&stage.base, None).await;
    // The first item tells that all is set up.
    socket.seat_changes(event, None).await;
    assert_eq!(socket.next_changes().await["revision"], 0);
    let mut sql = PgConnection::connect(&stage.url).await.unwrap();
    let mut lock = sql.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM events WHERE id = $1 FOR UPDATE")
        .bind(event.id.0)
        .execute(&mut *lock)
        .await
        .unwrap();
    let (client, same) = (Client::new(&stage.base, Some(token("alice", &[]))), event.clone());
    let booking = tokio::spawn(async move { client.reserve(&same, [1]).await });
    let mut looking = PgConnection::connect(&stage.url).await.unwrap();
    loop {
        let waiting: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND \
                wait_event_type = 'Lock'",
        )
        .fetch_one(&mut looking)
        .await
        .unwrap();
        if waiting == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stand_still.send(()).unwrap();
    standing.recv().unwrap();
    lock.commit().await.unwrap();
    let frame = timeout(Duration::from_secs(4), socket.next_changes()).await;
    // Its answer is not made any more: it is asked for later what came of it.
    assert!(!booking.is_finished(), "the requests were served meanwhile");
    booking.abort();
    frame.is_ok_and(|frame| frame["toRevision"] == 1)
}
