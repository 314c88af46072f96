//! Maps for many eyes: the plan, what its seats show now, and how that goes on.

use std::time::{Duration, Instant};

use chrono::DateTime;
use grand_arena::domain::{Cause, Change, Letter, LogPoint, Mark, Revision, SeatStatus, ViewerId};
use grand_arena::feed::{FeedError, StatusFollower, Statuses};
use grand_arena::store::booking::Logged;
use serde_json::{Value, json};

use crate::harness::client::kind;
use crate::harness::socket::SEAT_STATUSES;
use crate::harness::{Arena, Client, Event, Socket, TestServer, all_at_once, books, eventually};
use crate::sse::{Events, get};

pub const STATUSES: &str = "query ($event: ID!) { seatStatuses(eventId: $event) { revision \
    planVersion places statuses } }";

/// What a client has made of its frames.
#[derive(Default)]
pub struct Fold {
    letters: Vec<u8>,
    pub revision: i64,
    pub is_whole: bool,
}

impl Fold {
    /// Goes on by what came: in the contract's words, whatever brought it.
    pub fn take(&mut self, frame: &Value) {
        let letters = frame["statuses"].as_str().unwrap().as_bytes();
        self.is_whole = frame["places"].is_null();
        match frame["places"].as_array() {
            None => self.letters = letters.to_vec(),
            Some(places) => {
                assert_eq!(places.len(), letters.len(), "{frame}");
                for (place, letter) in places.iter().zip(letters) {
                    let place = usize::try_from(place.as_u64().unwrap()).unwrap();
                    assert_ne!(self.letters[place], *letter, "it is news: {frame}");
                    self.letters[place] = *letter;
                }
            }
        }
        let revision = frame["revision"].as_i64().unwrap();
        assert!(revision > self.revision || self.is_whole, "{frame}");
        self.revision = revision;
    }

    fn take_from_feed(&mut self, statuses: &Statuses) {
        let frame = json!({ "revision": statuses.revision().0, "statuses": statuses.letters(),
            "places": statuses.places() });
        self.take(&frame);
    }

    pub fn letters(&self) -> &str {
        std::str::from_utf8(&self.letters).unwrap()
    }
}

/// Reads frames until the map is true for a revision.
pub async fn until(socket: &mut Socket, fold: &mut Fold, revision: i64) {
    while fold.revision < revision {
        fold.take(&socket.next("seatStatuses").await);
    }
}

pub async fn watch(server: &TestServer, event: &Event) -> (Socket, Fold) {
    let mut socket = server.socket("anybody").await;
    socket.subscribe("1", SEAT_STATUSES, json!({ "event": event.gid })).await;
    let mut fold = Fold::default();
    fold.take(&socket.next("seatStatuses").await);
    assert!(fold.is_whole, "the first frame");
    (socket, fold)
}

/// The letters that the tables have, by the rules.
pub async fn letters(arena: &Arena, event: &Event) -> String {
    let read = arena.store.seat_letters(event.id).await.unwrap().unwrap();
    read.seats.iter().map(|seat| seat.letter.as_char()).collect()
}

pub fn revision(answer: &Value) -> i64 {
    answer["revision"].as_i64().unwrap_or_else(|| panic!("no revision in {answer}"))
}

