//! Which pages of which origins may use this server from a browser: those of its own, and those on
//! a list.
//!
//! A request without `Origin` comes from no browser, or from a page of our own; nothing is kept
//! from it. A page of another origin is kept out in three places: its WebSocket is refused, its
//! preflight is, and the answers to what a browser sends without asking (queries) are not shown to
//! it. Mutations need a content type that takes a preflight.

use std::str::FromStr;

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::websocket;

/// What a page may send.
const METHODS: &str = "GET, POST";
const HEADERS: &str = "authorization, content-type, accept";

/// How long a browser may remember the answer to its preflight, in seconds: as long as Chrome does
/// at most.
const MAX_AGE_SECONDS: &str = "7200";

/// Origins whose pages may use the server, beside its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// Pages of any origin: viewers are told apart by tokens that no browser sends by itself.
    Any,
    /// Pages of these, each as a browser writes it: `https://shop.example`.
    Only(Vec<String>),
}

/// Why a list of origins is none.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} is not an origin; write a scheme and a host, such as https://shop.example or \
        http://localhost:5173, and nothing after it"
)]
pub struct NotAnOrigin(String);

impl FromStr for AllowedOrigins {
    type Err = NotAnOrigin;

    /// Reads a list with commas; `*` in it stands for any.
    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let mut origins = Vec::new();
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            if item == "*" {
                return Ok(Self::Any);
            }
            origins.push(normal_origin(item).ok_or_else(|| NotAnOrigin(item.to_owned()))?);
        }
        Ok(Self::Only(origins))
    }
}

/// The origin as browsers write it: in lower case, without the scheme's own port.
fn normal_origin(text: &str) -> Option<String> {
    let origin = text.to_ascii_lowercase();
    let (scheme, authority) = origin.split_once("://")?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let host = match authority.rsplit_once(':') {
        // The colons of an IPv6 address are in brackets.
        Some((host, port)) if !port.ends_with(']') => {
            port.parse::<u16>().ok()?;
            host
        }
        _ => authority,
    };
    let is_host =
        !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._[]:".contains(c));
    let own_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => "",
    };
    (is_scheme && is_host).then(|| origin.strip_suffix(own_port).unwrap_or(&origin).to_owned())
}

impl AllowedOrigins {
    /// Whether a page of this origin may use the server that is addressed as `host`.
    fn allow(&self, origin: &str, host: Option<&str>) -> bool {
        // Whether TLS ends before us is not known here, so that the schemes are not compared.
        let is_own = origin
            .split_once("://")
            .is_some_and(|(_, own)| host.is_some_and(|host| own.eq_ignore_ascii_case(host)));
        is_own
            || match self {
                Self::Any => true,
                Self::Only(origins) => {
                    origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
                }
            }
    }
}

/// The page that a request comes from, if it says so.
pub(super) struct CallerOrigin {
    origin: HeaderValue,
    is_allowed: bool,
}

impl CallerOrigin {
    /// Reads where a request comes from.
    pub(super) fn of(request: &Parts, allowed: &AllowedOrigins) -> Option<Self> {
        let origin = request.headers.get(header::ORIGIN)?.clone();
        let host = text(&request.headers, &header::HOST);
        let is_allowed = origin.to_str().is_ok_and(|origin| allowed.allow(origin, host));
        Some(Self { origin, is_allowed })
    }

    /// What there is to say before the request itself is looked at: that the page is kept out, or
    /// that it may ask.
    pub(super) fn answer(&self, request: &Parts) -> Option<Response> {
        let asks_for_method = request.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        let is_preflight = request.method == Method::OPTIONS && asks_for_method;
        let is_upgrade = websocket::is_asked_for(&request.headers);
        if !self.is_allowed && (is_preflight || is_upgrade) {
            let message = "Pages of this origin may not use this server; ARENA_ALLOWED_ORIGINS \
                says which may.\n";
            return Some((StatusCode::FORBIDDEN, message).into_response());
        }
        is_preflight.then(preflight)
    }

    /// Says whether the page may see the answer.
    pub(super) fn label(self, response: &mut Response) {
        let headers = response.headers_mut();
        if self.is_allowed {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, self.origin);
        }
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
}

fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_origins_is_read_as_browsers_write_them_or_refused() {
        let read = |list: &str| list.parse::<AllowedOrigins>();
        let only = |origins: &[&str]| {
            AllowedOrigins::Only(origins.iter().map(|&origin| origin.to_owned()).collect())
        };
        assert_eq!(read("").unwrap(), only(&[]));
        let list = "https://Shop.example:443, \
            http://localhost:5173,http://[::1]:80,capacitor://localhost,";
        let normal = [
            "https://shop.example",
            "http://localhost:5173",
            "http://[::1]",
            "capacitor://localhost",
        ];
        assert_eq!(read(list).unwrap(), only(&normal));
        assert_eq!(read("https://shop.example, *").unwrap(), AllowedOrigins::Any);
        for bad in [
            "shop.example",
            "https://",
            "https://shop.example/",
            "https://a@b",
            "null",
            "https://x:port",
            "://x",
            "https://*.x",
        ] {
            assert!(read(bad).unwrap_err().to_string().contains(bad), "{bad}");
        }
    }

    #[test]
    fn pages_of_the_servers_own_origin_and_of_the_list_are_allowed() {
        let list: AllowedOrigins = "https://shop.example".parse().unwrap();
        let host = Some("arena.example:8080");
        assert!(list.allow("http://arena.example:8080", host));
        assert!(list.allow("https://shop.example", host));
        for other in [
            "http://arena.example",
            "https://shop.example.evil",
            "http://shop.example",
            "null",
            "arena.example:8080",
        ] {
            assert!(!list.allow(other, host), "{other}");
        }
        assert!(!list.allow("http://", Some("x")) && !list.allow("http://x", None));
        assert!(AllowedOrigins::Any.allow("null", None));
    }
}
