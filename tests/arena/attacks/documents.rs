//! Documents and values that are dear to read, in every way that a request can be sent.

use reqwest::{RequestBuilder, Url};
use serde_json::{Value, json};

use crate::harness::{Arena, Socket, TestServer, books};

const LONGEST_ADDRESS_BYTES: usize = 60_000;

/// A request as text, so that it may be what no JSON value of ours can be.
struct Raw {
    query: String,
    variables: String,
    extensions: String,
}

impl Raw {
    fn of(query: impl Into<String>) -> Self {
        Self { query: query.into(), variables: "{}".to_owned(), extensions: "{}".to_owned() }
    }

    fn json(&self) -> String {
        let query = Value::from(self.query.as_str());
        let (variables, extensions) = (&self.variables, &self.extensions);
        format!(r#"{{"query":{query},"variables":{variables},"extensions":{extensions}}}"#)
    }

    fn post(&self, server: &TestServer) -> RequestBuilder {
        let request = reqwest::Client::new().post(format!("{}/graphql", server.base));
        request.header("content-type", "application/json").body(self.json())
    }

    /// None, if the address would be longer than clients and servers take.
    fn get(&self, server: &TestServer) -> Option<RequestBuilder> {
        let parameters = [
            ("query", &self.query),
            ("variables", &self.variables),
            ("extensions", &self.extensions),
        ];
        let url = Url::parse_with_params(&format!("{}/graphql", server.base), parameters).unwrap();
        (url.as_str().len() < LONGEST_ADDRESS_BYTES).then(|| reqwest::Client::new().get(url))
    }
}

/// The code and the words of the first error.
fn told(errors: &Value) -> String {
    let error = &errors[0];
    let code = error["extensions"]["code"].as_str().unwrap_or("no code");
    format!("{code}: {}", error["message"].as_str().unwrap_or("nothing"))
}

/// What is said over HTTP, in an answer or in a stream of one event.
async fn told_by_http(request: RequestBuilder) -> String {
    let response = request.send().await.unwrap();
    let (status, body) = (response.status(), response.text().await.unwrap());
    let body = body.strip_prefix("event: next\ndata: ").unwrap_or(&body);
    let json = body.split("\n\n").next().and_then(|json| serde_json::from_str::<Value>(json).ok());
    json.map_or_else(|| status.to_string(), |answer| told(&answer["errors"]))
}

/// A socket of a stranger that is ready for operations.
async fn ready(server: &TestServer, protocol: &str) -> Socket {
    let mut socket = Socket::connect(&server.base, Some(protocol)).await;
    socket.send(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.message().await["type"], "connection_ack");
    socket
}

async fn told_by_socket(server: &TestServer, protocol: &str, payload: &str) -> String {
    let mut socket = ready(server, protocol).await;
    let begin = if protocol == "graphql-ws" { "start" } else { "subscribe" };
    socket.send_text(&format!(r#"{{"type":"{begin}","id":"1","payload":{payload}}}"#)).await;
    match socket.message_or_close().await {
        Ok(message) if message["payload"].is_array() => told(&message["payload"]),
        Ok(message) => told(&message["payload"]["errors"]),
        Err((code, reason)) => format!("{code}: {reason}"),
    }
}

/// What the request is told in every way that it can be sent.
async fn told_everywhere(server: &TestServer, request: &Raw) -> Vec<(&'static str, String)> {
    let payload = request.json();
    let mut told = vec![
        ("transport-ws", told_by_socket(server, "graphql-transport-ws", &payload).await),
        ("graphql-ws", told_by_socket(server, "graphql-ws", &payload).await),
    ];
    let requests = [("POST", Some(request.post(server))), ("GET", request.get(server))];
    for (method, request) in requests {
        let Some(request) = request else { continue };
        let events = request.try_clone().unwrap().header("accept", "text/event-stream");
        told.push((method, told_by_http(request).await));
        told.push(("events", told_by_http(events).await));
    }
    told
}

/// A stranger is answered over HTTP, and over a socket that has been open all the while.
async fn check_that_others_are_answered(server: &TestServer, socket: &mut Socket) {
    let query = "{ __typename }";
    assert_eq!(server.stranger().data(query, json!({})).await, json!({ "__typename": "Query" }));
    socket.subscribe("others", query, json!({})).await;
    assert_eq!(socket.message().await["type"], "next");
    assert_eq!(socket.message().await["type"], "complete");
}

fn nested(open: &str, inner: &str, close: &str, depth: usize) -> String {
    [&open.repeat(depth), inner, &close.repeat(depth)].concat()
}

#[tokio::test]
async fn brackets_without_end_in_a_document_are_refused_however_it_is_sent() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let mut socket = Socket::open(&server.base, None).await;
    for depth in [65, 2_000, 30_000] {
        for query in [
            format!("{{ seat(id: {}) {{ id }} }}", nested("[", "1", "]", depth)),
            format!("{{ seat(id: {}) {{ id }} }}", nested("{a:", "1", "}", depth)),
            format!("query ($a: {}) {{ __typename }}", nested("[", "ID", "]", depth)),
            format!("query ($a: ID = {}) {{ __typename }}", nested("[", "1", "]", depth)),
            format!("{{ viewer @include(if: {}) {{ id }} }}", nested("[", "1", "]", depth)),
            nested("{viewer", "{id}", "}", depth),
            nested("{...", "{id}", "}", depth),
            "{a".repeat(depth),
            "[".repeat(depth * 3),
        ] {
            let what = if query.len() > 32 * 1024 { "32768 bytes" } else { "64 brackets" };
            for (way, told) in told_everywhere(&server, &Raw::of(&query)).await {
                let expected = format!("GRAPHQL_VALIDATION_FAILED: at most {what}");
                let start = &query[..30];
                assert!(told.starts_with(&expected), "{way}, {start}…: {told}");
            }
            check_that_others_are_answered(&server, &mut socket).await;
        }
    }
}

#[tokio::test]
async fn brackets_without_end_in_json_are_refused_wherever_they_stand() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let mut socket = Socket::open(&server.base, None).await;
    for (depth, open, close) in
        [(65, "[", "]"), (126, "[", "]"), (2_000, "[", "]"), (2_000, r#"{"a":"#, "}")]
            .into_iter()
            .chain([(100_000, "[", "]"), (100_000, "[", "")])
    {
        let deep = nested(open, "1", close, depth);
        let query = "query ($a: ID!) { seat(id: $a) { id } }";
        let variables = Raw { variables: format!(r#"{{"a":{deep}}}"#), ..Raw::of(query) };
        let extensions = Raw { extensions: format!(r#"{{"a":{deep}}}"#), ..Raw::of(query) };
        for request in [variables, extensions] {
            for (way, told) in told_everywhere(&server, &request).await {
                let words = "at most 64 brackets within one another are allowed";
                let is_told = if way.ends_with("-ws") {
                    told == format!("4400: {words}")
                } else {
                    told == format!("BAD_USER_INPUT: {words}")
                };
                assert!(is_told, "{way}, {depth}: {told}");
            }
        }
        for protocol in ["graphql-transport-ws", "graphql-ws"] {
            for kind in
                ["connection_init", "ping", "pong", "complete", "start", "connection_terminate"]
            {
                let mut asking = Socket::connect(&server.base, Some(protocol)).await;
                asking.send_text(&format!(r#"{{"type":"{kind}","payload":{{"a":{deep}}}}}"#)).await;
                assert_eq!(asking.closed().await.0, 4400, "{protocol}, {kind}, {depth}");
            }
        }
        check_that_others_are_answered(&server, &mut socket).await;
    }
}

#[tokio::test]
async fn values_as_long_as_a_request_are_read_or_refused() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let (digits, text) = ("9".repeat(100_000), "\\u00e9".repeat(30_000));
    for (value, expected) in [
        (format!("\"{text}\""), None),
        (digits.clone(), Some("BAD_USER_INPUT")),
        (format!("-{digits}"), Some("BAD_USER_INPUT")),
        (format!("0.{digits}"), None),
        ("1e400".to_owned(), Some("BAD_USER_INPUT")),
        ("1e-400".to_owned(), None),
        (format!("1e{digits}"), Some("BAD_USER_INPUT")),
        (format!("[{}1]", "1,".repeat(100_000)), Some("BAD_USER_INPUT")),
    ] {
        let request = Raw {
            variables: format!(r#"{{"a":{value}}}"#),
            ..Raw::of("query ($a: ID!) { seat(id: $a) { id } }")
        };
        let answer: Value = request.post(&server).send().await.unwrap().json().await.unwrap();
        let code = answer["errors"][0]["extensions"]["code"].as_str();
        assert_eq!(code, expected, "{}…: {answer}", &value[..6]);
    }
    books::check(&arena, &event).await;
}

/// Once they were kept in their thousands, each with the operation's name.
#[tokio::test]
async fn a_document_full_of_undefined_variables_is_told_a_few_of_them() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let name = "N".repeat(128);
    let uses = |count: usize| {
        let used: String = (0..count).map(|number| format!("$v{number} ")).collect();
        format!("query {name} {{ nodes(ids: [{used}]) {{ id }} }}")
    };
    let answer = server.stranger().send(&uses(1_980), json!({})).await;
    assert_eq!(answer["errors"].as_array().unwrap().len(), 20);
    assert!(answer.to_string().len() < 4_000, "{answer}");
    for refused in [uses(1_999), uses(25_000), uses(1_000).replace(&name, &name.repeat(2))] {
        let code = server.stranger().code(&refused, json!({})).await;
        assert_eq!(code, "GRAPHQL_VALIDATION_FAILED");
    }
}

/// What made the comparison of fields long, and what makes answers about the schema large.
#[tokio::test]
async fn documents_that_are_dear_to_validate_are_refused_by_what_they_cost() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let repeat =
        |count: usize, text: &dyn Fn(usize) -> String| -> String { (0..count).map(text).collect() };
    let event = |inner: &str| format!("{{ event(id: \"a\") {{ {inner} }} }}");
    let chain = repeat(28, &|i| format!("fragment F{i} on Query {{ ...F{} }} ", i + 1));
    let chain = format!("{chain} fragment F28 on Query {{ viewer {{ id }} }}");
    for (document, part) in [
        (event(&repeat(700, &|i| format!("seats(first: {i}) "))), "4000 tokens"),
        (event(&repeat(2_100, &|_| "name ".to_owned())), "2000 fields"),
        (event(&repeat(31, &|i| format!("a{i}: name "))), "30 aliases"),
        (event(&format!("name({})", repeat(33, &|i| format!("a{i}: 1 ")))), "32 arguments"),
        (repeat(70, &|i| format!("query Q{i} {{ ...F0 }} ")) + &chain, "12000 fields"),
        (
            format!("{{ __schema {{ {} }} }}", repeat(16, &|i| format!("a{i}: types {{ name }} "))),
            "15 lists of the schema",
        ),
        (event(&format!("name {}", "@skip(if: false) ".repeat(9))), "8 directives"),
    ] {
        let told = told_by_http(Raw::of(&document).post(&server)).await;
        let expected = format!("GRAPHQL_VALIDATION_FAILED: at most {part}");
        assert!(told.starts_with(&expected), "{expected}: {told}");
    }
}

#[tokio::test]
async fn variables_that_nobody_declared_are_refused_however_they_are_sent() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let request = Raw { variables: r#"{"a":[{}]}"#.to_owned(), ..Raw::of("{ __typename }") };
    for (way, told) in told_everywhere(&server, &request).await {
        let expected =
            "BAD_USER_INPUT: the variable `$a` is given, and the operation does not declare it";
        assert_eq!(told, expected, "{way}");
    }
}
