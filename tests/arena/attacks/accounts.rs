//! Somebody asks for more than their share: of points, sockets, subscriptions and guest sessions.
//!
//! Servers here have small shares, so that a test does not take a minute.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use grand_arena::config::LimitSettings;
use grand_arena::identity::Role;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::harness::client::RESERVE;
use crate::harness::socket::SEAT_CHANGES;
use crate::harness::{Arena, Event, Socket, TestServer, books, default_limits, eventually, token};

const SESSION: &str = "mutation { startGuestSession { token } }";

/// A server with limits, of which some are other ones.
pub async fn limited(arena: &Arena, change: impl FnOnce(&mut LimitSettings)) -> TestServer {
    let mut limits = default_limits();
    change(&mut limits);
    arena.server_with(|settings| settings.limits = limits).await
}

/// A POST with these headers, and its answer.
async fn post(server: &TestServer, body: Value, headers: &[(&str, &str)]) -> Response {
    let url = format!("{}/graphql", server.base);
    let request = reqwest::Client::new().post(url).json(&body);
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap()
}

fn bearer(user: &str) -> String {
    format!("Bearer {}", token(user, &[]))
}

/// What a refusal says, after it was found to say it everywhere: when to come back.
async fn wait_of(refused: Response, policy: &str) -> Duration {
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let headers = refused.headers().clone();
    let answer: Value = refused.json().await.unwrap();
    let extensions = &answer["errors"][0]["extensions"];
    assert_eq!(extensions["code"], "RATE_LIMITED", "{answer}");
    let wait = Duration::from_millis(extensions["retryAfterMs"].as_u64().unwrap());
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert_eq!(text("retry-after"), wait.as_millis().div_ceil(1_000).to_string());
    for name in ["ratelimit", "ratelimit-policy"] {
        assert!(text(name).starts_with(&format!("\"{policy}\";")), "{}", text(name));
    }
    wait
}

#[tokio::test]
async fn points_that_one_viewer_has_spent_nobody_else_lacks_and_they_come_back_when_said() {
    let arena = Arena::new().await;
    let server = limited(&arena, |limits| limits.account_points = 60).await;
    let origin = server.base.as_str();
    let (alice, bob) = (bearer("alice"), bearer("bob"));
    let ask = |who| {
        let headers = [("authorization", who), ("origin", origin)];
        let query = json!({ "query": "{ __typename }" });
        let server = &server;
        async move { post(server, query, &headers).await }
    };
    let (mut served, mut wait) = (0, None);
    while wait.is_none() {
        let answer = ask(&alice).await;
        match answer.status() {
            StatusCode::OK => served += 1,
            _ => {
                let exposed = answer.headers()["access-control-expose-headers"].to_str().unwrap();
                assert_eq!(exposed, "retry-after, ratelimit, ratelimit-policy, x-request-id");
                wait = Some(wait_of(answer, "points").await);
            }
        }
        assert!(served < 200, "nothing is ever refused");
    }
    // The reading of the document has cost a point, on each thread that has read it.
    assert!(served >= 55, "{served}");
    assert_eq!(ask(&bob).await.status(), StatusCode::OK);
    tokio::time::sleep(wait.unwrap()).await;
    assert_eq!(ask(&alice).await.status(), StatusCode::OK, "it comes back when it was said to");
    let metrics = format!("http://{}/metrics", server.server.metrics_address().unwrap());
    let text = reqwest::get(metrics).await.unwrap().text().await.unwrap();
    assert!(text.contains("arena_share_refusals_total{of=\"points\"} 1\n"), "{text}");
}

