//! Compressed answers and requests, beside those that are shared (maps.rs).

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::harness::client::RESERVE;
use crate::harness::{Arena, TestServer, books, token};

fn post(server: &TestServer) -> RequestBuilder {
    let request = reqwest::Client::new().post(format!("{}/graphql", server.base));
    request.header("content-type", "application/json")
}

fn coding(response: &Response) -> Option<&str> {
    response.headers().get("content-encoding").map(|coding| coding.to_str().unwrap())
}

fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes.as_ref()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn whatever_is_longer_than_a_packet_is_compressed_for_those_who_accept_it() {
    let arena = Arena::new().await;
    let event = arena.event(1_000).await;
    let server = arena.server().await;
    let seats = |first: u32| {
        let query = "query ($e: ID!, $n: Int!) {
            seats(eventId: $e, first: $n) { edges { node { id label } } } }";
        json!({ "query": query, "variables": { "e": event.gid, "n": first } })
    };
    let introspection = json!({ "query": "{ __schema { types { name description } } }" });
    let wrong = json!({ "query": format!("{{ {} }}", "nothing ".repeat(20)) });
    let cases = [(seats(1000), true), (seats(50), true), (introspection, true), (wrong, true)];
    for (body, is_long) in cases.into_iter().chain([(seats(1), false)]) {
        let ask = async |accepted: &str| {
            post(&server).json(&body).header("accept-encoding", accepted).send().await.unwrap()
        };
        let plain = ask("identity").await;
        assert_eq!((plain.status(), coding(&plain)), (StatusCode::OK, None));
        assert_eq!(plain.headers().contains_key("vary"), is_long);
        let plain = plain.bytes().await.unwrap();
        assert_eq!(plain.len() > 1024, is_long, "{} bytes", plain.len());
        let answer = ask("br, gzip").await;
        assert_eq!(coding(&answer), is_long.then_some("gzip"));
        let length = answer.content_length();
        let bytes = answer.bytes().await.unwrap();
        assert_eq!(length, u64::try_from(bytes.len()).ok());
        if is_long {
            let mut text = Vec::new();
            GzDecoder::new(&bytes[..]).read_to_end(&mut text).unwrap();
            assert!(bytes.len() < text.len() && text == plain);
        } else {
            assert_eq!(bytes, plain);
        }
        assert_eq!(coding(&ask("br").await), None, "another coding");
    }
}

#[tokio::test]
async fn bookings_are_sent_as_they_are() {
    let arena = Arena::new().await;
    let event = arena.event(200).await;
    let server = arena.server().await;
    let input = json!({ "eventId": event.gid, "seatIds": event.seat_gids(1..=4) });
    let body = json!({ "query": RESERVE, "variables": { "input": input } });
    let booking = post(&server).json(&body).header("accept-encoding", "gzip");
    let booking = booking.bearer_auth(token("alice", &[])).send().await.unwrap();
    assert_eq!(coding(&booking), None);
    let answer: Value = booking.json().await.unwrap();
    assert_eq!(answer["data"]["reserveSeats"]["__typename"], "ReserveSeatsSuccess");
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn a_request_may_come_compressed_and_is_no_larger_than_others_may_be() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let query = r#"{"query":"{ __typename }"}"#;
    let padded = |bytes: usize| format!("{query}{}", " ".repeat(bytes - query.len()));
    let (most, bomb) = (padded(256 * 1024), padded(256 * 1024 + 1));
    let split = [gzip(&query[..9]), gzip(&query[9..])].concat();
    let cases = [
        ("gzip", gzip(query), 200),
        ("GZIP", gzip(query), 200),
        ("x-gzip", gzip(query), 200),
        ("identity", query.into(), 200),
        ("gzip", split, 200),
        ("gzip", gzip(most), 200),
        ("gzip", gzip(bomb), 413),
        ("gzip", gzip("x".repeat(100 << 20)), 413),
        ("gzip", query.into(), 400),
        ("gzip", gzip(query)[..20].into(), 400),
        ("gzip", vec![], 400),
        ("br", query.into(), 415),
        ("gzip, gzip", gzip(gzip(query)), 415),
        ("nothing", query.into(), 415),
    ];
    for (coding, body, status) in cases {
        let request = post(&server).header("content-encoding", coding).body(body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{coding}");
        if status == 415 {
            assert_eq!(response.headers()["accept-encoding"], "gzip");
        }
        let answer: Value = response.json().await.unwrap();
        match status {
            200 => assert_eq!(answer, json!({ "data": { "__typename": "Query" } })),
            _ => assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT"),
        }
    }
}

#[tokio::test]
async fn a_byte_order_mark_before_a_request_is_passed_over() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    for (body, status) in [
        ("\u{feff}{\"query\":\"{ __typename }\"}", 200),
        ("\u{feff}", 400),
        ("\u{feff}\u{feff}{\"query\":\"{ __typename }\"}", 400),
    ] {
        let response = post(&server).body(body).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{body:?}");
    }
}
