//! `grand-arena doctor`, on databases that are as they should be and on ones that were set wrong.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::harness::pgbouncer::PgBouncer;
use crate::harness::process::{Said, grand_arena, run};
use crate::harness::{Arena, cluster};

/// What the doctor says of the database at an address.
fn examined(url: &str, arguments: &[&str]) -> (Option<i32>, Vec<Value>) {
    let arguments = [&["doctor", "--json"], arguments].concat();
    let said = run(grand_arena(&arguments).env("DATABASE_URL", url));
    assert_eq!(said.err, "", "nothing to complain of");
    (said.code, serde_json::from_str(&said.out).unwrap())
}

/// How bad it is what was found by a check.
fn severity<'a>(findings: &'a [Value], check: &str) -> &'a str {
    let found = findings.iter().find(|finding| finding["check"] == check);
    found.unwrap_or_else(|| panic!("no {check} in {findings:?}"))["severity"].as_str().unwrap()
}

/// The checks that hurt.
fn hurting(findings: &[Value]) -> Vec<&str> {
    let hurting = findings.iter().filter(|finding| finding["severity"] == "HURTS");
    hurting.map(|finding| finding["check"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_nothing_that_hurts_where_all_is_well_and_changes_nothing() {
    let arena = Arena::new().await;
    let written = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint FROM pg_stat_user_tables";
    let before: i64 = sqlx::query_scalar(written).fetch_one(&arena.sql).await.unwrap();
    let (code, findings) = examined(&arena.url, &[]);
    assert_eq!(hurting(&findings), Vec::<&str>::new(), "{findings:?}");
    assert_eq!(code, Some(0));
    for check in ["fsync", "writable", "wake_ups", "clock", "migrations", "encoding", "collation"] {
        assert_eq!(severity(&findings, check), "GOOD", "{findings:?}");
    }
    assert!(findings.iter().any(|finding| finding["check"] == "commit"), "commits are timed");
    let after: i64 = sqlx::query_scalar(written).fetch_one(&arena.sql).await.unwrap();
    assert_eq!(before, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_what_was_set_wrong_for_a_database_and_ends_with_1() {
    let arena = Arena::new().await;
    let options = arena.url.parse::<PgConnectOptions>().unwrap();
    let name = options.get_database().unwrap();
    for (wrong, check, severe) in [
        ("SET synchronous_commit = off", "synchronous_commit", "HURTS"),
        ("SET default_transaction_read_only = on", "writable", "HURTS"),
        ("CONNECTION LIMIT 10", "connections", "HURTS"),
        ("SET work_mem = '64kB'", "work_mem", "MAY_HURT"),
        ("SET idle_session_timeout = '1min'", "limits_of_role", "MAY_HURT"),
        ("SET statement_timeout = '900ms'", "limits_of_role", "MAY_HURT"),
    ] {
        let set = format!("ALTER DATABASE {name} {wrong}");
        arena.sql.execute(AssertSqlSafe(set)).await.unwrap();
        let (code, findings) = examined(&arena.url, &[]);
        assert_eq!(severity(&findings, check), severe, "{wrong}: {findings:?}");
        assert_eq!(code, Some(i32::from(severe == "HURTS")), "{wrong}: {findings:?}");
        let reset = match wrong.strip_prefix("SET ").and_then(|set| set.split_once(' ')) {
            Some((setting, _)) => format!("ALTER DATABASE {name} RESET {setting}"),
            None => format!("ALTER DATABASE {name} CONNECTION LIMIT -1"),
        };
        // What is read-only otherwise would stay so.
        let mut connection = PgConnection::connect(&arena.url).await.unwrap();
        connection.execute("SET default_transaction_read_only = off").await.unwrap();
        connection.execute(AssertSqlSafe(reset)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_what_was_set_wrong_for_a_whole_server() {
    let (folder, postgres) = cluster::of_its_own("doctor").await;
    let mut sql = PgConnection::connect(postgres.url()).await.unwrap();
    // Its own command line says that fsync is on.
    for wrong in ["full_page_writes = off", "autovacuum = off", "track_counts = off"] {
        sql.execute(AssertSqlSafe(format!("ALTER SYSTEM SET {wrong}"))).await.unwrap();
    }
    sql.execute("SELECT pg_reload_conf()").await.unwrap();
    sql.execute("SELECT pg_create_physical_replication_slot('left_behind', true)").await.unwrap();
    let (code, findings) = examined(postgres.url(), &["--no-migrate"]);
    assert_eq!(code, Some(1));
    let expected = ["full_page_writes", "migrations", "autovacuum"];
    assert_eq!(hurting(&findings), expected, "the tables are not there either: {findings:?}");
    assert_eq!(severity(&findings, "replication_slots"), "MAY_HURT");
    drop(sql);
    postgres.stop().await.unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_that_wake_ups_go_elsewhere() {
    let (arena, other) = (Arena::new().await, Arena::new().await);
    let (_, findings) = examined(&arena.url, &["--listen-database-url", &other.url]);
    assert_eq!(hurting(&findings), ["wake_ups"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_names_a_pooler_where_servers_would_listen() {
    let arena = Arena::new().await;
    let bouncer = PgBouncer::before(&arena, "the doctor behind a pooler", "").await;
    let Some(bouncer) = bouncer else { return };
    let (code, findings) = examined(&bouncer.url(), &[]);
    assert_eq!((code, hurting(&findings)), (Some(1), vec!["wake_ups"]), "{findings:?}");
    let direct = ["--listen-database-url", arena.url.as_str()];
    let (code, findings) = examined(&bouncer.url(), &direct);
    assert_eq!((code, hurting(&findings)), (Some(0), vec![]), "{findings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_the_same_in_words_and_looks_at_the_secrets_file() {
    let arena = Arena::new().await;
    let folder = cluster::temporary_folder("doctor");
    let file = folder.join("secret");
    std::fs::write(&file, "a secret that is long enough, by far\n").unwrap();
    let ask = |mode: u32| -> Said {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let mut command = grand_arena(&["doctor", "--jwt-secret-file", file.to_str().unwrap()]);
        run(command.env_remove("ARENA_JWT_SECRET").env("DATABASE_URL", &arena.url))
    };
    let good = ask(0o600);
    assert_eq!(good.code, Some(0), "{}", good.out);
    assert!(good.out.contains("\ngood      fsync: fsync is on\n"), "{}", good.out);
    let exposed = ask(0o644);
    assert_eq!(exposed.code, Some(1));
    assert!(exposed.out.starts_with("hurts     secret: "), "{}", exposed.out);
    for line in ["\n          why: ", "\n          do:  make the file", "\nhurts: 1, may hurt: "] {
        assert!(exposed.out.contains(line), "{line:?} is not in {}", exposed.out);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_doctor_who_cannot_look_says_why_and_ends_with_2() {
    let said = run(grand_arena(&["doctor"]).env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/x"));
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("cannot be reached: Connection refused"), "{}", said.err);
    assert_eq!(said.out, "");
}
