//! The older WebSocket protocol that calls itself `graphql-ws` (subscriptions-transport-ws), for
//! older Apollo clients.
//!
//! async-graphql-axum speaks it; what it lacks is put around it here: our limits, an end when the
//! token runs out or the server shuts down, and an end for clients that have gone.

use std::any::TypeId;
use std::sync::{Arc, OnceLock};

use async_graphql::parser::types::OperationType;
use async_graphql::{Data, Executor, Request, Response};
use async_graphql_axum::{GraphQLProtocol, GraphQLWebSocket};
use axum::extract::FromRequestParts as _;
use axum::extract::ws::{Message, WebSocket};
use futures_util::stream::{BoxStream, SplitStream, once};
use futures_util::{SinkExt as _, Stream, StreamExt as _};
use serde_json::{Map, Value};
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;
use tokio_util::sync::PollSender;

use super::asker::asker_from_payload;
use super::goodbye::Goodbye;
use super::limits::{INIT_TIMEOUT, MAX_OPERATIONS, PING_EVERY, SILENCE_TIMEOUT};
use super::messages::check;
use crate::account::Permit;
use crate::graphql::error::{Code, Fault};
use crate::http::app::{App, AppState};
use crate::http::long_lived::{WRITE_TIMEOUT, at, token_end};
use crate::http::request::{self, Prepared};
use crate::http::request_error::{RequestError, fault_response};
use crate::identity::Asker;

/// What the protocol calls itself.
pub(super) const LEGACY_WS: &str = "graphql-ws";

/// Serves a socket to its end.
pub(super) async fn serve(app: AppState, socket: WebSocket, from_upgrade: Asker, permit: Permit) {
    let head = axum::http::Request::builder().header("sec-websocket-protocol", LEGACY_WS).body(());
    let Ok(head) = head else { return };
    let (mut head, ()) = head.into_parts();
    let Ok(protocol) = GraphQLProtocol::from_request_parts(&mut head, &()).await else { return };

    let stop = app.stop.clone();
    let (mut sink, messages) = socket.split();
    // One frame at a time: the library waits while the socket cannot take it.
    let (frames, mut frames_to_send) = mpsc::channel(1);
    let heard = Arc::new(Notify::new());
    let (refuse, mut refused) = mpsc::channel(1);
    let messages = readable(messages, Arc::clone(&heard), refuse);
    let expiry = Arc::new(Expiry::new());
    let executor = Limited { app: Arc::clone(&app), carried: Arc::default() };
    let serving =
        GraphQLWebSocket::new_with_pair(PollSender::new(frames), messages, executor, protocol)
            .on_connection_init({
                let expiry = Arc::clone(&expiry);
                move |payload| async move {
                    let (asker, permit) =
                        introduce(&app, payload.as_object(), from_upgrade, permit)?;
                    expiry.set(asker.viewer.as_ref().map(token_end));
                    let mut data = Data::default();
                    data.insert(asker);
                    data.insert(permit);
                    Ok(data)
                }
            })
            .serve();
    tokio::pin!(serving);

    let mut silent_since = Instant::now();
    let mut asking = tokio::time::interval_at(silent_since + PING_EVERY, PING_EVERY);
    let goodbye = loop {
        let frame = tokio::select! {
            biased;
            () = stop.cancelled() => break Goodbye::ShuttingDown,
            goodbye = expiry.reached() => break goodbye,
            () = heard.notified() => {
                silent_since = Instant::now();
                continue;
            }
            Some(frame) = frames_to_send.recv() => frame,
            // It has said all that there is to say, or the client has left.
            () = &mut serving => break refused.try_recv().unwrap_or(Goodbye::Gone),
            _ = asking.tick() => {
                if silent_since.elapsed() > SILENCE_TIMEOUT {
                    break Goodbye::Gone;
                }
                // The protocol has no ping for clients to answer, but WebSockets have.
                Message::Ping(Default::default())
            }
        };
        if !matches!(tokio::time::timeout(WRITE_TIMEOUT, sink.send(frame)).await, Ok(Ok(()))) {
            return;
        }
    };
    // What the library said last may still wait.
    let last = frames_to_send.try_recv().ok();
    for frame in last.into_iter().chain([Message::Close(goodbye.frame())]) {
        // The client may be gone already.
        let _ = tokio::time::timeout(WRITE_TIMEOUT, sink.send(frame)).await;
    }
}

/// The library reads what it is given; what it must not read ends the socket.
fn readable(
    messages: SplitStream<WebSocket>,
    heard: Arc<Notify>,
    refuse: mpsc::Sender<Goodbye>,
) -> impl Stream<Item = Result<Message, axum::Error>> {
    messages.take_while(move |message| {
        heard.notify_one();
        let checked = message.as_ref().map_or(Ok(()), |message| check(content(message)));
        let is_good = checked.is_ok();
        if let Err(reason) = checked {
            // There is room: nothing is looked at after it.
            let _ = refuse.try_send(Goodbye::BadMessage(reason));
        }
        std::future::ready(is_good)
    })
}

