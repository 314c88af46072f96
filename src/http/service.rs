//! Which part of the server answers a request.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::{Request, Uri};
use axum::response::{IntoResponse as _, Redirect, Response};
use hyper::body::Incoming;
use tower::ServiceExt as _;

use super::app::AppState;
use super::client::Client;
use super::public_url::PublicUrl;
use super::{graphql, pages};
use crate::account::{Account, Exceeded, Place};

/// Where the API is.
const API: &str = "/graphql";

/// Answers everything: the API first and without a router's detours, which are as long as a
/// reservation's whole way through the schema.
#[derive(Clone)]
pub struct Service {
    app: AppState,
    pages: Router,
    /// What a proxy may leave before our own paths, if anything.
    prefix: Option<Arc<str>>,
}

impl Service {
    /// Everything that the server has to show, at this address from outside.
    pub fn new(app: AppState, public_url: Option<&PublicUrl>) -> Self {
        let prefix = public_url.map(|url| url.prefix.as_str()).filter(|path| !path.is_empty());
        Self { pages: pages::router(app.clone()), app, prefix: prefix.map(Arc::from) }
    }

    /// A place for a connection of an address. A proxy has those of many.
    pub(super) fn admit(&self, address: IpAddr) -> Result<Place, Exceeded> {
        if self.app.proxies.has(address) {
            return Ok(Place::default());
        }
        self.app.shares.connect(&Account::at(address))
    }

    /// Whether a path is the API's, with or without the prefix.
    fn is_api(&self, path: &str) -> bool {
        path == API || self.without_prefix(path) == Some(API)
    }

    fn without_prefix<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(self.prefix.as_deref()?)
    }

    async fn answer_by_page(&self, mut request: Request<Incoming>) -> Response {
        match self.without_prefix(request.uri().path()) {
            // Pages name what belongs to them beside themselves.
            Some("") => {
                return Redirect::permanent(&format!("{}/", request.uri().path())).into_response();
            }
            Some(path) if path.starts_with('/') => {
                if let Ok(uri) = path.parse::<Uri>() {
                    *request.uri_mut() = uri;
                }
            }
            _ => {}
        }
        let Ok(response) = self.pages.clone().oneshot(request).await;
        response
    }
}

/// A client's connection: what its requests have in common.
pub(super) struct ClientConnection {
    service: Service,
    client: Client,
}

impl ClientConnection {
    pub(super) fn new(service: Service, address: IpAddr) -> Self {
        Self { service, client: Client::at(address) }
    }

    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response {
        if self.service.is_api(request.uri().path()) {
            return graphql::answer(&self.service.app, &self.client, request).await;
        }
        self.service.answer_by_page(request).await
    }
}
