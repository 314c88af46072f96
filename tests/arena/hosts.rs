//! A database of several hosts, of which one takes writes: addresses, proxies, and what becomes of
//! connections when it is another.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::client::RESERVE;
use crate::harness::cluster::temporary_folder;
use crate::harness::node::{show, skip};
use crate::harness::pair::{Pair, Postgres, free_address};
use crate::harness::pgbouncer::PgBouncer;
use crate::harness::process::program;
use crate::harness::{Arena, Client, Event, TestServer, eventually};
use crate::silence::{booked_after, expect_warnings, readiness, until_ready};

/// How soon bookings are carried out by a host that takes writes, after the other one took its last
/// or this its first.
const BACK_WITHIN: Duration = Duration::from_secs(5);

/// What a booking is answered.
async fn code(client: &Client, event: &Event, serial: i32) -> Value {
    let input = json!({ "eventId": event.gid, "seatIds": event.seat_gids([serial]) });
    let answer = client.send(RESERVE, json!({ "input": input })).await;
    answer.pointer("/errors/0/extensions/code").cloned().unwrap_or_default()
}

/// A server on a pair of databases, at an address that leads to them; and an event.
async fn open(pair: &Pair, url: String) -> (Arena, TestServer, Event) {
    let arena = Arena::at(pair.primary.url()).await;
    expect_warnings(&arena);
    arena.store.migrate().await.unwrap();
    let event = arena.event(40).await;
    let server = arena.server_with(|settings| {
        settings.database.database_url = Some(url);
    });
    let server = server.await;
    until_ready(&server).await;
    (arena, server, event)
}

/// A session that is in use hears late that it takes no writes: one more seat may be held.
async fn until_the_standby_has_all(pair: &Pair) {
    eventually("the standby has what was booked", async || {
        let held = pair.primary.held_seats().await;
        held.is_some() && pair.standby.held_seats().await == held
    })
    .await;
}

/// The old primary lives on and takes no writes any more. Its connections are all there: none of
/// them is used again, and the server goes on at the other host as soon as that takes writes.
#[tokio::test(flavor = "multi_thread")]
async fn a_standby_that_is_promoted_takes_over_whatever_the_old_primary_says() {
    let pair = Pair::start().await;
    // The standby first: it is no primary, whatever its place in the list.
    let url = format!(
        "postgres://arena@{},{}/arena?sslmode=disable&target_session_attrs=read-write",
        pair.standby.address, pair.primary.address
    );
    let (_arena, server, event) = open(&pair, url).await;
    let alice = server.client("alice");
    alice.reserve(&event, [1]).await;
    let mut socket = server.socket("alice").await;
    socket.seat_changes(&event, None).await;
    socket.next_changes().await;
    until_the_standby_has_all(&pair).await;

    take_no_writes(&pair.primary).await;
    let refused = async || code(&alice, &event, 2).await == "UNAVAILABLE";
    eventually("bookings are refused", refused).await;
    let since = Instant::now();
    let is_unready = async || readiness(&server).await.0 != 200;
    eventually("the server is unready", is_unready).await;
    let unready = since.elapsed();
    assert!(unready < BACK_WITHIN, "{unready:?}");

    until_the_standby_has_all(&pair).await;
    let held = pair.standby.held_seats().await.unwrap();
    pair.standby.promote();
    let promoted = Instant::now();
    let booked = booked_after(&alice, &event, 3, promoted).await;
    until_ready(&server).await;
    let ready = promoted.elapsed();
    show(&format!(
        "a standby takes over: unready after {unready:?}, booked {booked:?} after the promotion, \
            ready {ready:?} after it"
    ));
    assert!(booked < BACK_WITHIN, "{booked:?}");
    assert_eq!(pair.standby.held_seats().await, Some(held + 1));
    // The stream goes on.
    let seat = event.seat_gid(3);
    while socket.next_changes().await["changes"][0]["seatId"] != seat {}
}

