//! The binary as people run it: the command line, the private PostgreSQL, signals, and sudden
//! deaths.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use grand_arena::graphql::ids::AnyId;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

use crate::harness::client::{RESERVE, kind};
use crate::harness::process::{Said, ServerProcess, grand_arena, run};
use crate::harness::{Arena, Client, Event, Socket, books, cluster, eventually, token};

/// The demo event, as a client finds it.
async fn demo(client: &Client) -> Event {
    let data = client
        .data(
            "{ event(id: \"grand-arena\") { id availability { available reserved confirmed } } }",
            json!({}),
        )
        .await;
    let gid = data["event"]["id"].as_str().unwrap().to_owned();
    // Not always the first: of servers that bring it in at once, any may be quickest.
    let Some(AnyId::Event(id)) = AnyId::decode(&gid) else { panic!("{gid}") };
    Event { id, gid, slug: "grand-arena".to_owned(), seats: 20_000 }
}

async fn confirmed(client: &Client) -> Value {
    let data = client
        .data(
            "{ event(id: \"grand-arena\") { availability { confirmed } } viewer { \
        orders { edges { node { code } } } } }",
            json!({}),
        )
        .await;
    json!([
        data["event"]["availability"]["confirmed"],
        data["viewer"]["orders"]["edges"].as_array().unwrap().len()
    ])
}

async fn buy(client: &Client, serial: i32) {
    let event = demo(client).await;
    assert_eq!(kind(&client.reserve(&event, [serial]).await), "ReserveSeatsSuccess");
    assert_eq!(
        kind(&client.confirm(&event, [serial], &format!("key {serial}")).await),
        "ConfirmSeatsSuccess"
    );
}

fn postmaster(folder: &Path) -> String {
    let file = std::fs::read_to_string(folder.join("pgdata/postmaster.pid")).unwrap();
    file.lines().next().unwrap().to_owned()
}

fn kill(signal: &str, pid: &str) {
    assert!(Command::new("kill").args([signal, pid]).status().unwrap().success());
}

/// A server that may find that what came before it has not ended yet.
fn after_a_sudden_death(folder: &Path) -> ServerProcess {
    let server = ServerProcess::embedded(folder);
    server.expect_warning("stopping the PostgreSQL that an earlier server left running");
    server
}

/// One folder through a long life: every start finds everything that was confirmed before.
#[tokio::test(flavor = "multi_thread")]
async fn the_private_database_keeps_every_confirmed_seat_through_restarts_and_sudden_deaths() {
    let folder = cluster::temporary_folder("embedded");
    cluster::watch_over(&folder);

    let mut server = ServerProcess::embedded(&folder);
    let client = server.client("alice");
    let data = client
        .data("{ event(id: \"grand-arena\") { availability { available } } }", json!({}))
        .await;
    assert_eq!(data["event"]["availability"]["available"], 20_000);
    buy(&client, 1).await;
    let second =
        run(grand_arena(&["serve", "--listen", "127.0.0.1:0"]).env("ARENA_DATA_DIR", &folder));
    assert_one_sentence(&second, "in use by another Grand Arena");
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
    assert!(
        !folder.join("pgdata/postmaster.pid").exists(),
        "the database was stopped with the server"
    );

    let mut server = ServerProcess::embedded(&folder);
    let client = server.client("alice");
    assert_eq!(confirmed(&client).await, json!([1, 1]), "after a restart");
    buy(&client, 2).await;
    server.signal("KILL");
    server.wait();

    let mut server = after_a_sudden_death(&folder);
    let client = server.client("alice");
    assert_eq!(confirmed(&client).await, json!([2, 2]), "after the server was killed");
    eventually("it says what it found", async || server.has_warned("an earlier server")).await;
    server.expect_warning("the listening connection was lost");
    server.expect_warning("cannot listen for changes");
    server.expect_warning("the database is not available");
    buy(&client, 3).await;
    kill("-KILL", &postmaster(&folder));
    assert_eq!(server.wait().code(), Some(2), "a server without its database ends");

    let mut server = after_a_sudden_death(&folder);
    let client = server.client("alice");
    assert_eq!(confirmed(&client).await, json!([3, 3]), "after PostgreSQL was killed");
    let postgres = postmaster(&folder);
    buy(&client, 4).await;
    server.signal("KILL");
    kill("-KILL", &postgres);
    server.wait();

    let mut server = after_a_sudden_death(&folder);
    assert_eq!(confirmed(&server.client("alice")).await, json!([4, 4]), "after both were killed");
    server.signal("INT");
    assert_eq!(server.wait().code(), Some(0));
}

