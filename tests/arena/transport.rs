//! GraphQL over HTTP, the limits of every transport, and the pages beside it.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Arena, Socket, TestServer, books, token};

/// A request as bare as a test wants it; its status and its body.
async fn http(
    server: &TestServer,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (StatusCode, String) {
    let mut request = reqwest::Client::new()
        .request(method, format!("{}{path}", server.base))
        .body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}

fn code(body: &str) -> String {
    let answer: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("not JSON: {body}"));
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
}

/// What, headers, body; status and code.
type Case<'a> = (&'a str, Vec<(&'a str, &'a str)>, &'a str, u16, &'a str);

const JSON: (&str, &str) = ("content-type", "application/json");
const STRICT: (&str, &str) = ("accept", "application/graphql-response+json");
const GOOD: &str = r#"{"query":"{ viewer { id } }"}"#;

async fn check_answers(server: &TestServer, cases: Vec<Case<'_>>) {
    for (what, headers, body, status, expected) in cases {
        let (got, answer) = http(server, Method::POST, "/graphql", &headers, body).await;
        assert_eq!((got.as_u16(), code(&answer).as_str()), (status, expected), "{what}: {answer}");
        assert!(!answer.contains("secret"), "{what}: the query is not repeated: {answer}");
        if !expected.is_empty() {
            let answer: Value = serde_json::from_str(&answer).unwrap();
            assert_eq!(answer.get("data"), None, "{what}: nothing was executed");
            let locations = &answer["errors"][0]["locations"];
            assert!(
                locations.is_null() || locations[0]["line"].as_u64() > Some(0),
                "{what}: {locations}"
            );
        }
    }
}

#[tokio::test]
async fn requests_that_are_not_graphql_over_http_are_refused_with_a_status_and_a_code() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let guest = r#"{"query":"mutation { startGuestSession { token } }"}"#;
    let large = format!(
        r#"{{"query":"{{ viewer {{ id }} }}","variables":{{"x":"{}"}}}}"#,
        "x".repeat(256 * 1024)
    );
    let bearer = format!("Bearer {}", &token("alice", &[])[1..]);
    let cases = vec![
        ("fine", vec![JSON], GOOD, 200, ""),
        ("text/plain", vec![("content-type", "text/plain")], guest, 415, "BAD_USER_INPUT"),
        ("no content type", vec![], guest, 415, "BAD_USER_INPUT"),
        (
            "a form",
            vec![("content-type", "application/x-www-form-urlencoded")],
            guest,
            415,
            "BAD_USER_INPUT",
        ),
        ("too large", vec![JSON], &large, 413, "BAD_USER_INPUT"),
        ("not JSON", vec![JSON], "{", 400, "BAD_USER_INPUT"),
        ("a list", vec![JSON], "[]", 400, "BAD_USER_INPUT"),
        ("no query", vec![JSON], "{}", 400, "BAD_USER_INPUT"),
        ("a query that is no string", vec![JSON], r#"{"query":1}"#, 400, "BAD_USER_INPUT"),
        (
            "variables that are none",
            vec![JSON],
            r#"{"query":"{viewer{id}}","variables":7}"#,
            400,
            "BAD_USER_INPUT",
        ),
        ("a bad token", vec![JSON, ("authorization", &bearer)], GOOD, 401, "UNAUTHENTICATED"),
        (
            "another scheme",
            vec![JSON, ("authorization", "Basic YTpi")],
            GOOD,
            401,
            "UNAUTHENTICATED",
        ),
        (
            "another character set",
            vec![("content-type", "application/json; charset=utf-16")],
            GOOD,
            415,
            "BAD_USER_INPUT",
        ),
        (
            "nothing that fits",
            vec![JSON, ("accept", "text/html, image/png")],
            GOOD,
            406,
            "BAD_USER_INPUT",
        ),
    ];
    check_answers(&server, cases).await;
}

