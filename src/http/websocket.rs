//! The WebSocket: graphql-transport-ws, as its PROTOCOL.md says.
//!
//! One task serves one socket: it reads messages, polls the operations, and writes frames. A frame
//! is made when the socket can take it, so a slow reader holds one frame and its place in each
//! change log, and nothing else; a reader that takes nothing at all is closed.
//!
//! The older protocol that calls itself `graphql-ws` is in `legacy.rs`.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::time::Duration;

use async_graphql::parser::types::OperationType;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use futures_util::stream::{BoxStream, SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::time::Instant;
use tokio_stream::StreamMap;

use super::operation::{self, News};
use super::request::{self, Parameters, Refused};
use super::{AppState, MAX_REQUEST_BYTES, legacy};
use crate::clock::wall_clock;
use crate::graphql::error::{Code, Fault};
use crate::identity::Viewer;

/// The current protocol.
const TRANSPORT_WS: &str = "graphql-transport-ws";
/// The older one.
pub(super) const LEGACY_WS: &str = "graphql-ws";

/// How long a client may take to send `connection_init`: what the reference implementation allows
/// is 3 s, doubled for phones on a train.
pub(super) const INIT_TIMEOUT: Duration = Duration::from_secs(6);

/// How often an idle client is asked whether it is still there: below the 60 s after which proxies
/// cut idle sockets.
pub(super) const PING_EVERY: Duration = Duration::from_secs(25);

/// A client that has not been heard of for this long is gone.
pub(super) const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);

/// A client that takes no frame for this long is gone, or as good as.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Operations open on one socket at a time: a page has a handful.
pub(super) const MAX_OPERATIONS: usize = 64;

/// Bytes of an operation's id: clients use counters or UUIDs.
const MAX_ID_BYTES: usize = 128;

/// Buffers of one socket. tungstenite's defaults of 128 KiB each would cost 20,000 idle sockets
/// gigabytes.
const READ_BUFFER_BYTES: usize = 4 * 1024;
const WRITE_BUFFER_BYTES: usize = 16 * 1024;

/// The largest message that is read: what is a little too large is refused with a word, what is
/// much too large with a broken connection.
const READABLE_BYTES: usize = 2 * MAX_REQUEST_BYTES;

/// Takes the connection over, in the protocol that the client asks for.
pub(super) fn upgrade(app: AppState, upgrade: WebSocketUpgrade) -> axum::response::Response {
    let upgrade = upgrade
        .protocols([TRANSPORT_WS, LEGACY_WS])
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_message_size(READABLE_BYTES)
        .max_frame_size(READABLE_BYTES);
    let protocol =
        upgrade.selected_protocol().and_then(|name| name.to_str().ok()).map(str::to_owned);
    let tracker = app.sockets.clone();
    upgrade.on_upgrade(move |socket| {
        tracker.track_future(async move {
            match protocol.as_deref() {
                Some(TRANSPORT_WS) => Session::new(app, socket).serve().await,
                // Boxed: few speak it, and every socket's task would be as large as the largest of
                // these.
                Some(LEGACY_WS) => Box::pin(legacy::serve(app, socket)).await,
                _ => refuse(socket).await,
            }
        })
    })
}

/// A message from the client.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Incoming {
    ConnectionInit {
        payload: Option<Map<String, Value>>,
    },
    Subscribe {
        id: String,
        payload: Map<String, Value>,
    },
    Complete {
        id: String,
    },
    Ping {
        payload: Option<Map<String, Value>>,
    },
    Pong {
        #[serde(rename = "payload")]
        _payload: Option<Map<String, Value>>,
    },
}

/// A message to the client.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Outgoing<'a> {
    ConnectionAck {},
    Error {
        id: &'a str,
        payload: &'a [async_graphql::ServerError],
    },
    Complete {
        id: &'a str,
    },
    Ping {},
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Map<String, Value>>,
    },
}

