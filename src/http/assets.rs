//! The pages for people and what they are made of: embedded when the binary is built (see
//! `build.rs`), compressed by the build of `web/`.
//!
//! What is in `assets/` carries a hash of its content in its name and is kept for ever; pages are
//! asked for anew each time, and answered with 304 while they are the same. A binary that was built
//! without `web/` says so in the pages' place.

use std::borrow::Cow;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};

use super::app::AppState;
use super::entity_tag::has_tag;
use super::media::quality_of;

/// A file of the pages.
#[derive(Debug)]
struct Asset {
    /// Below `web/dist`.
    path: &'static str,
    /// Names the content. Weak, since it stands for the compressed forms as well.
    tag: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
    /// The hash of the script that stands in a page itself, as a policy names it; empty for none.
    scripts: &'static str,
}

/// Everything that was built, by path.
static BUILT: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// What pages may do: run scripts and use styles that are files of ours, and talk to this server.
/// Beside that a page may run the one script that stands in it (see [`Asset::scripts`]).
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src \
    'self'; \
    img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors \
    'none'";

/// What the explorer may do beside that: its editor writes style sheets and style attributes as it
/// goes along, and checks documents in a worker.
const EXPLORER_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' \
    'unsafe-inline'; \
    connect-src 'self'; img-src 'self' data:; font-src 'self' data:; worker-src 'self'; base-uri \
    'none'; \
    form-action 'none'; frame-ancestors 'none'";

const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

/// The live map.
pub(super) async fn map(headers: HeaderMap) -> Response {
    page(BUILT, "index.html", PAGE_POLICY, &headers)
}

/// The explorer, where it is switched on.
pub(super) async fn explorer(State(app): State<AppState>, headers: HeaderMap) -> Response {
    if app.playground {
        page(BUILT, "playground.html", EXPLORER_POLICY, &headers)
    } else {
        let message = "The playground is switched off on this server; ARENA_PLAYGROUND=true (or \
            --playground) switches it on. The API is at /graphql.\n";
        (StatusCode::NOT_FOUND, message).into_response()
    }
}

/// What the pages are made of.
pub(super) async fn asset(Path(name): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    match find(BUILT, &format!("assets/{name}")) {
        Some(asset) => asset.answer(FOR_EVER, PAGE_POLICY, &headers),
        None => not_found(uri).await,
    }
}

/// Whatever else is asked for.
pub(super) async fn not_found(uri: Uri) -> Response {
    let path: String = uri.path().chars().take(80).collect();
    (
        StatusCode::NOT_FOUND,
        format!("There is nothing at {path}. The API is at /graphql, the live map at /.\n"),
    )
        .into_response()
}

fn find(assets: &'static [Asset], path: &str) -> Option<&'static Asset> {
    let index = assets.binary_search_by(|asset| asset.path.cmp(path)).ok()?;
    assets.get(index)
}

fn page(
    assets: &'static [Asset],
    path: &str,
    policy: &'static str,
    headers: &HeaderMap,
) -> Response {
    const MISSING: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
        <title>Grand Arena</title>\n<h1>Grand Arena is running, without its pages</h1>\n\
        <p>This binary was built without the live map and the explorer. Building them takes Node \
        20.10 or newer with \
        npm: install it, then start the server with <code>make run</code>, or build the pages with \
        <code>make web</code> and the server after them.</p>\n\
        <p>Everything else works: the API is at <code>/graphql</code>, over HTTP and \
        WebSocket.</p>\n</html>\n";
    match find(assets, path) {
        Some(asset) => asset.answer(ASK_AGAIN, &asset.policy(policy), headers),
        None => (common_headers(ASK_AGAIN, policy), Html(MISSING)).into_response(),
    }
}

fn common_headers<'a>(
    caching: &'static str,
    policy: &'a str,
) -> [(header::HeaderName, &'a str); 3] {
    [
        (header::CACHE_CONTROL, caching),
        // With scripts, too: a worker's own policy is that of its script.
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, "no-referrer"),
    ]
}

