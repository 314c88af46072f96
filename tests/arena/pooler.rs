//! Behind a pooler that hands out connections by transaction.

use std::time::{Duration, Instant};

use grand_arena::config::ServeSettings;
use grand_arena::server::Server;
use serde_json::json;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use crate::harness::client::{RESERVE, kind};
use crate::harness::pgbouncer::PgBouncer;
use crate::harness::process::{ServerProcess, grand_arena};
use crate::harness::{Arena, Client, Event, TestServer, books, eventually, settings};

/// A server that is stopped while it holds the locks: 2 s of silence end its session, and a booking
/// that waits has its turn within the 3 s that it waits for a row.
const SOON: Duration = Duration::from_millis(3_500);

/// The sessions that PostgreSQL sees are the pooler's, which were told nothing, and least of all
/// those that it has made anew.
#[tokio::test(flavor = "multi_thread")]
async fn behind_a_pooler_too_a_server_that_stalls_does_not_stop_the_others() {
    let arena = Arena::new().await;
    let what = "the test of a stalled server behind PgBouncer";
    let Some(bouncer) = PgBouncer::before(&arena, what, "").await else { return };
    let event = arena.event(10).await;
    let (url, direct) = (bouncer.url(), arena.url.clone());
    let other = arena.server_with(|settings| {
        settings.database.database_url = Some(url);
        settings.listen_database_url = Some(direct);
    });
    let other = other.await;
    arena.expect_warning("connect string changed");
    // Sessions that the servers' own `SET`s have reached, perhaps; then those that none has.
    for (seat, is_anew) in [(1, false), (2, true), (3, true)] {
        stall(&arena, &bouncer, &other, (&event, seat), is_anew).await;
    }
    let log = books::check(&arena, &event).await;
    assert_eq!(log.iter().filter(|change| change.seat_id < 10).count(), 3);
    other.server.shut_down().await.unwrap();
}

/// Stops a server that is about to hold the locks, and has another book the same seat.
async fn stall(
    arena: &Arena,
    bouncer: &PgBouncer,
    other: &TestServer,
    (event, seat): (&Event, i32),
    is_anew: bool,
) {
    let mut command = grand_arena(&["serve"]);
    command.env("DATABASE_URL", bouncer.url()).env("ARENA_LISTEN_DATABASE_URL", &arena.url);
    let stalled = ServerProcess::start(&mut command);
    // Who logs in just then is told to try again.
    stalled.expect_warning("connect string changed");
    // Both have their connections, and have told what sessions there were.
    let clients = [stalled.client("alice"), other.client("bob")];
    trial(&clients, event).await;
    if is_anew {
        bouncer.tell("RECONNECT").await;
        trial(&clients, event).await;
    }
    let mut lock = arena.sql.begin().await.unwrap();
    let event_row = sqlx::query("SELECT 1 FROM events WHERE id = $1 FOR UPDATE");
    event_row.bind(event.id.0).execute(&mut *lock).await.unwrap();
    let (client, same) = (stalled.client("alice"), event.clone());
    let reserving = tokio::spawn(async move { client.reserve(&same, [seat]).await });
    let waits = async || arena.waiting_for_locks().await == 1;
    eventually("its booking waits for the lock", waits).await;
    stalled.signal("STOP");
    lock.commit().await.unwrap();

    let asked = Instant::now();
    let booked = other.client("bob").reserve(event, [seat]).await;
    assert_eq!(kind(&booked), "ReserveSeatsSuccess", "bob has the seat: {booked}");
    assert!(asked.elapsed() < SOON, "bob waited for {:?}", asked.elapsed());
    stalled.signal("CONT");
    let late = reserving.await.unwrap();
    assert_eq!(late["seats"][0]["reason"], "RESERVED_BY_ANOTHER", "alice is told so: {late}");
}

/// Books the last seat, and lets it go again.
async fn trial(clients: &[Client], event: &Event) {
    let input = json!({ "input": { "eventId": event.gid, "seatIds": event.seat_gids([10]) } });
    for client in clients {
        eventually("bookings are carried out", async || {
            let answer = client.send(RESERVE, input.clone()).await;
            answer["data"]["reserveSeats"]["__typename"] == "ReserveSeatsSuccess"
        })
        .await;
        client.release(event, [10]).await;
    }
}

/// Why a server with such settings does not start.
async fn refusal(arena: &Arena, change: impl FnOnce(&mut ServeSettings)) -> String {
    let mut settings = settings(&arena.url);
    change(&mut settings);
    let started = arena.warnings.while_opening(Server::start(&settings)).await;
    started.map(drop).unwrap_err().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_for_wake_ups_that_was_forgotten_behind_a_pooler_is_named_at_the_start() {
    let arena = Arena::new().await;
    let what = "the test of a forgotten address behind PgBouncer";
    let Some(bouncer) = PgBouncer::before(&arena, what, "").await else { return };
    let forgotten = refusal(&arena, |settings| {
        settings.database.database_url = Some(bouncer.url());
    });
    let forgotten = forgotten.await;
    assert!(forgotten.contains("do not come through DATABASE_URL"), "{forgotten}");
    assert!(forgotten.contains("set ARENA_LISTEN_DATABASE_URL to the database"), "{forgotten}");
    let another = Arena::new().await;
    let wrong = refusal(&arena, |settings| {
        settings.listen_database_url = Some(another.url.clone());
    });
    let wrong = wrong.await;
    assert!(wrong.contains("do not come through ARENA_LISTEN_DATABASE_URL"), "{wrong}");
    // By session it needs none.
    bouncer.tell("SET pool_mode = 'session'").await;
    let server = arena.server_with(|settings| {
        settings.database.database_url = Some(bouncer.url());
    });
    let (server, event) = (server.await, arena.event(1).await);
    let booked = server.client("alice").reserve(&event, [1]).await;
    assert_eq!(kind(&booked), "ReserveSeatsSuccess", "{booked}");
    server.server.shut_down().await.unwrap();
}

/// As PgBouncer does before 1.21, and later with this setting.
#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_forgets_prepared_statements_is_named_at_the_start() {
    let arena = Arena::new().await;
    let what = "the test of a PgBouncer without prepared statements";
    let settings = "max_prepared_statements = 0";
    let Some(bouncer) = PgBouncer::before(&arena, what, settings).await else { return };
    for _ in 0..2 {
        let refused = refusal(&arena, |settings| {
            settings.database.database_url = Some(bouncer.url());
            settings.listen_database_url = Some(arena.url.clone());
        });
        let refused = refused.await;
        assert!(refused.contains("with max_prepared_statements above 0"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_document_has_a_pooler_say_is_what_a_server_says_to_its_sessions() {
    let arena = Arena::new().await;
    let what = "the test of PgBouncer's connect_query";
    let Some(bouncer) = PgBouncer::before(&arena, what, "").await else { return };
    let options: PgConnectOptions = bouncer.url().parse().unwrap();
    let mut session = options.extra_float_digits(None).connect().await.unwrap();
    for (name, value) in [
        ("enable_seqscan", "off"),
        ("jit", "off"),
        ("plan_cache_mode", "force_generic_plan"),
        ("statement_timeout", "30s"),
    ] {
        let setting = sqlx::query_scalar::<_, String>("SELECT current_setting($1)").bind(name);
        assert_eq!(setting.fetch_one(&mut session).await.unwrap(), value, "{name}");
    }
    session.close().await.unwrap();
}
