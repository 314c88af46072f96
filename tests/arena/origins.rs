//! Pages of other origins: who may use the server from a browser.

use reqwest::header::{ACCESS_CONTROL_ALLOW_ORIGIN, HeaderMap};
use reqwest::{Method, StatusCode};

use crate::harness::process::{grand_arena, run};
use crate::harness::{Arena, Socket, TestServer};

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
    let shop = "https://shop.example";
    let server =
        arena.server_with(|settings| settings.allowed_origins = shop.parse().unwrap()).await;
    assert_eq!(socket_of(&server, shop).await, Ok(()));
    assert_eq!(socket_of(&server, "https://other.example").await, Err(403));
    let (status, headers) = preflight(&server, shop).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(headers["access-control-allow-origin"], shop);
    assert_eq!(headers["access-control-allow-methods"], "GET, POST");
    assert_eq!(headers["access-control-allow-headers"], "authorization, content-type, accept");
    assert!(headers["access-control-max-age"].to_str().unwrap().parse::<u32>().unwrap() > 0);
    assert_eq!(readable_by(&server, shop).await.as_deref(), Some(shop));

    let open = arena.server_with(|settings| settings.allowed_origins = "*".parse().unwrap()).await;
    assert_eq!(socket_of(&open, "https://any.example").await, Ok(()));
    assert_eq!(preflight(&open, "https://any.example").await.0, StatusCode::NO_CONTENT);
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
