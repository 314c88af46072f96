//! The main jobs through the API, one rule each.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::sync::Arc;

use grand_arena::domain::{Cause, SeatStatus};
use serde_json::{Value, json};

use crate::harness::client::{CONFIRM, RELEASE, RESERVE, kind, reasons};
use crate::harness::{Arena, Client, all_at_once, books};

#[tokio::test]
async fn a_reserved_seat_is_held_for_its_viewer_and_nobody_else() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));

    let granted = alice.reserve(&event, [1, 2]).await;
    assert_eq!(kind(&granted), "ReserveSeatsSuccess");
    assert_eq!(granted["revision"], 2);
    assert_eq!(granted["seats"][0]["status"], "RESERVED");
    assert_eq!(granted["seats"][0]["heldByMe"], true);

    let refused = bob.reserve(&event, [2, 3]).await;
    assert_eq!(kind(&refused), "SeatsUnavailable");
    assert_eq!(
        refused["seats"],
        json!([{ "seatId": event.seat_gid(2), "reason": "RESERVED_BY_ANOTHER" }])
    );
    assert_eq!(bob.status(&event, 3).await, "AVAILABLE", "all or nothing");
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn reserving_again_succeeds_and_does_not_restart_the_timer() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let alice = server.client("alice");

    let first = alice.reserve(&event, [1, 2]).await;
    let again = alice.reserve(&event, [2, 1, 2]).await;
    assert_eq!(again["expiresAt"], first["expiresAt"]);
    assert_eq!(again["seats"], first["seats"]);
    assert_eq!(again["revision"], first["revision"]);

    let more = alice.reserve(&event, [1, 2, 3]).await;
    assert_eq!(more["expiresAt"], first["expiresAt"], "the first of the holds runs out as before");
    assert_eq!(more["revision"], 3, "only the third seat changed");
    assert_eq!(books::check(&arena, &event).await.len(), 3);
}

#[tokio::test]
async fn a_hold_that_ran_out_is_gone_for_everybody_although_no_cleaner_has_been_by() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    alice.reserve(&event, [1, 2, 3]).await;
    arena.lapse(&event).await;

    assert_eq!(alice.status(&event, 1).await, "AVAILABLE");
    let query = "query ($event: ID!) {
        event(id: $event) { availability { available reserved confirmed } }
        free: seats(eventId: $event, filter: { status: AVAILABLE }) { edges { node { id } } }
        held: seats(eventId: $event, filter: { status: RESERVED }) { edges { node { id } } }
        seatMap(eventId: $event) { seats { status heldByMe reservationExpiresAt } }
        viewer { reservations(eventId: $event) { id } } }";
    let data = alice.data(query, json!({ "event": event.gid })).await;
    assert_eq!(
        data["event"]["availability"],
        json!({ "available": 20, "reserved": 0, "confirmed": 0 })
    );
    assert_eq!(data["free"]["edges"].as_array().unwrap().len(), 20);
    assert_eq!(data["held"]["edges"], json!([]));
    let free = json!({ "status": "AVAILABLE", "heldByMe": false, "reservationExpiresAt": null });
    assert_eq!(data["seatMap"]["seats"][0], free);
    assert_eq!(data["viewer"]["reservations"], json!([]));

    let late = alice.confirm(&event, [1, 2], "late").await;
    assert_eq!(reasons(&late), ["HOLD_EXPIRED", "HOLD_EXPIRED"]);
    assert_eq!(reasons(&alice.release(&event, [3]).await), ["HOLD_EXPIRED"]);
    assert_eq!(kind(&bob.reserve(&event, [1]).await), "ReserveSeatsSuccess");
    assert_eq!(
        reasons(&alice.confirm(&event, [1, 2], "late").await),
        ["HELD_BY_ANOTHER", "HOLD_EXPIRED"]
    );
    assert_eq!(
        kind(&alice.reserve(&event, [2]).await),
        "ReserveSeatsSuccess",
        "a new hold, with a new timer"
    );
    let log = books::check(&arena, &event).await;
    let story: Vec<_> = log[3..].iter().map(|row| (row.seat_id, row.cause)).collect();
    let anew = [Cause::Expired, Cause::Reserved];
    let expected = [1, 2].into_iter().flat_map(|seat| anew.map(|cause| (seat, cause)));
    assert_eq!(story, expected.collect::<Vec<_>>(), "expired, then reserved anew");
}