impl Asset {
    /// The policy that a page is sent with: its own script is allowed by its hash.
    fn policy(&self, policy: &'static str) -> Cow<'static, str> {
        if self.scripts.is_empty() {
            return policy.into();
        }
        let allowed = format!("script-src 'self' {}", self.scripts);
        policy.replacen("script-src 'self'", &allowed, 1).into()
    }

    fn answer(&self, caching: &'static str, policy: &str, asked: &HeaderMap) -> Response {
        let common = common_headers(caching, policy);
        let tag_and_vary = [(header::ETAG, self.tag), (header::VARY, "accept-encoding")];
        if has_tag(asked, self.tag) {
            return (StatusCode::NOT_MODIFIED, common, tag_and_vary).into_response();
        }
        let (coding, content) = self.best(asked);
        let content_type = [(header::CONTENT_TYPE, content_type(self.path))];
        let mut response =
            (common, tag_and_vary, content_type, Bytes::from_static(content)).into_response();
        if let Some(coding) = coding {
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        response
    }

    /// The form that the client likes best; of those that it likes equally, the smallest.
    fn best(&self, asked: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
        let forms = [("br", self.brotli), ("gzip", self.gzip)];
        let forms = forms.into_iter().filter_map(|(coding, content)| Some((coding, content?)));
        let plain = Some(quality_of(asked, "identity"))
            .filter(|quality| *quality > 0.0)
            .unwrap_or(f32::MIN_POSITIVE);
        let mut best = (plain, None, self.plain);
        // From the least liked up, so that a later form replaces an earlier one that is liked as
        // much.
        for (coding, content) in forms.rev() {
            let quality = quality_of(asked, coding);
            if quality > 0.0 && quality >= best.0 {
                best = (quality, Some(coding), content);
            }
        }
        (best.1, best.2)
    }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static ASSETS: &[Asset] = &[
        Asset {
            path: "assets/a-1.js",
            tag: "W/\"1\"",
            plain: b"plain",
            brotli: Some(b"br"),
            gzip: Some(b"gzip"),
            scripts: "",
        },
        Asset {
            path: "assets/a-2.woff2",
            tag: "W/\"2\"",
            plain: b"font",
            brotli: None,
            gzip: None,
            scripts: "",
        },
        Asset {
            path: "index.html",
            tag: "W/\"3\"",
            plain: b"page",
            brotli: Some(b"br"),
            gzip: Some(b"gzip"),
            scripts: "'sha256-abc='",
        },
    ];

    fn asked(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn the_header_accept_encoding_decides() {
        let cases = [
            ("", None),
            ("identity", None),
            ("br", Some("br")),
            ("gzip, deflate, br, zstd", Some("br")),
            ("gzip, deflate", Some("gzip")),
            ("GZIP", Some("gzip")),
            ("br;q=0.5, gzip;q=0.8", Some("gzip")),
            ("br; q=0, gzip", Some("gzip")),
            ("br;q=0, gzip;q=0", None),
            ("*", Some("br")),
            ("*;q=0.5, br;q=0", Some("gzip")),
            ("identity, br;q=0.5", None),
            ("identity;q=0.5, br", Some("br")),
            ("*;q=0", None),
            ("zstd", None),
        ];
        for (accepted, coding) in cases {
            let best = ASSETS[0].best(&asked(header::ACCEPT_ENCODING, accepted));
            assert_eq!(
                (best.0, best.1),
                (coding, coding.unwrap_or("plain").as_bytes()),
                "{accepted:?}"
            );
        }
        assert_eq!(ASSETS[0].best(&HeaderMap::new()).0, None);
        let what_has_no_compressed_form =
            ASSETS[1].best(&asked(header::ACCEPT_ENCODING, "br, gzip"));
        assert_eq!(what_has_no_compressed_form, (None, &b"font"[..]));
    }

    #[test]
    fn a_page_that_the_client_has_already_is_not_sent_again() {
        let answer = |tags: &str| {
            page(ASSETS, "index.html", PAGE_POLICY, &asked(header::IF_NONE_MATCH, tags))
        };
        for tags in ["W/\"3\"", "\"3\"", "\"1\", W/\"3\"", "*"] {
            let response = answer(tags);
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{tags}");
            assert_eq!(response.headers()["etag"], "W/\"3\"");
            assert_eq!(response.headers()["cache-control"], "no-cache");
            assert!(!response.headers().contains_key("content-encoding"));
        }
        assert_eq!(answer("W/\"4\"").status(), StatusCode::OK);
    }

    #[test]
    fn a_page_may_run_the_script_that_stands_in_it_and_no_other() {
        let response = page(ASSETS, "index.html", PAGE_POLICY, &HeaderMap::new());
        let policy = response.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("; script-src 'self' 'sha256-abc='; style-src"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }

    #[test]
    fn a_binary_without_the_pages_says_what_is_missing_under_the_same_policy() {
        let response = page(&[], "index.html", PAGE_POLICY, &HeaderMap::new());
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-security-policy"], PAGE_POLICY);
        let mut body = response.into_body().into_data_stream();
        let text = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
            use futures_util::StreamExt as _;
            body.next().await.unwrap().unwrap()
        });
        let text = std::str::from_utf8(&text).unwrap();
        assert!(
            text.contains("Node 20.10") && text.contains("make run") && text.contains("/graphql"),
            "{text}"
        );
        assert!(
            !text.contains("<style") && !text.contains("style=") && !text.contains("<script"),
            "{text}"
        );
    }

    #[test]
    fn what_was_built_can_be_found() {
        assert!(BUILT.is_sorted_by(|a, b| a.path < b.path), "or the search would miss some");
        for asset in BUILT {
            assert_ne!(content_type(asset.path), "application/octet-stream", "{}", asset.path);
        }
    }
}
