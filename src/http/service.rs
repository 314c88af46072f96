//! Which part of the server answers a request.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::{Request, StatusCode, Uri};
use axum::response::{IntoResponse as _, Redirect, Response};
use hyper::body::Incoming;
use tower::ServiceExt as _;

use super::app::AppState;
use super::client::Client;
use super::public_url::PublicUrls;
use super::{graphql, pages};
use crate::account::{Account, Exceeded, Permit};

/// Where the API is.
const API: &str = "/graphql";

/// What is asked by whoever watches over the server, by whatever name they know it.
const HEALTH: [&str; 2] = ["/healthz", "/readyz"];

/// What somebody is told who asks for another server.
const WRONG_HOST: &str = "this server does not go by the name that it was asked for; \
    ARENA_PUBLIC_URL says by which it does, and its addresses and localhost always do";

/// Answers everything: the API first and without a router's detours, which are as long as a
/// reservation's whole way through the schema.
#[derive(Clone)]
pub struct Service {
    app: AppState,
    pages: Router,
    /// What proxies may leave before our own paths.
    prefixes: Arc<[String]>,
}

impl Service {
    /// Everything that the server has to show, at these addresses from outside.
    pub fn new(app: AppState, public_url: Option<&PublicUrls>) -> Self {
        let urls = public_url.into_iter().flat_map(PublicUrls::iter);
        let prefixes = urls.map(|url| url.prefix.clone()).filter(|prefix| !prefix.is_empty());
        Self { pages: pages::router(app.clone()), app, prefixes: prefixes.collect() }
    }

    /// A permit for a connection of an address. A proxy has those of many.
    pub(super) fn admit(&self, address: IpAddr) -> Result<Permit, Exceeded> {
        if self.app.proxies.has(address) {
            return Ok(Permit::default());
        }
        self.app.shares.connect(&Account::at(address))
    }

    /// Whether a path is one of these, with or without a prefix.
    fn is_one_of(&self, paths: &[&str], path: &str) -> bool {
        paths.contains(&path) || self.without_prefix(path).is_some_and(|path| paths.contains(&path))
    }

    /// What is behind a prefix: nothing, or a path of ours.
    fn without_prefix<'a>(&self, path: &'a str) -> Option<&'a str> {
        let rests = self.prefixes.iter().filter_map(|prefix| path.strip_prefix(prefix.as_str()));
        rests.into_iter().find(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    async fn answer_by_page(&self, mut request: Request<Incoming>) -> Response {
        match self.without_prefix(request.uri().path()) {
            // Pages name what belongs to them beside themselves.
            Some("") => {
                return Redirect::permanent(&format!("{}/", request.uri().path())).into_response();
            }
            Some(path) => {
                if let Ok(uri) = path.parse::<Uri>() {
                    *request.uri_mut() = uri;
                }
            }
            None => {}
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
        let (service, path) = (&self.service, request.uri().path());
        let is_api = service.is_one_of(&[API], path);
        let is_for_anybody = !is_api && service.is_one_of(&HEALTH, path);
        if !is_for_anybody && !service.app.hosts.admits(request.uri(), request.headers()) {
            let status = StatusCode::MISDIRECTED_REQUEST;
            return if is_api {
                graphql::turn_away(&service.app, &request, status, WRONG_HOST)
            } else {
                (status, format!("{WRONG_HOST}\n")).into_response()
            };
        }
        if is_api {
            return graphql::answer(&service.app, &self.client, request).await;
        }
        service.answer_by_page(request).await
    }
}
