//! Backups, by the commands of docs/operations.md as they stand there, with bookings before,
//! meanwhile and after. What comes back has right books, and what was sold until then.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use grand_arena::embedded::EmbeddedPostgres;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, PgPool};

use crate::harness::client::kind;
use crate::harness::node::skip;
use crate::harness::process::{grand_arena, run};
use crate::harness::{Arena, Event, TestServer, books, cluster, eventually};

const DOCUMENT: &str = include_str!("../../docs/operations.md");

/// Programs beside `postgres` that not every installation has.
const PROGRAMS: [&str; 4] = ["pg_dump", "pg_restore", "createdb", "pg_basebackup"];

/// Seats of the event; the first are sold before the backup, the next meanwhile, the last after.
const SEATS: usize = 300;
const BEFORE: i32 = 20;
const MEANWHILE_FROM: i32 = 21;
const LATER_FROM: i32 = 281;

/// The block of the document that has this in it.
fn block(of: &str) -> &'static str {
    let blocks = DOCUMENT.split("```").skip(1).step_by(2);
    let mut found = blocks.filter(|block| block.contains(of));
    let block = found.next().unwrap_or_else(|| panic!("no block has {of}"));
    assert_eq!(found.next(), None, "one block has {of}");
    block.split_once('\n').unwrap().1
}

/// Where the programs are that belong to a server of this version.
fn programs(major: i32) -> Option<PathBuf> {
    let folder = PathBuf::from(format!("/usr/lib/postgresql/{major}/bin"));
    let is_whole = PROGRAMS.iter().all(|program| folder.join(program).is_file());
    if !is_whole {
        let obstacle = format!("{} has not all of {PROGRAMS:?}", folder.display());
        skip("the test of backups", &obstacle);
    }
    is_whole.then_some(folder)
}

async fn major(sql: &PgPool) -> i32 {
    let version = "SELECT current_setting('server_version_num')::int / 10000";
    sqlx::query_scalar(version).fetch_one(sql).await.unwrap()
}

/// Carries out a block of the document, line by line.
async fn carry_out(script: &str, programs: &Path, variables: &[(&str, &str)]) {
    let binary = Path::new(env!("CARGO_BIN_EXE_grand-arena")).parent().unwrap();
    let search = format!("{}:{}:/usr/bin:/bin", programs.display(), binary.display());
    let mut shell = Command::new("sh");
    shell.args(["-eu", "-c", script]).env_clear().env("PATH", search);
    shell.envs(variables.iter().copied()).env("ARENA_LOG", "warn");
    let said = tokio::task::spawn_blocking(move || run(&mut shell)).await.unwrap();
    assert_eq!(said.code, Some(0), "{script}\n{}{}", said.out, said.err);
}

/// Somebody reserves a seat and buys it.
async fn buy(server: &TestServer, event: &Event, seat: i32) {
    let client = server.client(&format!("viewer-{seat}"));
    assert_eq!(kind(&client.reserve(event, [seat]).await), "ReserveSeatsSuccess");
    let bought = client.confirm(event, [seat], &format!("key-{seat}")).await;
    assert_eq!(kind(&bought), "ConfirmSeatsSuccess");
}

/// Buys seats one after the other until it is over; how many.
async fn buy_meanwhile(server: &TestServer, event: &Event, is_over: &AtomicBool) -> i32 {
    for seat in MEANWHILE_FROM..LATER_FROM {
        if is_over.load(Ordering::Relaxed) {
            return seat - MEANWHILE_FROM;
        }
        buy(server, event, seat).await;
    }
    LATER_FROM - MEANWHILE_FROM
}

/// Does something while seats are bought; how many were.
async fn while_buying(server: &TestServer, event: &Event, work: impl Future<Output = ()>) -> i32 {
    let is_over = Arc::new(AtomicBool::new(false));
    let done = async {
        work.await;
        is_over.store(true, Ordering::Relaxed);
    };
    let (bought, ()) = tokio::join!(buy_meanwhile(server, event, &is_over), done);
    assert!(bought > 0, "nobody bought meanwhile");
    bought
}

/// The seats that are sold, and no others are.
async fn sold(sql: &PgPool, event: &Event) -> Vec<i32> {
    let sold = "SELECT seat_id FROM order_seats WHERE event_id = $1 ORDER BY seat_id";
    sqlx::query_scalar(sold).bind(event.id.0).fetch_all(sql).await.unwrap()
}

