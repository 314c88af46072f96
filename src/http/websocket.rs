//! The WebSocket: graphql-transport-ws, as its PROTOCOL.md says.
//!
//! One task serves one socket: it reads messages, polls the operations, and writes frames. A frame is made when the
//! socket can take it, so a slow reader holds one frame and its place in each change log, and nothing else; a reader
//! that takes nothing at all is closed.
//!
//! The older protocol that calls itself `graphql-ws` is served by async-graphql-axum.

use std::ops::ControlFlow;
use std::time::Duration;

use async_graphql::parser::types::OperationType;
use async_graphql::{Data, Response};
use async_graphql_axum::{GraphQLProtocol, GraphQLWebSocket};
use axum::body::Bytes;
use axum::extract::FromRequestParts as _;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::Request;
use futures_util::stream::{self, BoxStream, SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;
use tokio_stream::StreamMap;

use super::request::{self, Parameters, Prepared};
use super::{AppState, MAX_REQUEST_BYTES};
use crate::clock::wall_clock;
use crate::graphql::error::{Code, Fault};
use crate::graphql::live::{Delivery, Handed, LiveFrames};
use crate::identity::Viewer;

/// The current protocol.
const TRANSPORT_WS: &str = "graphql-transport-ws";
/// The older one.
const LEGACY_WS: &str = "graphql-ws";

/// How long a client may take to send `connection_init`: what the reference implementation allows is 3 s, doubled for
/// phones on a train.
const INIT_TIMEOUT: Duration = Duration::from_secs(6);

/// How often an idle client is asked whether it is still there: below the 60 s after which proxies cut idle sockets.
const PING_EVERY: Duration = Duration::from_secs(25);

/// A client that has not been heard of for this long is gone.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);

/// A client that takes no frame for this long is gone, or as good as.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Operations open on one socket at a time: a page has a handful.
const MAX_OPERATIONS: usize = 64;

/// Bytes of an operation's id: clients use counters or UUIDs.
const MAX_ID_BYTES: usize = 128;

/// Buffers of one socket. tungstenite's defaults of 128 KiB each would cost 20,000 idle sockets gigabytes.
const READ_BUFFER_BYTES: usize = 4 * 1024;
const WRITE_BUFFER_BYTES: usize = 16 * 1024;

/// Takes the connection over, in the protocol that the client asks for.
pub(super) fn upgrade(app: AppState, upgrade: WebSocketUpgrade) -> axum::response::Response {
    let upgrade = upgrade
        .protocols([TRANSPORT_WS, LEGACY_WS])
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_message_size(MAX_REQUEST_BYTES)
        .max_frame_size(MAX_REQUEST_BYTES);
    let protocol = upgrade.selected_protocol().and_then(|name| name.to_str().ok()).map(str::to_owned);
    let tracker = app.sockets.clone();
    upgrade.on_upgrade(move |socket| {
        tracker.track_future(async move {
            match protocol.as_deref() {
                Some(TRANSPORT_WS) => Session::new(app, socket).serve().await,
                Some(LEGACY_WS) => serve_legacy(app, socket).await,
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
        #[serde(default)]
        payload: Option<Value>,
    },
    Subscribe {
        id: String,
        payload: Value,
    },
    Complete {
        id: String,
    },
    Ping {
        #[serde(default)]
        payload: Option<Value>,
    },
    Pong {},
}

/// A message to the client.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Outgoing<'a> {
    ConnectionAck {},
    Next {
        id: &'a str,
        payload: &'a Response,
    },
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
        payload: Option<Value>,
    },
}

/// Why the server ends a socket. The codes are the protocol's.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Goodbye {
    BadMessage(&'static str),
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
    fn frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::BadMessage(reason) => (4400, reason.to_owned()),
            Self::NotInitialised => (4401, "Unauthorized".to_owned()),
            Self::TokenExpired => (4401, "Unauthorized: the token has expired; connect with a new one".to_owned()),
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

/// What an operation has to tell its client.
enum News {
    /// The payload of a `next` message, made once for all who asked the same.
    Frame(Bytes),
    /// A response made for this client alone.
    Response(OperationType, Response),
    /// The operation cannot go on.
    Fault(Fault),
    /// The operation is complete.
    End,
}

/// Starts an operation; its news end with [`News::End`] or [`News::Fault`].
fn start(app: &AppState, Prepared { mut request, operation }: Prepared) -> BoxStream<'static, News> {
    let end = stream::once(async { News::End });
    if operation != OperationType::Subscription {
        let responses = app.schema.execute_stream(request);
        return responses.map(move |response| News::Response(operation, response)).chain(end).boxed();
    }
    // Frames that look the same to everybody are shared: then the resolver hands over what it would have streamed.
    let handed = Handed::default();
    let shape = app.shapes.of(&mut request);
    let responses = app.schema.execute_stream(request.data(Delivery::HandOver(handed.clone())));
    let schema = app.schema.clone();
    let frames = stream::once(async move {
        let live = handed.take().zip(shape).map(|(follower, shape)| LiveFrames::new(follower, shape));
        stream::iter(live).map(move |live| live.into_stream(schema.clone())).flatten()
    });
    let frames = frames.flatten().map(|frame| frame.map_or_else(News::Fault, News::Frame));
    responses.map(move |response| News::Response(operation, response)).chain(frames).chain(end).boxed()
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
    last_heard: Instant,
    /// When to ask whether the client is still there.
    asking: tokio::time::Interval,
    /// When there is something to do although nothing happens: the init timeout, then the token's end.
    deadline: Option<Instant>,
}

impl Session {
    fn new(app: AppState, socket: WebSocket) -> Self {
        let (sink, messages) = socket.split();
        let now = Instant::now();
        let deadline = Some(now + INIT_TIMEOUT);
        let mut asking = tokio::time::interval_at(now + PING_EVERY, PING_EVERY);
        asking.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        Self { app, sink, messages, viewer: None, operations: StreamMap::new(), last_heard: now, asking, deadline }
    }

    /// Serves the socket to its end.
    async fn serve(mut self) {
        let goodbye = loop {
            if let ControlFlow::Break(goodbye) = self.turn().await {
                break goodbye;
            }
        };
        // What the operations hold (places in the feed) is given back before the client is waited for.
        self.operations.clear();
        if let Some(frame) = goodbye.frame()
            && self.write(Message::Close(Some(frame))).await.is_continue()
        {
            // The client answers with a close frame of its own; then nothing of ours is lost on the way.
            let answered = async { while let Some(Ok(_)) = self.messages.next().await {} };
            let _ = tokio::time::timeout(Duration::from_secs(2), answered).await;
        }
    }

    /// Waits for the next thing to happen and deals with it.
    async fn turn(&mut self) -> ControlFlow<Goodbye> {
        let stop = self.app.stop.clone();
        let deadline = self.deadline;
        tokio::select! {
            biased;
            () = stop.cancelled() => ControlFlow::Break(Goodbye::ShuttingDown),
            () = at(deadline) => ControlFlow::Break(match self.viewer {
                None => Goodbye::InitTimeout,
                Some(_) => Goodbye::TokenExpired,
            }),
            message = self.messages.next() => match message {
                Some(Ok(message)) => self.hear(message).await,
                Some(Err(_)) | None => ControlFlow::Break(Goodbye::Gone),
            },
            _ = self.asking.tick() => self.ask().await,
            Some((id, response)) = self.operations.next(), if !self.operations.is_empty() => {
                self.tell(&id, response).await
            }
        }
    }

    /// Asks a client whether it is still there; one that has not answered twice is gone.
    async fn ask(&mut self) -> ControlFlow<Goodbye> {
        if self.last_heard.elapsed() > SILENCE_TIMEOUT {
            return ControlFlow::Break(Goodbye::Gone);
        }
        if self.viewer.is_some() { self.send(&Outgoing::Ping {}).await } else { ControlFlow::Continue(()) }
    }

    async fn hear(&mut self, message: Message) -> ControlFlow<Goodbye> {
        self.last_heard = Instant::now();
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => return ControlFlow::Break(Goodbye::BadMessage("Messages are JSON text")),
            Message::Close(_) => return ControlFlow::Break(Goodbye::Gone),
            Message::Ping(_) | Message::Pong(_) => return ControlFlow::Continue(()),
        };
        match serde_json::from_str(&text) {
            Ok(Incoming::ConnectionInit { payload }) => self.initialise(payload).await,
            Ok(Incoming::Subscribe { id, payload }) => self.subscribe(id, payload).await,
            Ok(Incoming::Complete { id }) => {
                self.operations.remove(&id);
                ControlFlow::Continue(())
            }
            Ok(Incoming::Ping { payload }) => self.send(&Outgoing::Pong { payload }).await,
            Ok(Incoming::Pong {}) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(Goodbye::BadMessage("Invalid message received")),
        }
    }

    async fn initialise(&mut self, payload: Option<Value>) -> ControlFlow<Goodbye> {
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

    async fn subscribe(&mut self, id: String, payload: Value) -> ControlFlow<Goodbye> {
        let Some(viewer) = self.viewer.clone() else { return ControlFlow::Break(Goodbye::NotInitialised) };
        if id.is_empty() || id.len() > MAX_ID_BYTES {
            return ControlFlow::Break(Goodbye::BadMessage("An operation's id has 1 to 128 bytes"));
        }
        if self.operations.contains_key(&id) {
            return ControlFlow::Break(Goodbye::DuplicateId(id));
        }
        let prepared = if self.operations.len() < MAX_OPERATIONS {
            Parameters::from_json(payload).and_then(|parameters| parameters.prepare(viewer))
        } else {
            let message = format!("a socket carries at most {MAX_OPERATIONS} operations at a time");
            return self.send_fault(&id, Fault::new(Code::Overloaded, message)).await;
        };
        match prepared {
            Ok(prepared) => {
                self.operations.insert(id, start(&self.app, prepared));
                ControlFlow::Continue(())
            }
            Err(refused) => self.send_fault(&id, refused.into_fault()).await,
        }
    }

    /// Passes an operation's news on.
    async fn tell(&mut self, id: &str, news: News) -> ControlFlow<Goodbye> {
        let (kind, mut response) = match news {
            News::Frame(payload) => return self.send_frame(id, &payload).await,
            News::Response(kind, response) => (kind, response),
            News::Fault(fault) => {
                self.operations.remove(id);
                return self.send_fault(id, fault).await;
            }
            News::End => {
                self.operations.remove(id);
                return self.send(&Outgoing::Complete { id }).await;
            }
        };
        request::complete_codes(&mut response);
        let failed = match kind {
            // A subscription that fails has no more to say.
            OperationType::Subscription => !response.errors.is_empty() && response.data == async_graphql::Value::Null,
            OperationType::Query | OperationType::Mutation => request::is_request_error(&response),
        };
        if failed {
            self.operations.remove(id);
            return self.send(&Outgoing::Error { id, payload: &response.errors }).await;
        }
        self.send(&Outgoing::Next { id, payload: &response }).await
    }

    /// Puts the operation's id around a payload that many share.
    async fn send_frame(&mut self, id: &str, payload: &[u8]) -> ControlFlow<Goodbye> {
        let (Ok(id), Ok(payload)) = (serde_json::to_string(id), std::str::from_utf8(payload)) else {
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

/// Who is asking, as `connection_init` says: `{"Authorization": "Bearer …"}`, the field's name in any case.
fn viewer_from_payload(app: &AppState, payload: Option<&Value>) -> Result<Option<Viewer>, String> {
    let fields = match payload {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(fields)) => fields,
        Some(_) => return Err("the payload of connection_init must be an object".to_owned()),
    };
    let authorization = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let header = match authorization {
        None | Some((_, Value::Null)) => None,
        Some((_, Value::String(text))) => Some(text.as_str()),
        Some(_) => return Err("Authorization must be a string".to_owned()),
    };
    app.identity.viewer_from_authorization(header, wall_clock()).map_err(|error| error.to_string())
}

/// When the token runs out. Not further ahead than timers reach: tokens may say the year 9999.
fn token_end(viewer: &Viewer) -> Instant {
    const LONGEST_SOCKET: Duration = Duration::from_hours(24 * 30);
    let left = (viewer.expires_at - wall_clock()).to_std().unwrap_or_default();
    Instant::now() + left.min(LONGEST_SOCKET)
}

/// Waits until then; for ever, if there is no then.
async fn at(deadline: Option<Instant>) {
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

/// The older protocol, for older Apollo clients.
async fn serve_legacy(app: AppState, socket: WebSocket) {
    let protocol = Request::builder().header("sec-websocket-protocol", LEGACY_WS).body(());
    let Ok(request) = protocol else { return };
    let (mut parts, ()) = request.into_parts();
    let Ok(protocol) = GraphQLProtocol::from_request_parts(&mut parts, &()).await else { return };
    let stop = app.stop.clone();
    let serving = GraphQLWebSocket::new(socket, app.schema.clone(), protocol)
        .on_connection_init(move |payload| async move {
            let viewer = viewer_from_payload(&app, Some(&payload)).map_err(async_graphql::Error::new)?;
            let mut data = Data::default();
            data.insert(viewer);
            Ok(data)
        })
        .serve();
    stop.run_until_cancelled(serving).await;
}