#[tokio::test]
async fn a_confirmation_makes_one_order_however_often_it_is_repeated() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    alice.reserve(&event, [9, 10, 11]).await;

    let seats = event.seat_gids([10, 9]);
    let input = json!({ "eventId": event.gid, "seatIds": seats, "idempotencyKey": "one",
        "paymentReference": "pi_123" });
    let first = alice.data(CONFIRM, json!({ "input": input })).await["confirmSeats"].take();
    assert_eq!(first["replayed"], false);
    assert_eq!(first["order"]["total"], json!({ "amountMinor": 7500, "currency": "EUR" }));
    assert_eq!(first["order"]["paymentReference"], "pi_123");
    assert_eq!(first["revision"], 5);

    let again = alice.confirm(&event, [9, 10], "one").await;
    assert_eq!((&again["replayed"], &again["order"]), (&json!(true), &first["order"]));
    assert_eq!(again["revision"], 5);
    assert_eq!(kind(&alice.confirm(&event, [11], "one").await), "IdempotencyKeyReused");

    let other_key = alice.confirm(&event, [9, 10], "two").await;
    assert_eq!((&other_key["replayed"], &other_key["order"]), (&json!(false), &first["order"]));
    let other_key = alice.confirm(&event, [9, 10], "two").await;
    assert_eq!((&other_key["replayed"], &other_key["order"]), (&json!(true), &first["order"]));
    assert_eq!(kind(&alice.confirm(&event, [11], "two").await), "IdempotencyKeyReused");

    assert_eq!(reasons(&alice.confirm(&event, [9, 11], "three").await), ["ALREADY_CONFIRMED"]);
    assert_eq!(
        reasons(&bob.confirm(&event, [9, 10, 11, 12], "one").await),
        ["CONFIRMED_TO_ANOTHER", "CONFIRMED_TO_ANOTHER", "HELD_BY_ANOTHER", "NEVER_HELD"]
    );
    assert_eq!(
        kind(&alice.confirm(&event, [11], "three").await),
        "ConfirmSeatsSuccess",
        "a refused key is free"
    );
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn an_idempotency_key_belongs_to_one_viewer_and_one_event() {
    let arena = Arena::new().await;
    let (event, other) = (arena.event(20).await, arena.event(20).await);
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    alice.reserve(&event, [1]).await;
    alice.reserve(&other, [1]).await;
    bob.reserve(&event, [2]).await;
    for (client, event, seat) in [(&alice, &event, 1), (&alice, &other, 1), (&bob, &event, 2)] {
        assert_eq!(client.confirm(event, [seat], "the same key").await["replayed"], false);
    }
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn a_released_seat_is_free_at_once_and_only_its_holder_can_release_it() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    alice.reserve(&event, [1, 2]).await;

    assert_eq!(reasons(&bob.release(&event, [1, 3]).await), ["HELD_BY_ANOTHER", "NEVER_HELD"]);
    assert_eq!(reasons(&alice.release(&event, [1, 3]).await), ["NEVER_HELD"], "all or nothing");
    let released = alice.release(&event, [1]).await;
    assert_eq!(
        (&released["seats"][0]["status"], &released["revision"]),
        (&json!("AVAILABLE"), &json!(3))
    );
    assert_eq!(kind(&bob.reserve(&event, [1]).await), "ReserveSeatsSuccess");
    alice.confirm(&event, [2], "key").await;
    assert_eq!(
        reasons(&alice.release(&event, [2]).await),
        ["ALREADY_CONFIRMED"],
        "a sale is final"
    );
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn a_refusal_names_every_seat_in_the_way_and_why() {
    let arena = Arena::new().await;
    let (event, other) = (arena.event(20).await, arena.event(20).await);
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    alice.reserve(&event, [1, 2]).await;
    alice.confirm(&event, [2], "key").await;
    arena.execute("UPDATE seats SET for_sale = false WHERE event_id = $1 AND id = 3", &event).await;

    let mut ids = event.seat_gids([1, 2, 3, 4, 999]);
    ids.push(other.seat_gid(4));
    let input = json!({ "eventId": event.gid, "seatIds": ids });
    let refused = bob.data(RESERVE, json!({ "input": input })).await["reserveSeats"].take();
    let named: Vec<_> =
        refused["seats"].as_array().unwrap().iter().map(|seat| &seat["seatId"]).collect();
    assert_eq!(
        named,
        [&ids[0], &ids[1], &ids[2], &ids[4], &ids[5]]
            .map(|id| json!(id))
            .iter()
            .collect::<Vec<_>>()
    );
    assert_eq!(
        reasons(&refused),
        ["RESERVED_BY_ANOTHER", "CONFIRMED", "NOT_FOR_SALE", "NOT_FOUND", "NOT_FOUND"]
    );
    assert_eq!(reasons(&bob.confirm(&event, [999], "key").await), ["NOT_FOUND"]);
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn the_limit_per_viewer_counts_holds_and_orders_together() {
    let arena = Arena::new().await;
    let event = arena.event_with(20, |event| event.max_seats_per_viewer = Some(4)).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    alice.reserve(&event, [1, 2]).await;
    alice.confirm(&event, [1, 2], "key").await;
    alice.reserve(&event, [3]).await;

    let refused = alice.reserve(&event, [3, 4, 5]).await;
    assert_eq!(kind(&refused), "SeatLimitExceeded");
    assert_eq!(
        (&refused["limit"], &refused["held"], &refused["requested"]),
        (&json!(4), &json!(3), &json!(2))
    );
    assert_eq!(kind(&alice.reserve(&event, [4]).await), "ReserveSeatsSuccess");
    assert_eq!(
        kind(&alice.reserve(&event, [3, 4]).await),
        "ReserveSeatsSuccess",
        "asking again asks for nothing more"
    );
    arena.lapse(&event).await;
    assert_eq!(
        kind(&alice.reserve(&event, [5, 6]).await),
        "ReserveSeatsSuccess",
        "holds that ran out do not count"
    );
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn seats_are_reserved_within_the_sales_window_only_and_confirmed_after_it_too() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    arena
        .execute(
            "UPDATE events SET sales_open_at = now() + interval '1 hour' WHERE id = $1",
            &event,
        )
        .await;
    let early = alice.reserve(&event, [1]).await;
    assert_eq!(kind(&early), "SalesClosed");
    assert!(early["opensAt"].is_string() && early["closedAt"].is_null(), "{early}");

    arena
        .execute(
            "UPDATE events SET sales_open_at = now() - interval '1 hour' WHERE id = $1",
            &event,
        )
        .await;
    assert_eq!(kind(&alice.reserve(&event, [1]).await), "ReserveSeatsSuccess");

    arena
        .execute(
            "UPDATE events SET sales_close_at = now() - interval '1 minute' WHERE id = $1",
            &event,
        )
        .await;
    let late = alice.reserve(&event, [1, 2]).await;
    assert_eq!(kind(&late), "SalesClosed");
    assert!(late["opensAt"].is_null() && late["closedAt"].is_string(), "{late}");
    assert_eq!(
        kind(&alice.reserve(&event, [1]).await),
        "ReserveSeatsSuccess",
        "what is held stays held"
    );
    assert_eq!(kind(&alice.confirm(&event, [1], "key").await), "ConfirmSeatsSuccess");
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn bad_input_is_answered_with_a_code_and_what_is_allowed() {
    let arena = Arena::new().await;
    let event = arena.event(200).await;
    let server = arena.server().await;
    let (alice, stranger) = (server.client("alice"), server.stranger());
    let seats = |ids: Vec<String>| json!({ "input": { "eventId": event.gid, "seatIds": ids } });
    let confirm = |key: String, reference: Option<String>| {
        json!({ "input": { "eventId": event.gid,
        "seatIds": [event.seat_gid(1)], "idempotencyKey": key, "paymentReference": reference } })
    };
    let no_event =
        json!({ "input": { "eventId": "RXZlbnQ6OTk5", "seatIds": [event.seat_gid(1)] } });

    let cases: Vec<(&str, &Client, &str, Value, &str)> = vec![
        ("no seats", &alice, RESERVE, seats(vec![]), "BAD_USER_INPUT"),
        ("101 seats", &alice, RESERVE, seats(event.seat_gids(1..=101)), "BAD_USER_INPUT"),
        ("not an id", &alice, RESERVE, seats(vec!["seat 1".to_owned()]), "BAD_USER_INPUT"),
        ("an event's id", &alice, RELEASE, seats(vec![event.gid.clone()]), "BAD_USER_INPUT"),
        ("no such event", &alice, RESERVE, no_event, "NOT_FOUND"),
        ("nobody asks", &stranger, RESERVE, seats(event.seat_gids([1])), "UNAUTHENTICATED"),
        ("an empty key", &alice, CONFIRM, confirm(String::new(), None), "BAD_USER_INPUT"),
        ("a long key", &alice, CONFIRM, confirm("é".repeat(256), None), "BAD_USER_INPUT"),
        ("a key with NUL", &alice, CONFIRM, confirm("a\0b".to_owned(), None), "BAD_USER_INPUT"),
        (
            "an empty reference",
            &alice,
            CONFIRM,
            confirm("k".to_owned(), Some(String::new())),
            "BAD_USER_INPUT",
        ),
    ];
    for (what, client, query, variables, code) in cases {
        assert_eq!(client.code(query, variables).await, code, "{what}");
    }

    assert_eq!(
        kind(&alice.reserve(&event, 1..=100).await),
        "ReserveSeatsSuccess",
        "100 seats are allowed"
    );
    let key = "é".repeat(255);
    assert_eq!(
        kind(&alice.confirm(&event, [1], &key).await),
        "ConfirmSeatsSuccess",
        "255 characters are allowed"
    );
    books::check(&arena, &event).await;
}

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
            "GRAPHQL_VALIDATION_FAILED",
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

/// Maps may be shared between those who ask for the same at about the same time; each is true for
/// its own revision.
#[tokio::test(flavor = "multi_thread")]
async fn every_map_is_true_for_the_revision_it_says_while_the_sale_runs() {
    let arena = Arena::new().await;
    let event = Arc::new(arena.event(60).await);
    let server = arena.server().await;
    let asking = all_at_once((0..4).map(|_| {
        let (client, event) = (server.stranger(), Arc::clone(&event));
        async move {
            let query = "query ($e: ID!) { seatMap(eventId: $e) { revision seats { status } } }";
            let mut maps = Vec::new();
            for _ in 0..30 {
                maps.push(client.data(query, json!({ "e": event.gid })).await["seatMap"].take());
            }
            maps
        }
    }));
    let buyer = server.client("alice");
    for serial in 1..=60 {
        buyer.reserve(&event, [serial]).await;
        match serial % 3 {
            0 => drop(buyer.confirm(&event, [serial], &serial.to_string()).await),
            1 => drop(buyer.release(&event, [serial]).await),
            _ => {}
        }
    }
    let maps: Vec<Value> = asking.await.into_iter().flatten().collect();
    let log = books::check(&arena, &event).await;
    for map in maps {
        let revision = map["revision"].as_i64().unwrap();
        let mut expected = vec!["AVAILABLE"; 60];
        for row in log.iter().filter(|row| row.revision <= revision) {
            expected[usize::try_from(row.seat_id - 1).unwrap()] = match row.cause.status() {
                SeatStatus::Available => "AVAILABLE",
                SeatStatus::Reserved => "RESERVED",
                SeatStatus::Confirmed => "CONFIRMED",
            };
        }
        let seats: Vec<&str> = map["seats"]
            .as_array()
            .unwrap()
            .iter()
            .map(|seat| seat["status"].as_str().unwrap())
            .collect();
        assert_eq!(seats, expected, "at revision {revision}");
    }
}

/// Everybody loads a map when sales open. Who accepts gzip gets the same one compressed; who
/// refuses it does not, and nothing small is.
#[tokio::test]
async fn a_map_is_compressed_for_those_who_accept_it() {
    let arena = Arena::new().await;
    let event = arena.event(2_000).await;
    let server = arena.server().await;
    let whole = "query ($e: ID!) { seatMap(eventId: $e) { revision seats { id section row number \
        status } } }";
    let small = "query ($e: ID!) { seatMap(eventId: $e) { revision } }";
    let ask = async |query: &str, accepted: &str| {
        let body = json!({ "query": query, "variables": { "e": event.gid } });
        let address = format!("{}/graphql", server.base);
        let request =
            reqwest::Client::new().post(address).header("accept-encoding", accepted).json(&body);
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["vary"], "accept-encoding", "{accepted}");
        let is_compressed =
            response.headers().get("content-encoding").map(|coding| coding == "gzip");
        (is_compressed, response.bytes().await.unwrap())
    };
    let (coding, plain) = ask(whole, "identity").await;
    assert_eq!(coding, None);
    let (coding, compressed) = ask(whole, "deflate, gzip;q=0.5").await;
    assert_eq!(coding, Some(true));
    assert!(compressed.len() * 8 < plain.len(), "{} of {} bytes", compressed.len(), plain.len());
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(&compressed[..]).read_to_end(&mut text).unwrap();
    assert_eq!(text, plain);
    assert_eq!(ask(whole, "gzip;q=0, br").await, (None, plain), "gzip is refused");
    assert_eq!(ask(small, "gzip").await.0, None, "not worth it");
}

/// The same words at the same time from different viewers: what depends on the viewer is not
/// shared.
#[tokio::test(flavor = "multi_thread")]
async fn a_map_that_says_what_is_mine_is_never_given_to_anybody_else() {
    let arena = Arena::new().await;
    let event = Arc::new(arena.event(10).await);
    let server = arena.server().await;
    for (serial, user) in [(1, "alice"), (2, "bob")] {
        server.client(user).reserve(&event, [serial]).await;
    }
    let maps = all_at_once((0..40).map(|number| {
        let (client, event) =
            (server.client(["alice", "bob", "carol"][number % 3]), Arc::clone(&event));
        let query = "query ($e: ID!) { seatMap(eventId: $e) { seats { heldByMe } } }";
        async move { (number % 3, client.data(query, json!({ "e": event.gid })).await) }
    }))
    .await;
    for (who, map) in maps {
        let mine: Vec<bool> = map["seatMap"]["seats"]
            .as_array()
            .unwrap()
            .iter()
            .map(|seat| seat["heldByMe"] == true)
            .collect();
        let expected: Vec<bool> = (0..10).map(|seat| seat == who && who < 2).collect();
        assert_eq!(mine, expected, "viewer {who}");
    }
    books::check(&arena, &event).await;
}