#[tokio::test]
async fn a_mutation_beyond_somebodys_points_never_reaches_the_desk_and_failures_cost_a_point() {
    let arena = Arena::new().await;
    let event = arena.event(40).await;
    let server = limited(&arena, |limits| limits.account_points = 10).await;
    let input = |seat| json!({ "eventId": event.gid, "seatIds": [event.seat_gid(seat)] });
    let alice = bearer("alice");
    let mut refused_at = None;
    for seat in 1..=11 {
        let body = json!({ "query": RESERVE, "variables": { "input": input(seat) } });
        let answer = post(&server, body, &[("authorization", &alice)]).await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            wait_of(answer, "points").await;
            refused_at = Some(seat);
            break;
        }
    }
    let refused_at = refused_at.expect("nothing is refused");
    let looker = server.client("looker");
    assert_eq!(looker.status(&event, refused_at).await, "AVAILABLE");
    assert_eq!(looker.status(&event, refused_at - 1).await, "RESERVED");

    let bob = bearer("bob");
    let mut failures = 0;
    loop {
        let broken = json!({ "query": format!("{{ nothing{failures} }}") });
        let answer = post(&server, broken, &[("authorization", &bob)]).await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        failures += 1;
        assert!(failures <= 20, "what cannot be executed is free");
    }
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn over_a_socket_an_operation_beyond_somebodys_points_fails_alone_and_says_when() {
    let arena = Arena::new().await;
    let server = limited(&arena, |limits| limits.account_points = 60).await;
    let mut socket = server.socket("alice").await;
    let mut wait = None;
    for number in 0..200 {
        socket.subscribe(&number.to_string(), "{ __typename }", json!({})).await;
        let message = socket.message().await;
        if message["type"] == "error" {
            let extensions = &message["payload"][0]["extensions"];
            assert_eq!(extensions["code"], "RATE_LIMITED");
            wait = extensions["retryAfterMs"].as_u64();
            break;
        }
        assert_eq!(socket.message().await["type"], "complete");
    }
    tokio::time::sleep(Duration::from_millis(wait.expect("nothing is refused"))).await;
    socket.subscribe("again", "{ __typename }", json!({})).await;
    assert_eq!(socket.message().await["type"], "next");
}

#[tokio::test]
async fn the_shops_own_server_and_admins_are_not_counted() {
    let arena = Arena::new().await;
    let server = limited(&arena, |limits| limits.account_points = 10).await;
    for role in [Role::Shop, Role::Admin] {
        let shop = format!("Bearer {}", token("shop", &[role]));
        for _ in 0..30 {
            let query = json!({ "query": "{ __typename }" });
            let answer = post(&server, query, &[("authorization", &shop)]).await;
            assert_eq!(answer.status(), StatusCode::OK);
        }
    }
}

/// Upgrades in the protocol, for whoever has this token or none; or the status.
async fn upgrade(server: &TestServer, protocol: &str, who: Option<&str>) -> Result<Socket, u16> {
    let authorization = who.map(bearer);
    let mut headers = vec![("sec-websocket-protocol", protocol)];
    headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
    Socket::handshake(&server.base, &headers).await
}

#[tokio::test]
async fn nobody_has_more_sockets_than_their_share_in_either_protocol() {
    let arena = Arena::new().await;
    let small = |limits: &mut LimitSettings| {
        (limits.account_sockets, limits.address_viewers) = (2, 2);
    };
    let server = limited(&arena, small).await;
    // An address has as many as two viewers.
    let mut strangers = Vec::new();
    for protocol in ["graphql-transport-ws", "graphql-ws", "graphql-ws", "graphql-transport-ws"] {
        strangers.push(upgrade(&server, protocol, None).await.unwrap());
    }
    for protocol in ["graphql-transport-ws", "graphql-ws"] {
        assert_eq!(upgrade(&server, protocol, None).await.err(), Some(429));
    }
    // Who has a token is counted by it: said with the request,
    let mut own = vec![upgrade(&server, "graphql-ws", Some("alice")).await.unwrap()];
    own.push(upgrade(&server, "graphql-transport-ws", Some("alice")).await.unwrap());
    assert_eq!(upgrade(&server, "graphql-ws", Some("alice")).await.err(), Some(429));
    let _other = upgrade(&server, "graphql-ws", Some("bob")).await.unwrap();
    // or over the socket, whose permit among those of its address is free then.
    drop(strangers);
    let one_is_free = async || upgrade(&server, "graphql-ws", None).await.is_ok();
    eventually("sockets give their permits back", one_is_free).await;
    let mut late = Socket::connect(&server.base, Some("graphql-transport-ws")).await;
    let init =
        json!({ "type": "connection_init", "payload": { "Authorization": bearer("alice") } });
    late.send(init).await;
    let (code, reason) = late.closed().await;
    assert_eq!(code, 1013, "{reason}");
    assert!(reason.contains("at most 2 WebSockets"), "{reason}");
    let mut late = Socket::connect(&server.base, Some("graphql-ws")).await;
    let init =
        json!({ "type": "connection_init", "payload": { "Authorization": bearer("alice") } });
    late.send(init).await;
    let refused = late.message().await;
    assert_eq!(refused["type"], "connection_error", "{refused}");
    drop(own);
    let has_room = async || upgrade(&server, "graphql-ws", Some("alice")).await.is_ok();
    eventually("a viewer's sockets give their permits back", has_room).await;
}