#[tokio::test]
async fn a_map_begins_whole_and_goes_on_by_what_differs_with_the_revisions_of_mutations() {
    let arena = Arena::new().await;
    let event = arena.event(12).await;
    arena
        .execute("UPDATE seats SET for_sale = false WHERE event_id = $1 AND id IN (3, 4)", &event)
        .await;
    let server = arena.server().await;
    let alice = server.client("alice");
    alice.reserve(&event, [1]).await;
    let (mut socket, mut fold) = watch(&server, &event).await;
    assert_eq!((fold.letters(), fold.revision), ("RANNAAAAAAAA", 1));

    let granted = alice.reserve(&event, [5, 6, 12]).await;
    let frame = socket.next("seatStatuses").await;
    let expected = json!({ "revision": granted["revision"], "planVersion": 1,
        "places": [4, 5, 11], "statuses": "RRR" });
    assert_eq!(frame, expected);
    fold.take(&frame);
    let confirmed = alice.confirm(&event, [1, 5], "key").await;
    until(&mut socket, &mut fold, revision(&confirmed)).await;
    let released = alice.release(&event, [6]).await;
    until(&mut socket, &mut fold, revision(&released)).await;
    assert_eq!(fold.letters(), "CANNCAAAAAAR");
    assert_eq!(fold.letters(), letters(&arena, &event).await);

    let asked = server.stranger().data(STATUSES, json!({ "event": event.slug })).await;
    let expected = json!({ "revision": fold.revision, "planVersion": 1, "places": null,
        "statuses": fold.letters() });
    assert_eq!(asked["seatStatuses"], expected);
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn a_hold_that_runs_out_shows_at_once_in_an_answer_and_within_moments_in_a_stream() {
    let arena = Arena::new().await;
    let event = arena.event_with(10, |event| event.hold_seconds = 1).await;
    let server = arena.server().await;
    let (mut socket, mut fold) = watch(&server, &event).await;
    let alice = server.client("alice");
    let granted = alice.reserve(&event, [2, 3]).await;
    until(&mut socket, &mut fold, revision(&granted)).await;
    assert_eq!(fold.letters(), "ARRAAAAAAA");
    until(&mut socket, &mut fold, revision(&granted) + 2).await;
    assert_eq!(fold.letters(), "AAAAAAAAAA", "the cleaner has told of it");

    let other = arena.event(10).await;
    alice.reserve(&other, [1]).await;
    arena.lapse(&other).await;
    let asked = server.stranger().data(STATUSES, json!({ "event": other.gid })).await;
    assert_eq!(asked["seatStatuses"]["statuses"], "AAAAAAAAAA", "no cleaner has been by");
    let (_, fold) = watch(&server, &other).await;
    assert_eq!(fold.letters(), "AAAAAAAAAA");
    books::check_all(&arena).await;
}

/// Holds, gives back and buys a seat here and there; gives the newest revision.
async fn buy_and_let_go(client: Client, event: Event, seed: u64) -> i64 {
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut newest, seats) = (0, i32::try_from(event.seats).unwrap());
    for round in 0..60 {
        let some = random.usize(1..6);
        let mut serials: Vec<_> =
            std::iter::repeat_with(|| random.i32(1..=seats)).take(some).collect();
        serials.sort_unstable();
        serials.dedup();
        let answer = client.reserve(&event, serials.clone()).await;
        if kind(&answer) != "ReserveSeatsSuccess" {
            continue;
        }
        newest = newest.max(revision(&answer));
        let key = format!("{seed}-{round}");
        let answer = match random.u8(..3) {
            0 => client.confirm(&event, serials, &key).await,
            1 => client.release(&event, serials).await,
            _ => continue,
        };
        newest = newest.max(revision(&answer));
    }
    newest
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_storm_on_two_servers_every_watchers_fold_is_the_table_in_the_end() {
    let arena = Arena::new().await;
    let event = arena.event_with(200, |event| event.max_seats_let_go = None).await;
    let servers = [arena.server().await, arena.server().await];
    let mut watchers = Vec::new();
    for server in [&servers[0], &servers[1], &servers[0], &servers[1]] {
        watchers.push(watch(server, &event).await);
    }
    let buyers = (0..4).map(|number| {
        let client = servers[number % 2].client(&format!("buyer-{number}"));
        buy_and_let_go(client, event.clone(), u64::try_from(number).unwrap())
    });
    let newest = all_at_once(buyers).await.into_iter().max().unwrap();
    let expected = letters(&arena, &event).await;
    for (socket, fold) in &mut watchers {
        until(socket, fold, newest).await;
        assert_eq!((fold.revision, fold.letters()), (newest, expected.as_str()));
    }
    let shown = |letter| expected.chars().filter(|it| *it == letter).count();
    assert!(shown('R') > 0 && shown('C') > 0 && shown('A') > 0, "{expected}");
    books::check(&arena, &event).await;
}

async fn next(follower: &mut StatusFollower, fold: &mut Fold) {
    let statuses = tokio::time::timeout(Duration::from_secs(20), follower.next()).await;
    fold.take_from_feed(&statuses.expect("no frame for 20 s").unwrap());
}

#[tokio::test]
async fn who_sleeps_is_told_the_whole_and_then_goes_on() {
    let arena = Arena::new().await;
    let event = arena.event(40).await;
    let server = arena.server().await;
    let feed = arena.feed(10);
    let follow = async || feed.follow_statuses(event.id, true).await.unwrap();
    let (mut awake, mut sleeper) = (follow().await, follow().await);
    let (mut fold, mut sleepers) = (Fold::default(), Fold::default());
    next(&mut awake, &mut fold).await;
    next(&mut sleeper, &mut sleepers).await;
    // As many frames as there are bookings: each is waited for.
    for (first, viewer) in (1..).step_by(4).zip(["alice", "bob", "carol", "dave"]) {
        server.client(viewer).reserve(&event, first..first + 4).await;
        next(&mut awake, &mut fold).await;
        assert!(!fold.is_whole);
    }
    assert_eq!(sleepers.letters(), "A".repeat(40));
    next(&mut sleeper, &mut sleepers).await;
    assert!(sleepers.is_whole, "that is shorter than what differs");
    assert_eq!((sleepers.letters(), sleepers.revision), (fold.letters(), 16));
    for serial in 17..=18 {
        server.client("erin").reserve(&event, [serial]).await;
        next(&mut awake, &mut fold).await;
    }
    next(&mut sleeper, &mut sleepers).await;
    assert!(!sleepers.is_whole && sleepers.letters() == fold.letters());
    books::check(&arena, &event).await;
}

/// The database was put back to an earlier state under a running server.
#[tokio::test]
async fn after_a_log_was_rewound_the_next_frame_is_whole() {
    let arena = Arena::new().await;
    arena.expect_warning("the log was rewound");
    let event = arena.event(10).await;
    let server = arena.server().await;
    let (mut socket, mut fold) = watch(&server, &event).await;
    let granted = server.client("alice").reserve(&event, [1, 2]).await;
    until(&mut socket, &mut fold, revision(&granted)).await;
    for statement in [
        "DELETE FROM seat_changes WHERE event_id = $1 AND revision = 2",
        "UPDATE seats SET (status, viewer, expires_at, revision)
              = (SELECT status, viewer, expires_at, revision FROM seats AS free
                  WHERE free.event_id = $1 AND free.id = 10)
          WHERE event_id = $1 AND id = 2",
        "UPDATE events SET revision = 1 WHERE id = $1",
    ] {
        arena.execute(statement, &event).await;
    }
    fold.take(&socket.next("seatStatuses").await);
    assert!(fold.is_whole);
    assert_eq!((fold.letters(), fold.revision), ("RAAAAAAAAA", 1));
    let granted = server.client("bob").reserve(&event, [3]).await;
    until(&mut socket, &mut fold, revision(&granted)).await;
    assert_eq!(fold.letters(), "RARAAAAAAA");
    books::check(&arena, &event).await;
}

/// The revision of the log is not the truth when rows are missing from it: the map is read anew.
#[tokio::test]
async fn a_change_of_a_seat_that_the_plan_did_not_have_has_the_map_read_anew() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let (mut socket, mut fold) = watch(&server, &event).await;
    for statement in [
        "INSERT INTO seat_places (event_id, id, section, row_label, number, accessible)
         VALUES ($1, 11, 'late', '1', '1', false)",
        "INSERT INTO seats (event_id, id, category_id) VALUES ($1, 11, 1)",
        "UPDATE events SET plan_version = 2 WHERE id = $1",
    ] {
        arena.execute(statement, &event).await;
    }
    let granted = server.client("alice").reserve(&event, [11]).await;
    assert_eq!(kind(&granted), "ReserveSeatsSuccess");
    let frame = socket.next("seatStatuses").await;
    assert_eq!(frame["planVersion"], 2);
    fold.take(&frame);
    assert!(fold.is_whole);
    assert_eq!((fold.letters(), fold.revision), ("AAAAAAAAAAR", 1));
    books::check(&arena, &event).await;
}

