//! GraphQL over server-sent events, distinct connections mode, as graphql-sse's PROTOCOL.md says:
//! for clients behind proxies that break WebSockets.
//!
//! One task makes one stream's events, on a frame thread, and hands them over one at a time. So a
//! slow reader holds three events and its position in the change log, and nothing else; a reader
//! that takes nothing at all loses its position. A client that leaves ends the task. The server
//! ends a stream when it shuts down or the token has run out. It says so with an error in the last
//! event, and completes the stream. The client opens another with the revision that it has.
//!
//! Deliberately absent: the single connection mode, which is for browsers that have no more than
//! six connections to a server over HTTP/1; they have the WebSocket.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::ServerError;
use async_graphql::parser::types::OperationType;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at};

use super::app::AppState;
use super::coding::Coding;
use super::event_writer::{Event, EventWriter};
use super::frame_counts::{Carrier, FrameCounts};
use super::long_lived::{WRITE_TIMEOUT, at, token_end};
use super::observed::Observed;
use super::operation::{self, OperationEvent};
use super::request::{self, Prepared};
use super::request_error::fault_response;
use crate::feed::Payload;
use crate::graphql::delivery::ResumeAfter;
use crate::graphql::error::{Code, Fault};

/// How often a quiet stream shows that it is alive: below the 30 s after which the strictest
/// proxies cut it.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(15);

/// What a result stands between.
const BEFORE_DATA: &[u8] = b"event: next\ndata: ";
const EVENT_END: &[u8] = b"\n\n";

/// What shows that a stream is alive: a comment.
const ALIVE: &[u8] = b":\n\n";

/// The last event. With data, empty as it is: browsers keep events without data to themselves.
const COMPLETE: &[u8] = b"event: complete\ndata: \n\n";

/// What a browser calls the id of the last event that it has.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Why the server ends a stream.
const SHUTTING_DOWN: (Code, &str) =
    (Code::Unavailable, "the server is shutting down; connect again");
const TOKEN_EXPIRED: (Code, &str) =
    (Code::Unauthenticated, "the token has expired; connect with a new one");

/// Executes an operation and streams its responses, at most until the viewer's token runs out.
///
/// A browser that lost its stream sends the id of the last event that it has: a revision, after
/// which the stream goes on.
pub(super) fn execute(
    app: &AppState,
    asked: &HeaderMap,
    (mut prepared, observed): (Prepared, Observed),
) -> Response {
    let last_event_id = asked.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok());
    if let Some(resume) = last_event_id.and_then(ResumeAfter::read) {
        prepared.request = prepared.request.data(resume);
    }
    let (events, stream) = mpsc::channel(1);
    let by_gzip = Coding::Gzip.is_accepted(asked);
    let serving = Serving {
        app: Arc::clone(app),
        is_subscription: prepared.operation == OperationType::Subscription,
        token_end: prepared.asker().and_then(|asker| asker.viewer.as_ref()).map(token_end),
        events: Events(events),
    };
    let told = operation::start(app, prepared, observed);
    app.sockets.spawn(serving.serve(told));
    answer(stream, by_gzip, app.frames.clone())
}

/// A stream with one answer in it.
pub(super) fn once(errors: &[ServerError]) -> Response {
    let (events, stream) = mpsc::channel(2);
    // There is room for two.
    let _ = events.try_send(refusal(errors));
    let _ = events.try_send(Part::Complete);
    answer(stream, false, FrameCounts::default())
}

