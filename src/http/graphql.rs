//! GraphQL over HTTP: POST for everything, GET for queries (and for subscriptions, as events) only.
//!
//! A mutation runs only when it arrives by POST with the content type `application/json`. A foreign
//! page cannot send that without the browser asking us first: there are no forged cross-site
//! requests.

use async_graphql::parser::types::OperationType;
use axum::extract::Query;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;

use super::app::AppState;
use super::body::read_body;
use super::cacheable::EntityTag;
use super::caller_origin::{self, CallerOrigin};
use super::client::Client;
use super::coding::{self, Coding};
use super::encoded::Encoded;
use super::http_error::HttpError;
use super::media::{Accepted, MediaType};
use super::observed::{Observed, REQUEST_ID};
use super::request::{self, Parameters, Prepared, Unweighed};
use super::request_error::RequestError;
use super::shared_answers::Answer;
use super::written::{unwritten, written};
use super::{cacheable, sse, websocket};
use crate::account::Permit;
use crate::graphql::error::{Code, Fault};
use crate::identity::Asker;
use crate::trace::within;

/// Answers a request to the API's address, whatever its method.
pub(super) async fn answer(
    app: &AppState,
    client: &Client,
    request: Request<Incoming>,
) -> Response {
    let (mut head, body) = request.into_parts();
    let mut observed = Observed::request(app, &head.method, &head.headers);
    let origin = CallerOrigin::of(&head, &app.origins);
    let is_kept_out = origin.as_ref().is_some_and(|origin| origin.is_kept_out(&head));
    let mut response = if is_kept_out {
        refuse(&head.headers, &mut observed, (StatusCode::FORBIDDEN, caller_origin::KEPT_OUT))
    } else if caller_origin::is_preflight(&head) {
        caller_origin::preflight()
    } else {
        match head.method {
            // Apart, since it is large and seldom: what a request may become is moved about with
            // it.
            Method::GET | Method::HEAD => {
                Box::pin(get(app, client, &mut head, &mut observed)).await
            }
            Method::POST => post(app, client, (&head.headers, body), &mut observed).await,
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
    if let Ok(id) = HeaderValue::try_from(observed.id().to_string()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    observed.end(app);
    response
}

/// The answer to somebody who is turned away before the request is looked at.
pub(super) fn turn_away(
    app: &AppState,
    request: &Request<Incoming>,
    status: StatusCode,
    message: &str,
) -> Response {
    let mut observed = Observed::request(app, request.method(), request.headers());
    let response = refuse(request.headers(), &mut observed, (status, message));
    observed.end(app);
    response
}

fn refuse(
    asked: &HeaderMap,
    observed: &mut Observed,
    (status, why): (StatusCode, &str),
) -> Response {
    let error = HttpError::new(status, Fault::new(Code::Forbidden, why));
    error.answer(Accepted::read(asked), observed)
}

/// A query, a stream of events, or the beginning of a WebSocket.
async fn get(
    app: &AppState,
    client: &Client,
    head: &mut Parts,
    observed: &mut Observed,
) -> Response {
    // Whatever else a connection might become (`h2c`), it need not.
    if let Some(beginning) = websocket::beginning(head) {
        let beginning = match beginning {
            Ok(beginning) => beginning,
            Err(refused) => return refused,
        };
        return match admit_socket(app, client, &head.headers) {
            Ok(introduced) => {
                let id = observed.hand_over().id().clone();
                websocket::upgrade(app.clone(), beginning, introduced, id)
            }
            Err(error) => error.answer(Accepted::read(&head.headers), observed),
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
    let prepared = prepare(app, client, (headers, accepted), observed, parameters);
    let response = match prepared {
        Ok(unweighed) if unweighed.operation() == OperationType::Mutation => {
            let fault = Fault::new(Code::GraphqlValidationFailed, "mutations are sent by POST");
            let refused = HttpError::new(StatusCode::METHOD_NOT_ALLOWED, fault);
            let counted = unweighed.count_failure(app).map_err(HttpError::from);
            let mut response = counted.err().unwrap_or(refused).answer(accepted, observed);
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
            response
        }
        Ok(unweighed) => {
            let current = observed.current();
            within(current, execute(app, headers, accepted, (unweighed, observed))).await
        }
        Err(error) => error.answer(accepted, observed),
    };
    cacheable::answer(headers, response)
}

/// A query, a mutation, or a stream of events.
async fn post(
    app: &AppState,
    client: &Client,
    (headers, body): (&HeaderMap, Incoming),
    observed: &mut Observed,
) -> Response {
    let accepted = Accepted::read(headers);
    let body = read_body(app, client, headers, body).await;
    let parameters = || Ok(Parameters::from_body(&body?)?);
    match prepare(app, client, (headers, accepted), observed, parameters) {
        // On the heap, and only while it runs: a connection that waits for its next request keeps
        // the room for what it may become.
        Ok(unweighed) => {
            let current = observed.current();
            let executing = execute(app, headers, accepted, (unweighed, observed));
            Box::pin(within(current, executing)).await
        }
        Err(error) => error.answer(accepted, observed),
    }
}

/// Everything before the execution.
fn prepare(
    app: &AppState,
    client: &Client,
    (headers, accepted): (&HeaderMap, Accepted),
    observed: &mut Observed,
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
    let unweighed = parameters.prepare(app, asker)?;
    observed.found(&unweighed);
    Ok(unweighed)
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

/// Who is asking.
fn asker(app: &AppState, client: &Client, headers: &HeaderMap) -> Result<Asker, HttpError> {
    let asker = client.asker(app, headers);
    asker.map_err(|error| HttpError::new(StatusCode::UNAUTHORIZED, error.into()))
}

async fn execute(
    app: &AppState,
    headers: &HeaderMap,
    accepted: Accepted,
    (unweighed, observed): (Unweighed, &mut Observed),
) -> Response {
    let prepared = match unweighed.weigh(app).await {
        Ok(prepared) => prepared,
        Err(refused) => return HttpError::from(refused).answer(accepted, observed),
    };
    let is_subscription = prepared.operation == OperationType::Subscription;
    let media_type = match accepted.media_type {
        Some(media_type) if !is_subscription => media_type,
        _ if accepted.event_stream => {
            return sse::execute(app, headers, (prepared, observed.hand_over()));
        }
        _ => {
            let message = "subscriptions need a WebSocket or `Accept: text/event-stream`, at this \
                same address";
            return HttpError::from(RequestError::document(Code::GraphqlValidationFailed, message))
                .answer(accepted, observed);
        }
    };
    let Prepared { request, operation, cost, mut told_cost, charge: _under_way, .. } = prepared;
    let answer = app.maps.execute(&app.feed, &app.schema, &app.answers, (request, cost));
    let (mut response, _room) = match answer.await {
        Answer::Shared(shared) | Answer::Plan(shared) if told_cost.is_due() => {
            let told = told_cost.tell_in(shared.json()).into();
            let written = (media_type, StatusCode::OK, operation);
            return counted(app, accepted, (written, told), observed);
        }
        Answer::Shared(shared) => return written_for_many(app, media_type, headers, &shared).await,
        Answer::Plan(plan) => {
            let mut response = written_for_many(app, media_type, headers, &plan).await;
            response.extensions_mut().insert(EntityTag(plan.tag()));
            return response;
        }
        Answer::Refused(full) => {
            return HttpError::from(RequestError::Refused(full.into())).answer(accepted, observed);
        }
        Answer::Own(response, room) => (response, room),
    };
    told_cost.tell(&mut response);
    request::complete_errors(operation, &mut response, observed.id());
    observed.answered(&response.errors);
    let is_request_error = request::is_request_error(&response);
    let failed = media_type == MediaType::GraphqlResponse && is_request_error;
    let status = if failed { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    match request::to_json(&response) {
        Ok(json) => counted(app, accepted, ((media_type, status, operation), json), observed),
        Err(error) => unwritten(&error),
    }
}

/// An answer that one client is given, if there is room for it until it is read.
fn counted(
    app: &AppState,
    accepted: Accepted,
    ((media_type, status, operation), answer): ((MediaType, StatusCode, OperationType), Vec<u8>),
    observed: &mut Observed,
) -> Response {
    match app.unread.count_for(operation, answer) {
        Ok(body) => written(media_type, status, body),
        Err(full) => HttpError::from(RequestError::Refused(full.into())).answer(accepted, observed),
    }
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
