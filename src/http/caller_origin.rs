//! Which pages of which origins may use this server from a browser: those of its own, and those on
//! a list.
//!
//! A request without `Origin` comes from no browser, or from a page of our own; unless the browser
//! says that it comes from elsewhere (`Sec-Fetch-Site`), as of an image or a link. What a page of
//! another origin sends is refused before it costs anything, where a browser sends it without
//! asking us first: queries, streams and WebSockets. So is its preflight. Mutations need a content
//! type that takes a preflight.

use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::origin_gate::OriginGate;
use super::rate_limited;

/// What a page is told that is kept out.
pub(super) const KEPT_OUT: &str = "pages of this origin may not use this server; \
    ARENA_ALLOWED_ORIGINS says which may, or ARENA_PUBLIC_URL where this server's own are";

/// What a page may send.
const METHODS: &str = "GET, POST";
/// The first line for our API, the second for observing, as the W3C, Sentry and Apollo name it.
const HEADERS: &str = "authorization, content-type, accept, content-encoding, last-event-id, \
    traceparent, tracestate, baggage, sentry-trace, x-request-id, apollographql-client-name, \
    apollographql-client-version";

/// How long a browser may remember the answer to its preflight, in seconds: as long as Chrome does
/// at most.
const MAX_AGE_SECONDS: &str = "7200";

/// The page that a request comes from, as far as the browser says so.
pub(super) struct CallerOrigin {
    /// `None` if the browser only says that it is another origin than ours.
    origin: Option<HeaderValue>,
    is_allowed: bool,
}

impl CallerOrigin {
    /// Reads where a request comes from. That a page is kept out is said in the log.
    pub(super) fn of(request: &Parts, gate: &OriginGate) -> Option<Self> {
        let headers = &request.headers;
        let origin = headers.get(header::ORIGIN).cloned();
        let is_allowed = match &origin {
            Some(origin) => origin.to_str().is_ok_and(|origin| gate.admits(origin, headers)),
            None if OriginGate::is_foreign(headers) => gate.admits_nameless(),
            None => return None,
        };
        if !is_allowed {
            gate.tell(origin.as_ref(), headers);
        }
        Some(Self { origin, is_allowed })
    }

    /// Whether the request is to be refused before it is looked at.
    pub(super) fn is_kept_out(&self, request: &Parts) -> bool {
        // As every WebSocket begins, too.
        let is_sent_unasked = [Method::GET, Method::HEAD].contains(&request.method);
        !self.is_allowed && (is_sent_unasked || is_preflight(request))
    }

    /// Says whether the page may see the answer.
    pub(super) fn label(self, response: &mut Response) {
        let Some(origin) = self.origin else { return };
        let headers = response.headers_mut();
        if self.is_allowed {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, rate_limited::EXPOSED);
        }
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
}

/// Whether a browser asks what a page may send.
pub(super) fn is_preflight(request: &Parts) -> bool {
    request.method == Method::OPTIONS
        && request.headers.contains_key(header::ORIGIN)
        && request.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// What an allowed page may send.
pub(super) fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}