fn assert_one_sentence(said: &Said, part: &str) {
    assert_eq!(said.code, Some(2), "{}{}", said.out, said.err);
    assert!(said.err.contains(part), "{:?} is not in {:?}", part, said.err);
    assert_eq!(said.err.trim_end().lines().count(), 1, "one sentence: {:?}", said.err);
    assert!(
        !said.err.contains("panicked") && !said.err.contains("stack backtrace"),
        "{:?}",
        said.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_can_put_right_is_one_sentence_and_exit_code_2() {
    let arena = Arena::new().await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let serve = |address: &str, url: &str| {
        run(grand_arena(&["serve", "--listen", address]).env("DATABASE_URL", url))
    };
    let free = "127.0.0.1:0";

    assert_one_sentence(&serve(&taken, &arena.url), "another program listens there already");
    assert_one_sentence(
        &serve(free, "mysql://localhost/x"),
        "DATABASE_URL is not a PostgreSQL address",
    );
    assert_one_sentence(&serve(free, "postgres://nobody@127.0.0.1:1/x"), "cannot be reached");
    let no_database = cluster::database_url(&arena.url, "no_such_database");
    assert_one_sentence(&serve(free, &no_database), "no_such_database");
    let short = run(grand_arena(&["serve", "--listen", free])
        .env("DATABASE_URL", &arena.url)
        .env("ARENA_JWT_SECRET", "short"));
    assert_one_sentence(&short, "needs at least 32");
    let no_keys = run(grand_arena(&["serve", "--listen", free])
        .env("DATABASE_URL", &arena.url)
        .env("ARENA_JWT_JWKS", "/no/such/file")
        .env("ARENA_JWT_ISSUER", "https://login.example")
        .env("ARENA_JWT_AUDIENCE", "https://tickets.example"));
    assert_one_sentence(&no_keys, "/no/such/file");
    let log = run(grand_arena(&["serve", "--log", "a=b=c"]).env("DATABASE_URL", &arena.url));
    assert_one_sentence(&log, "ARENA_LOG");
    let no_tables = cluster::database_url(&arena.url, "postgres");
    let unmigrated =
        run(grand_arena(&["serve", "--no-migrate", "--listen", free])
            .env("DATABASE_URL", &no_tables));
    assert_one_sentence(&unmigrated, "grand-arena migrate");
    let mut there = PgConnection::connect(&no_tables).await.unwrap();
    let untouched: bool = sqlx::query_scalar("SELECT to_regclass('seaql_migrations') IS NULL")
        .fetch_one(&mut there)
        .await
        .unwrap();
    assert!(untouched, "--no-migrate writes nothing");
    for arguments in [
        &["serve", "--listen", "nowhere"][..],
        &["serve", "--booking-connections", "0"],
        &["nonsense"],
        &["token"],
    ] {
        let said = run(&mut grand_arena(arguments));
        assert_eq!(said.code, Some(2), "{arguments:?}");
        assert!(
            !said.err.is_empty() && !said.err.contains("panicked"),
            "{arguments:?}: {}",
            said.err
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_start_at_once_on_an_empty_database_migrate_it_once() {
    let arena = Arena::new().await;
    sqlx::raw_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        .execute(&arena.sql)
        .await
        .unwrap();
    let start = || {
        let url = arena.url.clone();
        tokio::task::spawn_blocking(move || {
            ServerProcess::start(grand_arena(&["--demo"]).env("DATABASE_URL", url))
        })
    };
    let (first, second, third) = tokio::join!(start(), start(), start());
    let servers = [first.unwrap(), second.unwrap(), third.unwrap()];
    buy(&servers[0].client("alice"), 1).await;
    for server in &servers {
        assert_eq!(confirmed(&server.client("alice")).await, json!([1, 1]), "all serve the same");
    }
    books::check_all(&arena).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_starts_on_a_database_that_a_newer_one_has_migrated() {
    let arena = Arena::new().await;
    sqlx::raw_sql("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 0)")
        .execute(&arena.sql)
        .await
        .unwrap();
    let server = ServerProcess::start(grand_arena(&["--demo"]).env("DATABASE_URL", &arena.url));
    buy(&server.client("alice"), 1).await;
    books::check_all(&arena).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_brings_in_the_whole_file_or_nothing_and_names_the_bad_line() {
    let arena = Arena::new().await;
    let folder = cluster::temporary_folder("import");
    let file = folder.join("seats.csv");
    let import = |slug: &str, csv: &str| {
        std::fs::write(&file, csv).unwrap();
        let arguments = [
            "import",
            file.to_str().unwrap(),
            "--event",
            slug,
            "--name",
            "Name",
            "--venue",
            "Venue",
            "--starts-at",
            "2031-01-01T20:00:00Z",
            "--hold-seconds",
            "60",
            "--time-zone",
            "Asia/Jakarta",
            "--max-seats-per-viewer",
            "4",
        ];
        run(grand_arena(&arguments).env("DATABASE_URL", &arena.url))
    };
    let header = "section,row,number,category,price_minor,currency\n";

    let bad = import("good-one", &format!("{header}A,1,1,Gold,5000,EUR\nA,1,2,Gold,50.00,EUR\n"));
    assert_one_sentence(&bad, "line 3");
    let events: i64 =
        sqlx::query_scalar("SELECT count(*) FROM events").fetch_one(&arena.sql).await.unwrap();
    assert_eq!(events, 0, "nothing was brought in");

    let good = import("good-one", &format!("{header}A,1,1,Gold,5000,EUR\nA,1,2,Silver,2500,EUR\n"));
    assert_eq!(good.code, Some(0), "{}", good.err);
    assert!(good.out.contains("seats: 2"), "{}", good.out);
    let other = import("good-one", &format!("{header}A,1,1,Gold,5000,EUR\n"));
    assert_one_sentence(&other, "nothing was brought in");
    assert!(other.out.contains("there is an event of this name whose number"), "{}", other.out);
    assert_one_sentence(&import("Bad Slug", &format!("{header}A,1,1,Gold,5000,EUR\n")), "slug");

    assert_one_sentence(&import("gold", &format!("{header}A,1,1,Gold,5000,XAU\n")), "line 2");

    let server = arena.server().await;
    let query = "{ event(id: \"good-one\") { holdSeconds maxSeatsPerViewer timeZone
        availability { available } } }";
    let data = server.stranger().data(query, json!({})).await;
    assert_eq!(
        data["event"],
        json!({ "holdSeconds": 60, "maxSeatsPerViewer": 4, "timeZone": "Asia/Jakarta",
            "availability": { "available": 2 } })
    );
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_imported_event_has_a_limit_and_a_shop_unless_something_else_is_said() {
    let arena = Arena::new().await;
    let folder = cluster::temporary_folder("import");
    let file = folder.join("seats.csv");
    let csv = "section,row,number,category,price_minor,currency\nA,1,1,Gold,5000,EUR\n";
    std::fs::write(&file, csv).unwrap();
    let import = |slug: &str, more: &[&str]| {
        let file = file.to_str().unwrap();
        let needed = ["--name", "Name", "--venue", "Venue", "--starts-at", "2031-01-01T20:00:00Z"];
        let arguments = [&["import", file, "--event", slug], &needed[..], more].concat();
        run(grand_arena(&arguments).env("DATABASE_URL", &arena.url))
    };
    let server = arena.server().await;
    for (slug, more, limit, confirmed_by) in [
        ("unsaid", &[][..], json!(8), "SHOP"),
        (
            "free",
            &["--max-seats-per-viewer", "none", "--confirmed-by", "buyer"],
            json!(null),
            "BUYER",
        ),
        (
            "said",
            &["--max-seats-per-viewer", "100000", "--confirmed-by", "shop"],
            json!(100_000),
            "SHOP",
        ),
    ] {
        let said = import(slug, more);
        assert_eq!(said.code, Some(0), "{}", said.err);
        let query = "query ($slug: ID!) { event(id: $slug) { maxSeatsPerViewer confirmedBy } }";
        let data = server.stranger().data(query, json!({ "slug": slug })).await;
        let expected = json!({ "maxSeatsPerViewer": limit, "confirmedBy": confirmed_by });
        assert_eq!(data["event"], expected, "{slug}");
    }
    for (name, value) in [
        ("--max-seats-per-viewer", "0"),
        ("--max-seats-per-viewer", "100001"),
        ("--max-seats-per-viewer", "all"),
        ("--confirmed-by", "guest"),
    ] {
        assert_eq!(import("bad", &[name, value]).code, Some(2), "{name} {value}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_books_are_checked_by_a_command_that_says_what_is_wrong_and_ends_with_1() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    assert_eq!(kind(&alice.reserve(&event, [1, 2]).await), "ReserveSeatsSuccess");
    assert_eq!(kind(&alice.confirm(&event, [1], "key").await), "ConfirmSeatsSuccess");
    let check = || run(grand_arena(&["check"]).env("DATABASE_URL", &arena.url));

    let right = check();
    assert_eq!((right.code, right.out.as_str()), (Some(0), ""));
    let books = "events: 1, seats: 10, changes in the logs: 3, orders: 1\n";
    assert_eq!(right.err, format!("The books are right. violations: 0, {books}"));

    arena.execute("UPDATE orders SET total_minor = 1 WHERE event_id = $1", &event).await;
    arena.execute("DELETE FROM idempotency_keys WHERE event_id = $1", &event).await;
    let wrong = check();
    assert_eq!(wrong.code, Some(1));
    let order: i64 = sqlx::query_scalar("SELECT id FROM orders WHERE event_id = $1")
        .bind(event.id.0)
        .fetch_one(&arena.sql)
        .await
        .unwrap();
    let violation =
        format!("event {}, order {order}: the total is 1, the prices add up to 5000\n", event.id.0);
    assert_eq!(wrong.out, violation);
    assert_eq!(wrong.err, format!("The books are wrong. violations: 1, {books}"));
}

#[test]
fn a_check_makes_no_database_to_look_at() {
    let folder = cluster::temporary_folder("check");
    let said = run(grand_arena(&["check"]).env("ARENA_DATA_DIR", &folder));
    assert_one_sentence(&said, "there is no database in");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    std::fs::remove_dir(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_from_the_command_line_is_good_for_its_user_its_role_and_its_time() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let viewer = async |arguments: &[&str]| {
        let said = run(&mut grand_arena(&[&["token", "--user", "alice"], arguments].concat()));
        assert_eq!(said.code, Some(0), "{}", said.err);
        let client = Client::new(&server.base, Some(said.out.trim().to_owned()));
        client.data("{ viewer { id roles } }", json!({})).await["viewer"]["roles"].take()
    };
    assert_eq!(viewer(&[]).await, json!(["BUYER"]));
    assert_eq!(viewer(&["--role", "shop"]).await, json!(["BUYER", "SHOP"]));
    assert_eq!(viewer(&["--role", "admin", "--ttl", "30m"]).await, json!(["BUYER", "ADMIN"]));
    for ttl in ["0s", "1w", "-1h", "", "99999d"] {
        assert_eq!(
            run(&mut grand_arena(&["token", "--user", "alice", &format!("--ttl={ttl}")])).code,
            Some(2),
            "{ttl:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_told_to_stop_finishes_what_it_accepted_and_tells_its_sockets() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let mut server = ServerProcess::start(grand_arena(&["serve"]).env("DATABASE_URL", &arena.url));
    let mut socket = Socket::open(&server.base, None).await;
    socket.seat_changes(&event, None).await;
    socket.next_changes().await;
    let mut lock = arena.sql.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM events WHERE id = $1 FOR UPDATE")
        .bind(event.id.0)
        .execute(&mut *lock)
        .await
        .unwrap();
    let client = server.client("alice");
    let same = event.clone();
    let mut buyer = Socket::open(&server.base, Some(&token("bob", &[]))).await;
    let input = json!({ "eventId": event.gid, "seatIds": [event.seat_gid(2)] });
    let reserving = tokio::spawn(async move { client.reserve(&same, [1]).await });
    eventually("a booking waits for the lock", async || arena.waiting_for_locks().await == 1).await;
    // The other waits behind it. Messages are dealt with in order: after the answer to a ping it is
    // under way.
    buyer.subscribe("1", RESERVE, json!({ "input": input })).await;
    buyer.send(json!({ "type": "ping" })).await;
    assert_eq!(buyer.message().await["type"], "pong");
    server.signal("TERM");
    let (code, _) = loop {
        if let Err(end) = socket.message_or_close().await {
            break end;
        }
    };
    assert_eq!(code, 1001, "going away");
    lock.commit().await.unwrap();
    assert_eq!(
        kind(&reserving.await.unwrap()),
        "ReserveSeatsSuccess",
        "what was accepted is answered"
    );
    assert_eq!(
        buyer.next("reserveSeats").await["__typename"],
        "ReserveSeatsSuccess",
        "over a socket, too"
    );
    assert_eq!(buyer.message().await["type"], "complete");
    assert_eq!(buyer.closed().await.0, 1001);
    assert_eq!(server.wait().code(), Some(0));
    books::check(&arena, &event).await;
}

/// A server that stalls in the middle of a transaction holds the event's row; PostgreSQL ends its
/// session, and the others go on. When it wakes up it has changed nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stalls_while_it_holds_the_locks_does_not_stop_the_others() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let stalled = ServerProcess::start(grand_arena(&["serve"]).env("DATABASE_URL", &arena.url));
    let other = arena.server().await;
    let mut lock = arena.sql.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM events WHERE id = $1 FOR UPDATE")
        .bind(event.id.0)
        .execute(&mut *lock)
        .await
        .unwrap();
    let client = stalled.client("alice");
    let same = event.clone();
    let reserving = tokio::spawn(async move { client.reserve(&same, [1]).await });
    eventually("its booking waits for the lock", async || arena.waiting_for_locks().await == 1)
        .await;
    stalled.signal("STOP");
    lock.commit().await.unwrap();

    let booked = other.client("bob").reserve(&event, [1]).await;
    assert_eq!(kind(&booked), "ReserveSeatsSuccess", "bob has the seat: {booked}");
    stalled.signal("CONT");
    let late = reserving.await.unwrap();
    assert_eq!(late["seats"][0]["reason"], "RESERVED_BY_ANOTHER", "alice is told so: {late}");
    assert_eq!(books::check(&arena, &event).await.len(), 1);
}

#[test]
fn the_command_line_prints_the_schema_that_is_checked_in() {
    let said = run(grand_arena(&["schema"]).stdout(Stdio::piped()));
    let checked_in =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql")).unwrap();
    assert_eq!(said.out, checked_in, "`make schema` writes it anew");
}
