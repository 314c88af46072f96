//! Histories that are lost: a database that was put back, or a standby that took over and lacked
//! the last commits, and that has been written on since. Nobody goes on from what never was.

use base64::Engine as _;
use serde_json::{Value, json};

use crate::harness::socket::{MY_RESERVATIONS, SEAT_STATUSES};
use crate::harness::{Arena, Event, Socket, TestServer, books};
use crate::statuses::Fold;

/// What an event's tables held at some time.
struct State<'a> {
    arena: &'a Arena,
    event: &'a Event,
    name: &'static str,
}

/// The tables that a booking writes, but for the event's own row.
const TABLES: [&str; 7] = [
    "seats",
    "seat_changes",
    "orders",
    "order_seats",
    "order_codes",
    "idempotency_keys",
    "seats_let_go",
];

/// What a booking writes of an event's own row.
const COLUMNS: &str = "revision, marked_revision, mark, next_expiry_at, churn_until, lost_until";

impl<'a> State<'a> {
    async fn keep(arena: &'a Arena, event: &'a Event, name: &'static str) -> Self {
        let id = event.id.0;
        for table in TABLES {
            let keep = format!(
                "CREATE TABLE {name}_{table} AS SELECT * FROM {table} WHERE event_id = {id}"
            );
            sqlx::raw_sql(sqlx::AssertSqlSafe(keep)).execute(&arena.sql).await.unwrap();
        }
        let keep = format!("CREATE TABLE {name}_events AS SELECT * FROM events WHERE id = {id}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(keep)).execute(&arena.sql).await.unwrap();
        Self { arena, event, name }
    }

    /// At once, as for whoever is connected to another server from now on.
    async fn put_back(&self) {
        let (name, id) = (self.name, self.event.id.0);
        let mut all = format!("BEGIN; SELECT FROM events WHERE id = {id} FOR UPDATE;");
        for table in TABLES {
            all += &format!("DELETE FROM {table} WHERE event_id = {id};");
            all += &format!("INSERT INTO {table} SELECT * FROM {name}_{table};");
        }
        all += &format!(
            "UPDATE events SET ({COLUMNS}) = (SELECT {COLUMNS} FROM {name}_events) WHERE id = {id};
             COMMIT"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(all)).execute(&self.arena.sql).await.unwrap();
    }
}

/// An event with two histories that have their first eight changes in common. It has the beginning,
/// and the other ends with this revision.
async fn with_another_history<'a>(
    arena: &'a Arena,
    event: &'a Event,
    other: &[&[i32]],
) -> (State<'a>, i64) {
    let server = arena.server().await;
    server.client("alice").reserve(event, 1..=8).await;
    let beginning = State::keep(arena, event, "beginning").await;
    for seats in other {
        server.client("bob").reserve(event, seats.iter().copied()).await;
        server.client("bob").confirm(event, [seats[0]], &format!("key-{}", seats[0])).await;
    }
    server.server.shut_down().await.unwrap();
    let state = State::keep(arena, event, "other").await;
    let end = revision(arena, event).await;
    beginning.put_back().await;
    (state, end)
}

async fn revision(arena: &Arena, event: &Event) -> i64 {
    let extent = arena.store.log_extent(event.id).await.unwrap().unwrap();
    extent.newest.revision.0
}

const CHANGES: &str = "subscription ($event: ID!, $since: Revision, $after: String) {
    seatChanges(eventId: $event, since: $since, after: $after) { __typename
        ... on SeatSnapshot { revision reason cursor seats { seatId status } }
        ... on SeatChanges { fromRevision toRevision cursor changes { seatId status } } } }";

/// Where a stream of changes has come to.
struct Changes {
    socket: Socket,
    statuses: serde_json::Map<String, Value>,
    revision: i64,
    cursor: Value,
}

