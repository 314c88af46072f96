//! Few bytes that ask for very many: lists within lists, and one list under many names.

use serde_json::{Value, json};

use crate::harness::{Arena, Event, Socket, TestServer, books};

/// How a request comes.
const TRANSPORTS: [&str; 5] = ["POST", "GET", "events", "graphql-transport-ws", "graphql-ws"];

/// What our page asks of a map.
const MAP: &str = "query ($e: ID!) { seatMap(eventId: $e) { revision serverTime seats { id section \
    row number x y accessible forSale category { id } status revision } } }";

/// The frames that our page asks for.
const FRAMES: &str = "subscription ($e: ID!) { seatChanges(eventId: $e) { __typename
    ... on SeatSnapshot { revision reason seats { seatId status revision } }
    ... on SeatChanges { fromRevision toRevision changes { seatId status cause revision } } } }";

fn repeat(count: usize, field: &str) -> String {
    (0..count).map(|number| format!("a{number}: {field} ")).collect()
}

/// Queries that took gigabytes, or all of the database's time, and a subscription.
fn attacks() -> Vec<String> {
    let page = "seats(eventId: $e, first: 1, filter: { sections: [\"nowhere\"] }) { nodes { id } }";
    let free = "availability(filter: { accessible: true }) { available }";
    let of_seats = repeat(29, "event { categories { id name price { amountMinor } } }");
    vec![
        format!("query ($e: ID!) {{ seatMap(eventId: $e) {{ seats {{ {of_seats} }} }} }}"),
        format!("query ($e: ID!) {{ seatMap(eventId: $e) {{ {} }} }}", repeat(2, "seats { id }")),
        "query ($e: ID!) { a: seatMap(eventId: $e) { seats { id } }
            b: event(id: $e) { seatMap { seats { id } } } }"
            .to_owned(),
        "query ($e: ID!) { seatMap(eventId: $e) { seats { event { seats { nodes { id } } } } } }"
            .to_owned(),
        "query ($e: ID!) { event(id: $e) { id }
            events(first: 100) { nodes { seatMap { seats { id } } } } }"
            .to_owned(),
        format!("query ($e: ID!) {{ {} }}", repeat(20, page)),
        format!("query ($e: ID!) {{ event(id: $e) {{ {} }} }}", repeat(20, free)),
        format!(
            "subscription ($e: ID!) {{ seatChanges(eventId: $e) {{
                ... on SeatSnapshot {{ {} }} }} }}",
            repeat(30, "seats { seatId status revision }")
        ),
    ]
}

/// An event that is as large as they can be, as far as anybody can tell who counts by the highest
/// number of a seat; and yet it has but a few.
async fn large_event(arena: &Arena) -> Event {
    let event = arena.event(3).await;
    for statement in [
        "INSERT INTO seat_places (event_id, id, section, row_label, number, accessible)
         SELECT event_id, 200000, section, row_label, '200000', accessible
           FROM seat_places WHERE event_id = $1 AND id = 3",
        "UPDATE seats SET id = 200000 WHERE event_id = $1 AND id = 3",
    ] {
        arena.execute(statement, &event).await;
    }
    event
}

