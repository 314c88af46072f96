//! The older WebSocket protocol that calls itself `graphql-ws` (subscriptions-transport-ws), for
//! older Apollo clients.
//!
//! async-graphql-axum speaks it; what it lacks is put around it here: our limits, an end when the
//! token runs out or the server shuts down, and an end for clients that have gone.

use std::sync::{Arc, OnceLock};

use async_graphql::{Data, Executor, Request, Response};
use async_graphql_axum::{GraphQLProtocol, GraphQLWebSocket};
use axum::extract::FromRequestParts as _;
use axum::extract::ws::{Message, WebSocket};
use futures_util::stream::{BoxStream, once};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;
use tokio_util::sync::PollSender;

use super::asker::asker_from_payload;
use super::goodbye::Goodbye;
use super::limits::{INIT_TIMEOUT, MAX_OPERATIONS, PING_EVERY, SILENCE_TIMEOUT};
use super::messages::check;
use crate::graphql::ArenaSchema;
use crate::graphql::error::{Code, Fault};
use crate::http::app::AppState;
use crate::http::document_cache::DocumentCache;
use crate::http::long_lived::{WRITE_TIMEOUT, at, token_end};
use crate::http::request::{self, Prepared};
use crate::http::request_error::fault_response;
use crate::identity::Asker;

/// What the protocol calls itself.
pub(super) const LEGACY_WS: &str = "graphql-ws";

/// Serves a socket to its end.
pub(super) async fn serve(app: AppState, socket: WebSocket, from_upgrade: Asker) {
    let head = axum::http::Request::builder().header("sec-websocket-protocol", LEGACY_WS).body(());
    let Ok(head) = head else { return };
    let (mut head, ()) = head.into_parts();
    let Ok(protocol) = GraphQLProtocol::from_request_parts(&mut head, &()).await else { return };

    let stop = app.stop.clone();
    let (mut sink, messages) = socket.split();
    // One frame at a time: the library waits while the socket cannot take it.
    let (frames, mut frames_to_send) = mpsc::channel(1);
    let heard = Arc::new(Notify::new());
    // The library reads what it is given; what it must not read ends the socket.
    let (refuse, mut refused) = mpsc::channel(1);
    let messages = messages.take_while({
        let heard = Arc::clone(&heard);
        move |message| {
            heard.notify_one();
            let checked = message.as_ref().map_or(Ok(()), |message| check(content(message)));
            let is_good = checked.is_ok();
            if let Err(reason) = checked {
                // There is room: nothing is looked at after it.
                let _ = refuse.try_send(Goodbye::BadMessage(reason));
            }
            std::future::ready(is_good)
        }
    });
    let expiry = Arc::new(Expiry::new());
    let executor = Limited {
        schema: app.schema.clone(),
        documents: Arc::clone(&app.documents),
        operations: Arc::new(()),
    };
    let serving =
        GraphQLWebSocket::new_with_pair(PollSender::new(frames), messages, executor, protocol)
            .on_connection_init({
                let expiry = Arc::clone(&expiry);
                move |payload| async move {
                    let asker = asker_from_payload(&app, payload.as_object(), from_upgrade)
                        .map_err(async_graphql::Error::new)?;
                    expiry.set(asker.viewer.as_ref().map(token_end));
                    let mut data = Data::default();
                    data.insert(asker);
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
    schema: ArenaSchema,
    documents: Arc<DocumentCache>,
    /// Held once by each operation under way on this socket, and once or twice by the socket.
    operations: Arc<()>,
}

impl Executor for Limited {
    async fn execute(&self, request: Request) -> Response {
        match request::parse(&self.documents, request) {
            Ok(Prepared { request, charge, .. }) => {
                let _under_way = charge;
                self.schema.execute(request).await
            }
            Err(refused) => refused.into_response(),
        }
    }

    fn execute_stream(
        &self,
        request: Request,
        session: Option<Arc<Data>>,
    ) -> BoxStream<'static, Response> {
        if Arc::strong_count(&self.operations) > MAX_OPERATIONS {
            let fault = Fault::new(
                Code::Overloaded,
                format!("a socket carries about {MAX_OPERATIONS} operations at a time"),
            );
            return once(async { fault_response(fault) }).boxed();
        }
        let held = Arc::clone(&self.operations);
        match request::parse(&self.documents, request) {
            Ok(Prepared { request, charge, .. }) => {
                let held = (held, charge);
                let responses = self
                    .schema
                    .execute_stream_with_session_data(request, session.unwrap_or_default());
                let completed = responses.map(move |mut response| {
                    let _held = &held;
                    request::complete_errors(&mut response);
                    response
                });
                completed.boxed()
            }
            Err(refused) => once(async { refused.into_response() }).boxed(),
        }
    }
}
