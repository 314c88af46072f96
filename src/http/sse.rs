//! GraphQL over server-sent events, distinct connections mode, as graphql-sse's PROTOCOL.md says:
//! for clients behind proxies that break WebSockets.
//!
//! One task makes one stream's events and hands them over one at a time, so a slow reader holds
//! three events and its place in the change log, and nothing else; a reader that takes nothing at
//! all loses its place. A client that leaves ends the task. A stream that the server ends (it shuts
//! down, or the token has run out) says so with an error in its last event, and is complete: the
//! client opens another with the revision that it has.
//!
//! Deliberately absent: the single connection mode, which is for browsers that have no more than
//! six connections to a server over HTTP/1; they have the WebSocket.

use std::borrow::Cow;
use std::convert::Infallible;
use std::time::Duration;

use async_graphql::Response as Answer;
use async_graphql::parser::types::OperationType;
use axum::body::Body;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at};
use tokio_stream::wrappers::ReceiverStream;

use super::AppState;
use super::operation::{self, News};
use super::request::{self, Prepared};
use super::websocket::{WRITE_TIMEOUT, at, token_end};
use crate::graphql::error::{Code, Fault};

/// How often a quiet stream shows that it is alive: below the 30 s after which the strictest
/// proxies cut it.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(15);

/// A comment.
const KEEP_ALIVE: &[u8] = b":\n\n";

/// With data, empty as it is: browsers keep events without data to themselves.
const COMPLETE: &[u8] = b"event: complete\ndata: \n\n";

/// Why the server ends a stream.
const SHUTTING_DOWN: (Code, &str) =
    (Code::Unavailable, "the server is shutting down; connect again");
const TOKEN_EXPIRED: (Code, &str) =
    (Code::Unauthenticated, "the token has expired; connect with a new one");

/// An event as it goes over the wire.
type Event = Cow<'static, [u8]>;

/// Executes an operation and streams its responses, at most until the viewer's token runs out.
pub(super) fn execute(app: &AppState, prepared: Prepared) -> Response {
    let token_end = prepared.viewer().map(token_end);
    let (events, stream) = mpsc::channel(1);
    let is_subscription = prepared.operation == OperationType::Subscription;
    let news = operation::start(app, prepared);
    app.sockets.spawn(serve(app.clone(), is_subscription, news, token_end, Events(events)));
    answer(stream)
}

/// A stream with one answer in it.
pub(super) fn once(answer_to_tell: &Answer) -> Response {
    let (events, stream) = mpsc::channel(2);
    // There is room for two.
    let _ = events.try_send(next(answer_to_tell));
    let _ = events.try_send(COMPLETE.into());
    answer(stream)
}

fn answer(stream: mpsc::Receiver<Event>) -> Response {
    let stream = ReceiverStream::new(stream).map(|event| Ok::<_, Infallible>(event.into_owned()));
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
        // Tells nginx to pass events on as they come.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(stream)).into_response()
}

async fn serve(
    app: AppState,
    is_subscription: bool,
    mut news: BoxStream<'static, News>,
    token_end: Option<Instant>,
    events: Events,
) {
    let mut keep_alive = interval_at(Instant::now() + KEEP_ALIVE_EVERY, KEEP_ALIVE_EVERY);
    let goodbye = loop {
        let (event, has_failed) = tokio::select! {
            biased;
            () = events.0.closed() => return,
            // A query or a mutation is carried to its end, as over plain HTTP.
            () = app.stop.cancelled(), if is_subscription => break Some(SHUTTING_DOWN),
            () = at(token_end), if is_subscription => break Some(TOKEN_EXPIRED),
            news = news.next() => match news {
                Some(News::Next(payload)) => (event(&payload), false),
                Some(News::Failed(response)) => (next(&response), true),
                Some(News::End) | None => break None,
            },
            _ = keep_alive.tick() => (KEEP_ALIVE.into(), false),
        };
        if !events.send(event).await {
            return;
        }
        if has_failed {
            break None;
        }
        keep_alive.reset();
    };
    // What the operation holds (a place in the feed) is given back before the client is waited for.
    drop(news);
    if let Some((code, message)) = goodbye
        && !events.send(next(&request::fault_response(Fault::new(code, message)))).await
    {
        return;
    }
    events.send(COMPLETE.into()).await;
}

/// The way to the client.
struct Events(mpsc::Sender<Event>);

impl Events {
    /// Whether the client has taken it, or at least the one before it.
    async fn send(&self, event: Event) -> bool {
        self.0.send_timeout(event, WRITE_TIMEOUT).await.is_ok()
    }
}

fn next(response: &Answer) -> Event {
    match request::to_json(response) {
        Ok(json) => event(&json),
        Err(error) => {
            tracing::error!(%error, "an event could not be written");
            COMPLETE.into()
        }
    }
}

/// JSON as it is written here is one line.
fn event(json: &[u8]) -> Event {
    [&b"event: next\ndata: "[..], json, b"\n\n"].concat().into()
}
