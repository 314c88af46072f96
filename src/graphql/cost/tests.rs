//! What operations cost, by the schema that this server has.

use std::sync::LazyLock;

use async_graphql::Variables;
use serde_json::{Value as Json, json};

use super::estimate::Known;
use super::{Cost, within_budget};
use crate::graphql::document::{DocumentReader, Prepared};
use crate::store::reads::EventSize;

static READER: LazyLock<DocumentReader> =
    LazyLock::new(|| DocumentReader::new(&crate::graphql::sdl()).unwrap());

/// What our page asks of a map.
const MAP: &str = "revision serverTime seats { id section row number x y accessible forSale \
    category { id } status revision }";

/// What is asked of a refusal or a success.
const RESERVE: &str = "mutation ($input: ReserveSeatsInput!) { reserveSeats(input: $input) { \
    __typename ... on ReserveSeatsSuccess { expiresAt seats { id status } }
    ... on SeatsUnavailable { seats { seatId reason seat { label } } } } }";

/// An arena as large as they come.
const LARGEST: EventSize =
    EventSize { seats: 200_000, seats_together: 200_000, categories: 4, seats_a_viewer: 8 };

fn prepared(text: &str, variables: &Json) -> Prepared {
    let document = READER.read(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    READER.operation(&document, None, Variables::from_json(variables.clone())).unwrap()
}

/// What an operation costs where every event has this size.
fn cost_with(text: &str, variables: &Json, size: EventSize) -> Cost {
    let prepared = prepared(text, variables);
    let estimate = &prepared.operation.estimate;
    let sizes = vec![size; estimate.events.len()];
    estimate.sum.cost(Known { variables: &prepared.variables, sizes: &sizes })
}

fn cost(text: &str) -> Cost {
    cost_with(text, &json!({}), LARGEST)
}

fn nodes(text: &str) -> u64 {
    cost(text).nodes
}

fn is_refused(text: &str) -> bool {
    within_budget(cost(text)).is_err()
}

#[test]
fn every_value_of_an_answer_counts() {
    assert_eq!(nodes("{ __typename }"), 2, "the answer, and the name");
    assert_eq!(nodes("{ viewer { id a: id roles } }"), 1 + 1 + 2 + 1 + 3, "there are three roles");
    assert_eq!(nodes("{ event(id: \"a\") { categories { id } } }"), 1 + 1 + 1 + 4 * 2);
    assert_eq!(nodes("{ seatMap(eventId: \"a\") { seats { id } } }"), 3 + 200_000 * 2);
    assert_eq!(nodes("{ node(id: \"a\") { id ... on Seat { label } } }"), 1 + 1 + 2);
    assert_eq!(
        nodes("{ node(id: \"a\") { ... on Seat { label row } ... on Order { code } } }"),
        1 + 1 + 2,
        "it is the one or the other"
    );
}

#[test]
fn pages_count_what_may_be_on_them() {
    let page = |size| cost(&format!("{{ seats(eventId: \"a\"{size}) {{ nodes {{ id }} }} }}"));
    let of = |nodes, rows| Cost { nodes, rows, commands: 0 };
    assert_eq!(page(""), of(3 + 100 * 2, 50 + 100));
    assert_eq!(page(", first: 7"), of(3 + 7 * 2, 50 + 7));
    assert_eq!(page(", first: -1"), page(", first: 1000"), "it is refused later");
    assert_eq!(page(", first: 9999"), page(", first: 1000"));
    let filtered = of(3 + 7 * 2, 50 + 7 + 50_000);
    assert_eq!(page(", first: 7, filter: { sections: [\"A\"] }"), filtered);
    let by_variable = "query ($n: Int, $f: SeatFilter) {
        seats(eventId: \"a\", first: $n, filter: $f) { nodes { id } } }";
    let with = |variables: Json| cost_with(by_variable, &variables, LARGEST);
    assert_eq!(with(json!({})), page(""));
    assert_eq!(with(json!({ "n": 7, "f": null })), page(", first: 7"));
    assert_eq!(with(json!({ "n": 7, "f": { "status": "AVAILABLE" } })), filtered);
    assert_eq!(
        nodes("{ events(first: 3) { edges { node { id } } nodes { id } } }"),
        2 + (1 + 3 * 3) + (1 + 3 * 2)
    );
    let orders = "{ viewer { orders { nodes { lines { price { currency } } } } } }";
    assert_eq!(nodes(orders), 3 + 1 + 20 * (2 + 100 * 3));
}

#[test]
fn nodes_counts_the_ids_that_are_given() {
    assert_eq!(nodes("{ nodes(ids: [\"a\", \"b\"]) { id } }"), 2 + 2 * 2);
    let text = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let with = |ids: &[&str]| cost_with(text, &json!({ "ids": ids }), LARGEST).nodes;
    assert_eq!(with(&[]), 2);
    assert_eq!(with(&["a"; 3]), 2 + 3 * 2);
    assert_eq!(with(&["a"; 5_000]), 2 + 100 * 2, "more are refused");
}

#[test]
fn what_one_viewer_has_is_counted_by_what_the_event_lets_one_have() {
    let text = "subscription { myReservations(eventId: \"a\") {
        held { id } orders { seats { id } } expired } }";
    let lists = (1 + 8 * 2) + (1 + 8 * (2 + 2)) + (1 + 8);
    assert_eq!(nodes(text), 2 + lists, "orders of one viewer have no more seats than they may");
    let held = "{ viewer { reservations(eventId: \"a\") { id } } }";
    assert_eq!(nodes(held), 2 + (1 + 8 * 2));
}

