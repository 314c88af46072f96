//! A request's body: whether it may be read, and what it says.

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt as _, Collected, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};

use super::app::AppState;
use super::client::Client;
use super::coding::{self, BadCoding};
use super::http_error::HttpError;
use super::request::{MAX_ADMIN_REQUEST_BYTES, MAX_REQUEST_BYTES};
use super::request_error::RequestError;
use crate::graphql::error::Fault;
use crate::identity::Role;

/// How large a body may be. Who asks is looked at only where that decides about it.
fn most_bytes(app: &AppState, client: &Client, headers: &HeaderMap, body: &Incoming) -> usize {
    let most = u64::try_from(MAX_REQUEST_BYTES).unwrap_or(u64::MAX);
    let fits = body.size_hint().upper().is_some_and(|bytes| bytes <= most);
    if fits && !headers.contains_key(header::CONTENT_ENCODING) {
        return MAX_REQUEST_BYTES;
    }
    let asker = client.asker(app, headers).ok().and_then(|asker| asker.viewer);
    let is_admin = asker.is_some_and(|viewer| viewer.has_role(Role::Admin));
    if is_admin { MAX_ADMIN_REQUEST_BYTES } else { MAX_REQUEST_BYTES }
}

/// Reads it, and inflates it if need be.
pub(super) async fn read_body(
    app: &AppState,
    client: &Client,
    headers: &HeaderMap,
    body: Incoming,
) -> Result<Bytes, HttpError> {
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !is_json(content_type) {
        let fault =
            Fault::bad_input("send the request with `Content-Type: application/json`, in UTF-8");
        return Err(HttpError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, fault));
    }
    let announced = body.size_hint().upper().and_then(|bytes| usize::try_from(bytes).ok());
    let most = most_bytes(app, client, headers, &body);
    let announced = announced.unwrap_or(most).min(most);
    let _arriving =
        app.arriving.body(announced).map_err(|full| RequestError::Refused(full.into()))?;
    let collected = Limited::new(body, most).collect().await;
    let body = collected.map(Collected::to_bytes).map_err(|error| {
        if error.is::<LengthLimitError>() {
            too_large(most)
        } else {
            HttpError::new(StatusCode::BAD_REQUEST, Fault::bad_input("the body could not be read"))
        }
    })?;
    coding::inflate(headers, body, most).map_err(|bad| match bad {
        BadCoding::TooLarge => too_large(most),
        BadCoding::Damaged => {
            HttpError::new(StatusCode::BAD_REQUEST, Fault::bad_input("the body is not gzip"))
        }
        BadCoding::Unknown => {
            let fault = Fault::bad_input("send the body as it is, or compressed by gzip");
            HttpError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, fault)
        }
    })
}

fn too_large(most: usize) -> HttpError {
    let message = format!("the request is larger than {} KiB", most / 1024);
    HttpError::new(StatusCode::PAYLOAD_TOO_LARGE, Fault::bad_input(message))
}

/// `application/json`, in UTF-8 if a character set is named.
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let charset = |parameter: &str| {
        let (name, value) = parameter.split_once('=')?;
        name.eq_ignore_ascii_case("charset").then(|| value.trim_matches('"').to_ascii_lowercase())
    };
    parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
        && parts.filter_map(charset).all(|charset| charset == "utf-8" || charset == "utf8")
}