/// The first thing that is answered to a request; `None` if it cannot come this way.
async fn answer(server: &TestServer, transport: &str, request: &Value) -> Option<Value> {
    let is_stream = request["query"].as_str().unwrap().starts_with("subscription");
    let http = reqwest::Client::new();
    let url = format!("{}/graphql", server.base);
    let text = |name: &str| match &request[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match transport {
        "POST" | "GET" if is_stream => None,
        "POST" => Some(http.post(url).json(request).send().await.unwrap().json().await.unwrap()),
        "GET" => {
            let names = ["query", "variables", "extensions"];
            let pairs = names.map(|name| (name, text(name)));
            let url = reqwest::Url::parse_with_params(&url, pairs).unwrap();
            Some(http.get(url).send().await.unwrap().json().await.unwrap())
        }
        "events" => {
            let post = http.post(url).header("accept", "text/event-stream").json(request);
            let mut response = post.send().await.unwrap();
            let mut text = String::new();
            while !text.contains("\n\n") {
                text += std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap();
            }
            let data = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
            Some(serde_json::from_str(data).unwrap())
        }
        protocol => {
            let mut socket = Socket::connect(&server.base, Some(protocol)).await;
            socket.send(json!({ "type": "connection_init" })).await;
            assert_eq!(socket.message().await["type"], "connection_ack");
            let begin = if protocol == "graphql-ws" { "start" } else { "subscribe" };
            socket.send(json!({ "type": begin, "id": "1", "payload": request })).await;
            let mut message = socket.message().await;
            let payload = message["payload"].take();
            Some(if payload.is_array() { json!({ "errors": payload }) } else { payload })
        }
    }
}

#[tokio::test]
async fn what_would_cost_too_much_is_refused_over_every_transport_before_anything_is_read() {
    let arena = Arena::new().await;
    let event = large_event(&arena).await;
    let server = arena.server().await;
    for query in attacks() {
        let request = json!({ "query": query, "variables": { "e": event.slug } });
        for transport in TRANSPORTS {
            let Some(answer) = answer(&server, transport, &request).await else { continue };
            let error = &answer["errors"][0];
            let what = format!("{transport}: {query} {answer}");
            assert_eq!(error["extensions"]["code"], "COST_LIMIT_EXCEEDED", "{what}");
            let of = |name: &str| {
                let amount = &error["extensions"][name];
                (amount["nodes"].as_u64().unwrap(), amount["rows"].as_u64().unwrap())
            };
            let (cost, limit) = (of("cost"), of("limit"));
            assert!(cost.0 > limit.0 || cost.1 > limit.1, "{what}");
            let message = error["message"].as_str().unwrap();
            assert!(message.contains(&cost.0.to_string()) && message.contains("fewer"), "{what}");
            assert_eq!(answer["data"], Value::Null, "{what}");
        }
    }
}

/// The same words are right where there is less to be found by them.
#[tokio::test]
async fn the_largest_map_and_a_look_at_every_seat_are_answered_and_so_is_all_of_a_small_event() {
    let arena = Arena::new().await;
    let (large, small) = (large_event(&arena).await, arena.event(20).await);
    let server = arena.server().await;
    let page =
        "query ($e: ID!) { seats(eventId: $e, filter: { accessible: true }) { nodes { id } } }";
    for query in [MAP, FRAMES, page] {
        let request = json!({ "query": query, "variables": { "e": large.gid } });
        for transport in TRANSPORTS {
            let Some(answer) = answer(&server, transport, &request).await else { continue };
            assert_eq!(answer.get("errors"), None, "{transport}: {query} {answer}");
        }
    }
    for query in attacks().into_iter().filter(|query| !query.contains("events(")) {
        let request = json!({ "query": query, "variables": { "e": small.gid } });
        for transport in TRANSPORTS {
            let Some(answer) = answer(&server, transport, &request).await else { continue };
            assert_eq!(answer.get("errors"), None, "{transport}: {query} {answer}");
        }
    }
    books::check(&arena, &small).await;
}

#[tokio::test]
async fn who_asks_what_it_costs_is_told_over_every_transport_and_nobody_else_is() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    for (query, nodes) in [
        ("query ($e: ID!) { event(id: $e) { id name } }", 4),
        ("query ($e: ID!) { seatMap(eventId: $e) { seats { id } } }", 3 + 20 * 2),
        (FRAMES, 2 + 1 + 2 + (1 + 4096 * 5)),
    ] {
        for transport in TRANSPORTS {
            for asks in [json!({ "cost": true }), json!({ "cost": false }), json!({})] {
                let is_asked = asks["cost"] == true;
                let mut request = json!({ "query": query, "variables": { "e": event.gid } });
                request["extensions"] = asks;
                let Some(answer) = answer(&server, transport, &request).await else { continue };
                assert_eq!(answer.get("errors"), None, "{answer}");
                let told = is_asked.then(|| json!(nodes));
                let cost = answer.pointer("/extensions/cost/nodes");
                assert_eq!(cost, told.as_ref(), "{transport}: {answer}");
                assert!(cost.is_none() || answer["extensions"]["cost"]["rows"].is_u64());
            }
        }
    }
    books::check(&arena, &event).await;
}

/// Later frames are those that everybody is given.
#[tokio::test]
async fn a_stream_tells_its_cost_in_the_first_frame() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let mut socket = Socket::open(&server.base, None).await;
    for id in ["asked", "unasked"] {
        let asks = json!({ "cost": id == "asked" });
        let payload =
            json!({ "query": FRAMES, "variables": { "e": event.gid }, "extensions": asks });
        socket.send(json!({ "type": "subscribe", "id": id, "payload": payload })).await;
        let told = &socket.message().await["payload"]["extensions"]["cost"]["rows"];
        assert_eq!(told.as_u64().is_some(), id == "asked");
    }
    server.client("alice").reserve(&event, [1]).await;
    for _ in ["asked", "unasked"] {
        let payload = &socket.message().await["payload"];
        assert_eq!(payload["data"]["seatChanges"]["toRevision"], 1);
        assert_eq!(payload.get("extensions"), None);
    }
    books::check(&arena, &event).await;
}