/// It is crashed, and down for a while: bookings are told so in time, and are carried out again.
#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_down_bookings_are_told_at_once() {
    let mut pair = Pair::start().await;
    let (_arena, server, event) = open(&pair, pair.primary.url()).await;
    let alice = server.client("alice");
    alice.reserve(&event, [1]).await;
    pair.primary.crash();
    let crashed = Instant::now();
    assert_eq!(code(&alice, &event, 2).await, "UNAVAILABLE");
    let first = crashed.elapsed();
    assert!(first < Duration::from_secs(4), "the first booking waited {first:?}");
    let asked = Instant::now();
    let refused = futures_util::future::join_all((3..=22).map(|serial| {
        let (alice, event) = (alice.clone(), event.clone());
        async move { code(&alice, &event, serial).await }
    }));
    assert!(refused.await.iter().all(|code| code == "UNAVAILABLE"));
    let others = asked.elapsed();
    assert!(others < Duration::from_secs(2), "twenty others waited {others:?}");
    assert_eq!(readiness(&server).await.0, 503);
    pair.primary.run().await;
    let up = Instant::now();
    let booked = booked_after(&alice, &event, 2, up).await;
    show(&format!(
        "down: told after {first:?}, then {others:?}; booked {booked:?} after it was up"
    ));
    assert!(booked < Duration::from_secs(2), "{booked:?}");
    until_ready(&server).await;
}

/// HAProxy as a process. Killed when dropped.
struct Haproxy(Child);

impl Drop for Haproxy {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Haproxy {
    /// In front of a pair: to the primary while that answers, and then to the standby.
    fn before(program: &std::path::Path, pair: &Pair, address: &str) -> Self {
        let server = |name, of: &Postgres, rest| {
            let address = &of.address;
            format!(
                "    server {name} {address} check inter 200 fall 2 rise 1 on-marked-down \
                    shutdown-sessions {rest}\n"
            )
        };
        let configuration = format!(
            "defaults\n    mode tcp\n    timeout connect 2s\n    timeout client 1h\n    timeout \
                server 1h\nlisten postgres\n    bind {address}\n{}{}",
            server("one", &pair.primary, ""),
            server("two", &pair.standby, "backup"),
        );
        let file = temporary_folder("haproxy").join("haproxy.cfg");
        std::fs::write(&file, configuration).unwrap();
        let mut command = Command::new(program);
        command.arg("-db").arg("-f").arg(file).stdin(Stdio::null()).stdout(Stdio::null());
        Self(command.stderr(Stdio::null()).spawn().unwrap())
    }
}

/// One address, behind which the database is another from one moment to the next. For a while it is
/// a standby: what connects to that is not used, and is not kept until it is promoted.
#[tokio::test(flavor = "multi_thread")]
async fn behind_haproxy_a_standby_takes_over_once_it_is_promoted() {
    let Some(program) = program("haproxy") else {
        let obstacle = "there is no haproxy here; install the package `haproxy`";
        return skip("the test of a failover behind HAProxy", obstacle);
    };
    let mut pair = Pair::start().await;
    let address = free_address();
    let _proxy = Haproxy::before(&program, &pair, &address);
    let url = format!("postgres://arena@{address}/arena?sslmode=disable");
    let accepts = async || tokio::net::TcpStream::connect(&address).await.is_ok();
    eventually("HAProxy accepts", accepts).await;
    let (_arena, server, event) = open(&pair, url).await;
    let alice = server.client("alice");
    alice.reserve(&event, [1]).await;
    until_the_standby_has_all(&pair).await;
    pair.primary.crash();
    let is_unready = async || readiness(&server).await.0 != 200;
    eventually("the server is unready", is_unready).await;
    assert_eq!(code(&alice, &event, 2).await, "UNAVAILABLE");
    pair.standby.promote();
    let booked = booked_after(&alice, &event, 2, Instant::now()).await;
    until_ready(&server).await;
    show(&format!("behind HAProxy: booked {booked:?} after the promotion"));
    assert!(booked < BACK_WITHIN, "{booked:?}");
}

/// A pooler keeps its clients' connections while what is behind it becomes another: those that have
/// met a server that takes no writes are closed, and new ones wait until it leads elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn behind_pgbouncer_a_standby_takes_over_with_a_reload() {
    let pair = Pair::start().await;
    let (primary, standby) = (pair.primary.url(), pair.standby.url());
    let arena = Arena::at(primary.clone()).await;
    let what = "the test of a failover behind PgBouncer";
    let Some(bouncer) = PgBouncer::before(&arena, what, "").await else { return };
    expect_warnings(&arena);
    arena.expect_warning("connect string changed");
    arena.store.migrate().await.unwrap();
    let event = arena.event(40).await;
    let hosts = format!("{},{}", pair.primary.address, pair.standby.address);
    let server = arena.server_with(|settings| {
        settings.database.database_url = Some(bouncer.url());
        let direct = format!("postgres://arena@{hosts}/arena?sslmode=disable");
        settings.listen_database_url = Some(direct);
    });
    let server = server.await;
    until_ready(&server).await;
    let alice = server.client("alice");
    alice.reserve(&event, [1]).await;
    until_the_standby_has_all(&pair).await;
    take_no_writes(&pair.primary).await;
    let refused = async || code(&alice, &event, 2).await == "UNAVAILABLE";
    eventually("bookings are refused", refused).await;
    let is_unready = async || readiness(&server).await.0 != 200;
    eventually("the server is unready", is_unready).await;
    until_the_standby_has_all(&pair).await;
    let held = pair.standby.held_seats().await.unwrap();
    pair.standby.promote();
    bouncer.lead_to(&standby, &primary).await;
    let reloaded = Instant::now();
    let booked = booked_after(&alice, &event, 3, reloaded).await;
    until_ready(&server).await;
    let ready = reloaded.elapsed();
    show(&format!(
        "behind PgBouncer: booked {booked:?} after the reload, ready {ready:?} after it"
    ));
    assert!(booked < BACK_WITHIN, "{booked:?}");
    assert_eq!(pair.standby.held_seats().await, Some(held + 1));
}

