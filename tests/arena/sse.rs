//! GraphQL over server-sent events, event by event.

use std::io::Write as _;

use flate2::write::GzDecoder;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::harness::client::RESERVE;
use crate::harness::socket::{MY_RESERVATIONS, SEAT_CHANGES};
use crate::harness::{Arena, TestServer, books, eventually, token};
use crate::websocket::short_token;

/// An open stream of events.
pub struct Events {
    response: Response,
    text: String,
    /// For a stream that comes compressed.
    inflater: Option<GzDecoder<Vec<u8>>>,
    /// How many bytes have come.
    come: usize,
}

impl Events {
    pub async fn open(request: RequestBuilder) -> Self {
        let response = request.header("accept", "text/event-stream").send().await.unwrap();
        assert_eq!(response.status(), 200, "{:?}", response.text().await);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let by_gzip = response.headers().get("content-encoding").is_some_and(|by| by == "gzip");
        let inflater = by_gzip.then(|| GzDecoder::new(Vec::new()));
        Self { response, text: String::new(), inflater, come: 0 }
    }

    /// The next event or comment as it is written; `None` at the end.
    async fn raw(&mut self) -> Option<String> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let event = event.to_owned();
                self.text = rest.to_owned();
                return Some(event);
            }
            let patience = std::time::Duration::from_secs(20);
            let chunk = tokio::time::timeout(patience, self.response.chunk())
                .await
                .expect("no event for 20 s");
            let Some(chunk) = chunk.unwrap() else {
                // It checks the sum at the end.
                self.inflater.take().map(|inflater| inflater.finish().unwrap());
                return None;
            };
            self.come += chunk.len();
            let text = match &mut self.inflater {
                None => chunk.to_vec(),
                Some(inflater) => {
                    inflater.write_all(&chunk).unwrap();
                    inflater.flush().unwrap();
                    std::mem::take(inflater.get_mut())
                }
            };
            self.text.push_str(std::str::from_utf8(&text).unwrap());
        }
    }

    /// The data of the next `next`.
    pub async fn next(&mut self) -> Value {
        self.next_with_id().await.0
    }

    /// The data of the next `next`, and its id.
    async fn next_with_id(&mut self) -> (Value, Option<String>) {
        let event = self.raw().await.unwrap();
        let (event, id) = match event.split_once("\nid: ") {
            Some((event, id)) => (event, Some(id.to_owned())),
            None => (event.as_str(), None),
        };
        let json = event
            .strip_prefix("event: next\ndata: ")
            .unwrap_or_else(|| panic!("not `next`: {event}"));
        (serde_json::from_str(json).unwrap(), id)
    }

    async fn completes(&mut self) {
        assert_eq!(self.raw().await.as_deref(), Some("event: complete\ndata: "));
        assert_eq!(self.raw().await, None, "and nothing more");
    }
}

fn post(server: &TestServer, query: &str, variables: Value) -> RequestBuilder {
    let http = reqwest::Client::new();
    http.post(format!("{}/graphql", server.base))
        .json(&json!({ "query": query, "variables": variables }))
}

pub fn get(server: &TestServer, query: &str, variables: Value) -> RequestBuilder {
    let url = format!("{}/graphql", server.base);
    let url = reqwest::Url::parse_with_params(
        &url,
        [("query", query), ("variables", &variables.to_string())],
    )
    .unwrap();
    reqwest::Client::new().request(Method::GET, url)
}

#[tokio::test]
async fn a_stream_of_events_carries_a_subscription_and_shows_that_it_is_alive() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let variables = json!({ "event": event.gid });
    let mut posted = Events::open(post(&server, SEAT_CHANGES, variables.clone())).await;
    let mut gotten = Events::open(get(&server, SEAT_CHANGES, variables)).await;
    for events in [&mut posted, &mut gotten] {
        assert_eq!(events.next().await["data"]["seatChanges"]["reason"], "INITIAL");
    }
    server.client("alice").reserve(&event, [1]).await;
    for events in [&mut posted, &mut gotten] {
        assert_eq!(events.next().await["data"]["seatChanges"]["toRevision"], 1);
    }
    assert!(posted.raw().await.unwrap().starts_with(':'), "a comment");
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn a_stream_comes_by_gzip_event_by_event_for_those_who_can_inflate_it() {
    let arena = Arena::new().await;
    let event = arena.event(40).await;
    let server = arena.server().await;
    let mut streams = Vec::new();
    for accepted in ["gzip, deflate, br", "br, gzip;q=0"] {
        let request = get(&server, SEAT_CHANGES, json!({ "event": event.gid }));
        let events = Events::open(request.header("accept-encoding", accepted)).await;
        assert_eq!(events.inflater.is_some(), accepted.starts_with("gzip"));
        assert!(events.response.headers().get("vary").is_some_and(|by| by == "accept-encoding"));
        streams.push(events);
    }
    server.client("alice").reserve(&event, 1..=8).await;
    let [by_gzip, plain] = &mut streams[..] else { panic!() };
    for _ in 0..2 {
        assert_eq!(by_gzip.raw().await, plain.raw().await);
    }
    let (few, many) = (by_gzip.come, plain.come);
    assert!(few < many / 2, "{few} bytes instead of {many}");
    server.server.shut_down().await.unwrap();
    for _ in 0..3 {
        assert_eq!(by_gzip.raw().await, plain.raw().await);
    }
    assert!(by_gzip.inflater.is_none(), "it has come to its end, with the right sum");
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn queries_and_mutations_are_streams_of_one_event_and_mutations_are_never_gotten() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let mut query = Events::open(get(&server, "{ __typename }", json!({}))).await;
    assert_eq!(query.next().await, json!({ "data": { "__typename": "Query" } }));
    query.completes().await;
    let input = json!({ "input": { "eventId": event.gid, "seatIds": [event.seat_gid(1)] } });
    let refused = get(&server, RESERVE, input.clone())
        .header("accept", "text/event-stream")
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 405);
    let mutation = post(&server, RESERVE, input).bearer_auth(token("alice", &[]));
    let mut mutation = Events::open(mutation).await;
    assert_eq!(mutation.next().await["data"]["reserveSeats"]["__typename"], "ReserveSeatsSuccess");
    mutation.completes().await;
    books::check(&arena, &event).await;
}