#[tokio::test]
async fn documents_that_cannot_be_executed_are_refused_with_the_status_that_the_client_accepts() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let cases = vec![
        ("fine, and strict", vec![JSON, STRICT], GOOD, 200, ""),
        (
            "no such operation",
            vec![JSON, STRICT],
            r#"{"query":"query A{viewer{id}} query B{viewer{id}}"}"#,
            400,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("a syntax error", vec![JSON], r#"{"query":"{ secret"}"#, 200, "GRAPHQL_PARSE_FAILED"),
        (
            "a syntax error, strictly",
            vec![JSON, STRICT],
            r#"{"query":"{ secret"}"#,
            400,
            "GRAPHQL_PARSE_FAILED",
        ),
        (
            "an unknown field, strictly",
            vec![JSON, STRICT],
            r#"{"query":"{ nope }"}"#,
            400,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "a variable without its value, strictly",
            vec![JSON, STRICT],
            r#"{"query":"query ($id: ID!) { seat(id: $id) { status } }","variables":{"id":null}}"#,
            400,
            "BAD_USER_INPUT",
        ),
        (
            "a subscription",
            vec![JSON, STRICT],
            r#"{"query":"subscription { seatChanges(eventId: \"x\") { __typename } }"}"#,
            400,
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ];
    check_answers(&server, cases).await;
}

#[tokio::test]
async fn queries_run_by_get_and_mutations_never() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let (status, answer) =
        http(&server, Method::GET, "/graphql?query=%7Bviewer%7Bid%7D%7D", &[], "").await;
    assert_eq!((status.as_u16(), answer.as_str()), (200, r#"{"data":{"viewer":null}}"#));
    let (status, answer) = http(
        &server,
        Method::GET,
        "/graphql?query=mutation%7BstartGuestSession%7Btoken%7D%7D",
        &[],
        "",
    )
    .await;
    assert_eq!(status.as_u16(), 405, "mutations never run by GET: {answer}");
    let (status, _) = http(&server, Method::GET, "/graphql", &[], "").await;
    assert_eq!(status.as_u16(), 400);
    let (status, _) = http(&server, Method::PUT, "/graphql", &[JSON], GOOD).await;
    assert_eq!(status.as_u16(), 405);
}

/// Clients then send the document; some look for the message, others for the code.
#[tokio::test]
async fn a_hash_without_its_document_is_answered_with_what_persisted_query_links_wait_for() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": "00" } });
    let hash = json!({ "operationName": "A", "extensions": extensions }).to_string();
    let parameters = [("extensions", extensions.to_string())];
    let address = reqwest::Url::parse_with_params("http://x/graphql", parameters).unwrap();
    let path = address.as_str().strip_prefix("http://x").unwrap();
    for headers in [vec![JSON], vec![JSON, STRICT]] {
        for (method, path, body) in
            [(Method::POST, "/graphql", hash.as_str()), (Method::GET, path, "")]
        {
            let (status, answer) = http(&server, method, path, &headers, body).await;
            let answer: Value = serde_json::from_str(&answer).unwrap();
            let error = json!({
                "message": "PersistedQueryNotSupported",
                "extensions": { "code": "PERSISTED_QUERY_NOT_SUPPORTED" },
            });
            assert_eq!((status, answer), (StatusCode::OK, json!({ "errors": [error] })));
        }
    }
    let both = json!({ "query": "{ viewer { id } }", "extensions": extensions }).to_string();
    check_answers(&server, vec![("both", vec![JSON, STRICT], &both, 200, "")]).await;
    let mut socket = server.socket("alice").await;
    let payload = json!({ "extensions": extensions });
    socket.send(json!({ "type": "subscribe", "id": "1", "payload": payload })).await;
    let error = socket.message().await;
    assert_eq!(error["payload"][0]["message"], "PersistedQueryNotSupported", "{error}");
}

#[tokio::test]
async fn deep_queries_are_refused_and_the_standard_introspection_works() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let nested = |depth: usize| {
        format!(
            "{{ __type(name: \"Seat\") {{ {}name {} }} }}",
            "ofType { ".repeat(depth),
            "} ".repeat(depth)
        )
    };
    assert_eq!(server.stranger().code(&nested(20), json!({})).await, "GRAPHQL_VALIDATION_FAILED");
    server.stranger().data(&nested(12), json!({})).await;
    let introspection = server.stranger().data(INTROSPECTION, json!({})).await;
    assert!(introspection["__schema"]["types"].as_array().unwrap().len() > 50);
}

#[tokio::test]
async fn documents_beyond_a_limit_are_refused_by_every_transport_with_a_code() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let repeat =
        |times: usize, text: &dyn Fn(usize) -> String| (0..times).map(text).collect::<String>();
    let doubling =
        repeat(25, &|i| format!("fragment F{i} on Viewer {{ ...F{0} ...F{0} }} ", i + 1));
    let chain = repeat(8, &|i| {
        format!("fragment F{i} on __Type {{ ofType {{ ofType {{ ...F{} }} }} }} ", i + 1)
    });
    let cases = [
        (
            "aliases",
            format!("{{ __schema {{ {} }} }}", repeat(31, &|i| format!("a{i}: description "))),
        ),
        (
            "aliases",
            format!(
                "{{ ...F {} }} fragment F on Query {{ a: viewer {{ {} }} }}",
                "...F ".repeat(3),
                repeat(8, &|i| format!("b{i}: id "))
            ),
        ),
        ("at the root", format!("{{ {} }}", "viewer { id } ".repeat(21))),
        (
            "at the root",
            format!("{{ {} }} fragment F on Query {{ __typename }}", "...F ".repeat(21)),
        ),
        (
            "within one another",
            format!(
                "{{ __type(name: \"Seat\") {{ {}name{} }} }}",
                "ofType { ".repeat(15),
                " }".repeat(15)
            ),
        ),
        (
            "within one another",
            format!(
                "{{ __type(name: \"Seat\") {{ ...F0 }} }} {chain} fragment F8 on __Type {{ name }}"
            ),
        ),
        (
            "fields and fragments",
            format!("{{ viewer {{ ...F0 }} }} {doubling} fragment F25 on Viewer {{ id }}"),
        ),
    ];
    let mut socket = server.socket("alice").await;
    let mut old = Socket::connect(&server.base, Some("graphql-ws")).await;
    old.send(json!({ "type": "connection_init" })).await;
    assert_eq!(old.message().await["type"], "connection_ack");
    let refused = |part: &str, error: &Value| {
        assert_eq!(error["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED", "{part}: {error}");
        assert!(error["message"].as_str().unwrap().contains(part), "{part}: {error}");
    };
    for (part, query) in cases {
        refused(part, &server.stranger().send(&query, json!({})).await["errors"][0]);
        socket.subscribe("1", &query, json!({})).await;
        let error = socket.message().await;
        assert_eq!(error["type"], "error", "{part}: {error}");
        refused(part, &error["payload"][0]);
        old.send(json!({ "type": "start", "id": "1", "payload": { "query": query } })).await;
        let message = old.message().await;
        refused(part, &message["payload"]["errors"][0]);
        assert_eq!(old.message().await["type"], "complete");
    }
}

#[tokio::test]
async fn variables_are_validated_however_often_their_document_was_valid_before() {
    let arena = Arena::new().await;
    let event = arena.event(3).await;
    let server = arena.server().await;
    let ask = async |document: &str, variables: &Value| {
        let body = json!({ "query": document, "variables": variables }).to_string();
        let headers =
            [("content-type", "application/json"), ("accept", "application/graphql-response+json")];
        http(&server, Method::POST, "/graphql", &headers, &body).await
    };
    // Without a viewer nothing is reserved, and yet it is executed.
    let reserve =
        "mutation ($input: ReserveSeatsInput!) { reserveSeats(input: $input) { __typename } }";
    let list = "query ($id: ID!, $first: Int, $filter: SeatFilter) {
        seats(eventId: $id, first: $first, filter: $filter) { edges { node { number } } } }";
    // An argument of which one part is a variable, and another is wrong.
    let mixed = "query ($id: ID!, $sections: [String!]) {
        seats(eventId: $id, first: 1, filter: { sections: $sections, rows: 1 }) { edges { node { \
        number } } } }";
    let id = event.gid.clone();
    let input = json!({ "eventId": id, "seatIds": ["x"] });
    let filter = json!({ "sections": ["A"] });
    let good = json!({ "input": input, "id": id, "first": 2, "filter": filter });
    let mut others = vec![good.clone(), json!({}), json!({ "id": id, "sections": ["A"] })];
    for (name, value) in [
        ("input", json!(null)),
        ("input", json!("x")),
        ("input", json!({})),
        ("input", json!({ "eventId": id })),
        ("input", json!({ "eventId": id, "seatIds": "x" })),
        ("input", json!({ "eventId": id, "seatIds": [1.5] })),
        ("input", json!({ "eventId": id, "seatIds": [null] })),
        ("input", json!({ "eventId": 7, "seatIds": [] })),
        ("input", json!({ "eventId": id, "seatIds": ["x"], "rows": 1 })),
        ("id", json!(7)),
        ("id", json!({ "a": 1 })),
        ("first", json!(null)),
        ("first", json!("2")),
        ("first", json!(3_000_000_000_i64)),
        ("filter", json!(null)),
        ("filter", json!([])),
        ("filter", json!({ "status": "AVAILABLE" })),
        ("filter", json!({ "status": "FREE" })),
        ("filter", json!({ "sections": "A" })),
        ("filter", json!({ "rows": 1 })),
    ] {
        let mut variables = good.clone();
        variables[name] = value;
        others.push(variables);
    }
    for document in [reserve, list, mixed] {
        for (number, variables) in others.iter().enumerate() {
            // A comment makes it another text.
            let told_at_first = ask(&format!("{document} # {number}"), variables).await;
            for _ in 0..2 {
                ask(document, &good).await;
            }
            assert_eq!(
                ask(document, variables).await,
                told_at_first,
                "{document} with {variables}"
            );
        }
    }
}

