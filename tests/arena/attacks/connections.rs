//! Somebody takes connections, and does nothing with them, or nothing good.

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::accounts::limited;
use crate::harness::process::{ServerProcess, grand_arena};
use crate::harness::{Arena, Socket, TestServer, books, eventually};

const QUERY: &str = "GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";

/// How long a test waits for bytes before it fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection from an address of this machine.
async fn connect(server: &TestServer, from: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
    let address = server.base.strip_prefix("http://").unwrap().parse().unwrap();
    socket.connect(address).await.unwrap()
}

/// Asks, and what comes first of the answer; nothing if the connection has ended.
async fn ask(connection: &mut TcpStream) -> String {
    // It may have been turned away already.
    let _ = connection.write_all(QUERY.as_bytes()).await;
    let mut bytes = [0; 2048];
    let read = tokio::time::timeout(PATIENCE, connection.read(&mut bytes)).await.unwrap();
    String::from_utf8_lossy(&bytes[..read.unwrap_or_default()]).into_owned()
}

/// How long it takes until the server ends a connection.
async fn end(mut connection: TcpStream) -> Duration {
    let started = Instant::now();
    let mut rest = Vec::new();
    // It may end with a reset.
    let _ = tokio::time::timeout(PATIENCE, connection.read_to_end(&mut rest)).await.unwrap();
    started.elapsed()
}

#[tokio::test]
async fn an_address_has_so_many_connections_and_no_other_lacks_them() {
    let arena = Arena::new().await;
    let server = limited(&arena, |limits| limits.address_connections = 5).await;
    let mut flood = Vec::new();
    for _ in 0..4 {
        let mut connection = connect(&server, "127.0.0.1").await;
        assert!(ask(&mut connection).await.starts_with("HTTP/1.1 200"));
        flood.push(connection);
    }
    // What has become a socket is a connection still.
    let socket = Socket::open(&server.base, None).await;
    for _ in 0..20 {
        let refused = ask(&mut connect(&server, "127.0.0.1").await).await;
        assert!(refused.starts_with("HTTP/1.1 429"), "{refused}");
        assert!(refused.contains("RATE_LIMITED") && refused.contains("retry-after: 5"));
    }
    assert!(ask(&mut connect(&server, "127.0.0.2").await).await.starts_with("HTTP/1.1 200"));
    drop((flood, socket));
    let has_room =
        async || ask(&mut connect(&server, "127.0.0.1").await).await.starts_with("HTTP/1.1 200");
    eventually("connections give their permits back", has_room).await;
}

#[tokio::test]
async fn a_head_that_is_never_finished_ends_its_connection_and_an_idle_one_stays() {
    let arena = Arena::new().await;
    let server = limited(&arena, |limits| limits.head_seconds = 1).await;
    let second = Duration::from_secs(1);
    let mut idle = connect(&server, "127.0.0.1").await;
    assert!(ask(&mut idle).await.starts_with("HTTP/1.1 200"));
    let idle_since = Instant::now();

    let silent = connect(&server, "127.0.0.1").await;
    let mut begun = connect(&server, "127.0.0.1").await;
    begun.write_all(&QUERY.as_bytes()[..10]).await.unwrap();
    let mut again = connect(&server, "127.0.0.1").await;
    assert!(ask(&mut again).await.starts_with("HTTP/1.1 200"));
    again.write_all(&QUERY.as_bytes()[..10]).await.unwrap();
    let (silent, begun, again) = tokio::join!(end(silent), end(begun), end(again));
    for (what, ended) in [("silent", silent), ("begun", begun), ("begun again", again)] {
        // Counted from a moment after the server's.
        assert!(ended >= second / 2 && ended < PATIENCE, "{what}: {ended:?}");
    }

    tokio::time::sleep((2 * second).saturating_sub(idle_since.elapsed())).await;
    assert!(ask(&mut idle).await.starts_with("HTTP/1.1 200"), "it was idle, and not late");
}

/// The server as a process that may have so many files open: its soft limit, and its hard one.
fn with_files(soft: u32, hard: u32, database_url: &str) -> Command {
    let set = format!("ulimit -Sn {soft} && ulimit -Hn {hard} && exec \"$0\" serve");
    let mut command = Command::new("sh");
    command.args(["-c", &set, env!("CARGO_BIN_EXE_grand-arena")]).env_clear();
    let plain = grand_arena(&[]);
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("DATABASE_URL", database_url);
    command
}

/// The soft limit of a process, as Linux tells it.
fn soft_limit(process: u32) -> u32 {
    let limits = std::fs::read_to_string(format!("/proc/{process}/limits")).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    line.split_whitespace().nth(3).unwrap().parse().unwrap()
}

#[tokio::test]
async fn the_limit_of_open_files_is_raised_to_what_the_settings_need() {
    let arena = Arena::new().await;
    let server = ServerProcess::start(&mut with_files(64, 8_000, &arena.url));
    // 1,000 subscriptions, requests, the database and what else there is.
    assert!((5_000..8_000).contains(&soft_limit(server.id())), "{}", soft_limit(server.id()));
}

#[tokio::test]
async fn a_server_that_may_have_few_files_open_says_so_once_and_keeps_those_that_it_needs() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let mut server = ServerProcess::start(&mut with_files(64, 400, &arena.url));
    server.expect_warning("may have fewer files open than the settings ask for");
    let client = server.client("alice");
    client.reserve(&event, [1]).await;
    let address: SocketAddr = server.base.strip_prefix("http://").unwrap().parse().unwrap();
    // More than there are files: those that are one too many are turned away,
    let mut flood = Vec::new();
    for _ in 0..500 {
        flood.push(TcpStream::connect(address).await.unwrap());
    }
    // and whoever is connected is served, by a database that has its connections.
    assert_eq!(client.reserve(&event, [2]).await["__typename"], "ReserveSeatsSuccess");
    drop(flood);
    server.signal("TERM");
    assert!(server.wait().success());
    books::check(&arena, &event).await;
}
