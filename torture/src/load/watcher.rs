//! Somebody who follows an event over a WebSocket, leaves, and comes back: for `seatChanges` with
//! the last revision as `since`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::notes::{Item, RawFrame};
use super::words;
use super::world::{Person, Phase, World};
use crate::Result;
use crate::plan::{Watch, Watching};

/// How long a connection may take to be there.
const OPEN_MAX: Duration = Duration::from_secs(3);

/// Nothing heard for so long: somebody who cares connects again.
const SILENCE_MAX: Duration = Duration::from_secs(3);

/// How long one has to catch up once nothing changes any more.
const SETTLE_MAX: Duration = Duration::from_secs(15);

/// For a viewer's own reservations, whose items have no revision to wait for: the last one has come
/// when there was none for so long.
const QUIET: Duration = Duration::from_millis(1_200);

/// How long the first frame may take, on a machine that is busy.
const FIRST_MAX: Duration = Duration::from_secs(8);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Somebody who follows.
struct Watcher {
    world: Arc<World>,
    watch: Watch,
    number: u32,
    rng: Rng,
    /// The last revision seen.
    seen: Option<i64>,
}

/// Follows until there is nothing more to come.
pub(crate) async fn follow(world: Arc<World>, number: u32, watch: Watch) -> Result<()> {
    let rng = Rng::with_seed(watch.seed);
    let mut watcher = Watcher { world, watch, number, rng, seen: None };
    let mut phase = watcher.world.phase.clone();
    let mut deadline = None;
    loop {
        let quiet = quiet_revision(&phase.borrow(), watch.event);
        if quiet.is_some() && deadline.is_none() {
            deadline = Some(Instant::now() + SETTLE_MAX);
        }
        let is_over = deadline.is_some_and(|deadline| Instant::now() >= deadline);
        if is_over || watcher.is_done(quiet) {
            // Its own reservations it looks at once more, to the end.
            if matches!(watch.what, Watching::Mine(_)) && !is_over {
                watcher.visit(Some(QUIET)).await;
            }
            watcher.note(Item::Settled);
            return Ok(());
        }
        watcher.visit(None).await;
        let pause = Duration::from_millis(watcher.rng.u64(0..250));
        // Woken when the last phase comes, so that nobody sleeps through it.
        let _ = timeout(pause, phase.changed()).await;
    }
}

/// The event's last revision, once there is no further one.
fn quiet_revision(phase: &Phase, event: usize) -> Option<i64> {
    match phase {
        Phase::Quiet(revisions) => revisions.get(event).copied(),
        _ => None,
    }
}

impl Watcher {
    fn is_done(&self, quiet: Option<i64>) -> bool {
        match (self.watch.what, quiet) {
            (_, None) => false,
            (Watching::Mine(_), Some(_)) => true,
            (_, Some(last)) => self.seen.is_some_and(|seen| seen >= last),
        }
    }

    fn note(&self, item: Item) {
        let notes = &self.world.notes;
        let (stream, event) = (self.number, self.watch.event);
        notes.frame(RawFrame { stream, event, at: notes.now(), item });
    }

    /// One connection, for some frames or some time; until nothing came for `quiet`.
    async fn visit(&mut self, quiet: Option<Duration>) {
        let server = self.rng.usize(..self.world.servers.len());
        let (frames, stays) = (self.rng.usize(3..120), self.rng.u64(200..4_000));
        let who = match self.watch.what {
            Watching::Mine(viewer) => Some(self.world.viewers[viewer].clone()),
            _ => None,
        };
        let address = self.world.servers[server];
        let Ok(Ok(mut socket)) = timeout(OPEN_MAX, open(address, who.as_ref())).await else {
            return sleep(Duration::from_millis(50)).await;
        };
        let (what, since) = (self.watch.what, self.seen);
        let since = if what == Watching::Changes { since } else { None };
        // Who begins anew has seen nothing until the first frame.
        self.seen = since;
        let event = &self.world.events[self.watch.event].id;
        let (query, variables) = match what {
            Watching::Changes => (words::CHANGES, json!({ "event": event, "since": since })),
            Watching::Statuses => (words::STATUSES, json!({ "event": event })),
            Watching::Mine(_) => (words::MINE, json!({ "event": event })),
        };
        let payload = json!({ "query": query, "variables": variables });
        let message = json!({ "type": "subscribe", "id": "1", "payload": payload });
        self.note(Item::Subscribed { what, since });
        if socket.send(Message::text(message.to_string())).await.is_ok() {
            let until = quiet.is_none().then(|| Instant::now() + Duration::from_millis(stays));
            let silence = quiet.unwrap_or(SILENCE_MAX);
            self.read(&mut socket, Stay { frames, until, silence }).await;
        }
        self.note(Item::Lost);
        // Half of them say goodbye.
        if self.rng.bool() {
            let _ = timeout(OPEN_MAX, socket.close(None)).await;
        }
    }

