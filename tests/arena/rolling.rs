//! A rolling restart: two servers are restarted in turn while people buy and watch. Clients do what
//! docs/api.md tells them, and nothing else: repeat what has no answer, and come back with `since`.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use grand_arena::domain::SeatStatus;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::harness::client::{CONFIRM, RELEASE, RESERVE};
use crate::harness::node::{address_of_its_own, skip};
use crate::harness::process::{ServerProcess, grand_arena, program};
use crate::harness::{Arena, Event, Socket, books, eventually, token};
use crate::proxies::Proxy;

const BUYERS: usize = 12;
const WATCHERS: usize = 6;
const SEATS: usize = 1800;

/// How often each of the two servers is restarted.
const ROUNDS: usize = 2;

/// How long anybody asks again before it counts as a failure. The other server is there all the
/// time; only a machine that is busy with other tests takes seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// The pause before something is asked for again, unless the answer says another.
const PAUSE: Duration = Duration::from_millis(50);

/// HAProxy asks the other server where one is away; what was under way when a server stopped, or
/// came in that moment, its client repeats.
const MOST_REPEATED: usize = 60;

/// Orders that have to be bought for the test to have tested anything.
const LEAST_ORDERS: usize = 100;

/// What is there for all.
struct Night {
    event: Event,
    /// Where to ask; after a failure at the next.
    doors: Vec<String>,
    /// Nobody buys any more.
    is_over: AtomicBool,
    /// Nor does anything change.
    is_settled: AtomicBool,
    /// Requests that had no answer, or one that says to ask again.
    repeated: AtomicUsize,
}

