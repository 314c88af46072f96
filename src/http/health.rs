//! Whether the server lives, and whether it can do its work.
//!
//! Ready means more than that the database answers: that it takes writes and has room for them,
//! and that whatever keeps this server going has really got something from it lately. A connection
//! may be dead without a word while others live.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::app::AppState;

/// How long the database may take to answer a readiness check: a load balancer asks every few
/// seconds.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// How long nothing may have been heard, or written, where something is each second: two were
/// missed.
const SILENT_AFTER: Duration = Duration::from_secs(3);

/// How long a reader or the cleaner may have got nothing from the database. They look each second;
/// in a rush their turn comes later, which is no reason to send buyers elsewhere.
const LATE_AFTER: Duration = Duration::from_secs(6);

/// The answer of `/readyz`.
#[derive(Debug, Serialize)]
pub(super) struct Readiness {
    /// Whether the database answers, and takes writes.
    database: bool,
    /// Whether something was written lately.
    writes: bool,
    /// Whether the database's disk has room.
    room: bool,
    /// Whether wake-ups arrive; without them changes are delivered up to a second late.
    feed: bool,
    /// Whether each reader of the feed has looked at its log lately.
    readers: bool,
    /// Whether the cleaner has looked lately for what is due.
    cleaner: bool,
}

impl Readiness {
    async fn of(app: &AppState) -> Self {
        let answered = tokio::time::timeout(PING_TIMEOUT, app.store.check_writable()).await;
        let vitals = app.feed.vitals();
        Self {
            database: matches!(answered, Ok(Ok(()))),
            writes: vitals.written_ago() < SILENT_AFTER,
            room: vitals.has_room(),
            feed: vitals.is_listening() && vitals.heard_ago() < SILENT_AFTER,
            readers: app.feed.oldest_look() < LATE_AFTER,
            cleaner: app.cleaner.age() < LATE_AFTER,
        }
    }

    fn is_ready(&self) -> bool {
        let works = self.database && self.writes && self.room;
        works && self.feed && self.readers && self.cleaner
    }
}

pub(super) async fn alive() -> &'static str {
    "alive\n"
}

pub(super) async fn ready(State(app): State<AppState>) -> (StatusCode, Json<Readiness>) {
    let readiness = Readiness::of(&app).await;
    let is_ready = readiness.is_ready() && !app.stop.is_cancelled();
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}
