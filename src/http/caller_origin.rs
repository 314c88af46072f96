//! Which pages of which origins may use this server from a browser: those of its own, and those on
//! a list.
//!
//! A request without `Origin` comes from no browser, or from a page of our own; nothing is kept
//! from it. A page of another origin is kept out in three places: its WebSocket is refused, its
//! preflight is, and the answers to what a browser sends without asking (queries) are not shown to
//! it. Mutations need a content type that takes a preflight.

use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::origin_gate::OriginGate;
use super::{rate_limited, websocket};

/// What a page may send.
const METHODS: &str = "GET, POST";
/// The first line for our API, the second for observing, as the W3C, Sentry and Apollo name it.
const HEADERS: &str = "authorization, content-type, accept, content-encoding, last-event-id, \
    traceparent, tracestate, baggage, sentry-trace, x-request-id, apollographql-client-name, \
    apollographql-client-version";

/// How long a browser may remember the answer to its preflight, in seconds: as long as Chrome does
/// at most.
const MAX_AGE_SECONDS: &str = "7200";

/// The page that a request comes from, if it says so.
pub(super) struct CallerOrigin {
    origin: HeaderValue,
    is_allowed: bool,
}

impl CallerOrigin {
    /// Reads where a request comes from. That a page is kept out is said in the log.
    pub(super) fn of(request: &Parts, gate: &OriginGate) -> Option<Self> {
        let origin = request.headers.get(header::ORIGIN)?.clone();
        let is_allowed = origin.to_str().is_ok_and(|origin| gate.admits(origin, &request.headers));
        if !is_allowed {
            gate.tell(&origin, &request.headers);
        }
        Some(Self { origin, is_allowed })
    }

    /// What there is to say before the request itself is looked at: that the page is kept out, or
    /// that it may ask.
    pub(super) fn answer(&self, request: &Parts) -> Option<Response> {
        let asks_for_method = request.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        let is_preflight = request.method == Method::OPTIONS && asks_for_method;
        let is_upgrade = websocket::is_asked_for(&request.headers);
        if !self.is_allowed && (is_preflight || is_upgrade) {
            let message = "Pages of this origin may not use this server; ARENA_ALLOWED_ORIGINS \
                says which may, or ARENA_PUBLIC_URL \
                where this server's own are.\n";
            return Some((StatusCode::FORBIDDEN, message).into_response());
        }
        is_preflight.then(preflight)
    }

    /// Says whether the page may see the answer.
    pub(super) fn label(self, response: &mut Response) {
        let headers = response.headers_mut();
        if self.is_allowed {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, self.origin);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, rate_limited::EXPOSED);
        }
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
}

fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}
