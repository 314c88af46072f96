//! GraphQL over WebSocket, message by message: the protocol's rules and the codes that end a
//! socket.

use std::time::Duration;

use grand_arena::clock::wall_clock;
use grand_arena::domain::ViewerId;
use grand_arena::identity::Identity;
use serde_json::{Value, json};

use crate::harness::socket::SEAT_CHANGES;
use crate::harness::{Arena, Event, SECRET, Socket, books, token};

fn init(token: Option<&str>) -> Value {
    let authorization = |token| json!({ "authorization": format!("Bearer {token}") });
    json!({ "type": "connection_init", "payload": token.map(authorization) })
}

/// What a socket says that is no message of the protocol.
fn malformed() -> Vec<(&'static str, Vec<Value>)> {
    vec![
        ("not a message", vec![json!("hello")]),
        ("an unknown type", vec![init(None), json!({ "type": "start" })]),
        ("no id", vec![init(None), json!({ "type": "subscribe", "payload": {} })]),
        ("no payload", vec![init(None), json!({ "type": "subscribe", "id": "1" })]),
        (
            "an empty id",
            vec![
                init(None),
                json!({ "type": "subscribe", "id": "", "payload": { "query": "{ __typename }" } }),
            ],
        ),
        ("an id that is no string", vec![init(None), json!({ "type": "complete", "id": 7 })]),
        (
            "a payload that is no object",
            vec![json!({ "type": "connection_init", "payload": "me" })],
        ),
        ("a ping of another kind", vec![init(None), json!({ "type": "ping", "payload": [1] })]),
        ("a pong of another kind", vec![init(None), json!({ "type": "pong", "payload": 1 })]),
        (
            "no query",
            vec![
                init(None),
                json!({ "type": "subscribe", "id": "1", "payload": { "query": null } }),
            ],
        ),
        (
            "variables that are none",
            vec![
                init(None),
                json!({ "type": "subscribe", "id": "1", "payload": { "query": "{ __typename \
                    }", "variables": "x" } }),
            ],
        ),
        (
            "extensions that are none",
            vec![
                init(None),
                json!({ "type": "subscribe", "id": "1", "payload": { "query": "{ __typename \
                    }", "extensions": [] } }),
            ],
        ),
        (
            "a message that is too large",
            vec![init(None), json!({ "type": "ping", "payload": { "x": "x".repeat(256 * 1024) } })],
        ),
    ]
}

/// Messages that come at the wrong time or from the wrong person, and the code for each.
fn out_of_place() -> Vec<(&'static str, Vec<Value>, u16)> {
    let subscribe =
        json!({ "type": "subscribe", "id": "1", "payload": { "query": "{ viewer { id } }" } });
    let forever = json!({ "type": "subscribe", "id": "1", "payload": { "query": "subscription { \
        seatChanges(eventId: \"RXZlbnQ6MQ\") { __typename } }" } });
    vec![
        ("too early", vec![subscribe.clone()], 4401),
        ("a bad token", vec![init(Some("nonsense"))], 4403),
        (
            "a token that is no string",
            vec![json!({ "type": "connection_init", "payload": { "Authorization": 7 } })],
            4403,
        ),
        ("the same id twice", vec![init(None), forever.clone(), forever], 4409),
        ("init twice", vec![init(None), init(None)], 4429),
    ]
}

#[tokio::test]
async fn sockets_that_break_the_protocol_are_closed_with_its_codes() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    arena.event(1).await;
    let malformed = malformed().into_iter().map(|(what, messages)| (what, messages, 4400));
    for (what, messages, expected) in malformed.chain(out_of_place()) {
        let mut socket = Socket::connect(&server.base, Some("graphql-transport-ws")).await;
        for message in messages {
            socket.send(message).await;
        }
        let (code, reason) = loop {
            if let Err(end) = socket.message_or_close().await {
                break end;
            }
        };
        assert_eq!(code, expected, "{what}: {reason}");
    }
    let mut socket = Socket::open(&server.base, None).await;
    socket.send_binary(b"{\"type\":\"ping\"}").await;
    assert_eq!(socket.closed().await.0, 4400, "messages are text");
    let mut socket = Socket::open(&server.base, None).await;
    socket.close(1000).await;
    assert_eq!(socket.closed().await.0, 1000, "a client that says goodbye is answered");
    let mut socket = Socket::connect(&server.base, None).await;
    assert_eq!(socket.closed().await.0, 4406);
    let mut socket = Socket::connect(&server.base, Some("graphql-transport-ws")).await;
    assert_eq!(socket.closed().await.0, 4408, "nobody waits for connection_init for ever");
}

