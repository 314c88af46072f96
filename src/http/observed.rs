//! An operation as those see it who run the server: counted, and written into the log.
//!
//! Whatever transport brings one begins with this, notes what it finds out, and ends it with the
//! code of the answer. What nobody waits for any more is not counted.
//!
//! Each mutation has a line in the log, as has each query that has failed or was slow; as many as
//! there is room for (`request_lines`).

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use async_graphql::ServerError;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use sha2::{Digest as _, Sha256};

use super::app::App;
use super::request::Unweighed;
use crate::domain::ViewerId;
use crate::graphql::OK;
use crate::graphql::document::RootField;
use crate::graphql::error::Code;
use crate::trace::{Current, OpenSpan, RequestId};

/// What carries the id, in both directions.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Where the lines are found in the log, and turned off.
const LINES: &str = "grand_arena::requests";

/// What stands for the method of what comes over a socket.
const WEBSOCKET: &str = "WS";

/// A query that takes longer is slow: it has waited for something.
const SLOW: Duration = Duration::from_secs(1);

/// Bytes of a viewer's hash that are shown: enough to tell all viewers of a night apart.
const HASH_BYTES: usize = 8;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Observed {
    began: Instant,
    method: &'static str,
    id: RequestId,
    field: RootField,
    viewer: Option<ViewerId>,
    /// What it has failed with so far.
    code: Option<Code>,
    /// Whether somebody else tells of its end.
    is_handed_over: bool,
    /// If it is traced.
    span: Option<OpenSpan>,
}

impl Observed {
    /// A request that has arrived.
    pub(super) fn request(app: &App, method: &Method, headers: &HeaderMap) -> Self {
        let method = match *method {
            Method::GET => "GET",
            Method::HEAD => "HEAD",
            Method::POST => "POST",
            _ => "other",
        };
        let told = headers.get(&REQUEST_ID).map(HeaderValue::as_bytes);
        let mut observed = Self::new(method, RequestId::take(told));
        observed.span = app.tracing.as_ref().and_then(|it| it.begin("request", headers));
        observed
    }

    /// An operation of a socket.
    pub(super) fn operation(app: &App, id: RequestId) -> Self {
        let mut observed = Self::new(WEBSOCKET, id);
        let no_caller = HeaderMap::new();
        observed.span = app.tracing.as_ref().and_then(|it| it.begin("operation", &no_caller));
        observed
    }

    fn new(method: &'static str, id: RequestId) -> Self {
        Self {
            began: Instant::now(),
            method,
            id,
            field: RootField::NONE,
            viewer: None,
            code: None,
            is_handed_over: false,
            span: None,
        }
    }

    /// What it is called.
    pub(super) fn id(&self) -> &RequestId {
        &self.id
    }

    /// For whom tasks work that carry it out.
    pub(super) fn current(&self) -> Current {
        let traced = self.span.as_ref().map(|span| span.traced().clone());
        Current { id: Some(self.id.clone()), traced }
    }

    /// It is this operation, of somebody.
    pub(super) fn found(&mut self, operation: &Unweighed) {
        self.field = operation.root();
        tracing::trace!(id = %self.id, operation = self.field.name(), "is to be carried out");
        self.viewer = operation.asker().viewer.as_ref().map(|viewer| viewer.id.clone());
    }

    /// It has failed.
    pub(super) fn failed(&mut self, code: Code) {
        self.code = Some(code);
    }

    /// It is answered with these errors, if there are any.
    pub(super) fn answered(&mut self, errors: &[ServerError]) {
        self.code = errors.iter().find_map(Code::of);
    }

    /// The same, for whoever tells of its end from now on.
    pub(super) fn hand_over(&mut self) -> Self {
        self.is_handed_over = true;
        Self {
            id: self.id.clone(),
            viewer: self.viewer.clone(),
            span: self.span.take(),
            is_handed_over: false,
            ..*self
        }
    }

    /// It has come to its end.
    pub(super) fn end(mut self, app: &App) {
        if self.is_handed_over {
            return;
        }
        if let Some(span) = self.span.take() {
            self.describe(span);
        }
        let took = self.began.elapsed();
        app.counts.ended(self.field, self.code, took);
        let has_failed = self.code.is_some();
        tracing::trace!(
            id = %self.id,
            operation = self.field.name(),
            code = self.code.map_or(OK, Code::as_str),
            ?took,
            "answered"
        );
        if (has_failed || took >= SLOW || self.field.kind() == "mutation")
            && tracing::enabled!(target: LINES, tracing::Level::INFO)
            && app.lines.take(has_failed || took >= SLOW)
        {
            self.write(took);
        }
    }

    /// Says in its span what it was.
    fn describe(&self, mut span: OpenSpan) {
        let code = self.code.map_or(OK, Code::as_str);
        span.rename(format!("{} {}", self.field.kind(), self.field.name()));
        span.set("graphql.operation.type", self.field.kind());
        span.set("arena.operation", self.field.name());
        span.set("arena.code", code);
        span.set("arena.request_id", self.id.to_string());
        if self.method != WEBSOCKET {
            span.set("http.request.method", self.method);
        }
        if let Some(Code::Internal | Code::Unavailable | Code::Overloaded) = self.code {
            span.fail(code);
        }
    }

    fn write(self, took: Duration) {
        let viewer = self.viewer.map(|viewer| hash(&viewer)).unwrap_or_default();
        tracing::info!(
            target: LINES,
            method = self.method,
            r#type = self.field.kind(),
            operation = self.field.name(),
            code = self.code.map_or(OK, Code::as_str),
            ms = (took.as_secs_f64() * 10_000.0).round() / 10.0,
            viewer,
            request_id = %self.id,
        );
    }
}

/// What stands for a viewer in the log: the beginning of the id's SHA-256, which whoever knows the
/// id can work out too.
fn hash(viewer: &ViewerId) -> String {
    let sum = Sha256::digest(viewer.as_str().as_bytes());
    sum[..HASH_BYTES].iter().fold(String::new(), |mut hash, byte| {
        // A string grows.
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_is_shown_as_anybody_can_work_out_who_knows_the_id() {
        // printf alice | sha256sum | cut -c-16
        assert_eq!(hash(&ViewerId::new("alice").unwrap()), "2bd806c97f0e00af");
    }
}
