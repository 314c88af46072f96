//! What queries and pages answer, and what they keep to themselves.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Arena, books};

const EVENTS: &str = "query ($after: String) { events(after: $after) { edges { cursor } } }";

#[tokio::test]
async fn bad_arguments_of_queries_are_answered_with_a_code() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    let page = "query ($event: ID!, $first: Int, $after: String, $filter: SeatFilter) {
        seats(eventId: $event, first: $first, after: $after, filter: $filter) { edges { cursor } \
        } }";
    let at = |extra: Value| {
        let mut variables = json!({ "event": event.gid });
        variables.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        variables
    };
    let cases: Vec<(&str, &str, Value, &str)> = vec![
        ("first 0", page, at(json!({ "first": 0 })), "BAD_USER_INPUT"),
        ("first -1", page, at(json!({ "first": -1 })), "BAD_USER_INPUT"),
        ("first 1001", page, at(json!({ "first": 1001 })), "BAD_USER_INPUT"),
        ("a forged cursor", page, at(json!({ "after": "zzz" })), "BAD_USER_INPUT"),
        (
            "a cursor of no time",
            EVENTS,
            json!({ "after": "LTkyMjMzNzIwMzY4NTQ3NzU4MDg6MQ" }),
            "BAD_USER_INPUT",
        ),
        (
            "a cursor before all time",
            EVENTS,
            json!({ "after": "LTI1MzQwMjMwMDgwMDAwMDAwMDox" }),
            "BAD_USER_INPUT",
        ),
        (
            "a category that is none",
            page,
            at(json!({ "filter": { "categoryIds": ["x"] } })),
            "BAD_USER_INPUT",
        ),
        (
            "an unknown status",
            page,
            at(json!({ "filter": { "status": "SOLD" } })),
            "BAD_USER_INPUT",
        ),
        ("an unknown field", "{ nope }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        ("no GraphQL", "{", json!({}), "GRAPHQL_PARSE_FAILED"),
        (
            "a map of nothing",
            "{ seatMap(eventId: \"x\") { revision } }",
            json!({}),
            "BAD_USER_INPUT",
        ),
        (
            "a map of no event",
            "{ seatMap(eventId: \"RXZlbnQ6OTk5\") { revision } }",
            json!({}),
            "NOT_FOUND",
        ),
    ];
    for (what, query, variables, code) in cases {
        assert_eq!(alice.code(query, variables).await, code, "{what}");
    }
    let odd = at(json!({ "filter": { "sections": ["a\0b"] } }));
    assert_eq!(
        alice.data(page, odd).await["seats"]["edges"],
        json!([]),
        "a section that cannot exist has no seats"
    );
}

#[tokio::test]
async fn events_and_seats_are_found_by_id_and_by_slug_and_what_is_not_there_is_null() {
    let arena = Arena::new().await;
    let event = arena.event_with(20, |event| event.slug = "the-slug".to_owned()).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    let query = "query ($event: ID!, $seat: ID!, $none: ID!) {
        id: event(id: $event) { id } slug: event(id: \"the-slug\") { id name venue startsAt \
        holdSeconds
            salesOpenAt salesCloseAt maxSeatsPerViewer revision categories { name price { \
            amountMinor currency } color } }
        none: event(id: \"no-such-slug\") { id } odd: event(id: \"Not A Slug\") { id }
        seat(id: $seat) { id label section row number accessible forSale x y revision category { \
        name } event { slug } }
        node(id: $seat) { id __typename } gone: seat(id: $none) { id } nothing: node(id: \"???\") \
        { id }
        viewer { id roles } }";
    let none = event.seat_gid(21);
    let variables = json!({ "event": event.gid, "seat": event.seat_gid(20), "none": none });
    let data = alice.data(query, variables).await;
    assert_eq!(data["id"]["id"], event.gid);
    assert_eq!(data["slug"]["id"], event.gid);
    assert_eq!(data["slug"]["holdSeconds"], 300);
    assert_eq!(
        data["slug"]["categories"][1]["price"],
        json!({ "amountMinor": 2500, "currency": "EUR" })
    );
    assert_eq!(
        (&data["none"], &data["odd"], &data["gone"], &data["nothing"]),
        (&json!(null), &json!(null), &json!(null), &json!(null))
    );
    assert_eq!(data["seat"]["label"], "Section 101, row 2, seat 10");
    assert_eq!(data["seat"]["category"]["name"], "Silver");
    assert_eq!(data["seat"]["event"]["slug"], "the-slug");
    assert_eq!(data["node"], json!({ "id": event.seat_gid(20), "__typename": "Seat" }));
    assert_eq!(data["viewer"]["roles"], json!(["BUYER"]));
}

#[tokio::test]
async fn pages_cover_a_list_without_gap_or_repeat() {
    let arena = Arena::new().await;
    let event = arena.event(250).await;
    for _ in 0..4 {
        arena.event(1).await;
    }
    let server = arena.server().await;
    let alice = server.client("alice");
    for seat in [1, 2, 3] {
        alice.reserve(&event, [seat]).await;
        alice.confirm(&event, [seat], &format!("key {seat}")).await;
    }
    let pages = [
        (
            "seats",
            "query ($after: String, $event: ID!) { page: seats(eventId: $event, first: 99, \
            after: $after, filter: { accessible: false }) {
            pageInfo { hasNextPage endCursor } edges { node { id } } } }",
            225,
        ),
        (
            "events",
            "query ($after: String) { page: events(first: 2, after: $after) {
            pageInfo { hasNextPage endCursor } edges { node { id } } } }",
            5,
        ),
        (
            "orders",
            "query ($after: String) { viewer { page: orders(first: 2, after: $after) {
            pageInfo { hasNextPage endCursor } edges { node { id } } } } }",
            3,
        ),
    ];
    for (what, query, expected) in pages {
        let mut found = Vec::new();
        let mut after = Value::Null;
        loop {
            let data = alice.data(query, json!({ "after": after, "event": event.gid })).await;
            let page = if what == "orders" { &data["viewer"]["page"] } else { &data["page"] };
            found.extend(
                page["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["id"].to_string()),
            );
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(found.len(), expected, "{what}");
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), expected, "{what} without repeats");
    }
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn nobody_learns_who_holds_a_seat_or_sees_anothers_order() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let (alice, bob, stranger) = (server.client("alice"), server.client("bob"), server.stranger());
    alice.reserve(&event, [1, 2]).await;
    let order = alice.confirm(&event, [1], "key").await["order"]["id"].clone();

    let query = "query ($order: ID!, $seat: ID!, $event: ID!) { node(id: $order) { id } seat(id: \
        $seat) { heldByMe status }
        seatMap(eventId: $event) { seats { heldByMe } } viewer { orders { edges { node { id } } } \
        reservations(eventId: $event) { id } } }";
    let variables = json!({ "order": order, "seat": event.seat_gid(2), "event": event.gid });
    let mine = alice.data(query, variables.clone()).await;
    assert_eq!(mine["node"]["id"], order);
    assert_eq!(mine["seat"]["heldByMe"], true);
    assert_eq!(mine["viewer"]["orders"]["edges"].as_array().unwrap().len(), 1);
    assert_eq!(mine["viewer"]["reservations"][0]["id"], event.seat_gid(2));
    for other in [bob, stranger] {
        let answer = other.data(query, variables.clone()).await;
        assert_eq!(answer["node"], Value::Null);
        assert_eq!(answer["seat"], json!({ "heldByMe": false, "status": "RESERVED" }));
        assert!(
            answer["seatMap"]["seats"]
                .as_array()
                .unwrap()
                .iter()
                .all(|seat| seat["heldByMe"] == false)
        );
        assert!(!answer.to_string().contains("alice"));
        assert!(answer["viewer"].is_null() || answer["viewer"]["orders"]["edges"] == json!([]));
    }
    books::check(&arena, &event).await;
}
