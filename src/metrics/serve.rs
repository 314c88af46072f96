//! The address at which Prometheus asks for the metrics.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use prometheus_client::encoding::prometheus_text;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::register::Metrics;

/// What OpenMetrics calls its format, for those who say that they read it.
const OPENMETRICS: &str = "application/openmetrics-text";
const OF_OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Answers at `/metrics` until told to stop. Whoever runs the server decides who can reach it.
pub async fn serve(listener: TcpListener, metrics: Metrics, stop: CancellationToken) {
    let router = Router::new().route("/metrics", get(answer)).with_state(metrics);
    let router = router.layer(map_response(labelled));
    tokio::select! {
        served = axum::serve(listener, router) => {
            if let Err(error) = served {
                tracing::error!(%error, "the metrics are no longer served");
            }
        }
        () = stop.cancelled() => {}
    }
}

/// With what every answer of ours says to browsers.
async fn labelled(mut response: Response) -> Response {
    let nosniff = HeaderValue::from_static("nosniff");
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}

async fn answer(State(metrics): State<Metrics>, asked: HeaderMap) -> Response {
    let accepted = asked.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let by_openmetrics = accepted.into_iter().any(|value| value.contains(OPENMETRICS));
    let content_type = if by_openmetrics { OF_OPENMETRICS } else { prometheus_text::CONTENT_TYPE };
    match metrics.text(by_openmetrics) {
        Ok(text) => ([(header::CONTENT_TYPE, content_type)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
