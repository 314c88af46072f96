//! Taking a connection over, in the protocol that the client asks for.

use axum::extract::ws::{CloseFrame, Message, WebSocketUpgrade};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::SinkExt as _;
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::legacy::{self, LEGACY_WS};
use super::session::Session;
use super::socket::Socket;
use crate::account::Permit;
use crate::http::app::AppState;
use crate::http::long_lived::WRITE_TIMEOUT;
use crate::identity::Asker;

/// The current protocol.
const TRANSPORT_WS: &str = "graphql-transport-ws";

/// The agreement that a server answers a WebSocket's beginning with is worked out of this.
const KEY: HeaderName = header::SEC_WEBSOCKET_KEY;

/// Takes the connection over, in the protocol that the client asks for. The request has been found
/// to be a good beginning, and may have said who is asking already.
pub(in crate::http) fn upgrade(
    app: AppState,
    headers: &HeaderMap,
    (upgrade, taking_over): (WebSocketUpgrade, Option<OnUpgrade>),
    asker: Asker,
    permit: Permit,
) -> Response {
    let protocol = upgrade.protocols([TRANSPORT_WS, LEGACY_WS]).selected_protocol().cloned();
    let (Some(taking_over), Some(key)) = (taking_over, headers.get(KEY)) else {
        return StatusCode::UPGRADE_REQUIRED.into_response();
    };
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let agreed = HeaderValue::from_str(&derive_accept_key(key.as_bytes()));
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.extend(agreed.ok().map(|agreed| (header::SEC_WEBSOCKET_ACCEPT, agreed)));
    headers.extend(protocol.clone().map(|name| (header::SEC_WEBSOCKET_PROTOCOL, name)));
    app.sockets.clone().spawn(async move {
        // A client that has left already.
        let Ok(upgraded) = taking_over.await else { return };
        let socket = Socket::new(upgraded, &app.arriving).await;
        match protocol.as_ref().and_then(|name| name.to_str().ok()) {
            Some(TRANSPORT_WS) => Session::new(app, socket, asker, permit).serve().await,
            // Boxed: few speak it, and every socket's task would be as large as the largest of
            // these.
            Some(LEGACY_WS) => Box::pin(legacy::serve(app, socket, asker, permit)).await,
            _ => refuse(socket).await,
        }
    });
    response
}

async fn refuse(mut socket: Socket) {
    let frame = CloseFrame { code: 4406, reason: "Subprotocol not acceptable".into() };
    // The client may be gone already.
    let _ =
        tokio::time::timeout(WRITE_TIMEOUT, socket.send(Message::Close(Some(frame)).into())).await;
}
