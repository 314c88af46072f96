//! What a server needs of its database, and how a newer version takes over.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use grand_arena::embedded::EmbeddedPostgres;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _, SqlSafeStr as _};

use crate::harness::cluster::{temporary_folder, watch_over};
use crate::harness::node::{show, skip};
use crate::harness::process::{ServerProcess, grand_arena, run};
use crate::harness::{Arena, Client, Event, all_at_once, books};

/// What a server asks that knows the tables before m0009, recorded while one sold.
const STATEMENTS: &str = include_str!("../cases/statements-before-m0009.sql");

fn statements() -> impl Iterator<Item = &'static str> {
    STATEMENTS.split(";\n").map(str::trim).filter(|statement| !statement.is_empty())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_version_before_asks_is_understood_by_todays_tables() {
    let arena = Arena::new().await;
    let mut connection = arena.sql.acquire().await.unwrap();
    assert!(statements().count() > 50);
    for statement in statements() {
        let prepared = (&mut *connection).prepare(AssertSqlSafe(statement).into_sql_str()).await;
        prepared.map(drop).unwrap_or_else(|error| panic!("{error}: {statement}"));
    }
    // What it does not write has to have a value all the same.
    const NEEDED: &str = "SELECT table_name || '.' || column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND is_nullable = 'NO' AND column_default IS NULL
          AND is_identity = 'NO'";
    let needed: Vec<String> = sqlx::query_scalar(NEEDED).fetch_all(&arena.sql).await.unwrap();
    let needed: BTreeSet<_> = needed.into_iter().collect();
    let mut written = BTreeSet::new();
    for (table, columns) in statements().flat_map(inserts) {
        let of_table = format!("{table}.");
        let needs = needed.iter().filter_map(|name| name.strip_prefix(&of_table));
        let missing: Vec<_> = needs.filter(|column| !columns.contains(column)).collect();
        assert!(missing.is_empty(), "{table} needs {missing:?}");
        written.insert(table);
    }
    for table in ["seats", "seat_changes", "orders", "order_seats", "idempotency_keys"] {
        assert!(written.contains(table), "{table} was written: {written:?}");
    }
}

/// The tables that a statement inserts into, and the columns that it gives values.
fn inserts(statement: &str) -> Vec<(&str, Vec<&str>)> {
    let inserts = statement.split("INSERT INTO ").skip(1);
    let insert = |text: &'_ str| -> Option<(usize, usize, usize)> {
        let (open, close) = (text.find('(')?, text.find(')')?);
        Some((text.find(|c: char| c.is_whitespace())?, open, close))
    };
    let found = inserts.filter_map(|text| {
        let (name, open, close) = insert(text)?;
        Some((&text[..name], text[open + 1..close].split(',').map(str::trim).collect()))
    });
    found.collect()
}

/// A server of the version before sells beside today's, on today's tables. That version is built by
/// `make test-upgrade`.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_the_version_before_sells_beside_todays() {
    let Some(program) = std::env::var_os("ARENA_OLD_BINARY").map(PathBuf::from) else {
        return show("SKIPPED the test of an upgrade: `make test-upgrade` runs it");
    };
    let arena = Arena::new().await;
    let event = arena.event(200).await;
    let mut before = grand_arena(&["serve"]);
    let mut command = Command::new(program);
    command.arg("serve").env_clear();
    for (name, value) in before.env("DATABASE_URL", &arena.url).get_envs() {
        value.map(|value| command.env(name, value));
    }
    let (old, new) = (ServerProcess::start(&mut command), arena.server().await);
    let buyers = (0..40).map(|number| {
        let name = format!("buyer-{number}");
        let client = if number % 2 == 0 { old.client(&name) } else { new.client(&name) };
        buy_some(client, event.clone(), number)
    });
    let bought: i32 = all_at_once(buyers).await.into_iter().sum();
    let confirmed = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM order_seats");
    let confirmed = confirmed.fetch_one(&arena.sql).await.unwrap();
    assert_eq!(confirmed, i64::from(bought));
    assert!(bought >= 40, "{bought} were bought");
    books::check(&arena, &event).await;
}