impl Changes {
    async fn follow(server: &TestServer, event: &Event, position: Value) -> Self {
        let mut socket = server.socket("anybody").await;
        let mut variables = json!({ "event": event.gid });
        variables.as_object_mut().unwrap().extend(position.as_object().unwrap().clone());
        socket.subscribe("changes", CHANGES, variables).await;
        let (statuses, cursor) = (serde_json::Map::new(), position["after"].clone());
        let after = cursor.as_str().and_then(|cursor| cursor.split_once('-')?.0.parse().ok());
        let revision = after.or(position["since"].as_i64()).unwrap_or_default();
        Self { socket, statuses, revision, cursor }
    }

    /// Takes the next frame; why it is a snapshot, if it is one.
    async fn take(&mut self) -> Option<String> {
        let frame = self.socket.next("seatChanges").await;
        let (states, end) = match frame["changes"].as_array() {
            Some(changes) => {
                assert_eq!(frame["fromRevision"], self.revision + 1, "{frame}");
                (changes, &frame["toRevision"])
            }
            None => {
                self.statuses.clear();
                (frame["seats"].as_array().unwrap(), &frame["revision"])
            }
        };
        for state in states {
            let seat = state["seatId"].as_str().unwrap().to_owned();
            self.statuses.insert(seat, state["status"].clone());
        }
        self.revision = end.as_i64().unwrap();
        self.cursor = frame["cursor"].clone();
        frame["reason"].as_str().map(str::to_owned)
    }

    async fn until(&mut self, revision: i64) {
        while self.revision < revision {
            let reason = self.take().await;
            assert!(reason.is_none_or(|reason| reason == "INITIAL"));
        }
    }

    /// Whoever has folded all frames has the map.
    async fn has_the_map(&self, server: &TestServer, event: &Event) {
        let map = "query ($e: ID!) { seatMap(eventId: $e) { revision cursor
            seats { id status } } }";
        let map = server.stranger().data(map, json!({ "e": event.gid })).await;
        let map = &map["seatMap"];
        assert_eq!((&map["revision"], &map["cursor"]), (&json!(self.revision), &self.cursor));
        for seat in map["seats"].as_array().unwrap() {
            assert_eq!(self.statuses[seat["id"].as_str().unwrap()], seat["status"], "{seat}");
        }
    }
}

/// The log is put back and written on past where it had been before anybody looks.
#[tokio::test]
async fn whoever_follows_a_history_that_is_lost_begins_anew_although_the_log_is_longer_since() {
    let arena = Arena::new().await;
    arena.expect_warning("the log was rewound");
    let event = arena.event(40).await;
    let (other, end) =
        with_another_history(&arena, &event, &[&[21, 22, 23, 24, 25], &[9, 10, 11, 12, 13]]).await;
    let server = arena.server().await;
    let mut changes = Changes::follow(&server, &event, json!({ "since": 0 })).await;
    let mut statuses = server.socket("anybody").await;
    statuses.subscribe("statuses", SEAT_STATUSES, json!({ "event": event.gid })).await;
    let mut map = Fold::default();
    map.take(&statuses.next("seatStatuses").await);
    let mut own = server.socket("alice").await;
    own.subscribe("own", MY_RESERVATIONS, json!({ "event": event.gid })).await;
    assert_eq!(own.next("myReservations").await["held"].as_array().unwrap().len(), 8);

    let alice = server.client("alice");
    alice.reserve(&event, [9, 10, 11]).await;
    changes.until(11).await;
    crate::statuses::until(&mut statuses, &mut map, 11).await;
    assert_eq!(own.next("myReservations").await["held"].as_array().unwrap().len(), 11);
    assert!(end > 11);
    other.put_back().await;

    assert_eq!(changes.take().await.as_deref(), Some("UNKNOWN_REVISION"));
    assert_eq!(changes.revision, end);
    changes.has_the_map(&server, &event).await;
    crate::statuses::until(&mut statuses, &mut map, end).await;
    assert!(map.is_whole);
    assert_eq!(own.next("myReservations").await["held"].as_array().unwrap().len(), 8);

    alice.reserve(&event, [30, 31]).await;
    changes.until(end + 2).await;
    changes.has_the_map(&server, &event).await;
    crate::statuses::until(&mut statuses, &mut map, end + 2).await;
    let letters = "RRRRRRRRCRRRRAAAAAAACRRRRAAAARRAAAAAAAAA";
    assert_eq!(map.letters(), letters);
    assert_eq!(own.next("myReservations").await["held"].as_array().unwrap().len(), 10);
    books::check(&arena, &event).await;
}

