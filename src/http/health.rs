//! Whether the server lives, and whether it can do its work.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::app::AppState;

/// How long the database may take to answer a readiness check: a load balancer asks every few
/// seconds.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// The answer of `/readyz`.
#[derive(Debug, Serialize)]
pub(super) struct Readiness {
    /// Whether the database answers.
    database: bool,
    /// Whether wake-ups arrive; without them changes are delivered up to a second late.
    feed: bool,
}

pub(super) async fn alive() -> &'static str {
    "alive\n"
}

pub(super) async fn ready(State(app): State<AppState>) -> (StatusCode, Json<Readiness>) {
    let answered = tokio::time::timeout(PING_TIMEOUT, app.store.ping()).await;
    let readiness =
        Readiness { database: matches!(answered, Ok(Ok(()))), feed: app.feed.is_listening() };
    let is_ready = readiness.database && readiness.feed && !app.stop.is_cancelled();
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}