/// Who is asking, and the socket's permit among theirs.
fn introduce(
    app: &App,
    payload: Option<&Map<String, Value>>,
    from_upgrade: Asker,
    permit: Permit,
) -> async_graphql::Result<(Asker, Permit)> {
    let asker = asker_from_payload(app, payload, from_upgrade.clone())?;
    let permit = app.move_socket(permit, &from_upgrade, &asker);
    Ok((asker, permit.map_err(|exceeded| exceeded.to_string())?))
}

/// What the library would read of a message.
fn content(message: &Message) -> &[u8] {
    match message {
        Message::Text(text) => text.as_bytes(),
        Message::Binary(bytes) => bytes,
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) => &[],
    }
}

/// When the token runs out, which is known once the client has said who it is; and how long it may
/// take for that.
struct Expiry {
    init: Instant,
    token: OnceLock<Option<Instant>>,
    is_set: Notify,
}

impl Expiry {
    fn new() -> Self {
        Self { init: Instant::now() + INIT_TIMEOUT, token: OnceLock::new(), is_set: Notify::new() }
    }

    fn set(&self, end: Option<Instant>) {
        // The library asks once for each socket.
        let _ = self.token.set(end);
        self.is_set.notify_one();
    }

    async fn reached(&self) -> Goodbye {
        if self.token.get().is_none()
            && tokio::time::timeout_at(self.init, self.is_set.notified()).await.is_err()
        {
            return Goodbye::InitTimeout;
        }
        at(self.token.get().copied().flatten()).await;
        Goodbye::TokenExpired
    }
}

/// The schema behind the limits of every other transport.
#[derive(Clone)]
struct Limited {
    app: AppState,
    carried: Arc<Carried>,
}

/// What is under way on a socket. Each is held once by every operation of its kind, and once here.
#[derive(Default)]
struct Carried {
    operations: Arc<()>,
    subscriptions: Arc<()>,
}

impl Limited {
    /// Prepares an operation; it is carried for as long as what comes with it is kept.
    async fn prepare(
        &self,
        request: Request,
        asker: Asker,
    ) -> Result<(Prepared, Arc<()>), RequestError> {
        let prepared = request::parse(&self.app, asker, request)?.weigh(&self.app).await?;
        if prepared.operation != OperationType::Subscription {
            return Ok((prepared, Arc::clone(&self.carried.operations)));
        }
        let subscriptions = &self.carried.subscriptions;
        self.app.carry_another(prepared.asker(), Arc::strong_count(subscriptions) - 1)?;
        Ok((prepared, Arc::clone(subscriptions)))
    }

    fn is_full(&self) -> bool {
        let Carried { operations, subscriptions } = &*self.carried;
        Arc::strong_count(operations) + Arc::strong_count(subscriptions) - 2 >= MAX_OPERATIONS
    }
}

impl Executor for Limited {
    /// The library executes everything of a socket as streams.
    async fn execute(&self, _: Request) -> Response {
        fault_response(Fault::internal("an operation came without a socket"))
    }

    fn execute_stream(
        &self,
        request: Request,
        session: Option<Arc<Data>>,
    ) -> BoxStream<'static, Response> {
        let session = session.unwrap_or_default();
        let asker =
            session.get(&TypeId::of::<Asker>()).and_then(|asker| asker.downcast_ref::<Asker>());
        let Some(asker) = asker else {
            let fault = Fault::internal("a socket does not know who is asking");
            return once(async { fault_response(fault) }).boxed();
        };
        if self.is_full() {
            let fault = Fault::new(
                Code::Overloaded,
                format!("a socket carries at most {MAX_OPERATIONS} operations at a time"),
            );
            return once(async { fault_response(fault) }).boxed();
        }
        // Counted from now on, whatever it turns out to be.
        let (limited, asker) = (self.clone(), asker.clone());
        let begun = Arc::clone(&self.carried.operations);
        let responses = async move {
            let _begun = begun;
            let (prepared, carried) = match limited.prepare(request, asker).await {
                Ok(prepared) => prepared,
                Err(refused) => return once(async { refused.into_response() }).boxed(),
            };
            let Prepared { request, operation, cost, charge, permit, mut told_cost } = prepared;
            let room = match operation {
                // Of what it has room for, a subscription says one frame after another.
                OperationType::Subscription => None,
                _ => match limited.app.answers.room_for(cost).await {
                    Ok(room) => Some(room),
                    Err(full) => return once(async move { fault_response(full.into()) }).boxed(),
                },
            };
            let schema = &limited.app.schema;
            let responses = schema.execute_stream_with_session_data(request, session);
            let completed = responses.map(move |mut response| {
                let _held = (&carried, &charge, &permit, &room);
                told_cost.tell(&mut response);
                request::complete_errors(&mut response);
                response
            });
            completed.boxed()
        };
        once(responses).flatten().boxed()
    }
}