#[tokio::test]
async fn queries_and_mutations_run_over_a_socket_and_ids_can_be_used_again() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let mut socket = server.socket("alice").await;
    for round in 0..2 {
        socket.subscribe("1", "{ viewer { roles } }", json!({})).await;
        assert_eq!(socket.message().await, {
            let data = json!({ "viewer": { "roles": ["BUYER"] } });
            json!({ "type": "next", "id": "1", "payload": { "data": data } })
        });
        assert_eq!(
            socket.message().await,
            json!({ "type": "complete", "id": "1" }),
            "round {round}"
        );
    }
    let input = json!({ "eventId": event.gid, "seatIds": [event.seat_gid(1)] });
    socket.subscribe("1", crate::harness::client::RESERVE, json!({ "input": input })).await;
    assert_eq!(socket.next("reserveSeats").await["__typename"], "ReserveSeatsSuccess");
    assert_eq!(socket.message().await["type"], "complete");
    socket.subscribe("1", "{ nope }", json!({})).await;
    let error = socket.message().await;
    assert_eq!(
        (&error["type"], &error["payload"][0]["extensions"]["code"]),
        (&json!("error"), &json!("GRAPHQL_VALIDATION_FAILED"))
    );
    socket.send(json!({ "type": "ping", "payload": { "a": 1 } })).await;
    assert_eq!(
        socket.message().await,
        json!({ "type": "pong", "payload": { "a": 1 } }),
        "an error is not followed by complete"
    );
    socket.send(json!({ "type": "complete", "id": "never heard of" })).await;
    socket.subscribe("1", "{ viewer { roles } }", json!({})).await;
    assert_eq!(socket.message().await["type"], "next");
    books::check(&arena, &event).await;
}

/// A token of alice's that is good for two seconds.
pub fn short_token() -> String {
    let identity = Identity::from_secret(SECRET.as_bytes()).unwrap();
    let alice = ViewerId::new("alice").unwrap();
    identity.sign(&alice, &[], wall_clock(), Duration::from_secs(2)).unwrap().0
}

#[tokio::test]
async fn a_socket_is_closed_when_its_token_runs_out() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let short = short_token();
    let mut socket = Socket::open(&server.base, Some(&short)).await;
    socket.seat_changes(&event, None).await;
    socket.next_changes().await;
    let (code, reason) = socket.closed().await;
    assert_eq!(code, 4401, "{reason}");
    assert!(reason.contains("expired"), "{reason}");
}

/// Clients that are no browsers can send the header that they send everywhere else.
#[tokio::test]
async fn a_socket_may_be_asked_for_with_a_token_and_connection_init_goes_before_it() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let open = async |protocol: &str, token: &str| {
        let authorization = format!("Bearer {token}");
        let authorization = authorization.as_str();
        let headers = [("sec-websocket-protocol", protocol), ("authorization", authorization)];
        Socket::handshake(&server.base, &headers).await
    };
    let alice = token("alice", &[]);
    for protocol in ["graphql-transport-ws", "graphql-ws"] {
        let begin = if protocol == "graphql-ws" { "start" } else { "subscribe" };
        for (init, viewer) in [
            (json!({ "type": "connection_init" }), "alice"),
            (json!({ "type": "connection_init", "payload": { "other": 1 } }), "alice"),
            (init(Some(&token("bob", &[]))), "bob"),
        ] {
            let mut socket = open(protocol, &alice).await.ok().unwrap();
            socket.send(init).await;
            assert_eq!(socket.message().await["type"], "connection_ack");
            let payload = json!({ "query": "{ viewer { id } }" });
            socket.send(json!({ "type": begin, "id": "1", "payload": payload })).await;
            let message = socket.message().await;
            let told = server.client(viewer).data("{ viewer { id } }", json!({})).await;
            assert_eq!(message["payload"]["data"], told, "{protocol}");
        }
        assert_eq!(open(protocol, "nonsense").await.err(), Some(401), "{protocol}");
    }
    let mut short = open("graphql-transport-ws", &short_token()).await.ok().unwrap();
    short.send(json!({ "type": "connection_init" })).await;
    assert_eq!(short.message().await["type"], "connection_ack");
    assert_eq!(short.closed().await.0, 4401, "its token has run out");
}

#[tokio::test]
async fn the_older_websocket_protocol_still_works() {
    let arena = Arena::new().await;
    let event: Event = arena.event(10).await;
    let server = arena.server().await;
    let mut socket = Socket::connect(&server.base, Some("graphql-ws")).await;
    let payload = json!({ "Authorization": format!("Bearer {}", token("alice", &[])) });
    socket.send(json!({ "type": "connection_init", "payload": payload })).await;
    assert_eq!(socket.message().await["type"], "connection_ack");
    let payload = json!({ "query": SEAT_CHANGES, "variables": { "event": event.gid } });
    socket.send(json!({ "type": "start", "id": "1", "payload": payload })).await;
    let message = socket.message().await;
    assert_eq!(
        (&message["type"], &message["payload"]["data"]["seatChanges"]["reason"]),
        (&json!("data"), &json!("INITIAL"))
    );
    server.client("alice").reserve(&event, [1]).await;
    assert_eq!(socket.message().await["payload"]["data"]["seatChanges"]["toRevision"], 1);

    let mut stranger = Socket::connect(&server.base, Some("graphql-ws")).await;
    stranger
        .send(
            json!({ "type": "connection_init", "payload": { "Authorization": "Bearer nonsense" } }),
        )
        .await;
    assert_eq!(stranger.message().await["type"], "connection_error");
    let mut short = Socket::connect(&server.base, Some("graphql-ws")).await;
    short
        .send(json!({ "type": "connection_init", "payload": { "Authorization": format!("Bearer \
            {}", short_token()) } }))
        .await;
    assert_eq!(short.message().await["type"], "connection_ack");
    assert_eq!(short.closed().await.0, 4401, "its token has run out");
    server.server.shut_down().await.unwrap();
    assert_eq!(socket.closed().await.0, 1001, "the server is going away");
    books::check(&arena, &event).await;
}