#[tokio::test]
async fn a_socket_carries_no_more_subscriptions_than_its_share_in_either_protocol() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = limited(&arena, |limits| limits.socket_subscriptions = 2).await;
    for (protocol, begin, end) in
        [("graphql-transport-ws", "subscribe", "complete"), ("graphql-ws", "start", "stop")]
    {
        let mut socket = Socket::connect(&server.base, Some(protocol)).await;
        let payload = json!({ "Authorization": bearer("alice") });
        socket.send(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.message().await["type"], "connection_ack");
        let subscribe = |id: &str| {
            let payload = json!({ "query": SEAT_CHANGES, "variables": { "event": event.gid } });
            json!({ "type": begin, "id": id, "payload": payload })
        };
        for id in ["a", "b"] {
            socket.send(subscribe(id)).await;
            let first = socket.message().await;
            assert!(first["payload"]["data"].is_object(), "{protocol}: {first}");
        }
        socket.send(subscribe("c")).await;
        let refused = socket.message().await.to_string();
        assert!(refused.contains("RATE_LIMITED"), "{protocol}: {refused}");
        assert!(refused.contains("at most 2 subscriptions"), "{protocol}: {refused}");
        socket.send(json!({ "type": end, "id": "a" })).await;
        socket.send(subscribe("d")).await;
        loop {
            let message = socket.message().await;
            if message["id"] == "d" {
                assert!(message["payload"]["data"].is_object(), "{protocol}: {message}");
                break;
            }
        }
    }
}

/// A stream of events; the answer is a refusal if it is not 200.
async fn stream(server: &TestServer, event: &Event, who: Option<&str>) -> Response {
    let authorization = who.map(bearer);
    let mut headers = vec![("accept", "text/event-stream")];
    headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
    let body = json!({ "query": SEAT_CHANGES, "variables": { "event": event.gid } });
    post(server, body, &headers).await
}

#[tokio::test]
async fn nobody_has_more_subscriptions_than_their_share_over_all_transports() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let small = |limits: &mut LimitSettings| {
        (limits.account_subscriptions, limits.address_viewers) = (2, 1);
    };
    let server = limited(&arena, small).await;
    for who in [None, Some("alice")] {
        let mut socket =
            Socket::open(&server.base, who.map(|name| token(name, &[])).as_deref()).await;
        socket.seat_changes(&event, None).await;
        socket.next_changes().await;
        let streamed = stream(&server, &event, who).await;
        assert_eq!(streamed.status(), StatusCode::OK);
        wait_of(stream(&server, &event, who).await, "subscriptions").await;
        socket.subscribe("another", SEAT_CHANGES, json!({ "event": event.gid })).await;
        let refused = socket.message().await;
        assert_eq!(refused["payload"][0]["extensions"]["code"], "RATE_LIMITED", "{refused}");
        drop(streamed);
        let has_room = async || stream(&server, &event, who).await.status() == StatusCode::OK;
        eventually("a stream gives its permit back", has_room).await;
    }
}