/// So many changes that the whole map is another one each time: they are told to the feed, which
/// has not read them.
#[tokio::test(flavor = "multi_thread")]
async fn however_wild_a_sale_is_a_watcher_is_sent_so_many_bytes_a_second() {
    let arena = Arena::new().await;
    let event = arena.event(4_000).await;
    let feed = arena.feed(10);
    let mut follower = feed.follow_statuses(event.id, true).await.unwrap();
    let mut fold = Fold::default();
    next(&mut follower, &mut fold).await;
    arena.execute("UPDATE events SET revision = 1000000000 WHERE id = $1", &event).await;

    let (started, wild) = (Instant::now(), Duration::from_secs(2));
    let telling = tokio::spawn(async move {
        let (mut revision, mut after) = (0, LogPoint::ZERO);
        while started.elapsed() < wild {
            for cause in [Cause::Reserved, Cause::Confirmed] {
                let change = |serial| {
                    revision += 1;
                    Change {
                        previous: None,
                        revision: Revision(revision),
                        seat: event.seat(serial),
                        cause,
                        viewer: ViewerId::new("alice").unwrap(),
                        expires_at: None,
                        order: None,
                        former: None,
                        changed_at: DateTime::UNIX_EPOCH,
                        mark: Some(Mark(1)),
                    }
                };
                let logged = Logged { after, changes: (1..=4_000).map(change).collect() };
                after = after.after(&logged.changes);
                feed.committed(event.id, logged, 0);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        revision
    });
    let (mut bytes, mut frames, mut last) = (0, 0, 0);
    while started.elapsed() < wild {
        let before = fold.revision;
        next(&mut follower, &mut fold).await;
        assert!(fold.revision > before);
        last = if fold.is_whole { 4_000 } else { 0 };
        bytes += last;
        frames += 1;
    }
    let seconds = started.elapsed().as_secs_f64();
    let revision = telling.await.unwrap();
    while fold.revision < revision {
        next(&mut follower, &mut fold).await;
    }
    assert_eq!(fold.letters(), "C".repeat(4_000));
    // The last is paid for by the pause after it.
    let rate = f64::from(bytes - last) / seconds;
    assert!(rate > 5_000.0, "most are whole: {rate} bytes/s in {frames} frames");
    assert!(rate < 25_000.0, "{rate} bytes/s in {frames} frames");
}

#[tokio::test]
async fn watches_end_with_their_followers_and_count_among_the_permits() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let feed = arena.feed(2);
    let boards = || feed.allowances()[2].used();
    for _ in 0..3 {
        let mut first = feed.follow_statuses(event.id, true).await.unwrap();
        let second = feed.follow_statuses(event.id, true).await.unwrap();
        let third = feed.follow_statuses(event.id, true).await;
        assert!(matches!(third, Err(FeedError::Full)), "both permits are taken");
        first.next().await.unwrap();
        assert!(boards() > 0);
        assert_eq!((feed.followers(), feed.watches()), (2, 1));
        drop(first);
        assert_eq!((feed.followers(), feed.watches()), (1, 1));
        drop(second);
        eventually("the watch has ended", async || feed.watches() == 0 && boards() == 0).await;
    }
    let nowhere = grand_arena::domain::EventId(999);
    let follower = feed.follow_statuses(nowhere, true).await;
    assert!(matches!(follower, Err(FeedError::NoSuchEvent)));
}

#[tokio::test]
async fn what_is_no_event_is_said_with_a_code() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let mut socket = Socket::open(&server.base, None).await;
    for event in ["RXZlbnQ6OTk5", "nonsense"] {
        let variables = json!({ "event": event });
        socket.subscribe("1", SEAT_STATUSES, variables.clone()).await;
        let message = socket.message().await;
        assert_eq!(message["payload"][0]["extensions"]["code"], "NOT_FOUND", "{message}");
        assert_eq!(server.stranger().code(STATUSES, variables).await, "NOT_FOUND");
    }
}

