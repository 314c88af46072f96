//! GraphQL over HTTP: POST for everything but subscriptions, GET for queries only.
//!
//! A mutation runs only when it arrives by POST with the content type `application/json`, which a foreign page
//! cannot send without the browser asking us first: there are no forged cross-site requests.

use async_graphql::parser::types::OperationType;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::request::{self, Parameters, Prepared, Refused};
use super::shared_answers::Answer;
use super::{AppState, MAX_REQUEST_BYTES, websocket};
use crate::clock::wall_clock;
use crate::graphql::error::{Code, Fault};
use crate::identity::Viewer;

/// How the client wants the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MediaType {
    /// `application/graphql-response+json`: the status says whether the request was executed.
    GraphqlResponse,
    /// `application/json`: 200 for every request that could be read.
    Json,
}

/// A query, or the beginning of a WebSocket.
pub(super) async fn get(
    State(app): State<AppState>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    pairs: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Response {
    match upgrade {
        Ok(upgrade) => return websocket::upgrade(app, upgrade),
        Err(rejection) if headers.contains_key(header::UPGRADE) => return rejection.into_response(),
        Err(_) => {}
    }
    let media_type = MediaType::accepted(&headers);
    let prepared = viewer(&app, &headers).and_then(|viewer| {
        let unreadable = |_| (StatusCode::BAD_REQUEST, Fault::bad_input("the address's parameters cannot be read"));
        let Query(pairs) = pairs.map_err(unreadable)?;
        let prepared = Parameters::from_query(pairs).and_then(|parameters| parameters.prepare(viewer));
        prepared.map_err(|refused| refusal(media_type, refused))
    });
    match prepared {
        Ok(Prepared { operation: OperationType::Mutation, .. }) => {
            let fault = Fault::new(Code::GraphqlValidationFailed, "mutations are sent by POST");
            let mut response = answer(media_type, StatusCode::METHOD_NOT_ALLOWED, request::fault_response(fault));
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
            response
        }
        Ok(prepared) => execute(&app, media_type, prepared).await,
        Err((status, fault)) => answer(media_type, status, request::fault_response(fault)),
    }
}

/// A query or a mutation.
pub(super) async fn post(
    State(app): State<AppState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let media_type = MediaType::accepted(&headers);
    let prepared = read_body(&headers, body).and_then(|body| {
        let viewer = viewer(&app, &headers)?;
        let json = serde_json::from_slice(&body);
        let json = json.map_err(|_| (StatusCode::BAD_REQUEST, Fault::bad_input("the body must be JSON")))?;
        let prepared = Parameters::from_json(json).and_then(|parameters| parameters.prepare(viewer));
        prepared.map_err(|refused| refusal(media_type, refused))
    });
    match prepared {
        Ok(prepared) => execute(&app, media_type, prepared).await,
        Err((status, fault)) => answer(media_type, status, request::fault_response(fault)),
    }
}

fn read_body(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Bytes, (StatusCode, Fault)> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let fault = Fault::bad_input("send the request with `Content-Type: application/json`");
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, fault));
    }
    body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let message = format!("the request is larger than {} KiB", MAX_REQUEST_BYTES / 1024);
            (StatusCode::PAYLOAD_TOO_LARGE, Fault::bad_input(message))
        }
        status => (status, Fault::bad_input("the body could not be read")),
    })
}

/// Who is asking. Credentials that are no good are refused rather than passed over.
fn viewer(app: &AppState, headers: &HeaderMap) -> Result<Option<Viewer>, (StatusCode, Fault)> {
    let authorization = match headers.get(header::AUTHORIZATION).map(HeaderValue::to_str) {
        None => None,
        Some(Ok(text)) => Some(text),
        Some(Err(_)) => Some(""),
    };
    let viewer = app.identity.viewer_from_authorization(authorization, wall_clock());
    viewer.map_err(|error| (StatusCode::UNAUTHORIZED, error.into()))
}

fn refusal(media_type: MediaType, refused: Refused) -> (StatusCode, Fault) {
    match (refused, media_type) {
        (Refused::Document(fault), MediaType::Json) => (StatusCode::OK, fault),
        (refused, _) => (StatusCode::BAD_REQUEST, refused.into_fault()),
    }
}

async fn execute(app: &AppState, media_type: MediaType, Prepared { request, operation }: Prepared) -> Response {
    if operation == OperationType::Subscription {
        let fault = Fault::new(Code::GraphqlValidationFailed, "subscriptions need a WebSocket, at this same address");
        let (status, fault) = refusal(media_type, Refused::Document(fault));
        return answer(media_type, status, request::fault_response(fault));
    }
    let mut response = match app.maps.execute(&app.schema, request).await {
        Answer::Shared(body) => return written(media_type, StatusCode::OK, body),
        Answer::Own(response) => response,
    };
    request::complete_codes(&mut response);
    let failed = media_type == MediaType::GraphqlResponse && request::is_request_error(&response);
    answer(media_type, if failed { StatusCode::BAD_REQUEST } else { StatusCode::OK }, response)
}

fn answer(media_type: MediaType, status: StatusCode, answer: async_graphql::Response) -> Response {
    let body = match serde_json::to_vec(&answer) {
        Ok(body) => Bytes::from(body),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    written(media_type, status, body)
}

fn written(media_type: MediaType, status: StatusCode, body: Bytes) -> Response {
    let mut response = (status, [(header::CONTENT_TYPE, media_type.as_str())], body).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

impl MediaType {
    /// What the client accepts; the older type unless it asks for the newer one.
    fn accepted(headers: &HeaderMap) -> Self {
        let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let asks = accepts
            .flat_map(|value| value.split(','))
            .filter_map(|range| range.split(';').next())
            .any(|essence| essence.trim().eq_ignore_ascii_case("application/graphql-response+json"));
        if asks { Self::GraphqlResponse } else { Self::Json }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}
