//! The pages and what they are made of, as they are served: see src/http/assets.rs for the rules
//! one by one.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::HeaderMap;
use reqwest::{Method, Response, StatusCode};
use sha2::{Digest as _, Sha256};

use crate::harness::node::skip;
use crate::harness::process::{grand_arena, run};
use crate::harness::{Arena, TestServer};

/// Whether the server was built without its pages.
pub async fn are_missing(base: &str) -> bool {
    get(base, "/", &[]).await.text().await.unwrap().contains("without its pages")
}

async fn ask(method: Method, base: &str, path: &str, headers: &[(&'static str, &str)]) -> Response {
    let mut request = reqwest::Client::new().request(method, format!("{base}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

async fn get(base: &str, path: &str, headers: &[(&'static str, &str)]) -> Response {
    ask(Method::GET, base, path, headers).await
}

fn policy(headers: &HeaderMap) -> Vec<&str> {
    headers["content-security-policy"].to_str().unwrap().split("; ").map(str::trim).collect()
}

async fn server_with_playground(playground: Option<bool>) -> TestServer {
    Arena::new().await.server_with(|settings| settings.playground = playground).await
}

#[tokio::test]
async fn pages_run_nothing_but_their_own_load_nothing_foreign_and_are_asked_for_anew() {
    let server = server_with_playground(Some(true)).await;
    for path in ["/", "/playground"] {
        let page = get(&server.base, path, &[]).await;
        assert_eq!(page.status(), StatusCode::OK);
        let headers = page.headers().clone();
        assert_eq!(headers["content-type"], "text/html; charset=utf-8");
        assert_eq!(headers["cache-control"], "no-cache");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        let policy = policy(&headers);
        for part in ["default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(&part), "{path}: {policy:?}");
        }
        let scripts = policy.iter().find_map(|part| part.strip_prefix("script-src 'self'"));
        let mut hashes = scripts.unwrap().split_ascii_whitespace();
        assert!(hashes.clone().all(|hash| hash.starts_with("'sha256-")), "{path}: {policy:?}");
        // The explorer's editor writes styles as it goes along; nothing else may.
        assert_eq!(policy.contains(&"style-src 'self'"), path == "/", "{policy:?}");
        let html = page.text().await.unwrap();
        assert!(html.to_lowercase().starts_with("<!doctype html>"), "{path}");
        assert!(!html.contains("<style") && !html.contains("style="), "{path} has inline styles");
        assert!(
            !html.contains("src=\"http") && !html.contains("href=\"http"),
            "{path} needs another host"
        );
        // A script that stands in the page is known by its hash.
        for script in html.split("<script").skip(1) {
            let (tag, rest) = script.split_once('>').unwrap();
            if !tag.contains("src=") {
                let code = rest.split("</script>").next().unwrap();
                let hash = format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(code)));
                assert_eq!(hashes.next(), Some(&*hash), "{path} has an inline script: {script}");
            }
        }
        assert_eq!(hashes.next(), None, "{path}: scripts are allowed that it does not have");
    }
}

#[tokio::test]
async fn what_pages_are_made_of_is_compressed_and_kept_for_ever() {
    let server = server_with_playground(Some(true)).await;
    if are_missing(&server.base).await {
        return skip(
            "the tests of the embedded pages",
            "this binary was built without web/dist; `make test` builds it",
        );
    }
    for page in ["/", "/playground"] {
        let html = get(&server.base, page, &[]).await.text().await.unwrap();
        // Beside the page, which may have a path of its own.
        let references = html.split(['"', '\'']).filter(|text| text.starts_with("assets/"));
        let references: Vec<_> = references.map(|path| format!("/{path}")).collect();
        assert!(references.iter().any(|path| path.ends_with(".js")), "{page} has a script: {html}");
        for path in references {
            let plain = get(&server.base, &path, &[]).await;
            assert_eq!(plain.status(), StatusCode::OK, "{path}");
            assert_eq!(
                plain.headers()["cache-control"],
                "public, max-age=31536000, immutable",
                "{path}"
            );
            assert_eq!(plain.headers()["vary"], "accept-encoding", "{path}");
            assert!(plain.headers().get("content-encoding").is_none(), "{path}");
            let tag = plain.headers()["etag"].to_str().unwrap().to_owned();
            let size = plain.bytes().await.unwrap().len();
            let seen = get(&server.base, &path, &[("if-none-match", &tag)]).await;
            assert_eq!(seen.status(), StatusCode::NOT_MODIFIED, "{path}");
            for coding in ["br", "gzip"] {
                let accepted = [("accept-encoding", coding)];
                let head =
                    ask(Method::HEAD, &server.base, &path, &accepted).await.headers().clone();
                let compressed = get(&server.base, &path, &accepted).await;
                assert_eq!(compressed.headers()["content-encoding"], coding, "{path}");
                for name in
                    ["content-length", "content-encoding", "content-type", "etag", "cache-control"]
                {
                    assert_eq!(
                        compressed.headers()[name],
                        head[name],
                        "{path}: HEAD is GET without the content"
                    );
                }
                let content = compressed.bytes().await.unwrap();
                assert!(
                    content.len() < size,
                    "{path} in {coding}: {} of {size} bytes",
                    content.len()
                );
            }
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_404_and_pages_are_read_only() {
    let server = server_with_playground(Some(true)).await;
    for path in [
        "/assets/none-12345678.js",
        "/assets/",
        "/assets/../Cargo.toml",
        "/assets/%2e%2e/index.html",
        "/index.html",
    ] {
        assert_eq!(get(&server.base, path, &[]).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(
        ask(Method::POST, &server.base, "/", &[]).await.status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn the_playground_is_off_on_a_database_of_ones_own_unless_it_is_asked_for() {
    let status = async |server: &TestServer| get(&server.base, "/playground", &[]).await.status();
    let off = server_with_playground(None).await;
    let answer = get(&off.base, "/playground", &[]).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let text = answer.text().await.unwrap();
    assert!(text.contains("ARENA_PLAYGROUND=true") && text.contains("/graphql"), "{text}");
    assert_eq!(status(&server_with_playground(Some(true)).await).await, StatusCode::OK);

    let settings = |change: fn(&mut grand_arena::config::ServeSettings)| {
        let mut settings = crate::harness::settings("postgres://nowhere");
        change(&mut settings);
        settings.has_playground()
    };
    assert!(!settings(|_| {}));
    assert!(settings(|settings| settings.demo = true), "who shows the demo shows the API");
    assert!(
        settings(|settings| settings.database.database_url = None),
        "a private PostgreSQL is nobody's production"
    );
    let refused = |settings: &mut grand_arena::config::ServeSettings| {
        settings.demo = true;
        settings.database.database_url = None;
        settings.playground = Some(false);
    };
    assert!(!settings(refused), "what is said holds");
}

#[test]
fn a_switch_that_is_neither_on_nor_off_is_refused_at_start() {
    let said = run(grand_arena(&["serve"]).env("ARENA_PLAYGROUND", "perhaps"));
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("--playground"), "{}", said.err);
}