/// Events and the older protocol tell the same; a browser that comes back to its stream is told the
/// whole.
#[tokio::test]
async fn every_transport_tells_the_same_and_a_stream_that_is_resumed_begins_whole() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let variables = json!({ "event": event.gid });
    let mut events = Events::open(get(&server, SEAT_STATUSES, variables.clone())).await;
    let mut older = Socket::connect(&server.base, Some("graphql-ws")).await;
    older.send(json!({ "type": "connection_init" })).await;
    assert_eq!(older.message().await["type"], "connection_ack");
    let payload = json!({ "query": SEAT_STATUSES, "variables": variables });
    older.send(json!({ "type": "start", "id": "1", "payload": payload })).await;
    let mut folds = [Fold::default(), Fold::default()];
    let mut both = async |revision: i64| {
        while folds[0].revision < revision || folds[0].letters.is_empty() {
            folds[0].take(&events.next().await["data"]["seatStatuses"]);
        }
        while folds[1].revision < revision || folds[1].letters.is_empty() {
            let message = older.message().await;
            assert_eq!(message["type"], "data", "{message}");
            folds[1].take(&message["payload"]["data"]["seatStatuses"]);
        }
        assert_eq!(folds[0].letters(), folds[1].letters());
        folds[0].letters().to_owned()
    };
    assert_eq!(both(0).await, "A".repeat(20));
    let granted = server.client("alice").reserve(&event, [1, 20]).await;
    let shown = both(revision(&granted)).await;
    assert_eq!(shown, letters(&arena, &event).await);

    let resumed = get(&server, SEAT_STATUSES, variables).header("last-event-id", "1");
    let frame = Events::open(resumed).await.next().await;
    let mut fold = Fold::default();
    fold.take(&frame["data"]["seatStatuses"]);
    assert_eq!((fold.is_whole, fold.letters()), (true, shown.as_str()));
    books::check(&arena, &event).await;
}

/// Shared, and yet nobody is given statuses that do not have what they have just done.
#[tokio::test(flavor = "multi_thread")]
async fn statuses_have_what_this_server_committed_before_they_were_asked_for() {
    let arena = Arena::new().await;
    let event = arena.event(60).await;
    let server = arena.server().await;
    let (buyer, stranger) = (server.client("alice"), server.stranger());
    for serial in 1..=30 {
        stranger.data(STATUSES, json!({ "event": event.gid })).await;
        buyer.reserve(&event, [serial]).await;
        let shown = stranger.data(STATUSES, json!({ "event": event.gid })).await;
        let place = usize::try_from(serial - 1).unwrap();
        let letter = &shown["seatStatuses"]["statuses"].as_str().unwrap()[place..=place];
        assert_eq!(letter, Letter::of(SeatStatus::Reserved, true).as_char().to_string());
    }
    let own = buyer.data(STATUSES, json!({ "event": event.gid })).await;
    assert_eq!(own, stranger.data(STATUSES, json!({ "event": event.gid })).await, "to everybody");
    books::check(&arena, &event).await;
}