fn answer(parts: mpsc::Receiver<Part>, by_gzip: bool, counts: FrameCounts) -> Response {
    let begun = Some((parts, EventWriter::new(by_gzip)));
    let bytes = stream::try_unfold(begun, move |state| {
        let counts = counts.clone();
        async move {
            let Some((mut parts, mut writer)) = state else { return Ok(None) };
            match parts.recv().await {
                Some(Part::Next(event)) => {
                    let pieces = writer.write(&event);
                    // What has nothing of anybody's in it only shows that the stream is alive.
                    if !event.payload.plain().is_empty() {
                        counts.sent(Carrier::Events, pieces.iter().map(Bytes::len).sum());
                    }
                    Ok(Some((pieces.into(), Some((parts, writer)))))
                }
                Some(Part::Complete) => {
                    let complete = writer.write(&bare(COMPLETE));
                    let last = complete.into_iter().chain([writer.end()]).collect();
                    Ok(Some((last, None)))
                }
                None => Err(Abandoned),
            }
        }
    });
    let bytes = bytes.map_ok(|pieces: Vec<Bytes>| {
        stream::iter(pieces.into_iter().filter(|piece| !piece.is_empty()).map(Ok::<_, Abandoned>))
    });
    let mut response = Body::from_stream(bytes.try_flatten()).into_response();
    if by_gzip {
        Coding::Gzip.label(response.headers_mut());
    }
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
        // Tells nginx to pass events on as they come.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// One stream, on its way to a client.
struct Serving {
    app: AppState,
    is_subscription: bool,
    token_end: Option<Instant>,
    events: Events,
}

impl Serving {
    async fn serve(self, mut told: BoxStream<'static, OperationEvent>) {
        let mut keep_alive = interval_at(Instant::now() + KEEP_ALIVE_EVERY, KEEP_ALIVE_EVERY);
        let goodbye = loop {
            let (part, has_failed) = tokio::select! {
                biased;
                () = self.events.0.closed() => return,
                // A query or a mutation is carried to its end, as over plain HTTP.
                () = self.app.stop.cancelled(), if self.is_subscription => {
                    break Some(SHUTTING_DOWN);
                }
                () = at(self.token_end), if self.is_subscription => break Some(TOKEN_EXPIRED),
                event = told.next() => match event {
                    Some(OperationEvent::Next(json)) => (Part::Next(next(json.into())), false),
                    Some(OperationEvent::Frame(frame)) => {
                        (Part::Next(next_with_id(frame.payload, frame.revision.0)), false)
                    }
                    Some(OperationEvent::Live(frames)) => return self.go_live(frames),
                    Some(OperationEvent::Failed(errors)) => (refusal(&errors), true),
                    Some(OperationEvent::End) | None => break None,
                },
                // Handed over as all else is, so that a reader that takes nothing is noticed.
                _ = keep_alive.tick() => (Part::Next(bare(ALIVE)), false),
            };
            if !self.events.send(part).await {
                return;
            }
            if has_failed {
                break None;
            }
            keep_alive.reset();
        };
        // What the operation holds (a permit of the feed) is given back before the client is waited
        // for.
        drop(told);
        if let Some((code, message)) = goodbye
            && !self.events.send(refusal(&fault_response(Fault::new(code, message)).errors)).await
        {
            return;
        }
        self.events.send(Part::Complete).await;
    }

    /// Goes on where frames are made. They are written where the connection is served, which comes
    /// before: HTTP does not let a connection's answer go elsewhere.
    fn go_live(self, frames: BoxStream<'static, OperationEvent>) {
        let app = Arc::clone(&self.app);
        let serving: BoxFuture<'static, ()> = Box::pin(self.serve(frames));
        app.sockets.spawn_on(serving, app.frame_threads.handle());
    }
}

/// What a stream is made of.
enum Part {
    Next(Event),
    /// The end that the client is told of.
    Complete,
}

/// A result. JSON has no line ends, which would end its line here.
fn next(payload: Payload) -> Event {
    Event { before: BEFORE_DATA, payload, after: EVENT_END.into() }
}

/// A result, and what a browser sends to go on after it.
fn next_with_id(payload: Payload, id: i64) -> Event {
    Event { before: BEFORE_DATA, payload, after: format!("\nid: {id}\n\n").into() }
}

/// An event with nothing of anybody's in it.
fn bare(event: &'static [u8]) -> Event {
    Event { before: event, payload: Bytes::new().into(), after: Bytes::new() }
}

/// The stream ends without having been completed: the client has left, or takes nothing.
#[derive(Debug, thiserror::Error)]
#[error("the stream of events was abandoned")]
struct Abandoned;

/// The way to the client.
struct Events(mpsc::Sender<Part>);

impl Events {
    /// Whether the client has taken it, or at least the one before it.
    async fn send(&self, part: Part) -> bool {
        self.0.send_timeout(part, WRITE_TIMEOUT).await.is_ok()
    }
}

fn refusal(errors: &[ServerError]) -> Part {
    match request::errors_to_json(errors) {
        Ok(json) => Part::Next(next(Bytes::from(json).into())),
        Err(error) => {
            tracing::error!(%error, "an event could not be written");
            Part::Complete
        }
    }
}
