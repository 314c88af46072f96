//! The transport: GraphQL over HTTP, WebSocket and server-sent events, health, and the pages for
//! people.
//!
//! Deliberately ours where the stock transport of async-graphql falls short (mutations over GET,
//! missing close codes, no limits); its WebSocket serves only the older protocol that some Apollo
//! clients still speak.

mod assets;
mod documents;
mod graphql;
mod health;
mod legacy;
mod limits;
mod media;
mod operation;
mod origin;
mod request;
mod serve;
mod shared_answers;
mod sse;
mod websocket;

use std::sync::Arc;

use axum::Router;
use axum::http::{Request, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use hyper::body::Incoming;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

pub use self::documents::Documents;
pub use self::origin::{AllowedOrigins, NotAnOrigin};
pub use self::serve::{listen, serve};
pub use self::shared_answers::SharedAnswers;
use crate::feed::Feed;
use crate::graphql::ArenaSchema;
use crate::graphql::live::Shapes;
use crate::identity::{Identity, LastToken};
use crate::store::Store;

/// The largest request body and the largest WebSocket message, in bytes: a document and 100 seat
/// ids are under 10 KiB.
pub const MAX_REQUEST_BYTES: usize = 256 * 1024;

/// What handlers work with: shared, since every connection holds it.
pub type AppState = Arc<App>;

/// See [`AppState`].
pub struct App {
    /// What validates and executes.
    pub schema: ArenaSchema,
    /// What executes operations that are known to be valid.
    pub schema_for_valid: ArenaSchema,
    /// The documents that were parsed lately.
    pub documents: Arc<Documents>,
    /// What the open subscriptions ask for.
    pub shapes: Arc<Shapes>,
    /// The maps that were just given out.
    pub maps: Arc<SharedAnswers>,
    /// Who is asking.
    pub identity: Arc<Identity>,
    /// For readiness.
    pub store: Store,
    /// For readiness.
    pub feed: Arc<Feed>,
    /// Rings when the server shuts down.
    pub stop: CancellationToken,
    /// Whose pages may use this server.
    pub allowed_origins: AllowedOrigins,
    /// Whether there is an explorer at `/playground`.
    pub playground: bool,
    /// The open sockets and streams, so that a shutdown can wait for their goodbyes.
    pub sockets: TaskTracker,
}

/// Where the API is.
const API: &str = "/graphql";

/// Answers everything: the API first and without a router's detours, which are as long as a
/// reservation's whole way through the schema.
#[derive(Clone)]
pub struct Front {
    app: AppState,
    pages: Router,
}

impl Front {
    /// Everything that the server has to show.
    pub fn new(app: AppState) -> Self {
        Self { pages: pages(app.clone()), app }
    }
}

/// A client's connection: what its requests have in common.
struct Connection {
    front: Front,
    last_token: LastToken,
}

impl Connection {
    fn new(front: Front) -> Self {
        Self { front, last_token: LastToken::default() }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response {
        if request.uri().path() == API {
            return graphql::answer(self, request).await;
        }
        let Ok(response) = self.front.pages.clone().oneshot(request).await;
        response
    }
}

/// What is beside the API.
fn pages(state: AppState) -> Router {
    Router::new()
        .route("/", get(assets::map))
        .route("/playground", get(assets::explorer))
        .route("/assets/{*name}", get(assets::asset))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(not_found)
        .with_state(state)
}

async fn not_found(uri: Uri) -> Response {
    let path: String = uri.path().chars().take(80).collect();
    (
        StatusCode::NOT_FOUND,
        format!("There is nothing at {path}. The API is at /graphql, the live map at /.\n"),
    )
        .into_response()
}