/// As a browser does it by itself: it opens the same address again, with the id of the last event.
#[tokio::test]
async fn a_stream_that_was_lost_goes_on_after_the_last_event_that_the_client_has() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let buyer = server.client("alice");
    buyer.reserve(&event, [1, 2]).await;
    let variables = json!({ "event": event.gid, "since": 1 });
    let mut events = Events::open(get(&server, SEAT_CHANGES, variables.clone())).await;
    let (first, id) = events.next_with_id().await;
    assert_eq!(first["data"]["seatChanges"]["toRevision"], 2);
    let second = id.unwrap();
    assert!(second.starts_with("2-"), "the last of its changes, and its mark: {second}");
    drop(events);
    buyer.reserve(&event, [3, 4]).await;
    for (id, from) in [(&*second, 3), ("2", 3), ("3", 4), ("", 2), ("x", 2), ("-1", 2)] {
        for request in [get, post] {
            let request = request(&server, SEAT_CHANGES, variables.clone());
            let mut events = Events::open(request.header("last-event-id", id)).await;
            let next = events.next().await;
            assert_eq!(next["data"]["seatChanges"]["fromRevision"], from, "after {id:?}");
        }
    }
    let initial = json!({ "event": event.gid });
    let mut events = Events::open(post(&server, SEAT_CHANGES, initial.clone())).await;
    let id = events.next_with_id().await.1.unwrap();
    assert!(id.starts_with("4-"), "a snapshot's revision: {id}");
    let gone = post(&server, SEAT_CHANGES, initial).header("last-event-id", "77");
    let mut events = Events::open(gone).await;
    assert_eq!(events.next().await["data"]["seatChanges"]["reason"], "UNKNOWN_REVISION");

    let mine = post(&server, MY_RESERVATIONS, json!({ "event": event.gid }));
    let mine = mine.bearer_auth(token("alice", &[])).header("last-event-id", "2");
    let (first, id) = Events::open(mine).await.next_with_id().await;
    assert_eq!((&first["data"]["myReservations"]["revision"], id), (&json!(4), None));
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn what_cannot_be_executed_is_told_in_an_event_with_a_code() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let cases = [
        ("{ secret", json!({}), "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        (SEAT_CHANGES, json!({}), "BAD_USER_INPUT"),
        (SEAT_CHANGES, json!({ "event": "RXZlbnQ6OTk5" }), "NOT_FOUND"),
    ];
    for (query, variables, code) in cases {
        let mut events = Events::open(post(&server, query, variables)).await;
        let answer = events.next().await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{answer}");
        events.completes().await;
    }
    let http = reqwest::Client::new();
    let no_request = http
        .post(format!("{}/graphql", server.base))
        .json(&json!({}))
        .header("accept", "text/event-stream");
    assert_eq!(no_request.send().await.unwrap().status(), 400, "what is no GraphQL request");
    let bad_token = post(&server, "{ __typename }", json!({})).bearer_auth("nonsense");
    assert_eq!(bad_token.header("accept", "text/event-stream").send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_stream_of_events_says_why_it_ends_when_the_token_runs_out_or_the_server_shuts_down() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let request = || post(&server, SEAT_CHANGES, json!({ "event": event.gid }));
    let mut short = Events::open(request().bearer_auth(short_token())).await;
    let mut long = Events::open(request()).await;
    for events in [&mut short, &mut long] {
        events.next().await;
    }
    assert_eq!(short.next().await["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    short.completes().await;
    let (stopped, ()) = tokio::join!(server.server.shut_down(), async {
        assert_eq!(long.next().await["errors"][0]["extensions"]["code"], "UNAVAILABLE");
        long.completes().await;
    });
    stopped.unwrap();
}

#[tokio::test]
async fn a_client_that_leaves_its_stream_of_events_gives_its_permit_back() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server_with(|settings| settings.max_subscriptions = 1).await;
    let open = async || {
        let mut events =
            Events::open(post(&server, SEAT_CHANGES, json!({ "event": event.gid }))).await;
        let answer = events.next().await;
        (events, answer)
    };
    let (events, _) = open().await;
    assert_eq!(open().await.1["errors"][0]["extensions"]["code"], "OVERLOADED");
    drop(events);
    eventually("its permit is free", async || open().await.1.get("errors").is_none()).await;
}
