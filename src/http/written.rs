//! Answers as bytes with a head.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;

use super::media::MediaType;
use super::{coding, request};

/// A response of the schema's.
pub(super) fn encoded(
    media_type: MediaType,
    status: StatusCode,
    answer: &async_graphql::Response,
) -> Response {
    match request::to_json(answer) {
        Ok(body) => written(media_type, status, body.into()),
        Err(error) => unwritten(&error),
    }
}

/// A response that is written already.
pub(super) fn written(media_type: MediaType, status: StatusCode, body: Bytes) -> Response {
    let mut response =
        (status, [(header::CONTENT_TYPE, media_type.content_type())], body).into_response();
    let headers = response.headers_mut();
    match status {
        StatusCode::UNAUTHORIZED => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => coding::say_accepted(headers),
        _ => {}
    }
    response
}

/// What cannot be written, which is a defect.
pub(super) fn unwritten(error: &serde_json::Error) -> Response {
    tracing::error!(%error, "an answer could not be written");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
