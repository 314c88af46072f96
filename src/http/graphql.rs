//! GraphQL over HTTP: POST for everything, GET for queries (and for subscriptions, as events) only.
//!
//! A mutation runs only when it arrives by POST with the content type `application/json`. A foreign
//! page cannot send that without the browser asking us first: there are no forged cross-site
//! requests.

use async_graphql::parser::types::OperationType;
use axum::body::Bytes;
use axum::extract::Query;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt as _, Collected, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};

use super::app::AppState;
use super::cacheable::EntityTag;
use super::caller_origin::{self, CallerOrigin};
use super::client::Client;
use super::coding::{self, BadCoding, Coding};
use super::encoded::Encoded;
use super::media::{Accepted, MediaType};
use super::request::{
    self, MAX_ADMIN_REQUEST_BYTES, MAX_REQUEST_BYTES, Parameters, Prepared, Unweighed,
};
use super::request_error::RequestError;
use super::shared_answers::Answer;
use super::{cacheable, rate_limited, sse, websocket};
use crate::account::{Exceeded, Permit};
use crate::graphql::error::{Code, Fault};
use crate::identity::{Asker, Role};

/// Answers a request to the API's address, whatever its method.
pub(super) async fn answer(
    app: &AppState,
    client: &Client,
    request: Request<Incoming>,
) -> Response {
    let (mut head, body) = request.into_parts();
    let origin = CallerOrigin::of(&head, &app.origins);
    let is_kept_out = origin.as_ref().is_some_and(|origin| origin.is_kept_out(&head));
    let mut response = if is_kept_out {
        refuse(&head.headers, StatusCode::FORBIDDEN, caller_origin::KEPT_OUT)
    } else if caller_origin::is_preflight(&head) {
        caller_origin::preflight()
    } else {
        match head.method {
            // Apart, since it is large and seldom: what a request may become is moved about with
            // it.
            Method::GET | Method::HEAD => Box::pin(get(app, client, &mut head)).await,
            Method::POST => post(app, client, &head.headers, body).await,
            _ => {
                let message =
                    "Operations are sent by POST; queries and subscriptions by GET as well.\n";
                (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD, POST")], message)
                    .into_response()
            }
        }
    };
    response = coding::compress_answer(&app.unread, &head.headers, response).await;
    if let Some(origin) = origin {
        origin.label(&mut response);
    }
    response
}

/// What is told to somebody who is turned away before the request is looked at.
pub(super) fn refuse(asked: &HeaderMap, status: StatusCode, message: &str) -> Response {
    HttpError::new(status, Fault::new(Code::Forbidden, message)).answer(Accepted::read(asked))
}

/// A query, a stream of events, or the beginning of a WebSocket.
async fn get(app: &AppState, client: &Client, head: &mut Parts) -> Response {
    // Whatever else a connection might become (`h2c`), it need not.
    if let Some(beginning) = websocket::beginning(head) {
        let beginning = match beginning {
            Ok(beginning) => beginning,
            Err(refused) => return refused,
        };
        return match admit_socket(app, client, &head.headers) {
            Ok((asker, permit)) => websocket::upgrade(app.clone(), beginning, asker, permit),
            Err(error) => error.answer(Accepted::read(&head.headers)),
        };
    }
    let (headers, uri) = (&head.headers, &head.uri);
    let parameters = || {
        let unreadable = |_| {
            RequestError::Malformed(Fault::bad_input("the address's parameters cannot be read"))
        };
        let Query(pairs) = Query::try_from_uri(uri).map_err(unreadable)?;
        Ok(Parameters::from_query(pairs)?)
    };
    let accepted = Accepted::read(headers);
    let response = match prepare(app, client, headers, accepted, parameters) {
        Ok(unweighed) if unweighed.operation() == OperationType::Mutation => {
            let fault = Fault::new(Code::GraphqlValidationFailed, "mutations are sent by POST");
            let refused = HttpError::new(StatusCode::METHOD_NOT_ALLOWED, fault);
            let counted = unweighed.count_failure(app).map_err(HttpError::from);
            let mut response = counted.err().unwrap_or(refused).answer(accepted);
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
            response
        }
        Ok(unweighed) => execute(app, headers, accepted, unweighed).await,
        Err(error) => error.answer(accepted),
    };
    cacheable::answer(headers, response)
}

/// A query, a mutation, or a stream of events.
async fn post(app: &AppState, client: &Client, headers: &HeaderMap, body: Incoming) -> Response {
    let accepted = Accepted::read(headers);
    let body = read_body(app, client, headers, body).await;
    match prepare(app, client, headers, accepted, || Ok(Parameters::from_body(&body?)?)) {
        // On the heap, and only while it runs: a connection that waits for its next request keeps
        // the room for what it may become.
        Ok(unweighed) => Box::pin(execute(app, headers, accepted, unweighed)).await,
        Err(error) => error.answer(accepted),
    }
}

/// Why a request is not executed.
enum HttpError {
    /// Because of something that HTTP has a status for.
    Status(StatusCode, Fault),
    Request(RequestError),
}

impl HttpError {
    fn new(status: StatusCode, fault: Fault) -> Self {
        Self::Status(status, fault)
    }

    fn answer(self, accepted: Accepted) -> Response {
        let (status, refused) = match self {
            Self::Request(RequestError::Exceeded(exceeded)) => {
                return too_much(accepted, exceeded);
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
                    None => return sse::once(&refused.into_errors()),
                }
            }
            Self::Request(refused @ RequestError::Refused(_)) => {
                (StatusCode::SERVICE_UNAVAILABLE, refused)
            }
            Self::Request(refused) => (StatusCode::BAD_REQUEST, refused),
        };
        encoded(accepted.media_type_or_json(), status, &refused.into_response())
    }
}

