//! What queries and pages answer, and what they keep to themselves.

use std::collections::BTreeSet;

use grand_arena::domain::CategoryId;
use grand_arena::graphql::ids::AnyId;
use grand_arena::identity::Role;
use serde_json::{Value, json};

use crate::harness::client::kind;
use crate::harness::{Arena, Client, Event, books, token};

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
    let nodes = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }";
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
            "an unknown status",
            page,
            at(json!({ "filter": { "status": "SOLD" } })),
            "BAD_USER_INPUT",
        ),
        ("an unknown field", "{ nope }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        ("no GraphQL", "{", json!({}), "GRAPHQL_PARSE_FAILED"),
        ("a map of nothing", "{ seatMap(eventId: \"x\") { revision } }", json!({}), "NOT_FOUND"),
        (
            "reservations in nothing",
            "{ viewer { reservations(eventId: \"Not A Slug\") { id } } }",
            json!({}),
            "NOT_FOUND",
        ),
        (
            "reservations in no event",
            "{ viewer { reservations(eventId: \"RXZlbnQ6OTk5\") { id } } }",
            json!({}),
            "NOT_FOUND",
        ),
        ("too many nodes", nodes, json!({ "ids": vec!["x"; 101] }), "BAD_USER_INPUT"),
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
    for filter in [json!({ "sections": ["a\0b"] }), json!({ "categoryIds": ["x", event.gid] })] {
        let seats = alice.data(page, at(json!({ "filter": filter }))).await["seats"].take();
        assert_eq!(seats["edges"], json!([]), "what cannot exist has no seats: {filter}");
    }
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
            amountMinor currency fractionDigits } color } timeZone }
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
        json!({ "amountMinor": 2500, "currency": "EUR", "fractionDigits": 2 })
    );
    assert_eq!(data["slug"]["timeZone"], "Europe/Berlin");
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
            "query ($after: String) { page: seats(eventId: EVENT, first: 99, \
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
            let query = query.replace("EVENT", &format!("\"{}\"", event.gid));
            let data = alice.data(&query, json!({ "after": after })).await;
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

/// Whoever asks sees the ends of their own holds only, and own orders by their codes.
#[tokio::test]
async fn nobody_learns_when_anothers_hold_ends_or_finds_anothers_order() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let (alice, bob, stranger) = (server.client("alice"), server.client("bob"), server.stranger());
    let [shop, admin] = [Role::Shop, Role::Admin]
        .map(|role| Client::new(&server.base, Some(token("staff", &[role]))));
    alice.reserve(&event, [1, 2]).await;
    let bought = alice.confirm(&event, [1], "key").await["order"].take();
    let code = bought["code"].as_str().unwrap();
    let typed = code.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");

    let query = "query ($seat: ID!, $event: ID!, $code: String!, $typed: String!, $order: ID!) {
        seat(id: $seat) { reservationExpiresAt } order(code: $code) { id }
        typed: order(code: $typed) { id } node(id: $order) { id }
        other: order(code: \"00000-00000\") { id } none: order(code: \"?\") { id }
        seatMap(eventId: $event) { seats { reservationExpiresAt } } }";
    let variables = json!({ "seat": event.seat_gid(2), "event": event.slug, "code": code,
        "typed": typed, "order": bought["id"] });
    for (who, client, sees_end, sees_order) in [
        ("alice", &alice, true, true),
        ("bob", &bob, false, false),
        ("a stranger", &stranger, false, false),
        ("the shop", &shop, false, true),
        ("an admin", &admin, false, true),
    ] {
        let data = client.data(query, variables.clone()).await;
        assert_eq!(data["seat"]["reservationExpiresAt"].is_string(), sees_end, "{who}");
        let in_map = &data["seatMap"]["seats"][1]["reservationExpiresAt"];
        assert_eq!(in_map.is_string(), sees_end, "{who}");
        let order = if sees_order { &bought["id"] } else { &Value::Null };
        assert_eq!((&data["order"]["id"], &data["typed"]["id"]), (order, order), "{who}");
        assert_eq!(&data["node"]["id"], order, "{who}");
        assert_eq!((&data["other"], &data["none"]), (&Value::Null, &Value::Null), "{who}");
    }
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn nodes_are_answered_in_the_order_asked_and_null_where_there_is_nothing_to_see() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    alice.reserve(&event, [1]).await;
    let order = alice.confirm(&event, [1], "key").await["order"]["id"].take();
    let query = "query ($event: ID!) { viewer { id } event(id: $event) { categories { id } } }";
    let known = alice.data(query, json!({ "event": event.slug })).await;
    let (viewer, category) = (&known["viewer"]["id"], &known["event"]["categories"][1]["id"]);

    let ids = json!([
        order,
        "junk",
        event.seat_gid(20),
        viewer,
        category,
        event.gid,
        viewer,
        event.seat_gid(21),
        "Q2F0ZWdvcnk6OTk5OjE"
    ]);
    let nodes = "query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename
        ... on Category { name price { amountMinor } } ... on Viewer { roles } } }";
    let own = alice.data(nodes, json!({ "ids": ids })).await["nodes"].take();
    let names: Vec<_> = own.as_array().unwrap().iter().map(|node| &node["__typename"]).collect();
    let none = Value::Null;
    let [order, seat, viewer, category, event_] =
        ["Order", "Seat", "Viewer", "Category", "Event"].map(|name| json!(name));
    let expected = [&order, &none, &seat, &viewer, &category, &event_, &viewer, &none, &none];
    assert_eq!(names, expected);
    assert_eq!(
        (&own[4]["name"], &own[4]["price"]["amountMinor"]),
        (&json!("Silver"), &json!(2500))
    );
    let others = bob.data(nodes, json!({ "ids": ids })).await["nodes"].take();
    let hidden: Vec<_> = (0..9).filter(|&at| others[at].is_null()).collect();
    assert_eq!(hidden, [0, 1, 3, 6, 7, 8], "another's order, and who another is");
    books::check(&arena, &event).await;
}

