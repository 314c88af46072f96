//! Which part of the server answers a request.

use axum::Router;
use axum::http::Request;
use axum::response::Response;
use hyper::body::Incoming;
use tower::ServiceExt as _;

use super::app::AppState;
use super::{graphql, pages};
use crate::identity::LastToken;

/// Where the API is.
const API: &str = "/graphql";

/// Answers everything: the API first and without a router's detours, which are as long as a
/// reservation's whole way through the schema.
#[derive(Clone)]
pub struct Service {
    app: AppState,
    pages: Router,
}

impl Service {
    /// Everything that the server has to show.
    pub fn new(app: AppState) -> Self {
        Self { pages: pages::router(app.clone()), app }
    }
}

/// A client's connection: what its requests have in common.
pub(super) struct ClientConnection {
    service: Service,
    last_token: LastToken,
}

impl ClientConnection {
    pub(super) fn new(service: Service) -> Self {
        Self { service, last_token: LastToken::default() }
    }

    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response {
        if request.uri().path() == API {
            return graphql::answer(&self.service.app, &self.last_token, request).await;
        }
        let Ok(response) = self.service.pages.clone().oneshot(request).await;
        response
    }
}
