//! Taking a connection over, in the protocol that the client asks for.

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};

use super::legacy::{self, LEGACY_WS};
use super::session::Session;
use crate::account::Permit;
use crate::http::app::AppState;
use crate::http::long_lived::WRITE_TIMEOUT;
use crate::http::request::MAX_REQUEST_BYTES;
use crate::identity::Asker;

/// The current protocol.
const TRANSPORT_WS: &str = "graphql-transport-ws";

/// Buffers of one socket. tungstenite's defaults of 128 KiB each would cost 20,000 idle sockets
/// gigabytes.
const READ_BUFFER_BYTES: usize = 4 * 1024;
const WRITE_BUFFER_BYTES: usize = 16 * 1024;

/// The largest message that is read: what is a little too large is refused with a word, what is
/// much too large with a broken connection.
const READABLE_BYTES: usize = 2 * MAX_REQUEST_BYTES;

/// Takes the connection over, in the protocol that the client asks for. The request may have said
/// who is asking already.
pub(in crate::http) fn upgrade(
    app: AppState,
    upgrade: WebSocketUpgrade,
    asker: Asker,
    permit: Permit,
) -> axum::response::Response {
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
                Some(TRANSPORT_WS) => Session::new(app, socket, asker, permit).serve().await,
                // Boxed: few speak it, and every socket's task would be as large as the largest of
                // these.
                Some(LEGACY_WS) => Box::pin(legacy::serve(app, socket, asker, permit)).await,
                _ => refuse(socket).await,
            }
        })
    })
}

async fn refuse(mut socket: WebSocket) {
    let frame = CloseFrame { code: 4406, reason: "Subprotocol not acceptable".into() };
    // The client may be gone already.
    let _ = tokio::time::timeout(WRITE_TIMEOUT, socket.send(Message::Close(Some(frame)))).await;
}