#[tokio::test]
async fn strangers_cannot_take_all_permits_for_subscriptions() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server_with(|settings| settings.max_subscriptions = 10).await;
    let mut taken = Vec::new();
    let mut refused = None;
    for _ in 0..10 {
        let mut socket = Socket::open(&server.base, None).await;
        socket.seat_changes(&event, None).await;
        let message = socket.message().await;
        if message["type"] == "error" {
            refused = Some(message);
            break;
        }
        taken.push(socket);
    }
    assert_eq!(taken.len(), 8, "the last fifth is for those who are known");
    assert_eq!(refused.unwrap()["payload"][0]["extensions"]["code"], "OVERLOADED");
    for _ in 0..2 {
        let mut socket = server.socket("alice").await;
        socket.seat_changes(&event, None).await;
        socket.next_changes().await;
        taken.push(socket);
    }
    assert_eq!(server.server.followers(), 10);
}

#[tokio::test]
async fn an_address_is_given_a_few_guest_sessions_a_minute_however_it_asks() {
    let arena = Arena::new().await;
    let server = limited(&arena, |_| {}).await;
    let thirty: String = (0..30).map(|n| format!("s{n}: startGuestSession {{ token }} ")).collect();
    let code = server.stranger().code(&format!("mutation {{ {thirty} }}"), json!({})).await;
    assert_eq!(code, "GRAPHQL_VALIDATION_FAILED", "an operation asks for one");

    let started = Instant::now();
    let asked = join_all((0..1_000).map(|_| post(&server, json!({ "query": SESSION }), &[]))).await;
    let given = asked.iter().filter(|answer| answer.status() == StatusCode::OK).count();
    let restored = started.elapsed().as_secs_f64() / 6.0;
    assert!(given >= 10 && given as f64 <= 11.0 + restored, "{given} in {:?}", started.elapsed());
    let refused = asked.into_iter().find(|answer| answer.status() != StatusCode::OK).unwrap();
    assert!(wait_of(refused, "guest-sessions").await <= Duration::from_secs(6));
}

#[tokio::test]
async fn a_forged_address_is_not_believed_and_that_of_a_trusted_proxy_is() {
    let arena = Arena::new().await;
    let ask = async |server: &TestServer, name: &'static str, value: &str| {
        post(server, json!({ "query": SESSION }), &[(name, value)]).await.status()
    };
    let (ok, refused) = (StatusCode::OK, StatusCode::TOO_MANY_REQUESTS);
    let server = limited(&arena, |limits| limits.address_guests = 1).await;
    assert_eq!(ask(&server, "x-forwarded-for", "198.51.100.1").await, ok);
    assert_eq!(ask(&server, "x-forwarded-for", "198.51.100.2").await, refused);
    assert_eq!(ask(&server, "forwarded", "for=198.51.100.3").await, refused);

    let behind_a_proxy = |limits: &mut LimitSettings| {
        limits.address_guests = 1;
        limits.trusted_proxies = "127.0.0.0/8".parse().unwrap();
    };
    let server = limited(&arena, behind_a_proxy).await;
    for (name, value, expected) in [
        ("x-forwarded-for", "198.51.100.1", ok),
        ("x-forwarded-for", "198.51.100.1", refused),
        ("x-forwarded-for", "203.0.113.9, 198.51.100.1", refused),
        ("x-forwarded-for", "198.51.100.2", ok),
        ("forwarded", "for=\"[2001:db8:1:2::3]:4711\"", ok),
        // Another of the same network, which is one account.
        ("x-forwarded-for", "2001:db8:1:2:ffff::1", refused),
        ("x-forwarded-for", "2001:db8:1:3::1", ok),
    ] {
        assert_eq!(ask(&server, name, value).await, expected, "{name}: {value}");
    }
}