/// Why the server ends a socket. The codes are the protocol's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Goodbye {
    BadMessage(String),
    NotInitialised,
    TokenExpired,
    BadToken(String),
    InitTimeout,
    DuplicateId(String),
    InitTwice,
    ShuttingDown,
    /// The client has left, or does not listen: nothing can be said to it.
    Gone,
}

impl Goodbye {
    /// What the client is told with.
    pub(super) fn frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::BadMessage(reason) => (4400, reason),
            Self::NotInitialised => (4401, "Unauthorized".to_owned()),
            Self::TokenExpired => {
                (4401, "Unauthorized: the token has expired; connect with a new one".to_owned())
            }
            Self::BadToken(reason) => (4403, format!("Forbidden: {reason}")),
            Self::InitTimeout => (4408, "Connection initialisation timeout".to_owned()),
            Self::DuplicateId(id) => (4409, format!("Subscriber for {id} already exists")),
            Self::InitTwice => (4429, "Too many initialisation requests".to_owned()),
            Self::ShuttingDown => (1001, "The server is shutting down; connect again".to_owned()),
            Self::Gone => return None,
        };
        // A close frame's payload is at most 125 bytes, two of them the code.
        let reason = reason.chars().scan(0, |bytes, c| {
            *bytes += c.len_utf8();
            (*bytes <= 123).then_some(c)
        });
        Some(CloseFrame { code, reason: reason.collect::<String>().into() })
    }
}

/// One socket that speaks graphql-transport-ws.
struct Session {
    app: AppState,
    sink: SplitSink<WebSocket, Message>,
    messages: SplitStream<WebSocket>,
    /// Who is asking, once initialised.
    viewer: Option<Option<Viewer>>,
    /// The operations under way.
    operations: StreamMap<String, BoxStream<'static, News>>,
    /// Those of them that end by themselves: queries and mutations.
    brief: HashSet<String>,
    last_heard: Instant,
    /// When to ask whether the client is still there.
    asking: tokio::time::Interval,
    /// When there is something to do although nothing happens: the init timeout, then the token's
    /// end.
    deadline: Option<Instant>,
}

impl Session {
    fn new(app: AppState, socket: WebSocket) -> Self {
        let (sink, messages) = socket.split();
        let now = Instant::now();
        let deadline = Some(now + INIT_TIMEOUT);
        let mut asking = tokio::time::interval_at(now + PING_EVERY, PING_EVERY);
        asking.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        Self {
            app,
            sink,
            messages,
            viewer: None,
            operations: StreamMap::new(),
            brief: HashSet::new(),
            last_heard: now,
            asking,
            deadline,
        }
    }

    /// Serves the socket to its end.
    async fn serve(mut self) {
        let goodbye = loop {
            if let ControlFlow::Break(goodbye) = self.turn().await {
                break goodbye;
            }
        };
        // What the operations hold (places in the feed) is given back before the client is waited
        // for.
        self.operations.clear();
        if let Some(frame) = goodbye.frame()
            && self.write(Message::Close(Some(frame))).await.is_break()
        {
            return;
        }
        // The client's close frame is waited for, or ours that answers it goes out: then nothing is
        // lost on the way.
        let answered = async { while let Some(Ok(_)) = self.messages.next().await {} };
        let _ = tokio::time::timeout(Duration::from_secs(2), answered).await;
    }

    /// Waits for the next thing to happen and deals with it. Dealing is boxed: what a socket's task
    /// has room for it keeps for as long as it waits, which is nearly always.
    async fn turn(&mut self) -> ControlFlow<Goodbye> {
        let stop = self.app.stop.clone();
        let deadline = self.deadline;
        tokio::select! {
            biased;
            // What was accepted is answered first.
            () = stop.cancelled(), if self.brief.is_empty() => {
                ControlFlow::Break(Goodbye::ShuttingDown)
            }
            () = at(deadline) => ControlFlow::Break(match self.viewer {
                None => Goodbye::InitTimeout,
                Some(_) => Goodbye::TokenExpired,
            }),
            message = self.messages.next() => match message {
                Some(Ok(message)) => Box::pin(self.hear(message)).await,
                Some(Err(_)) => ControlFlow::Break(Goodbye::BadMessage("The message cannot be \
                    read".to_owned())),
                None => ControlFlow::Break(Goodbye::Gone),
            },
            _ = self.asking.tick() => Box::pin(self.ask()).await,
            Some((id, response)) = self.operations.next(), if !self.operations.is_empty() => {
                Box::pin(self.tell(&id, response)).await
            }
        }
    }

