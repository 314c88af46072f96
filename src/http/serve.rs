//! The accept loop. axum's own has no time limits: a client that never finishes a request would
//! stay for ever, and hold up every shutdown.

use std::convert::Infallible;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::client_io::{ClientIo, Heads};
use super::paced_io::PacedIo;
use super::rate_limited;
use super::service::{ClientConnection, Service};
use super::spelled_io::SpelledIo;
use crate::account::{Exceeded, Permit};

/// How long a connection may lie idle between two requests: longer than the 60 s that load
/// balancers keep theirs. A head that has begun has less time ([`Door`]).
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

/// How long a request may take from its head to the beginning of its answer, the body's arrival
/// included: over the longest wait at the desk.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(40);

/// The most of a connection's buffers, in bytes: the largest head that is read, and what waits to be
/// written of small answers to a client that asks on and on without reading. hyper's own bound is
/// six times as large.
const BUFFER_BYTES: usize = 64 * 1024;

/// The pause after the operating system refused a connection: it has run out of something, which
/// passes.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_millis(50);

/// Connections that may wait to be accepted, as many as Linux allows by default: when sales open
/// thousands come within a moment, and a client that the queue is too full for tries again a whole
/// second later.
const WAITING_CONNECTIONS: u32 = 4096;

/// What every answer says to browsers: it is what its type says, and no page of another origin may
/// take it in as an image, a script or a style. What is asked for by CORS is not concerned.
const FOR_BROWSERS: [(HeaderName, HeaderValue); 2] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// Begins to listen.
pub fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Windows means something else by it.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING_CONNECTIONS)
}

/// Whom the server lets in.
#[derive(Clone, Copy, Debug)]
pub struct Door {
    /// Connections at a time: what is left of the files that the process may have open.
    pub most_connections: usize,
    /// How long a request's head may take that has begun, and the first one of a connection; as
    /// long as a connection may lie idle, if there is no limit.
    pub head_time: Option<Duration>,
}

/// Serves until told to stop; then finishes the requests under way.
pub async fn serve(listener: TcpListener, door: Door, service: Service, stop: CancellationToken) {
    let permits = Arc::new(Semaphore::new(door.most_connections.min(Semaphore::MAX_PERMITS)));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, from)) => {
                // There is no room to say why.
                let Ok(permit) = Arc::clone(&permits).try_acquire_owned() else { continue };
                let permit = match service.admit(from.ip()) {
                    Ok(of_address) => (permit, of_address),
                    Err(exceeded) => {
                        turn_away(stream, exceeded);
                        continue;
                    }
                };
                let connection = Connection {
                    client: ClientConnection::new(service.clone(), from.ip()),
                    heads: Heads::default(),
                };
                // Frames and answers are small and should leave at once. Where that cannot be set,
                // they leave a little later.
                let _ = stream.set_nodelay(true);
                let io = ClientIo::new(stream, door.head_time, connection.heads.clone(), permit);
                drop(connections.spawn(serve_connection(io, connection, stop.clone())));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(PAUSE_AFTER_REFUSAL).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// Tells a client in one piece, and hangs up.
fn turn_away(stream: TcpStream, exceeded: Exceeded) {
    let answer = rate_limited::answer_to_connection(exceeded);
    // A connection that has just begun takes what is so short; if not, nothing is lost.
    let _ = stream.into_std().and_then(|mut stream| stream.write(&answer));
}

/// A connection, with its permits among those of all and those of its address.
type ServedIo = ClientIo<TcpStream, (OwnedSemaphorePermit, Permit)>;

/// What the requests of a connection have in common.
struct Connection {
    client: ClientConnection,
    heads: Heads,
}

async fn serve_connection(io: ServedIo, connection: Connection, stop: CancellationToken) {
    let connection = Arc::new(connection);
    let answering = service_fn(move |request| within_time(Arc::clone(&connection), request));
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE_TIMEOUT)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(SpelledIo(PacedIo::new(io))), answering)
        .with_upgrades();
    let mut serving = std::pin::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn within_time(
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> Result<Response, Infallible> {
    connection.heads.arrived();
    let answered = tokio::time::timeout(REQUEST_TIMEOUT, connection.client.answer(request)).await;
    let mut response = answered.unwrap_or_else(|_| {
        (StatusCode::REQUEST_TIMEOUT, "The request took too long.\n").into_response()
    });
    // What becomes a socket has no more heads.
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        connection.heads.answered();
    }
    response.headers_mut().extend(FOR_BROWSERS);
    Ok(response)
}