    async fn read(&mut self, socket: &mut Socket, stay: Stay) {
        let mut phase = self.world.phase.clone();
        let mut frames = 0;
        loop {
            let quiet = quiet_revision(&phase.borrow_and_update(), self.watch.event);
            let is_late = stay.until.is_some_and(|until| Instant::now() >= until);
            // Nobody leaves when all that is missing is the end.
            let is_leaving = (is_late || frames >= stay.frames) && quiet.is_none();
            if stay.until.is_some() && (is_leaving || self.is_done(quiet)) {
                return;
            }
            let patience = stay.until.map_or(stay.silence, |until| {
                let left = until.saturating_duration_since(Instant::now());
                if quiet.is_some() { stay.silence } else { left.min(stay.silence) }
            });
            // The first one is waited for longer: without it nothing is known.
            let patience = if frames == 0 { patience.max(FIRST_MAX) } else { patience };
            let message = tokio::select! {
                _ = phase.changed(), if stay.until.is_some() => continue,
                message = timeout(patience, next(socket)) => message,
            };
            match message {
                Ok(Some(data)) => self.take(data),
                Ok(None) | Err(_) => return,
            }
            frames += 1;
        }
    }

    fn take(&mut self, mut data: Value) {
        let (field, what) = (field(self.watch.what), self.watch.what);
        let data = data[field].take();
        let revision = &data[if data["toRevision"].is_i64() { "toRevision" } else { "revision" }];
        self.seen = revision.as_i64().or(self.seen);
        self.note(Item::Frame { what, data });
    }
}

/// How long a visit is.
struct Stay {
    frames: usize,
    until: Option<Instant>,
    silence: Duration,
}

/// The field of a stream.
fn field(what: Watching) -> &'static str {
    match what {
        Watching::Changes => "seatChanges",
        Watching::Statuses => "seatStatuses",
        Watching::Mine(_) => "myReservations",
    }
}

/// The data of the next frame; nothing if the stream has ended, however.
async fn next(socket: &mut Socket) -> Option<Value> {
    loop {
        let Message::Text(text) = socket.next().await?.ok()? else { continue };
        let mut message: Value = serde_json::from_str(&text).ok()?;
        match message["type"].as_str()? {
            "ping" => {
                let pong = json!({ "type": "pong" }).to_string();
                socket.send(Message::text(pong)).await.ok()?;
            }
            "next" if message["payload"].get("errors").is_none() => {
                return Some(message["payload"]["data"].take());
            }
            _ => return None,
        }
    }
}

/// A connection that is ready for operations.
async fn open(server: SocketAddr, who: Option<&Person>) -> Result<Socket> {
    let mut request = format!("ws://{server}/graphql").into_client_request()?;
    let protocol = "graphql-transport-ws".parse()?;
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
    let payload = who.map(|who| json!({ "Authorization": format!("Bearer {}", who.token) }));
    let init = json!({ "type": "connection_init", "payload": payload });
    socket.send(Message::text(init.to_string())).await?;
    match socket.next().await {
        Some(Ok(Message::Text(text))) if text.contains("connection_ack") => Ok(socket),
        _ => Err("the server does not acknowledge the connection".into()),
    }
}