    /// Asks a client whether it is still there; one that has not answered twice is gone.
    async fn ask(&mut self) -> ControlFlow<Goodbye> {
        if self.last_heard.elapsed() > SILENCE_TIMEOUT {
            return ControlFlow::Break(Goodbye::Gone);
        }
        if self.viewer.is_some() {
            self.send(&Outgoing::Ping {}).await
        } else {
            ControlFlow::Continue(())
        }
    }

    async fn hear(&mut self, message: Message) -> ControlFlow<Goodbye> {
        self.last_heard = Instant::now();
        let text = match message {
            Message::Text(text) if text.len() <= MAX_REQUEST_BYTES => text,
            Message::Text(_) => {
                let reason = format!("Messages have at most {} KiB", MAX_REQUEST_BYTES / 1024);
                return ControlFlow::Break(Goodbye::BadMessage(reason));
            }
            Message::Binary(_) => {
                return ControlFlow::Break(Goodbye::BadMessage(
                    "Messages are JSON text".to_owned(),
                ));
            }
            Message::Close(_) => return ControlFlow::Break(Goodbye::Gone),
            Message::Ping(_) | Message::Pong(_) => return ControlFlow::Continue(()),
        };
        match serde_json::from_str(&text) {
            Ok(Incoming::ConnectionInit { payload }) => self.initialise(payload).await,
            Ok(Incoming::Subscribe { id, payload }) => self.subscribe(id, payload).await,
            Ok(Incoming::Complete { id }) => {
                // One that is not under way may have just ended.
                self.forget(&id);
                ControlFlow::Continue(())
            }
            Ok(Incoming::Ping { payload }) => self.send(&Outgoing::Pong { payload }).await,
            Ok(Incoming::Pong { .. }) => ControlFlow::Continue(()),
            Err(_) => {
                ControlFlow::Break(Goodbye::BadMessage("Invalid message received".to_owned()))
            }
        }
    }

    async fn initialise(&mut self, payload: Option<Map<String, Value>>) -> ControlFlow<Goodbye> {
        if self.viewer.is_some() {
            return ControlFlow::Break(Goodbye::InitTwice);
        }
        let viewer = match viewer_from_payload(&self.app, payload.as_ref()) {
            Ok(viewer) => viewer,
            Err(reason) => return ControlFlow::Break(Goodbye::BadToken(reason)),
        };
        self.deadline = viewer.as_ref().map(token_end);
        self.viewer = Some(viewer);
        self.send(&Outgoing::ConnectionAck {}).await
    }

    async fn subscribe(&mut self, id: String, payload: Map<String, Value>) -> ControlFlow<Goodbye> {
        let Some(viewer) = self.viewer.clone() else {
            return ControlFlow::Break(Goodbye::NotInitialised);
        };
        if id.is_empty() || id.len() > MAX_ID_BYTES {
            return ControlFlow::Break(Goodbye::BadMessage(
                "An operation's id has 1 to 128 bytes".to_owned(),
            ));
        }
        if self.operations.contains_key(&id) {
            return ControlFlow::Break(Goodbye::DuplicateId(id));
        }
        let prepared = if self.operations.len() < MAX_OPERATIONS {
            Parameters::from_json(Value::Object(payload))
                .and_then(|parameters| parameters.prepare(&self.app.documents, viewer))
        } else {
            let message = format!("a socket carries at most {MAX_OPERATIONS} operations at a time");
            return self.send_fault(&id, Fault::new(Code::Overloaded, message)).await;
        };
        match prepared {
            Ok(prepared) => {
                if prepared.operation != OperationType::Subscription {
                    self.brief.insert(id.clone());
                }
                self.operations.insert(id, operation::start(&self.app, prepared));
                ControlFlow::Continue(())
            }
            Err(Refused::Malformed(fault)) => {
                ControlFlow::Break(Goodbye::BadMessage(fault.message().to_owned()))
            }
            Err(refused) => {
                self.send(&Outgoing::Error { id: &id, payload: &[refused.into_error()] }).await
            }
        }
    }

