//! How a WebSocket begins: what is asked for, and whether it can be given.

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper::upgrade::OnUpgrade;
use sha1::{Digest as _, Sha1};

use super::extension;

/// The only version there is.
const VERSION: &str = "13";

/// What RFC 6455, 1.3, has a server put behind the client's key, to show that it knows of
/// WebSockets.
const OF_WEBSOCKETS: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Bytes of a client's key.
const KEY_BYTES: usize = 16;

/// A request for a WebSocket that can be granted.
pub(in crate::http) struct Beginning {
    /// When the connection is ours.
    pub(super) taking_over: OnUpgrade,
    /// What shows the client that it speaks with a WebSocket.
    agreed: HeaderValue,
    /// The protocol that both know, if there is one.
    pub(super) protocol: Option<&'static str>,
    /// The extension that both know, if there is one.
    extension: Option<HeaderValue>,
}

impl Beginning {
    /// Whether a request wants its connection to become a WebSocket, and if so, its beginning; or
    /// why it is none. `protocols` are those that we know, the best first.
    pub(in crate::http) fn of(
        head: &mut Parts,
        protocols: &[&'static str],
    ) -> Option<Result<Self, Response>> {
        let headers = &head.headers;
        if !has(headers, header::UPGRADE, "websocket") {
            return None;
        }
        let refused =
            |status: StatusCode, why: &'static str| Some(Err((status, why).into_response()));
        if head.method != Method::GET || head.version != Version::HTTP_11 {
            return refused(
                StatusCode::BAD_REQUEST,
                "A WebSocket begins with GET over HTTP/1.1.\n",
            );
        }
        if !has(headers, header::CONNECTION, "upgrade") {
            return refused(StatusCode::BAD_REQUEST, "`Connection` does not say `Upgrade`.\n");
        }
        let Some(agreed) = headers.get(header::SEC_WEBSOCKET_KEY).and_then(agreement) else {
            return refused(StatusCode::BAD_REQUEST, "`Sec-WebSocket-Key` has no 16 bytes.\n");
        };
        let version = headers.get(header::SEC_WEBSOCKET_VERSION);
        if version.is_none_or(|version| version != VERSION) {
            let known = [(header::SEC_WEBSOCKET_VERSION, VERSION)];
            let why = "`Sec-WebSocket-Version` is not 13.\n";
            return Some(Err((StatusCode::UPGRADE_REQUIRED, known, why).into_response()));
        }
        let asked = |name: &&&'static str| has(headers, header::SEC_WEBSOCKET_PROTOCOL, name);
        let protocol = protocols.iter().find(asked).copied();
        let extension = extension::agree(headers);
        let Some(taking_over) = head.extensions.remove::<OnUpgrade>() else {
            return refused(StatusCode::UPGRADE_REQUIRED, "The connection cannot be taken over.\n");
        };
        Some(Ok(Self { taking_over, agreed, protocol, extension }))
    }

    /// Whether messages may be compressed.
    pub(super) fn is_compressing(&self) -> bool {
        self.extension.is_some()
    }

    /// The answer that grants it.
    pub(super) fn answer(&self) -> Response {
        let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, self.agreed.clone());
        let protocol = self.protocol.map(HeaderValue::from_static);
        headers.extend(protocol.map(|name| (header::SEC_WEBSOCKET_PROTOCOL, name)));
        let extension = self.extension.clone();
        headers.extend(extension.map(|agreed| (header::SEC_WEBSOCKET_EXTENSIONS, agreed)));
        response
    }
}

/// Whether a header that is a list has a word in it. Protocols are written as they are, and what
/// comes of HTTP in any case.
fn has(headers: &HeaderMap, name: HeaderName, word: &str) -> bool {
    let in_any_case = name != header::SEC_WEBSOCKET_PROTOCOL;
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|listed| listed == word || (in_any_case && listed.eq_ignore_ascii_case(word)))
}

/// What is agreed to with a client's key; `None` if it is none.
fn agreement(key: &HeaderValue) -> Option<HeaderValue> {
    let bytes = BASE64.decode(key).ok()?;
    if bytes.len() != KEY_BYTES {
        return None;
    }
    let sum = Sha1::new().chain_update(key).chain_update(OF_WEBSOCKETS).finalize();
    HeaderValue::from_str(&BASE64.encode(sum)).ok()
}