/// What a primary does that became a standby, its connections being kept by something in between.
async fn take_no_writes(primary: &Postgres) {
    primary.execute("ALTER SYSTEM SET default_transaction_read_only = on").await;
    primary.execute("SELECT pg_reload_conf()").await;
    eventually("it takes no writes", async || primary.is_read_only().await).await;
}

/// What a full disk says, said by a limit: what has to be put on the disk is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_database_has_no_room_is_not_ready() {
    let arena = Arena::new().await;
    arena.expect_warning("the database has no room for what it works with");
    let set = |limit: &'static str| {
        let alter = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET temp_file_limit = ";
        let alter = format!("{alter}{limit}', current_database()); END $$");
        async { sqlx::raw_sql(sqlx::AssertSqlSafe(alter)).execute(&arena.sql).await.unwrap() }
    };
    set("0").await;
    let server = arena.server().await;
    let lacks_room = async || {
        let (status, readiness) = readiness(&server).await;
        status == 503 && readiness["room"] == false && readiness["database"] == true
    };
    eventually("there is no room", lacks_room).await;
}

/// The same with a disk that is full.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_databases_disk_is_full_is_not_ready_until_it_is_not() {
    let Some(disk) = SmallDisk::mount() else { return };
    let primary = Postgres::primary(Some(&disk.folder.join("data"))).await;
    let arena = Arena::at(primary.url()).await;
    expect_warnings(&arena);
    arena.expect_warning("the database has no room for what it works with");
    arena.store.migrate().await.unwrap();
    let event = arena.event(40).await;
    let server = arena.server().await;
    until_ready(&server).await;
    disk.fill();
    let is_unready = async || readiness(&server).await.0 == 503;
    eventually("the server is unready", is_unready).await;
    disk.free();
    until_ready(&server).await;
    booked_after(&server.client("alice"), &event, 1, Instant::now()).await;
}

/// A disk of its own in memory, which is full soon.
struct SmallDisk {
    folder: std::path::PathBuf,
}

impl SmallDisk {
    /// Only root may, and not everywhere: then a limit has to do, in the test before this.
    fn mount() -> Option<Self> {
        let folder = temporary_folder("disk");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=128m,mode=755", "arena-test"]).arg(&folder);
        let is_mounted = mount.stderr(Stdio::null()).status().is_ok_and(|done| done.success());
        if !is_mounted {
            show("SKIPPED the test of a full disk: no disk can be mounted here");
            return None;
        }
        std::fs::create_dir(folder.join("data")).unwrap();
        Some(Self { folder })
    }

    fn filler(&self) -> std::path::PathBuf {
        self.folder.join("filler")
    }

    /// Leaves no room.
    fn fill(&self) {
        use std::io::Write as _;
        let mut file = std::fs::File::create(self.filler()).unwrap();
        while file.write_all(&[1; 4096]).is_ok() {}
    }

    fn free(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Whoever still uses it has it until then.
        let _ = Command::new("umount").arg("--lazy").arg(&self.folder).status();
        let _ = std::fs::remove_dir(&self.folder);
    }
}