    fn forget(&mut self, id: &str) {
        self.operations.remove(id);
        self.brief.remove(id);
    }

    /// Passes an operation's news on.
    async fn tell(&mut self, id: &str, news: News) -> ControlFlow<Goodbye> {
        match news {
            News::Next(payload) => self.send_next(id, &payload).await,
            News::Failed(response) => {
                self.forget(id);
                self.send(&Outgoing::Error { id, payload: &response.errors }).await
            }
            News::End => {
                self.forget(id);
                self.send(&Outgoing::Complete { id }).await
            }
        }
    }

    /// Puts the operation's id around a payload that many share.
    async fn send_next(&mut self, id: &str, payload: &[u8]) -> ControlFlow<Goodbye> {
        let (Ok(id), Ok(payload)) = (serde_json::to_string(id), std::str::from_utf8(payload))
        else {
            tracing::error!("a frame is not text");
            return ControlFlow::Break(Goodbye::Gone);
        };
        let parts = [r#"{"type":"next","id":"#, &id, r#","payload":"#, payload, "}"];
        self.write(Message::Text(parts.concat().into())).await
    }

    async fn send_fault(&mut self, id: &str, fault: Fault) -> ControlFlow<Goodbye> {
        let response = request::fault_response(fault);
        self.send(&Outgoing::Error { id, payload: &response.errors }).await
    }

    async fn send(&mut self, message: &Outgoing<'_>) -> ControlFlow<Goodbye> {
        match serde_json::to_string(message) {
            Ok(text) => self.write(Message::Text(text.into())).await,
            Err(error) => {
                tracing::error!(%error, "a frame could not be written");
                ControlFlow::Break(Goodbye::Gone)
            }
        }
    }

    async fn write(&mut self, message: Message) -> ControlFlow<Goodbye> {
        match tokio::time::timeout(WRITE_TIMEOUT, self.sink.send(message)).await {
            Ok(Ok(())) => ControlFlow::Continue(()),
            Ok(Err(_)) | Err(_) => ControlFlow::Break(Goodbye::Gone),
        }
    }
}

/// Who is asking, as `connection_init` says: `{"Authorization": "Bearer …"}`, the field's name in
/// any case.
pub(super) fn viewer_from_payload(
    app: &AppState,
    payload: Option<&Map<String, Value>>,
) -> Result<Option<Viewer>, String> {
    let Some(fields) = payload else { return Ok(None) };
    let authorization = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let header = match authorization {
        None | Some((_, Value::Null)) => None,
        Some((_, Value::String(text))) => Some(text.as_str()),
        Some(_) => return Err("Authorization must be a string".to_owned()),
    };
    app.identity.viewer_from_authorization(header, wall_clock()).map_err(|error| error.to_string())
}

/// When the token runs out. Not further ahead than timers reach: tokens may say the year 9999.
pub(super) fn token_end(viewer: &Viewer) -> Instant {
    const LONGEST_SOCKET: Duration = Duration::from_hours(24 * 30);
    let left = (viewer.expires_at - wall_clock()).to_std().unwrap_or_default();
    Instant::now() + left.min(LONGEST_SOCKET)
}

/// Waits until then; for ever, if there is no then.
pub(super) async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

async fn refuse(mut socket: WebSocket) {
    let frame = CloseFrame { code: 4406, reason: "Subprotocol not acceptable".into() };
    // The client may be gone already.
    let _ = tokio::time::timeout(WRITE_TIMEOUT, socket.send(Message::Close(Some(frame)))).await;
}
