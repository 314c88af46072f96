//! Pages of other origins: who may use the server from a browser.

use reqwest::header::{ACCESS_CONTROL_ALLOW_ORIGIN, HeaderMap};
use reqwest::{Method, StatusCode};

use crate::harness::process::{grand_arena, run};
use crate::harness::{Arena, Socket, TestServer};

/// What the log says of a page that was kept out.
const KEPT_OUT: &str = "a page was kept out";

const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

async fn preflight(server: &TestServer, origin: &str) -> (StatusCode, HeaderMap) {
    let request =
        reqwest::Client::new().request(Method::OPTIONS, format!("{}/graphql", server.base));
    let request = request.header("origin", origin).header("access-control-request-method", "POST");
    let response =
        request.header("access-control-request-headers", "content-type").send().await.unwrap();
    (response.status(), response.headers().clone())
}

async fn readable_by(server: &TestServer, origin: &str) -> Option<String> {
    let request =
        reqwest::Client::new().post(format!("{}/graphql", server.base)).header("origin", origin);
    let request =
        request.header("content-type", "application/json").body(r#"{"query":"{ __typename }"}"#);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200, "a browser keeps the answer from the page; others are told");
    assert_eq!(response.headers()["vary"], "origin");
    Some(response.headers().get(ACCESS_CONTROL_ALLOW_ORIGIN)?.to_str().unwrap().to_owned())
}

async fn socket_of(server: &TestServer, origin: &str) -> Result<(), u16> {
    Socket::handshake(&server.base, &[PROTOCOL, ("origin", origin)]).await.map(drop)
}

#[tokio::test]
async fn pages_of_other_origins_are_kept_out_and_those_of_our_own_are_not() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    arena.expect_warning(KEPT_OUT);
    let other = "https://shop.example";
    assert_eq!(socket_of(&server, other).await, Err(403));
    assert_eq!(socket_of(&server, "null").await, Err(403));
    let (status, headers) = preflight(&server, other).await;
    assert_eq!((status, headers.get(ACCESS_CONTROL_ALLOW_ORIGIN)), (StatusCode::FORBIDDEN, None));
    assert_eq!(readable_by(&server, other).await, None);

    let own = server.base.clone();
    assert_eq!(socket_of(&server, &own).await, Ok(()));
    assert_eq!(readable_by(&server, &own).await, Some(own));
    assert!(
        Socket::handshake(&server.base, &[PROTOCOL]).await.is_ok(),
        "what is no browser names no origin"
    );
}

#[tokio::test]
async fn pages_of_the_origins_in_the_settings_are_let_in() {
    let arena = Arena::new().await;
    arena.expect_warning(KEPT_OUT);
    let shop = "https://shop.example";
    let server =
        arena.server_with(|settings| settings.allowed_origins = shop.parse().unwrap()).await;
    assert_eq!(socket_of(&server, shop).await, Ok(()));
    assert_eq!(socket_of(&server, "https://other.example").await, Err(403));
    let (status, headers) = preflight(&server, shop).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(headers["access-control-allow-origin"], shop);
    assert_eq!(headers["access-control-allow-methods"], "GET, POST");
    let allowed = headers["access-control-allow-headers"].to_str().unwrap();
    let allowed: Vec<_> = allowed.split(", ").collect();
    for name in [
        "authorization",
        "content-type",
        "accept",
        "traceparent",
        "tracestate",
        "baggage",
        "sentry-trace",
        "apollographql-client-name",
        "apollographql-client-version",
        "x-request-id",
        "last-event-id",
        "content-encoding",
    ] {
        assert!(allowed.contains(&name), "{name} in {allowed:?}");
    }
    assert!(!allowed.contains(&"x-forwarded-host"), "a page could say that it is our own");
    assert!(headers["access-control-max-age"].to_str().unwrap().parse::<u32>().unwrap() > 0);
    assert_eq!(readable_by(&server, shop).await.as_deref(), Some(shop));

    let open = arena.server_with(|settings| settings.allowed_origins = "*".parse().unwrap()).await;
    assert_eq!(socket_of(&open, "https://any.example").await, Ok(()));
    assert_eq!(preflight(&open, "https://any.example").await.0, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn the_log_says_once_a_minute_what_a_page_was_kept_out_by() {
    let arena = Arena::new().await;
    let server = arena
        .server_with(|settings| {
            settings.allowed_origins = "https://shop.example".parse().unwrap();
            settings.public_url = Some("https://tickets.example/arena".parse().unwrap());
        })
        .await;
    arena.expect_warning(KEPT_OUT);
    let host = server.base.strip_prefix("http://").unwrap();
    let headers =
        [PROTOCOL, ("origin", "https://other.example"), ("x-forwarded-host", "www.example")];
    let refused = Socket::handshake(&server.base, &headers).await.map(drop);
    assert_eq!(refused, Err(403));
    for compared in [
        "origin=\"https://other.example\"",
        &format!("host=\"{host}\""),
        "forwarded_host=\"www.example\"",
        "public_url=https://tickets.example/arena/",
        "allowed_origins=https://shop.example",
    ] {
        assert!(arena.warnings.include(compared), "{compared}");
    }
    assert_eq!(socket_of(&server, "https://another.example").await, Err(403));
    assert!(!arena.warnings.include("another.example"), "once a minute is enough");
}

#[tokio::test]
async fn the_public_address_is_the_servers_own_and_its_path_may_come_along_or_not() {
    let arena = Arena::new().await;
    let public = "https://tickets.example/arena/";
    let server = arena.server_with(|settings| settings.public_url = public.parse().ok()).await;
    let own = "https://tickets.example";
    assert_eq!(socket_of(&server, own).await, Ok(()));
    assert_eq!(readable_by(&server, own).await.as_deref(), Some(own));
    let within = TestServerAt(format!("{}/arena", server.base));
    assert_eq!(within.status("/graphql?query=%7B__typename%7D").await, 200);
    for path in ["/", "/healthz", "/healthz?verbose"] {
        assert_eq!(within.status(path).await, 200, "{path}");
    }
    assert!(Socket::handshake(&within.0, &[PROTOCOL, ("origin", own)]).await.is_ok());
    assert_eq!(within.status("").await, 308, "what a page refers to is beside it");
    assert_eq!(within.status("nowhere").await, 404);
    assert_eq!(within.status("/arena/").await, 404);
}

/// A server at an address within which it is to be found.
struct TestServerAt(String);

impl TestServerAt {
    async fn status(&self, path: &str) -> u16 {
        let policy = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().redirect(policy).build().unwrap();
        http.get(format!("{}{path}", self.0)).send().await.unwrap().status().as_u16()
    }
}

#[test]
fn a_public_address_that_is_none_is_refused_at_start_with_exit_code_2() {
    let said = run(grand_arena(&["serve"]).env("ARENA_PUBLIC_URL", "shop.example"));
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("\"shop.example\" is not the address of a server"), "{}", said.err);
}

#[test]
fn a_setting_that_is_no_list_of_origins_is_refused_at_start_with_exit_code_2() {
    let said = run(grand_arena(&["serve"])
        .env("ARENA_ALLOWED_ORIGINS", "https://shop.example, shop.example/path"));
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(
        said.err.contains("\"shop.example/path\" is not an origin; write a scheme and a host"),
        "{}",
        said.err
    );
}