#[test]
fn a_frame_is_the_larger_one_of_both() {
    let changes = "seatChanges(eventId: \"a\") { ... on SeatChanges { changes { seatId } } }";
    assert_eq!(nodes(&format!("subscription {{ {changes} }}")), 3 + 4096 * 2);
    let both = "subscription { seatChanges(eventId: \"a\") {
        ... on SeatSnapshot { seats { seatId } } ... on SeatChanges { changes { seatId } } } }";
    assert_eq!(nodes(both), 3 + 200_000 * 2);
}

/// So that nothing is looked up, and nothing allocated, before a booking is.
#[test]
fn the_cost_of_a_booking_is_known_with_its_document() {
    let confirm = "mutation ($input: ConfirmSeatsInput!) { confirmSeats(input: $input) {
        ... on ConfirmSeatsSuccess { order { id code lines { seat { label } price { currency } } } }
        ... on SeatsNotHeld { seats { seatId reason } } } }";
    let input = json!({ "input": { "eventId": "a", "seatIds": ["b"], "idempotencyKey": "c" } });
    let fixed = prepared(confirm, &input).operation.estimate.fixed().unwrap();
    assert_eq!((fixed.commands, fixed.points()), (1, 5));
    let input = json!({ "input": { "eventId": "a", "seatIds": ["b"] } });
    let fixed = prepared(RESERVE, &input).operation.estimate.fixed().unwrap();
    assert_eq!((fixed.commands, fixed.points()), (1, 5));
    assert_eq!(fixed.nodes, 1 + 1 + 1 + (1 + 100 * 5), "of a hundred seats that are refused");
    let both = "mutation ($input: ReserveSeatsInput!) {
        a: reserveSeats(input: $input) { __typename }
        b: reserveSeats(input: $input) { __typename } }";
    assert_eq!(prepared(both, &input).operation.estimate.fixed().unwrap().points(), 10);
}

#[test]
fn all_of_the_largest_plan_is_within_the_budget() {
    let plan = "{ seatPlan(eventId: \"a\") { version seats { id section row number categoryId \
        accessible kind companion floor x y } shapes { kind label floor points } } }";
    let shapes = 1_000 * (1 + 4 + 200);
    assert_eq!(nodes(plan), 2 + 1 + (1 + 200_000 * 12) + (1 + shapes));
    assert!(!is_refused(plan));
}

