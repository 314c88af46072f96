//! The older WebSocket protocol that calls itself `graphql-ws` (subscriptions-transport-ws), for
//! older Apollo clients.
//!
//! async-graphql speaks it; what it lacks is put around it here: our limits, an end when the token
//! runs out or the server shuts down, and an end for clients that have gone.
//!
//! Deliberately absent: frames that are shared. Few clients speak it.

use std::any::TypeId;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use async_graphql::http::{WebSocket, WebSocketProtocols, WsMessage};
use async_graphql::parser::types::OperationType;
use async_graphql::{Data, Executor, Request, Response};
use futures_util::stream::{BoxStream, SplitStream, once};
use futures_util::{SinkExt as _, Stream, StreamExt as _};
use serde_json::{Map, Value, json};
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use super::asker::asker_from_payload;
use super::frame_reader::Incoming;
use super::goodbye::Goodbye;
use super::limits::{INIT_TIMEOUT, MAX_OPERATIONS, PING_EVERY, SILENCE_TIMEOUT};
use super::messages::{Welcome, check};
use super::socket::{Sent, Socket, SocketError};
use crate::account::Permit;
use crate::graphql::error::{Code, Fault};
use crate::http::app::{App, AppState};
use crate::http::frame_counts::Carrier;
use crate::http::long_lived::{WRITE_TIMEOUT, at, token_end};
use crate::http::observed::Observed;
use crate::http::request::{self, Prepared};
use crate::http::request_error::{RequestError, fault_response};
use crate::identity::Asker;
use crate::trace::RequestId;

/// What the protocol calls itself.
pub(super) const LEGACY_WS: &str = "graphql-ws";

/// What the library says to whom it lets in. The protocol has room for a payload there.
const ACKNOWLEDGED: &str = r#"{"type":"connection_ack"}"#;

/// Serves a socket to its end.
pub(super) async fn serve(
    app: AppState,
    socket: Socket,
    (from_upgrade, permit): (Asker, Permit),
    id: RequestId,
) {
    let stop = app.stop.clone();
    let (mut sink, messages) = socket.split();
    let heard = Arc::new(Notify::new());
    let (refuse, mut refused) = mpsc::channel(1);
    let messages = readable(messages, Arc::clone(&heard), refuse);
    let expiry = Arc::new(Expiry::new());
    let executor =
        Limited { app: Arc::clone(&app), carried: Arc::default(), id, begun: Arc::default() };
    let protocol = WebSocketProtocols::SubscriptionsTransportWS;
    let said = WebSocket::new(executor, messages, protocol).on_connection_init({
        let (app, expiry) = (Arc::clone(&app), Arc::clone(&expiry));
        move |payload| async move {
            let (asker, permit) = introduce(&app, payload.as_object(), from_upgrade, permit)?;
            expiry.set(asker.viewer.as_ref().map(token_end));
            let mut data = Data::default();
            data.insert(asker);
            data.insert(permit);
            Ok(data)
        }
    });
    tokio::pin!(said);

    let mut silent_since = Instant::now();
    let mut asking = tokio::time::interval_at(silent_since + PING_EVERY, PING_EVERY);
    let goodbye = loop {
        let sent = tokio::select! {
            biased;
            () = stop.cancelled() => break Goodbye::ShuttingDown,
            goodbye = expiry.reached() => break goodbye,
            () = heard.notified() => {
                silent_since = Instant::now();
                continue;
            }
            said = said.next() => match said {
                Some(said) => sent(&app, said),
                // It has said all that there is to say, or the client has left.
                None => break refused.try_recv().unwrap_or(Goodbye::Gone),
            },
            _ = asking.tick() => {
                if silent_since.elapsed() > SILENCE_TIMEOUT {
                    break Goodbye::Gone;
                }
                // The protocol has no ping for clients to answer, but WebSockets have.
                Sent::Ping
            }
        };
        let bytes = sent.len();
        if !matches!(tokio::time::timeout(WRITE_TIMEOUT, sink.send(sent)).await, Ok(Ok(()))) {
            return;
        }
        if bytes > 0 {
            app.frames.sent(Carrier::LegacyWebsocket, bytes);
        }
    };
    if let Some(frame) = goodbye.frame() {
        // The client may be gone already.
        let _ = tokio::time::timeout(WRITE_TIMEOUT, sink.send(frame)).await;
    }
}

/// What the library says, as it is sent.
fn sent(app: &App, said: WsMessage) -> Sent {
    match said {
        WsMessage::Text(text) if text == ACKNOWLEDGED => {
            let payload = Welcome::to_one_of(app.sockets.len());
            Sent::Text(json!({ "type": "connection_ack", "payload": payload }).to_string())
        }
        WsMessage::Text(text) => Sent::Text(text),
        WsMessage::Close(code, reason) => Sent::Close(code, reason),
    }
}

/// The library reads what it is given; what it must not read ends the socket.
fn readable(
    messages: SplitStream<Socket>,
    heard: Arc<Notify>,
    refuse: mpsc::Sender<Goodbye>,
) -> impl Stream<Item = Vec<u8>> {
    let read = messages.scan((), move |(), incoming| {
        heard.notify_one();
        let read = content(incoming);
        std::future::ready(read.map_or_else(
            |goodbye| {
                // There is room: nothing is looked at after it.
                let _ = refuse.try_send(goodbye);
                None
            },
            Some,
        ))
    });
    read.filter_map(std::future::ready)
}

/// What the library would read of a message.
fn content(incoming: Result<Incoming, SocketError>) -> Result<Option<Vec<u8>>, Goodbye> {
    let read = match incoming.map_err(Goodbye::after)? {
        Incoming::Text(text) => text.into_bytes(),
        Incoming::Binary(bytes) => bytes,
        Incoming::Ping(_) | Incoming::Pong | Incoming::Close(_) => return Ok(None),
    };
    check(&read).map_err(Goodbye::BadMessage)?;
    Ok(Some(read))
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
    /// What the request was called that has become this socket.
    id: RequestId,
    /// How many operations have begun.
    begun: Arc<AtomicU32>,
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
        observed: &mut Observed,
    ) -> Result<(Prepared, Arc<()>), RequestError> {
        let unweighed = request::parse(&self.app, asker, request)?;
        observed.found(&unweighed);
        let prepared = unweighed.weigh(&self.app).await?;
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
        let number = self.begun.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let mut observed = Observed::operation(&self.app, self.id.of_operation(number));
        let responses = async move {
            let _begun = begun;
            let (prepared, carried) = match limited.prepare(request, asker, &mut observed).await {
                Ok(prepared) => prepared,
                Err(refused) => {
                    let mut refused = refused.into_response();
                    request::name_defects(&mut refused.errors, observed.id());
                    observed.answered(&refused.errors);
                    observed.end(&limited.app);
                    return once(async { refused }).boxed();
                }
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
            let (schema, app) = (&limited.app.schema, Arc::clone(&limited.app));
            let (id, mut observed) = (observed.id().clone(), Some(observed));
            let responses = schema.execute_stream_with_session_data(request, session);
            let completed = responses.map(move |mut response| {
                let _held = (&carried, &charge, &permit, &room);
                told_cost.tell(&mut response);
                request::complete_errors(operation, &mut response, &id);
                if let Some(mut observed) = observed.take() {
                    observed.answered(&response.errors);
                    observed.end(&app);
                }
                response
            });
            completed.boxed()
        };
        once(responses).flatten().boxed()
    }
}