/// Reserves seats that others want as well, lets one go, and buys the others: how many.
async fn buy_some(client: Client, event: Event, number: i32) -> i32 {
    let mut bought = 0;
    for round in 0..8 {
        let first = 1 + (number * 4 + round * 23) % 197;
        let input = |seats: RangeInclusive<i32>| {
            let ids = event.seat_gids(seats);
            json!({ "eventId": event.gid, "seatIds": ids })
        };
        let reserved = outcome(&client, "ReserveSeats", input(first..=first + 2)).await;
        if reserved == "SeatsUnavailable" {
            continue;
        }
        let released = outcome(&client, "ReleaseSeats", input(first..=first)).await;
        assert_eq!(released, "ReleaseSeatsSuccess");
        let mut purchase = input(first + 1..=first + 2);
        purchase["idempotencyKey"] = json!(round.to_string());
        assert_eq!(outcome(&client, "ConfirmSeats", purchase).await, "ConfirmSeatsSuccess");
        bought += 2;
    }
    bought
}

/// What becomes of a command, as far as both versions can be asked.
async fn outcome(client: &Client, command: &str, input: Value) -> String {
    let field = command.to_lowercase().replace("seats", "Seats");
    let document = format!(
        "mutation ($input: {command}Input!) {{ done: {field}(input: $input) {{ __typename }} }}"
    );
    let answer = client.send(&document, json!({ "input": input })).await;
    let kind = answer["data"]["done"]["__typename"].as_str();
    kind.unwrap_or_else(|| panic!("{command}: {answer}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_too_old_for_the_tables_says_so_and_does_not_start() {
    let arena = Arena::new().await;
    let later = "INSERT INTO seaql_migrations (version, applied_at) VALUES ($1, 0)";
    sqlx::query(later).bind("m9999_later__from_m9998").execute(&arena.sql).await.unwrap();
    for more in [&["serve"][..], &["serve", "--no-migrate"], &["migrate"]] {
        let said = run(grand_arena(more).env("DATABASE_URL", &arena.url));
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert!(said.err.contains("too old for the database"), "{}", said.err);
        assert!(said.err.contains("changed by m9999_later__from_m9998"), "{}", said.err);
        assert_eq!(said.err.trim_end().lines().count(), 1, "one sentence: {:?}", said.err);
    }
}

/// As Debian's `ssl-cert` and many others make them.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_the_first_version_is_named_with_what_to_do() {
    let what = "the test of an old certificate";
    let openssl = Command::new("openssl").arg("version").stdout(Stdio::null()).status();
    if openssl.is_err() {
        return skip(what, "there is no openssl here; install the package `openssl`");
    }
    // Too long for a socket, so that PostgreSQL listens on a port: sockets have no TLS.
    let folder = temporary_folder(&"certificate".repeat(10));
    watch_over(&folder);
    let postgres = EmbeddedPostgres::start(&folder).await.unwrap();
    let owner = std::fs::metadata(folder.join("pgdata")).unwrap();
    let [key, request, certificate] =
        ["key", "request", "certificate"].map(|name| folder.join(name));
    let script = r#"umask 077; openssl req -newkey rsa:2048 -nodes -subj /CN=localhost \
        -keyout "$1" -out "$2" && openssl x509 -req -in "$2" -signkey "$1" -days 2 -out "$3""#;
    let mut made = Command::new("sh");
    made.args(["-c", script, "sh"]).args([&key, &request, &certificate]).stderr(Stdio::null());
    assert!(made.stdout(Stdio::null()).status().unwrap().success());
    for file in [&key, &certificate] {
        chown(file, Some(owner.uid()), Some(owner.gid())).unwrap();
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let sql = sqlx::PgPool::connect(postgres.url()).await.unwrap();
    let set = [("ssl_cert_file", &certificate), ("ssl_key_file", &key)];
    for (name, file) in set {
        let set = format!("ALTER SYSTEM SET {name} = '{}'", file.display());
        sql.execute(AssertSqlSafe(set)).await.unwrap();
    }
    sql.execute("ALTER SYSTEM SET ssl = on").await.unwrap();
    sql.execute("SELECT pg_reload_conf()").await.unwrap();
    let serve = |mode: &str| {
        let url = postgres.url().replace("sslmode=disable", mode);
        assert!(url.contains(mode), "{url}");
        run(grand_arena(&["migrate"]).env("DATABASE_URL", url))
    };
    for mode in ["sslmode=require", "sslmode=verify-full", "sslmode=prefer"] {
        let said = serve(mode);
        assert_eq!(said.code, Some(2), "{mode}: {}", said.err);
        assert!(said.err.contains("is of X.509 version 1"), "{mode}: {}", said.err);
        assert!(said.err.contains("sslmode=disable"), "{mode}: {}", said.err);
    }
    assert_eq!(serve("sslmode=disable").code, Some(0));
    sql.close().await;
    postgres.stop().await.unwrap();
}
