//! Taking a connection over, in the protocol that the client asks for.

use axum::http::request::Parts;
use axum::response::Response;
use futures_util::SinkExt as _;
use hyper_util::rt::TokioIo;

use super::beginning::Beginning;
use super::legacy::{self, LEGACY_WS};
use super::session::Session;
use super::socket::{Sent, Socket};
use crate::account::Permit;
use crate::http::app::AppState;
use crate::http::long_lived::WRITE_TIMEOUT;
use crate::identity::Asker;
use crate::trace::RequestId;

/// The current protocol.
const TRANSPORT_WS: &str = "graphql-transport-ws";

/// A request's WebSocket, if it asks for one; or why it cannot have it.
pub(in crate::http) fn beginning(head: &mut Parts) -> Option<Result<Beginning, Response>> {
    Beginning::of(head, &[TRANSPORT_WS, LEGACY_WS])
}

/// Takes the connection over, in the protocol that the client asks for. Who is asking may have been
/// said already.
pub(in crate::http) fn upgrade(
    app: AppState,
    beginning: Beginning,
    (asker, permit): (Asker, Permit),
    id: RequestId,
) -> Response {
    let (response, is_compressing) = (beginning.answer(), beginning.is_compressing());
    let Beginning { taking_over, protocol, .. } = beginning;
    app.sockets.clone().spawn(async move {
        // A client that has left already.
        let Ok(upgraded) = taking_over.await else { return };
        let socket = Socket::new(TokioIo::new(upgraded), &app.arriving, is_compressing);
        match protocol {
            Some(TRANSPORT_WS) => Session::new(app, socket, (asker, permit), id).serve().await,
            // Boxed: few speak it, and every socket's task would be as large as the largest of
            // these.
            Some(LEGACY_WS) => {
                Box::pin(legacy::serve(app, socket, (asker, permit), id)).await;
            }
            _ => refuse(socket).await,
        }
    });
    response
}

async fn refuse(mut socket: Socket) {
    let goodbye = Sent::Close(4406, "Subprotocol not acceptable".to_owned());
    // The client may be gone already.
    let _ = tokio::time::timeout(WRITE_TIMEOUT, socket.send(goodbye)).await;
}
