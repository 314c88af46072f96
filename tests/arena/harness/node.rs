//! Tests that run on Node, against the real binary. They ask this side for events, to stop the
//! server, and to start it again.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use axum::extract::{Path as Segment, State};
use axum::routing::post;
use axum::{Json, Router};
use grand_arena::domain::ConfirmedBy;
use grand_arena::identity::Role;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::process::{ServerProcess, grand_arena};
use super::{Arena, token};

/// Why the Node package in a folder cannot be run here, if it cannot.
pub fn obstacle(folder: &str) -> Option<String> {
    let version =
        Command::new("node").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !version.is_ok_and(|status| status.success()) {
        return Some("there is no Node here".to_owned());
    }
    let is_installed =
        Path::new(&absolute(folder)).join("node_modules/.package-lock.json").exists();
    (!is_installed).then(|| {
        format!("its packages are not installed; `make test` does that, or `npm ci` in {folder}")
    })
}

/// Notes that a test cannot be run here; in the CI, where everything has to run, it fails.
pub fn skip(what: &str, obstacle: &str) {
    assert!(
        std::env::var_os("CI").is_none_or(|ci| ci != "true"),
        "{what}: {obstacle}, and this is the CI"
    );
    show(&format!("SKIPPED {what}: {obstacle}"));
}

/// Shows a line although the test has not failed, which `eprintln!` does not.
pub fn show(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

fn absolute(folder: &str) -> String {
    format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"))
}

/// Generates, compiles and runs the Node package in a folder, and gives what it says.
pub async fn npm_start(folder: &str, argument: &str, environment: &[(&str, &str)]) -> String {
    let mut npm = tokio::process::Command::new("npm");
    npm.args(["start", "--", argument]).current_dir(absolute(folder));
    run(npm.envs(environment.iter().copied()), folder).await
}

/// Runs a command that has to succeed, and gives what it says, which is shown if it fails.
#[expect(clippy::print_stdout, reason = "what it says is shown if it fails")]
pub async fn run(command: &mut tokio::process::Command, what: &str) -> String {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    println!("{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{what}: failed, {}", output.status);
    said
}

/// The server under test, and what the tests may have done.
pub struct Stage {
    pub arena: Arena,
    server: Mutex<Option<ServerProcess>>,
    arguments: &'static [&'static str],
    /// Where it listens, again and again.
    address: String,
}

/// What a new event is like; what is left out is as in [`Arena::event`].
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Wanted {
    name: Option<String>,
    seats: Option<usize>,
    hold_seconds: Option<u32>,
    max_seats_per_viewer: Option<u32>,
    is_confirmed_by_shop: bool,
}

impl Stage {
    /// Starts the server with these arguments.
    pub async fn open(arguments: &'static [&'static str]) -> Arc<Self> {
        let arena = Arena::new().await;
        let address = address_of_its_own();
        let server = start(&arena, arguments, &[], &address).await;
        Arc::new(Self { arena, server: Mutex::new(Some(server)), arguments, address })
    }

    /// Starts the server again, with arguments beside its own.
    async fn start(&self, more: &'static [&'static str]) {
        let server = start(&self.arena, self.arguments, more, &self.address).await;
        *self.server.lock().await = Some(server);
    }

    /// The server's address.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Runs all tests of a folder, and gives what they say; then ends the server.
    /// `ARENA_CONTROL_URL` is where they may ask for things.
    pub async fn run(self: &Arc<Self>, folder: &str, environment: &[(&str, &str)]) -> String {
        let control = Router::new()
            .route("/event", post(new_event))
            .route("/demo/without-limits", post(lift_limits))
            .route("/stop/{signal}", post(stop_server))
            .route("/start", post(start_server))
            .route("/start/limited", post(start_limited))
            .with_state(Arc::clone(self));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let control_url = format!("http://{}", listener.local_addr().unwrap());
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        tokio::spawn(async move { axum::serve(listener, control).await });

        let mut node = tokio::process::Command::new("node");
        node.args(["--test", "--test-concurrency=1", "--test-reporter=spec"]);
        node.current_dir(absolute(folder)).envs(environment.iter().copied());
        node.env("ARENA_CONTROL_URL", control_url).env("ARENA_TOKEN", token("alice", &[]));
        node.env("ARENA_SHOP_TOKEN", token("shop", &[Role::Shop]));
        let said = run(&mut node, &format!("the tests in {folder}")).await;
        // Here, since the rest of the stage ends with a task.
        drop(self.server.lock().await.take());
        self.arena.warnings.check();
        said
    }
}

/// An address that nobody takes while the server is away: its port is below those that systems give
/// out.
pub fn address_of_its_own() -> String {
    let mut addresses =
        std::iter::repeat_with(|| format!("127.0.0.1:{}", fastrand::u16(20_000..30_000)));
    addresses.find(|address| TcpListener::bind(address).is_ok()).unwrap()
}

async fn start(
    arena: &Arena,
    arguments: &'static [&'static str],
    more: &'static [&'static str],
    address: &str,
) -> ServerProcess {
    let (url, address) = (arena.url.clone(), address.to_owned());
    let start = move || {
        let mut command = grand_arena(arguments);
        ServerProcess::start_at(command.args(more).env("DATABASE_URL", url), &address)
    };
    tokio::task::spawn_blocking(start).await.unwrap()
}

/// Lets one viewer of the demo event take any number of seats and let them go.
async fn lift_limits(State(stage): State<Arc<Stage>>) {
    let lift = "UPDATE events SET max_seats_per_viewer = NULL, max_seats_let_go = NULL \
        WHERE slug = 'grand-arena'";
    sqlx::query(lift).execute(&stage.arena.sql).await.unwrap();
}

async fn new_event(State(stage): State<Arc<Stage>>, wanted: Option<Json<Wanted>>) -> Json<Value> {
    let Json(wanted) = wanted.unwrap_or_default();
    let seats = wanted.seats.unwrap_or(40);
    let event = stage.arena.event_with(seats, |event| {
        event.name = wanted.name.unwrap_or_else(|| event.name.clone());
        event.hold_seconds = wanted.hold_seconds.unwrap_or(event.hold_seconds);
        event.max_seats_per_viewer = wanted.max_seats_per_viewer;
        if wanted.is_confirmed_by_shop {
            event.confirmed_by = ConfirmedBy::Shop;
        }
    });
    let event = event.await;
    let serials = 1..=i32::try_from(seats).unwrap();
    Json(json!({ "id": event.gid, "slug": event.slug, "seats": event.seat_gids(serials) }))
}

async fn stop_server(State(stage): State<Arc<Stage>>, Segment(signal): Segment<String>) {
    let mut server = stage.server.lock().await.take().unwrap();
    server.signal(&signal);
    tokio::task::spawn_blocking(move || server.wait()).await.unwrap();
}

async fn start_server(State(stage): State<Arc<Stage>>) {
    stage.start(&[]).await;
}

/// With the limits for viewers and addresses, as they are unless set.
async fn start_limited(State(stage): State<Arc<Stage>>) {
    stage.start(&["--limits", "on"]).await;
}