#[test]
fn a_whole_map_of_the_largest_arena_is_within_the_budget_and_twice_is_not() {
    let map = |fields: &str| format!("seatMap(eventId: \"a\") {{ {fields} }}");
    assert!(!is_refused(&format!("{{ {} }}", map(MAP))));
    assert!(!is_refused(&format!(
        "{{ event(id: \"a\") {{ name categories {{ id name }} availability {{ available }} \
         seatMap {{ {MAP} }} }} }}"
    )));
    for twice in [
        format!("{{ a: {} b: {} }}", map("seats { id }"), map("seats { id }")),
        format!("{{ {} }}", map("a: seats { id } b: seats { id }")),
        format!("{{ {} }}", map("seats { id event { seatMap { seats { id } } } }")),
        format!(
            "{{ {} event(id: \"b\") {{ seatMap {{ seats {{ id }} }} }} }}",
            map("seats { id }")
        ),
        "{ events(first: 2) { nodes { seatMap { seats { id } } } } }".to_owned(),
        "{ nodes(ids: [\"a\", \"b\"]) { ... on Event { seatMap { seats { id } } } } }".to_owned(),
        "subscription { seatChanges(eventId: \"a\") { ... on SeatSnapshot {
            a: seats { seatId } b: seats { seatId } } } }"
            .to_owned(),
    ] {
        assert!(is_refused(&twice), "{twice}");
    }
    let snapshot = "subscription { seatChanges(eventId: \"a\") {
        ... on SeatSnapshot { revision reason seats { seatId status revision } }
        ... on SeatChanges { toRevision changes { seatId status cause revision changedAt } } } }";
    assert!(!is_refused(snapshot));
}

#[test]
fn one_look_at_every_seat_is_within_the_budget_and_twenty_are_not() {
    let fields = |count: usize, field: &str| -> String {
        (0..count).map(|number| format!("f{number}: {field} ")).collect()
    };
    let page = "seats(eventId: \"a\", first: 1, filter: { accessible: true }) { nodes { id } }";
    let free = "availability(filter: { sections: [\"A\"] }) { available }";
    for (count, refused) in [(1, false), (20, true)] {
        assert_eq!(is_refused(&format!("{{ {} }}", fields(count, page))), refused);
        let of_event = format!("{{ event(id: \"a\") {{ {} }} }}", fields(count, free));
        assert_eq!(is_refused(&of_event), refused);
    }
}

#[test]
fn a_page_of_events_looks_at_no_more_seats_than_there_are() {
    let pages = [
        "{ events(first: 100) { nodes { availability { available } } } }",
        "{ events(first: 100) { edges { node { availability { available } } } } }",
    ];
    for page in pages {
        let rows = |seats_together| {
            cost_with(page, &json!({}), EventSize { seats_together, ..LARGEST }).rows
        };
        let fixed = rows(0);
        assert_eq!(rows(400_000) - fixed, 100_000, "two large ones and many without seats");
        assert_eq!(rows(100 * 200_000) - fixed, 100 * 50_000, "a hundred large ones");
    }
    let within_maps = "{ events(first: 100) { nodes { seatMap { event { availability { \
        available } } } } } }";
    assert!(is_refused(within_maps), "there the seats of one event may count for each");
}

#[test]
fn what_a_viewer_has_is_told_where_nobody_has_a_limit() {
    let page = "subscription { myReservations(eventId: \"a\") { revision expired \
        held { id section row number accessible category { id name price { amountMinor \
        currency fractionDigits } } reservationExpiresAt } \
        orders { id code total { amountMinor currency fractionDigits } lines { seat { id section \
        row number } price { amountMinor } } } } }";
    let size =
        EventSize { seats: 20_000, seats_together: 20_000, seats_a_viewer: 20_000, ..LARGEST };
    within_budget(cost_with(page, &json!({}), size)).unwrap();
}

#[test]
fn a_refusal_says_the_cost_the_limit_and_what_to_do() {
    let fault =
        within_budget(cost("{ events(first: 100) { nodes { seatMap { seats { id } } } } }"));
    let error = async_graphql::Error::from(fault.unwrap_err());
    assert!(error.message.contains("ask for fewer"), "{}", error.message);
    let extensions = serde_json::to_value(error.extensions).unwrap();
    assert_eq!(extensions["code"], "COST_LIMIT_EXCEEDED");
    assert_eq!(extensions["cost"]["nodes"], 3 + 100 * (3 + 200_000 * 2));
    assert_eq!(extensions["limit"], json!({ "nodes": 3_200_000, "rows": 350_000 }));
}