fn counts(available: i32, reserved: i32, confirmed: i32) -> Value {
    json!({ "available": available, "reserved": reserved, "confirmed": confirmed })
}

#[tokio::test]
async fn an_event_has_its_seats_and_its_map_and_counts_what_passes_a_filter() {
    let arena = Arena::new().await;
    let event = arena.event(30).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    alice.reserve(&event, [1, 2, 10]).await;
    alice.confirm(&event, [2], "key").await;
    let query = "query ($event: ID!, $silver: ID!) { event(id: $event) {
        all: availability { available reserved confirmed }
        held: availability(filter: { status: RESERVED }) { available reserved confirmed }
        silver: availability(filter: { categoryIds: [$silver] }) { available reserved confirmed }
        none: availability(filter: { sections: [\"no\"] }) { available reserved confirmed }
        seats(filter: { categoryIds: [$silver] }, first: 2) {
          nodes { id event { slug } } pageInfo { hasNextPage } }
        seatMap { revision seats { status } event { id } } } }";
    let silver = AnyId::Category(CategoryId { event: event.id, serial: 2 }).encode().0;
    let data = alice.data(query, json!({ "event": event.slug, "silver": silver })).await;
    let event_ = &data["event"];
    assert_eq!(event_["all"], counts(27, 2, 1));
    assert_eq!(event_["held"], counts(0, 2, 0));
    assert_eq!(event_["silver"], counts(2, 1, 0));
    assert_eq!(event_["none"], counts(0, 0, 0));
    let nodes: Vec<_> = event_["seats"]["nodes"].as_array().unwrap().iter().collect();
    assert_eq!(
        (&nodes[0]["id"], &nodes[1]["id"]),
        (&json!(event.seat_gid(10)), &json!(event.seat_gid(20)))
    );
    assert_eq!(nodes[0]["event"]["slug"], event.slug);
    assert_eq!(event_["seats"]["pageInfo"]["hasNextPage"], true);
    assert_eq!(
        (&event_["seatMap"]["revision"], &event_["seatMap"]["event"]["id"]),
        (&json!(4), &json!(event.gid))
    );
    assert_eq!(event_["seatMap"]["seats"][9]["status"], "RESERVED");
    books::check(&arena, &event).await;
}

/// Wherever an event is named; and what names none is answered like an event that does not exist.
#[tokio::test]
async fn a_slug_is_taken_wherever_an_event_is_named() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let by_slug = Event { gid: event.slug.clone(), ..event.clone() };
    let server = arena.server().await;
    let alice = server.client("alice");
    assert_eq!(kind(&alice.reserve(&by_slug, [1, 2]).await), "ReserveSeatsSuccess");
    assert_eq!(kind(&alice.release(&by_slug, [2]).await), "ReleaseSeatsSuccess");
    let query = "query ($event: ID!) { seats(eventId: $event, first: 1) { nodes { id } }
        seatMap(eventId: $event) { revision } viewer { reservations(eventId: $event) { id } } }";
    let data = alice.data(query, json!({ "event": event.slug })).await;
    assert_eq!(data["seats"]["nodes"][0]["id"], event.seat_gid(1));
    assert_eq!(data["viewer"]["reservations"], json!([{ "id": event.seat_gid(1) }]));
    assert_eq!(data["seatMap"]["revision"], 3);
    let mut socket = server.socket("alice").await;
    socket.seat_changes(&by_slug, Some(2)).await;
    assert_eq!(socket.next_changes().await["toRevision"], 3);
    assert_eq!(kind(&alice.confirm(&by_slug, [1], "key").await), "ConfirmSeatsSuccess");
    books::check(&arena, &event).await;
}