/// What the operator's own check says of a database.
async fn check(url: &str) {
    let mut command = grand_arena(&["check"]);
    command.env("DATABASE_URL", url);
    let said = tokio::task::spawn_blocking(move || run(&mut command)).await.unwrap();
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.err.starts_with("The books are right."), "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_that_is_taken_beside_a_sale_comes_back_with_right_books() {
    let arena = Arena::new().await;
    let Some(programs) = programs(major(&arena.sql).await) else { return };
    let event = arena.event(SEATS).await;
    let server = arena.server().await;
    for seat in 1..=BEFORE {
        buy(&server, &event, seat).await;
    }
    let folder = cluster::temporary_folder("dump");
    let name = arena.url.parse::<PgConnectOptions>().unwrap();
    let name = format!("{}_restored", name.get_database().unwrap());
    let restored_url = cluster::database_url(&arena.url, &name);
    let variables = [
        ("DATABASE_URL", arena.url.as_str()),
        ("RESTORED_URL", restored_url.as_str()),
        ("BACKUP", folder.to_str().unwrap()),
    ];
    let dump = carry_out(block("pg_dump"), &programs, &variables);
    let meanwhile = while_buying(&server, &event, dump).await;
    buy(&server, &event, LATER_FROM).await;
    books::check(&arena, &event).await;

    let restore = block("pg_restore");
    assert!(restore.contains("arena_restored") && restore.contains("grand-arena check"));
    carry_out(&restore.replace("arena_restored", &name), &programs, &variables).await;
    let restored = Arena::at(restored_url.clone()).await;
    let there = sold(&restored.sql, &event).await;
    let count = i32::try_from(there.len()).unwrap();
    assert!((BEFORE..=BEFORE + meanwhile).contains(&count), "{count} of {meanwhile} meanwhile");
    assert!(there.iter().copied().eq(1..=count), "a moment of the sale: {there:?}");
    // And it goes on there.
    let server = restored.server().await;
    buy(&server, &event, LATER_FROM).await;
    books::check(&restored, &event).await;
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_backup_and_the_wal_since_bring_back_any_moment() {
    let (folder, postgres) = cluster::of_its_own("archived").await;
    let archive = cluster::temporary_folder("archive");
    let (postgres, programs) = archived(postgres, &folder, &archive).await;
    let Some(programs) = programs else { return };
    let arena = Arena::at(postgres.url().to_owned()).await;
    arena.store.migrate().await.unwrap();
    let event = arena.event(SEATS).await;
    let server = arena.server().await;
    for seat in 1..=BEFORE {
        buy(&server, &event, seat).await;
    }
    let backup = cluster::temporary_folder("backup");
    let owner = backup.join("owner");
    std::fs::write(&owner, "").unwrap();
    own_like(&owner, &folder.join("pgdata"));
    let variables = [("DATABASE_URL", postgres.url()), ("BACKUP", backup.to_str().unwrap())];
    let taken = carry_out(block("pg_basebackup"), &programs, &variables);
    let meanwhile = while_buying(&server, &event, taken).await;
    let until: String =
        sqlx::query_scalar("SELECT clock_timestamp()::text").fetch_one(&arena.sql).await.unwrap();
    // What should not have been.
    buy(&server, &event, LATER_FROM).await;
    books::check(&arena, &event).await;
    wait_for_archive(&arena.sql).await;
    server.server.shut_down().await.unwrap();
    arena.store.close().await;
    arena.sql.close().await;
    postgres.stop().await.unwrap();

    let data = cluster::temporary_folder("recovered");
    cluster::watch_over(&data);
    std::fs::copy(folder.join("postgres.password"), data.join("postgres.password")).unwrap();
    let pgdata = data.join("pgdata");
    let variables = [
        ("BACKUP", backup.to_str().unwrap()),
        ("PGDATA", pgdata.to_str().unwrap()),
        ("ARCHIVE", archive.to_str().unwrap()),
        ("UNTIL", until.as_str()),
    ];
    carry_out(block("recovery.signal"), &programs, &variables).await;
    let postgres = EmbeddedPostgres::start(&data).await.unwrap();
    let sql = PgPool::connect(postgres.url()).await.unwrap();
    eventually("it takes writes", async || is_primary(&sql).await).await;
    sql.close().await;
    let recovered = Arena::at(postgres.url().to_owned()).await;
    check(postgres.url()).await;
    let there = sold(&recovered.sql, &event).await;
    assert!(there.iter().copied().eq(1..=BEFORE + meanwhile), "until that moment: {there:?}");
    let server = recovered.server().await;
    buy(&server, &event, LATER_FROM).await;
    books::check(&recovered, &event).await;
    server.server.shut_down().await.unwrap();
    recovered.store.close().await;
    recovered.sql.close().await;
    postgres.stop().await.unwrap();
    for folder in [folder, archive, backup, data] {
        std::fs::remove_dir_all(folder).unwrap();
    }
}

/// The PostgreSQL of a folder with the settings of the document, and its programs.
async fn archived(
    postgres: EmbeddedPostgres,
    folder: &Path,
    archive: &Path,
) -> (EmbeddedPostgres, Option<PathBuf>) {
    own_like(archive, &folder.join("pgdata"));
    let sql = PgPool::connect(postgres.url()).await.unwrap();
    let programs = programs(major(&sql).await);
    for line in block("archive_command").lines() {
        let (name, value) = line.split_once(" = ").unwrap();
        let value = value.trim_matches('\'').replace("/archive", archive.to_str().unwrap());
        let set = format!("ALTER SYSTEM SET {name} = '{}'", value.replace('\'', "''"));
        sqlx::raw_sql(AssertSqlSafe(set)).execute(&sql).await.unwrap();
    }
    sql.close().await;
    postgres.stop().await.unwrap();
    (EmbeddedPostgres::start(folder).await.unwrap(), programs)
}

/// Gives a file to the owner of another.
fn own_like(file: &Path, other: &Path) {
    let mut chown = Command::new("chown");
    let said = run(chown.arg("--reference").arg(other).arg(file));
    assert_eq!(said.code, Some(0), "{}", said.err);
}

/// Until everything that has been written is in the archive.
async fn wait_for_archive(sql: &PgPool) {
    let switched = "SELECT pg_walfile_name(pg_switch_wal())";
    let last: String = sqlx::query_scalar(switched).fetch_one(sql).await.unwrap();
    eventually("the WAL is archived", async || {
        let archived = "SELECT COALESCE(last_archived_wal, '') FROM pg_stat_archiver";
        let archived: String = sqlx::query_scalar(archived).fetch_one(sql).await.unwrap();
        archived >= last
    })
    .await;
}

async fn is_primary(sql: &PgPool) -> bool {
    sqlx::query_scalar("SELECT NOT pg_is_in_recovery()").fetch_one(sql).await.unwrap()
}
