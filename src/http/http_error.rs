//! Why a request is not executed, as HTTP says it.

use axum::http::StatusCode;
use axum::response::Response;

use super::media::{Accepted, MediaType};
use super::observed::Observed;
use super::request_error::RequestError;
use super::written::encoded;
use super::{rate_limited, request, sse};
use crate::account::Exceeded;
use crate::graphql::error::Fault;

/// See the module's documentation.
pub(super) enum HttpError {
    /// Because of something that HTTP has a status for.
    Status(StatusCode, Fault),
    Request(RequestError),
}

impl HttpError {
    pub(super) fn new(status: StatusCode, fault: Fault) -> Self {
        Self::Status(status, fault)
    }

    /// What the client is told. It is noted as what became of the request.
    pub(super) fn answer(self, accepted: Accepted, observed: &mut Observed) -> Response {
        let (status, refused) = match self {
            Self::Request(RequestError::Exceeded(exceeded)) => {
                return too_much(accepted, exceeded, observed);
            }
            Self::Status(status, fault) => (status, RequestError::Malformed(fault)),
            // Clients look at the answer's body only if it is a success.
            Self::Request(refused @ RequestError::NotPersisted) => (StatusCode::OK, refused),
            Self::Request(refused @ (RequestError::Document(_) | RequestError::TooCostly(_))) => {
                match accepted.media_type {
                    // The older media type has 200 for every document,
                    Some(MediaType::Json) => (StatusCode::OK, refused),
                    Some(MediaType::GraphqlResponse) => (StatusCode::BAD_REQUEST, refused),
                    // and a browser would show the page that waits for events nothing but them.
                    None => {
                        let errors = refused.into_errors();
                        observed.answered(&errors);
                        return sse::once(&errors);
                    }
                }
            }
            Self::Request(refused @ RequestError::Refused(_)) => {
                (StatusCode::SERVICE_UNAVAILABLE, refused)
            }
            Self::Request(refused) => (StatusCode::BAD_REQUEST, refused),
        };
        let mut answer = refused.into_response();
        request::name_defects(&mut answer.errors, observed.id());
        observed.answered(&answer.errors);
        encoded(accepted.media_type_or_json(), status, &answer)
    }
}

/// More than the share of whoever asks.
fn too_much(accepted: Accepted, exceeded: Exceeded, observed: &mut Observed) -> Response {
    let answer = RequestError::from(exceeded.clone()).into_response();
    observed.answered(&answer.errors);
    let media_type = accepted.media_type_or_json();
    let mut response = encoded(media_type, StatusCode::TOO_MANY_REQUESTS, &answer);
    rate_limited::label(response.headers_mut(), &exceeded);
    response
}

impl From<Exceeded> for HttpError {
    fn from(exceeded: Exceeded) -> Self {
        Self::Request(exceeded.into())
    }
}

impl From<RequestError> for HttpError {
    fn from(refused: RequestError) -> Self {
        Self::Request(refused)
    }
}
