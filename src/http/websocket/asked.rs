//! Who wants a WebSocket.

use axum::http::{HeaderMap, header};

/// Whether a request wants its connection to become a WebSocket.
pub(in crate::http) fn is_asked_for(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::UPGRADE).iter().filter_map(|value| value.to_str().ok());
    let mut protocols = values.flat_map(|value| value.split(',')).map(str::trim);
    protocols.any(|protocol| protocol.eq_ignore_ascii_case("websocket"))
}
