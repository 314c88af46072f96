//! The accept loop. axum's own has no time limits: a client that never finishes a request would
//! stay for ever, and hold up every shutdown.

use std::convert::Infallible;
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
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::paced_io::PacedIo;
use super::service::{ClientConnection, Service};
use super::spelled_io::SpelledIo;

/// How long a client may take to send a request's head, and how long a connection may lie idle
/// between two requests: longer than the 60 s that load balancers keep theirs.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

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

/// Serves until told to stop; then finishes the requests under way.
pub async fn serve(listener: TcpListener, service: Service, stop: CancellationToken) {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, from)) => {
                let connection = ClientConnection::new(service.clone(), from.ip());
                drop(connections.spawn(serve_connection(stream, connection, stop.clone())));
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

async fn serve_connection(
    stream: TcpStream,
    connection: ClientConnection,
    stop: CancellationToken,
) {
    // Frames and answers are small and should leave at once. Where that cannot be set, they leave a
    // little later.
    let _ = stream.set_nodelay(true);
    let connection = Arc::new(connection);
    let answering = service_fn(move |request| within_time(Arc::clone(&connection), request));
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(SpelledIo(PacedIo::new(stream))), answering)
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
    connection: Arc<ClientConnection>,
    request: Request<Incoming>,
) -> Result<Response, Infallible> {
    let answered = tokio::time::timeout(REQUEST_TIMEOUT, connection.answer(request)).await;
    let mut response = answered.unwrap_or_else(|_| {
        (StatusCode::REQUEST_TIMEOUT, "The request took too long.\n").into_response()
    });
    response.headers_mut().extend(FOR_BROWSERS);
    Ok(response)
}