#[tokio::test]
async fn a_document_that_is_all_wrong_is_answered_with_a_few_errors() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let query = format!("{{ viewer({}) {{ id }} }}", "a: 1 ".repeat(32));
    let answer = server.stranger().send(&query, json!({})).await;
    assert_eq!(answer["errors"].as_array().unwrap().len(), 20, "{answer}");
}

/// The query that GraphiQL, codegen and friends send.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { queryType { name } \
    mutationType { name } subscriptionType { name }
  types { ...FullType } directives { name description locations args { ...InputValue } } } }
  fragment FullType on __Type { kind name description fields(includeDeprecated: true) { name \
  description args { ...InputValue }
    type { ...TypeRef } isDeprecated deprecationReason } inputFields { ...InputValue } interfaces \
    { ...TypeRef }
    enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } \
    possibleTypes { ...TypeRef } }
  fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue }
  fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name \
  ofType { kind name
    ofType { kind name ofType { kind name ofType { kind name } } } } } } } }";

#[tokio::test]
async fn a_guest_session_makes_a_buyer_of_anybody() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let data = server
        .stranger()
        .data("mutation { startGuestSession { token expiresAt viewer { id roles } } }", json!({}))
        .await;
    let session = &data["startGuestSession"];
    let guest =
        crate::harness::Client::new(&server.base, session["token"].as_str().map(str::to_owned));
    assert_eq!(guest.data("{ viewer { id roles } }", json!({})).await["viewer"], session["viewer"]);
    assert_eq!(guest.reserve(&event, [1]).await["seats"][0]["heldByMe"], true);
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn health_and_readiness_are_where_they_should_be() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let get = async |path: &str| http(&server, Method::GET, path, &[], "").await;
    assert_eq!(get("/healthz").await.0, StatusCode::OK);
    crate::harness::eventually("the server is ready", async || {
        get("/readyz").await.0 == StatusCode::OK
    })
    .await;
    assert_eq!(get("/nowhere").await.0, StatusCode::NOT_FOUND);
}
