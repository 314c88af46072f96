//! What is beside the API: the pages for people, and health.

use axum::Router;
use axum::routing::get;

use super::app::AppState;
use super::{assets, health};

/// Everything but the API.
pub(super) fn router(state: AppState) -> Router {
    Router::new()
        .route("/", get(assets::map))
        .route("/playground", get(assets::explorer))
        .route("/assets/{*name}", get(assets::asset))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(assets::not_found)
        .with_state(state)
}