/// What this server commits itself goes on from where its reader stands, by its number.
#[tokio::test]
async fn what_is_committed_here_after_another_history_of_the_same_length_is_not_taken_to_go_on() {
    let arena = Arena::new().await;
    arena.expect_warning("the log was rewound");
    let event = arena.event(40).await;
    let (other, end) = with_another_history(&arena, &event, &[&[21, 22, 23]]).await;
    let server = arena.server().await;
    let mut changes = Changes::follow(&server, &event, json!({ "since": 0 })).await;
    let alice = server.client("alice");
    alice.reserve(&event, 9..=12).await;
    changes.until(12).await;
    assert_eq!(end, 12, "as long");
    other.put_back().await;
    alice.reserve(&event, [40]).await;
    assert_eq!(changes.take().await.as_deref(), Some("UNKNOWN_REVISION"));
    changes.until(13).await;
    changes.has_the_map(&server, &event).await;
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn a_position_of_a_history_that_is_lost_is_unknown_to_every_server() {
    let arena = Arena::new().await;
    arena.expect_warning("the log was rewound");
    let event = arena.event(40).await;
    let (other, end) = with_another_history(&arena, &event, &[&[21, 22, 23, 24, 25, 26]]).await;
    let server = arena.server().await;
    let mut changes = Changes::follow(&server, &event, json!({ "since": 0 })).await;
    changes.until(8).await;
    let common = changes.cursor.clone();
    let alice = server.client("alice");
    alice.reserve(&event, [9]).await;
    changes.until(9).await;
    let lost = changes.cursor.clone();
    alice.reserve(&event, [10]).await;
    changes.until(10).await;
    let newest_lost = changes.cursor.clone();
    assert!(end > 10);
    other.put_back().await;
    assert_eq!(changes.take().await.as_deref(), Some("UNKNOWN_REVISION"));

    let another = arena.server().await;
    for server in [&server, &another] {
        let reason =
            async |position: Value| Changes::follow(server, &event, position).await.take().await;
        for cursor in [&lost, &newest_lost] {
            let unknown = Some("UNKNOWN_REVISION".to_owned());
            assert_eq!(reason(json!({ "after": cursor })).await, unknown, "{cursor}");
            // What has a mark is asked for it; what has none may be lost as well.
            assert_eq!(reason(json!({ "since": 1, "after": cursor })).await, unknown);
        }
        for since in [9, 10] {
            let unknown = Some("UNKNOWN_REVISION".to_owned());
            assert_eq!(reason(json!({ "since": since })).await, unknown, "{since}");
        }
        for good in [json!({ "after": common }), json!({ "since": 11 }), json!({ "since": 0 })] {
            assert_eq!(reason(good.clone()).await, None, "{good}");
        }
    }
    books::check(&arena, &event).await;
}

/// Nobody watches when it happens: the server knows what it has committed itself.
#[tokio::test]
async fn a_revision_that_was_answered_here_is_unknown_after_its_history_is_lost() {
    let arena = Arena::new().await;
    arena.expect_warning("the log was rewound");
    let event = arena.event(40).await;
    let (other, end) = with_another_history(&arena, &event, &[&[21, 22, 23, 24, 25, 26]]).await;
    let server = arena.server().await;
    let given = server.client("alice").reserve(&event, [9, 10]).await;
    assert_eq!(given["revision"], 10);
    assert!(end > 10);
    other.put_back().await;
    let mut changes = Changes::follow(&server, &event, json!({ "since": 10 })).await;
    assert_eq!(changes.take().await.as_deref(), Some("UNKNOWN_REVISION"));
    changes.has_the_map(&server, &event).await;
    // And whoever was here before is not lost by that.
    let mut changes = Changes::follow(&server, &event, json!({ "since": 11 })).await;
    assert_eq!(changes.take().await, None);
    books::check(&arena, &event).await;
}

/// As after a restore from a backup: the servers are new, and nobody was there when it happened.
#[tokio::test]
async fn a_cursor_tells_a_history_that_is_lost_where_nobody_knows_that_it_was_ever_there() {
    let arena = Arena::new().await;
    let event = arena.event(40).await;
    let (other, _) = with_another_history(&arena, &event, &[&[21, 22, 23, 24, 25, 26]]).await;
    let server = arena.server().await;
    server.client("alice").reserve(&event, [9, 10]).await;
    let mut changes = Changes::follow(&server, &event, json!({})).await;
    changes.until(10).await;
    server.server.shut_down().await.unwrap();
    other.put_back().await;

    let server = arena.server().await;
    let mut back = Changes::follow(&server, &event, json!({ "after": changes.cursor })).await;
    assert_eq!(back.take().await.as_deref(), Some("UNKNOWN_REVISION"));
    back.has_the_map(&server, &event).await;
    // A browser brings back what stood beside the last event.
    let query = json!({ "query": CHANGES, "variables": { "event": event.gid } });
    for (id, reason) in [(&changes.cursor, true), (&back.cursor, false)] {
        let asked = reqwest::Client::new().post(format!("{}/graphql", server.base)).json(&query);
        let asked = asked.header("accept", "text/event-stream");
        let asked = asked.header("last-event-id", id.as_str().unwrap());
        let mut stream = asked.send().await.unwrap();
        server.client("alice").reserve(&event, [if reason { 30 } else { 31 }]).await;
        let mut told = String::new();
        while !told.contains("cursor") {
            told += std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap();
        }
        assert_eq!(told.contains("UNKNOWN_REVISION"), reason, "{told}");
    }
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn what_is_no_cursor_is_bad_input() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    for after in ["", "x", "1-2", "-1", "9007199254740992"] {
        let mut socket = server.socket("anybody").await;
        let variables = json!({ "event": event.gid, "after": after });
        socket.subscribe("changes", CHANGES, variables).await;
        let message = socket.message().await;
        let error = &message["payload"][0];
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{after:?}: {message}");
    }
}

/// The same revisions were given to two buyers' orders, one after the other.
#[tokio::test]
async fn no_order_has_the_id_of_one_that_is_lost() {
    let arena = Arena::new().await;
    let event = arena.event(40).await;
    let (other, _) = with_another_history(&arena, &event, &[&[21]]).await;
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    let order = |confirmed: &Value| confirmed["order"]["id"].as_str().unwrap().to_owned();
    alice.reserve(&event, [9]).await;
    let lost = order(&alice.confirm(&event, [9], "key").await);
    other.put_back().await;
    let again = bob.confirm(&event, [21], "key-21").await;
    assert_eq!(again["revision"], 10, "the same revision");
    assert_ne!(order(&again), lost);
    let node = "query ($id: ID!) { node(id: $id) { id } }";
    assert!(alice.data(node, json!({ "id": lost })).await["node"].is_null());
    assert_eq!(bob.data(node, json!({ "id": order(&again) })).await["node"]["id"], order(&again));
    // Ids of versions before are plain revisions.
    books::number_orders_as_before(&arena).await;
    let old = format!("Order:{}:{}", event.id.0, 10);
    let old = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(old);
    assert_eq!(bob.data(node, json!({ "id": old })).await["node"]["id"], old);
    assert_eq!(bob.confirm(&event, [21], "key-21").await["revision"], 10);
    books::check(&arena, &event).await;
}
