//! The clients that people use, on Node, against the real binary: tests/clients. They ask this side to stop the server
//! and to start it again.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use axum::extract::{Path as Segment, State};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::harness::process::{ServerProcess, grand_arena};
use crate::harness::{Arena, token};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients");

/// Why the clients cannot be run here, if they cannot.
fn obstacle() -> Option<&'static str> {
    let version = Command::new("node").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !version.is_ok_and(|status| status.success()) {
        return Some("there is no Node here");
    }
    let is_installed = Path::new(FOLDER).join("node_modules/.package-lock.json").exists();
    (!is_installed).then_some("the clients are not installed; `make test` does that, or `npm ci` in tests/clients")
}

/// The server under test, and what the clients may have done.
struct Stage {
    arena: Arena,
    server: Mutex<Option<ServerProcess>>,
    /// Where it listens, again and again.
    address: String,
}

impl Stage {
    async fn open() -> Arc<Self> {
        let arena = Arena::new().await;
        let address = address_of_its_own();
        let server = start(&arena, &address).await;
        Arc::new(Self { arena, server: Mutex::new(Some(server)), address })
    }
}

/// An address that nobody takes while the server is away: its port is below those that systems give out.
fn address_of_its_own() -> String {
    let mut addresses = std::iter::repeat_with(|| format!("127.0.0.1:{}", fastrand::u16(20_000..30_000)));
    addresses.find(|address| TcpListener::bind(address).is_ok()).unwrap()
}

async fn start(arena: &Arena, address: &str) -> ServerProcess {
    let (url, address) = (arena.url.clone(), address.to_owned());
    let start = move || ServerProcess::start_at(grand_arena(&["serve"]).env("DATABASE_URL", url), &address);
    tokio::task::spawn_blocking(start).await.unwrap()
}

async fn new_event(State(stage): State<Arc<Stage>>) -> Json<Value> {
    let event = stage.arena.event(40).await;
    Json(json!({ "id": event.gid, "seats": event.seat_gids(1..=40) }))
}

async fn stop_server(State(stage): State<Arc<Stage>>, Segment(signal): Segment<String>) {
    let mut server = stage.server.lock().await.take().unwrap();
    server.signal(&signal);
    tokio::task::spawn_blocking(move || server.wait()).await.unwrap();
}

async fn start_server(State(stage): State<Arc<Stage>>) {
    *stage.server.lock().await = Some(start(&stage.arena, &stage.address).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clients_that_people_use_get_everything_across_restarts_of_the_server() {
    if let Some(obstacle) = obstacle() {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{obstacle}, and this is the CI");
        // Not with `println!`, which is shown for tests that fail only.
        writeln!(std::io::stderr(), "SKIPPED the tests with real clients: {obstacle}").unwrap();
        return;
    }
    let stage = Stage::open().await;
    let other = stage.arena.server().await;
    let control = Router::new()
        .route("/event", post(new_event))
        .route("/stop/{signal}", post(stop_server))
        .route("/start", post(start_server))
        .with_state(Arc::clone(&stage));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let control_url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, control).await });

    let mut node = tokio::process::Command::new("node");
    node.args(["--test", "--test-concurrency=1", "--test-reporter=spec"]).current_dir(FOLDER).kill_on_drop(true);
    node.env("ARENA_URL", format!("http://{}/graphql", stage.address));
    node.env("ARENA_OTHER_URL", format!("{}/graphql", other.base));
    node.env("ARENA_CONTROL_URL", control_url).env("ARENA_TOKEN", token("alice", &[]));
    let output = node.stdin(Stdio::null()).output().await.unwrap();
    println!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "a client's test has failed");
}
