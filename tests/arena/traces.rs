//! Traces: a collector of ours is told what a booking took.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Attribute;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use serde_json::json;

use crate::harness::process::{ServerProcess, grand_arena, run};
use crate::harness::{Arena, Socket, eventually, token};

/// What has come so far: spans, and what their server is called.
type Told = Arc<Mutex<Vec<(Span, String)>>>;

async fn take(State(told): State<Told>, headers: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    for resource in request.resource_spans {
        let attributes = resource.resource.unwrap().attributes;
        let name = attributes.into_iter().find(|it| it.key == "service.name").unwrap();
        let Some(Attribute::StringValue(name)) = name.value.unwrap().value else { panic!() };
        let spans = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
        told.lock().unwrap().extend(spans.map(|span| (span, name.clone())));
    }
    StatusCode::OK
}

/// A collector, and where it is.
async fn collector() -> (Told, String) {
    let told = Told::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&told));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (told, address)
}

fn attribute(span: &Span, name: &str) -> String {
    let found = span.attributes.iter().find(|attribute| attribute.key == name);
    match found.and_then(|attribute| attribute.value.clone()?.value) {
        Some(Attribute::StringValue(text)) => text,
        other => panic!("{name}: {other:?} in {span:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_is_traced_from_the_callers_span_to_its_statements() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const CALLER: &str = "00f067aa0ba902b7";
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let (told, address) = collector().await;
    let mut command = grand_arena(&["serve"]);
    command.env("DATABASE_URL", &arena.url).env("OTEL_EXPORTER_OTLP_ENDPOINT", &address);
    let server = ServerProcess::start(command.env("OTEL_BSP_SCHEDULE_DELAY", "50"));
    let input = json!({ "eventId": event.gid, "seatIds": [event.seat_gid(1)] });
    let query = "mutation ($input: ReserveSeatsInput!) { \
        reserveSeats(input: $input) { __typename } }";
    let request = reqwest::Client::new().post(format!("{}/graphql", server.base));
    let request = request.header("traceparent", format!("00-{TRACE}-{CALLER}-01"));
    let request = request.header("x-request-id", "mine").bearer_auth(token("alice", &[]));
    let body = json!({ "query": query, "variables": { "input": input } });
    assert_eq!(request.json(&body).send().await.unwrap().status(), 200);

    let of_trace = || -> Vec<Span> {
        let told = told.lock().unwrap();
        let of_trace = told.iter().filter(|(span, _)| hex(&span.trace_id) == TRACE);
        of_trace.map(|(span, _)| span.clone()).collect()
    };
    eventually("the request's span has come", async || {
        of_trace().iter().any(|span| span.name == "mutation reserveSeats")
    })
    .await;
    let spans = of_trace();
    let child_of = |parent: &[u8], name: &str| {
        let is_it = |span: &&Span| span.parent_span_id == parent && span.name == name;
        spans.iter().find(is_it).unwrap_or_else(|| panic!("no {name} in {spans:#?}")).clone()
    };
    let caller: Vec<_> =
        (0..8).map(|at| u8::from_str_radix(&CALLER[2 * at..2 * at + 2], 16).unwrap()).collect();
    let request = child_of(&caller, "mutation reserveSeats");
    assert_eq!(attribute(&request, "arena.request_id"), "mine");
    assert_eq!(attribute(&request, "arena.code"), "OK");
    let desk = child_of(&request.span_id, "desk");
    let transaction = child_of(&desk.span_id, "transaction");
    let statements: Vec<_> =
        spans.iter().filter(|span| span.parent_span_id == transaction.span_id).collect();
    assert!(statements.len() >= 2, "{statements:#?}");
    let has_locked =
        statements.iter().any(|it| attribute(it, "db.query.text").contains("FOR UPDATE"));
    assert!(has_locked, "{statements:#?}");
    for (inner, outer) in [(&desk, &request), (&transaction, &desk), (statements[0], &transaction)]
    {
        assert!(inner.start_time_unix_nano >= outer.start_time_unix_nano, "{inner:?} {outer:?}");
        assert!(inner.end_time_unix_nano <= outer.end_time_unix_nano, "{inner:?} {outer:?}");
    }
    assert!(told.lock().unwrap().iter().all(|(_, name)| name == "grand-arena"));

    // What comes over a socket begins a trace of its own.
    let mut socket = Socket::open(&server.base, None).await;
    socket.subscribe("1", "{ events(first: 1) { nodes { id } } }", json!({})).await;
    socket.message().await;
    eventually("the socket's operation is told", async || {
        let told = told.lock().unwrap();
        told.iter().any(|(span, _)| span.name == "query events" && span.parent_span_id.is_empty())
    })
    .await;
}

/// Who does not want to be traced is not.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_caller_has_not_chosen_is_not_traced() {
    let arena = Arena::new().await;
    let (told, address) = collector().await;
    let mut command = grand_arena(&["serve"]);
    command.env("DATABASE_URL", &arena.url).env("OTEL_EXPORTER_OTLP_ENDPOINT", &address);
    let server = ServerProcess::start(command.env("OTEL_BSP_SCHEDULE_DELAY", "50"));
    for flags in ["00", "01"] {
        let request = reqwest::Client::new().post(format!("{}/graphql", server.base));
        let parent = format!("00-0000000000000000000000000000ab{flags}-00f067aa0ba902b7-{flags}");
        let body = json!({ "query": "{ viewer { id } }" });
        let request = request.header("traceparent", parent).json(&body);
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    let traces =
        || -> Vec<u8> { told.lock().unwrap().iter().map(|(span, _)| span.trace_id[15]).collect() };
    eventually("the one that was chosen has come", async || !traces().is_empty()).await;
    assert!(traces().iter().all(|&last| last == 1), "{:?}", traces());
}

#[test]
fn an_address_that_is_none_is_refused_with_a_sentence() {
    let said = run(&mut grand_arena(&["serve", "--otlp-endpoint", "localhost:4318"]));
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("it looks like http://localhost:4318"), "{}", said.err);
}