/// More than the share of whoever asks.
fn too_much(accepted: Accepted, exceeded: Exceeded) -> Response {
    let answer = RequestError::from(exceeded.clone()).into_response();
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

/// Everything before the execution.
fn prepare(
    app: &AppState,
    client: &Client,
    headers: &HeaderMap,
    accepted: Accepted,
    parameters: impl FnOnce() -> Result<Parameters, HttpError>,
) -> Result<Unweighed, HttpError> {
    if accepted.media_type.is_none() && !accepted.event_stream {
        let message =
            "answers are application/graphql-response+json, application/json or text/event-stream";
        return Err(HttpError::new(StatusCode::NOT_ACCEPTABLE, Fault::bad_input(message)));
    }
    let counted = |refused| {
        let counted = app.count_failure(&client.stranger(app, headers));
        counted.map_or_else(HttpError::from, |()| refused)
    };
    let parameters = parameters().map_err(counted)?;
    let asker = asker(app, client, headers).map_err(counted)?;
    Ok(parameters.prepare(app, asker)?)
}

/// Who asks for a socket, and its permit.
fn admit_socket(
    app: &AppState,
    client: &Client,
    headers: &HeaderMap,
) -> Result<(Asker, Permit), HttpError> {
    let asker = asker(app, client, headers)?;
    let permit = app.admit_socket(&asker)?;
    Ok((asker, permit))
}

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

async fn read_body(
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

/// Who is asking.
fn asker(app: &AppState, client: &Client, headers: &HeaderMap) -> Result<Asker, HttpError> {
    let asker = client.asker(app, headers);
    asker.map_err(|error| HttpError::new(StatusCode::UNAUTHORIZED, error.into()))
}

async fn execute(
    app: &AppState,
    headers: &HeaderMap,
    accepted: Accepted,
    unweighed: Unweighed,
) -> Response {
    let prepared = match unweighed.weigh(app).await {
        Ok(prepared) => prepared,
        Err(refused) => return HttpError::from(refused).answer(accepted),
    };
    let is_subscription = prepared.operation == OperationType::Subscription;
    let media_type = match accepted.media_type {
        Some(media_type) if !is_subscription => media_type,
        _ if accepted.event_stream => return sse::execute(app, headers, prepared),
        _ => {
            let message = "subscriptions need a WebSocket or `Accept: text/event-stream`, at this \
                same address";
            return HttpError::from(RequestError::document(Code::GraphqlValidationFailed, message))
                .answer(accepted);
        }
    };
    let Prepared { request, operation, cost, mut told_cost, charge: _under_way, .. } = prepared;
    let answer = app.maps.execute(&app.feed, &app.schema, &app.answers, (request, cost));
    let (mut response, _room) = match answer.await {
        Answer::Shared(shared) | Answer::Plan(shared) if told_cost.is_due() => {
            let told = told_cost.tell_in(shared.json()).into();
            return counted(app, accepted, (media_type, StatusCode::OK), (operation, told));
        }
        Answer::Shared(shared) => return written_for_many(app, media_type, headers, &shared).await,
        Answer::Plan(plan) => {
            let mut response = written_for_many(app, media_type, headers, &plan).await;
            response.extensions_mut().insert(EntityTag(plan.tag()));
            return response;
        }
        Answer::Refused(full) => {
            return HttpError::from(RequestError::Refused(full.into())).answer(accepted);
        }
        Answer::Own(response, room) => (response, room),
    };
    told_cost.tell(&mut response);
    request::complete_errors(operation, &mut response);
    let is_request_error = request::is_request_error(&response);
    let failed = media_type == MediaType::GraphqlResponse && is_request_error;
    let status = if failed { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    match request::to_json(&response) {
        Ok(json) => counted(app, accepted, (media_type, status), (operation, json)),
        Err(error) => unwritten(&error),
    }
}

fn encoded(
    media_type: MediaType,
    status: StatusCode,
    answer: &async_graphql::Response,
) -> Response {
    match request::to_json(answer) {
        Ok(body) => written(media_type, status, body.into()),
        Err(error) => unwritten(&error),
    }
}

/// An answer that one client is given, if there is room for it until it is read.
fn counted(
    app: &AppState,
    accepted: Accepted,
    (media_type, status): (MediaType, StatusCode),
    (operation, answer): (OperationType, Vec<u8>),
) -> Response {
    match app.unread.count_for(operation, answer) {
        Ok(body) => written(media_type, status, body),
        Err(full) => HttpError::from(RequestError::Refused(full.into())).answer(accepted),
    }
}

fn unwritten(error: &serde_json::Error) -> Response {
    tracing::error!(%error, "an answer could not be written");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// An answer that others are given as well.
async fn written_for_many(
    app: &AppState,
    media_type: MediaType,
    asked: &HeaderMap,
    shared: &Encoded,
) -> Response {
    if let Some(coding) = Coding::best(asked)
        && let Some(compressed) = app.maps.compressed(shared, coding).await
    {
        let mut response = written(media_type, StatusCode::OK, compressed);
        coding.label(response.headers_mut());
        return response;
    }
    written(media_type, StatusCode::OK, shared.json())
}

fn written(media_type: MediaType, status: StatusCode, body: Bytes) -> Response {
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