/// A purchase: the seat, and the code of its order.
type Bought = (i32, String);

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_are_restarted_in_turn_and_no_purchase_and_no_change_is_lost() {
    let addresses = [address_of_its_own(), address_of_its_own()];
    let doors = addresses.iter().map(|address| format!("http://{address}")).collect();
    let arena = Arena::new().await;
    let repeated = go_through(&arena, &addresses, doors, None).await;
    assert!(repeated > 0, "nobody met a server that was away");
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_haproxy_as_documented_a_rolling_restart_loses_nothing_either() {
    let Some(program) = program("haproxy") else {
        let obstacle = "there is no haproxy here; install the package `haproxy`";
        return skip("the rolling restart behind HAProxy", obstacle);
    };
    let addresses = [address_of_its_own(), address_of_its_own()];
    let outside = address_of_its_own();
    let (_, port) = outside.split_once(':').unwrap();
    let admin = std::env::temp_dir().join(format!("arena-haproxy-{port}.sock"));
    let changes = [
        ("10.0.0.11:8080", addresses[0].as_str()),
        ("10.0.0.12:8080", addresses[1].as_str()),
        ("bind :80\n", &format!("bind :{port}\n")),
        ("/run/haproxy/admin.sock", admin.to_str().unwrap()),
    ];
    let code = changes.iter().fold(snippet().to_owned(), |code, (from, to)| {
        assert!(code.contains(from), "docs/operations.md: {from}");
        code.replace(from, to)
    });
    let _proxy = Proxy::start(&program, false, &code, port);
    let arena = Arena::new().await;
    let doors = vec![format!("http://{outside}")];
    let repeated = go_through(&arena, &addresses, doors, Some(&admin)).await;
    let _ = std::fs::remove_file(admin);
    assert!(repeated < MOST_REPEATED, "{repeated} requests had to be repeated");
}

/// Until the balancer, if there is one, has seen that both servers are ready.
async fn wait_for_both(balancer: Option<&Path>) {
    if let Some(admin) = balancer {
        eventually("both servers are asked", async || servers_up(admin).await == 2).await;
    }
}

/// To how many servers HAProxy sends what comes.
async fn servers_up(admin: &Path) -> usize {
    let Ok(mut stream) = UnixStream::connect(admin).await else { return 0 };
    stream.write_all(b"show stat\n").await.unwrap();
    let mut table = String::new();
    stream.read_to_string(&mut table).await.unwrap();
    table.lines().filter(|line| line.starts_with("arena,arena") && line.contains(",UP,")).count()
}

/// The two servers behind HAProxy, as docs/operations.md has them.
fn snippet() -> &'static str {
    let document = include_str!("../../docs/operations.md");
    document.split("```haproxy\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap()
}

/// Buys and watches through `doors` while the servers at both addresses are restarted, the next one
/// when the one before is back; how often something was asked for again.
async fn go_through(
    arena: &Arena,
    addresses: &[String; 2],
    doors: Vec<String>,
    balancer: Option<&Path>,
) -> usize {
    let event = arena.event_with(SEATS, |event| event.max_seats_let_go = None).await;
    let mut servers = Vec::new();
    for address in addresses {
        servers.push(start(arena, address).await);
    }
    let night = Arc::new(Night {
        event: event.clone(),
        doors,
        is_over: AtomicBool::new(false),
        is_settled: AtomicBool::new(false),
        repeated: AtomicUsize::new(0),
    });
    wait_for_both(balancer).await;
    let buyers: Vec<_> =
        (0..BUYERS).map(|number| tokio::spawn(buy(Arc::clone(&night), number))).collect();
    let watchers: Vec<_> =
        (0..WATCHERS).map(|number| tokio::spawn(watch(Arc::clone(&night), number))).collect();
    for _ in 0..ROUNDS {
        for (address, server) in addresses.iter().zip(&mut servers) {
            stop(server).await;
            *server = start(arena, address).await;
            wait_for_both(balancer).await;
        }
    }
    night.is_over.store(true, Ordering::Relaxed);

    let mut bought: Vec<Bought> = Vec::new();
    for buyer in buyers {
        bought.extend(buyer.await.unwrap());
    }
    night.is_settled.store(true, Ordering::Relaxed);
    let repeated = night.repeated.load(Ordering::Relaxed);
    assert!(bought.len() >= LEAST_ORDERS, "only {} orders", bought.len());
    check_orders(arena, &event, &mut bought).await;
    let log = books::check(arena, &event).await;
    let expected: Vec<_> =
        log.iter().map(|row| (row.revision, event.seat_gid(row.seat_id))).collect();
    for watcher in watchers {
        let (seen, connections) = watcher.await.unwrap();
        assert!(seen == expected, "a watcher saw something else than the log");
        assert!(connections > 1, "a watcher never had to come back");
    }
    repeated
}

/// A server at an address, once it is ready for everything.
async fn start(arena: &Arena, address: &str) -> ServerProcess {
    let (url, at) = (arena.url.clone(), address.to_owned());
    let start = move || {
        let mut command = grand_arena(&["serve"]);
        ServerProcess::start_at(command.env("DATABASE_URL", url), &at)
    };
    let server = tokio::task::spawn_blocking(start).await.unwrap();
    // All come at once to a server that has just begun. On a machine that is busy with other tests
    // its first connections may take longer than a request waits; it is repeated then.
    ["a read failed", "a booking was given up"].iter().for_each(|it| server.expect_warning(it));
    eventually("a server is ready", async || is_ready(&server.base).await).await;
    server
}

/// Tells a server to stop, as an operator does, and waits for its end.
async fn stop(server: &mut ServerProcess) {
    server.signal("TERM");
    let status = tokio::task::block_in_place(|| server.wait());
    assert_eq!(status.code(), Some(0), "it has stopped in order");
}

async fn is_ready(base: &str) -> bool {
    let answer = reqwest::get(format!("{base}/readyz")).await;
    answer.is_ok_and(|answer| answer.status() == 200)
}

/// Every purchase that somebody was told of is there, under the code they were told, and no other.
async fn check_orders(arena: &Arena, event: &Event, bought: &mut [Bought]) {
    let mut codes: Vec<String> =
        sqlx::query_scalar("SELECT code FROM order_codes WHERE event_id = $1")
            .bind(event.id.0)
            .fetch_all(&arena.sql)
            .await
            .unwrap();
    codes.sort();
    let mut told: Vec<String> = bought.iter().map(|(_, code)| code.replace('-', "")).collect();
    told.sort();
    assert_eq!(told, codes, "each purchase is one order");
    bought.sort();
    let seats = books::seats(&arena.sql, event).await;
    let sold = seats.iter().filter(|seat| seat.status == SeatStatus::Confirmed);
    assert!(bought.iter().map(|(serial, _)| *serial).eq(sold.map(|seat| seat.id)));
}

/// One buyer with seats of their own: holds one after the other and buys it, or lets it go again.
async fn buy(night: Arc<Night>, number: usize) -> Vec<Bought> {
    let mut asking = Asking::new(&night, &format!("buyer-{number}"), number);
    let mut bought = Vec::new();
    let own = (1 + number..=SEATS).step_by(BUYERS);
    for (index, serial) in own.enumerate().cycle() {
        let serial = i32::try_from(serial).unwrap();
        if night.is_over.load(Ordering::Relaxed) {
            break;
        }
        if bought.iter().any(|(seat, _)| *seat == serial) {
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        let seats =
            json!({ "eventId": night.event.gid, "seatIds": [night.event.seat_gid(serial)] });
        let (held, _) = asking.insist(RESERVE, "reserveSeats", seats.clone()).await;
        assert_eq!(held["__typename"], "ReserveSeatsSuccess", "{held}");
        if index % 2 == 1 {
            let (released, repeated) = asking.insist(RELEASE, "releaseSeats", seats).await;
            // What an answer was lost of has been done.
            let is_done = repeated && released["__typename"] == "SeatsNotHeld";
            assert!(is_done || released["__typename"] == "ReleaseSeatsSuccess", "{released}");
            continue;
        }
        let mut purchase = seats;
        purchase["idempotencyKey"] = json!(format!("key-{serial}"));
        let (confirmed, repeated) = asking.insist(CONFIRM, "confirmSeats", purchase).await;
        assert_eq!(confirmed["__typename"], "ConfirmSeatsSuccess", "{confirmed}");
        assert!(repeated || confirmed["created"] == true, "{confirmed}");
        bought.push((serial, confirmed["order"]["code"].as_str().unwrap().to_owned()));
    }
    bought
}

/// Somebody who asks again until there is an answer.
struct Asking {
    night: Arc<Night>,
    http: reqwest::Client,
    token: String,
    /// Which door is asked at.
    door: usize,
}

impl Asking {
    fn new(night: &Arc<Night>, viewer: &str, door: usize) -> Self {
        // Each from an address of their own, by which HAProxy spreads them.
        let own = Ipv4Addr::new(127, 0, 1, u8::try_from(1 + door).unwrap());
        let http = reqwest::Client::builder().local_address(Some(own.into())).build().unwrap();
        let door = door % night.doors.len();
        Self { night: Arc::clone(night), http, token: token(viewer, &[]), door }
    }

    /// The outcome, and whether it was asked for more than once.
    async fn insist(&mut self, query: &str, field: &str, input: Value) -> (Value, bool) {
        let request = json!({ "query": query, "variables": { "input": input } });
        let started = Instant::now();
        let mut is_repeated = false;
        while started.elapsed() < PATIENCE {
            match self.ask(&request).await {
                Ok(mut answer) => return (answer["data"][field].take(), is_repeated),
                Err(pause) => tokio::time::sleep(pause).await,
            }
            self.night.repeated.fetch_add(1, Ordering::Relaxed);
            self.door = (self.door + 1) % self.night.doors.len();
            is_repeated = true;
        }
        panic!("{field} had no outcome for {PATIENCE:?}");
    }

    /// An answer without errors, or how long to wait before the next attempt.
    async fn ask(&self, request: &Value) -> Result<Value, Duration> {
        let url = format!("{}/graphql", self.night.doors[self.door]);
        let sent = self.http.post(url).bearer_auth(&self.token).json(request).send().await;
        // No connection, or no answer of ours: a proxy's page, for example.
        let answer: Value = sent.map_err(|_| PAUSE)?.json().await.map_err(|_| PAUSE)?;
        let Some(error) = answer["errors"].get(0) else { return Ok(answer) };
        let code = &error["extensions"]["code"];
        assert!(code == "UNAVAILABLE" || code == "OVERLOADED", "{answer}");
        let wait = error["extensions"]["retryAfterMs"].as_u64();
        Err(wait.map_or(PAUSE, Duration::from_millis))
    }
}

/// Revision and seat of each change that a watcher saw.
type Seen = Vec<(i64, String)>;

/// Somebody who follows the stream to the end of the night, and comes back after each loss.
struct Watcher {
    asking: Asking,
    seen: Seen,
    /// How many there were so far.
    connections: usize,
}

/// What was seen, and over how many connections.
async fn watch(night: Arc<Night>, number: usize) -> (Seen, usize) {
    let asking = Asking::new(&night, "watcher", number);
    let mut watcher = Watcher { asking, seen: Seen::new(), connections: 0 };
    let mut lost = Instant::now();
    loop {
        let door = &night.doors[watcher.asking.door];
        if let Some((mut socket, within)) = Socket::try_open(door).await {
            watcher.connections += 1;
            if watcher.follow(&night, &mut socket).await {
                return (watcher.seen, watcher.connections);
            }
            tokio::time::sleep(within.mul_f64(fastrand::f64())).await;
            lost = Instant::now();
        } else {
            assert!(lost.elapsed() < PATIENCE, "a watcher cannot come back");
            tokio::time::sleep(PAUSE).await;
        }
        watcher.asking.door = (watcher.asking.door + 1) % night.doors.len();
    }
}

impl Watcher {
    /// The last revision that was seen.
    fn revision(&self) -> i64 {
        self.seen.last().map_or(0, |(revision, _)| *revision)
    }

    /// Follows on one connection; whether everything has been seen, rather than the connection
    /// lost.
    async fn follow(&mut self, night: &Night, socket: &mut Socket) -> bool {
        socket.seat_changes(&night.event, Some(self.revision())).await;
        loop {
            if night.is_settled.load(Ordering::Relaxed) && self.has_all().await {
                return true;
            }
            let message = socket.message_or_close();
            match tokio::time::timeout(Duration::from_millis(300), message).await {
                // Nothing new for a while: look whether it is over.
                Err(_) => {}
                Ok(Ok(message)) if message["type"] == "next" => self.take(&message),
                // The server stops.
                Ok(_) => return false,
            }
        }
    }

    /// A frame goes on where the one before it ended, on whichever connection that was.
    fn take(&mut self, message: &Value) {
        let frame = &message["payload"]["data"]["seatChanges"];
        assert_eq!(frame["__typename"], "SeatChanges", "{}", frame["reason"]);
        assert_eq!(frame["fromRevision"], self.revision() + 1, "{message}");
        for change in frame["changes"].as_array().unwrap() {
            let seat = change["seatId"].as_str().unwrap().to_owned();
            self.seen.push((change["revision"].as_i64().unwrap(), seat));
        }
    }

    /// Whether the watcher has seen all that has happened, once nothing changes any more.
    async fn has_all(&mut self) -> bool {
        let query = "query ($id: ID!) { event(id: $id) { revision } }";
        let request = json!({ "query": query, "variables": { "id": self.asking.night.event.gid } });
        let answer = self.asking.ask(&request).await;
        answer.is_ok_and(|answer| answer["data"]["event"]["revision"] == self.revision())
    }
}
