//! The contract: names, descriptions, and that fields load in batches.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use async_graphql::Request;
use grand_arena::desk::Desk;
use grand_arena::domain::command::{Confirm, Reserve, SeatSet};
use grand_arena::domain::{ConfirmedBy, IdempotencyKey, SeatId, ViewerId};
use grand_arena::graphql;
use grand_arena::identity::{Asker, Viewer};
use serde_json::Value;

use crate::harness::{Arena, Event, books, submit};

#[test]
fn the_schema_that_is_checked_in_is_the_schema_of_the_code() {
    let checked_in =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql")).unwrap();
    assert!(graphql::sdl() == checked_in, "run `make schema` and look at what has changed");
}

#[tokio::test]
async fn every_type_field_argument_and_value_has_a_description() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let query = "{ __schema { types { name kind description fields { name description args { name \
        description } }
        inputFields { name description } enumValues { name description } } } }";
    let schema = server.stranger().data(query, serde_json::json!({})).await;
    let mut bare = Vec::new();
    for kind in schema["__schema"]["types"].as_array().unwrap() {
        let name = kind["name"].as_str().unwrap();
        // What introspection is made of, and GraphQL's own scalars.
        if name.starts_with("__") || ["Boolean", "Float", "ID", "Int", "String"].contains(&name) {
            continue;
        }
        let mut check = |path: String, thing: &Value| {
            if thing["description"].as_str().is_none_or(|text| text.trim().is_empty()) {
                bare.push(path);
            }
        };
        check(name.to_owned(), kind);
        for list in ["fields", "inputFields", "enumValues"] {
            for member in kind[list].as_array().into_iter().flatten() {
                let path = format!("{name}.{}", member["name"].as_str().unwrap());
                check(path.clone(), member);
                for argument in member["args"].as_array().into_iter().flatten() {
                    check(format!("{path}({})", argument["name"].as_str().unwrap()), argument);
                }
            }
        }
    }
    assert_eq!(bare, Vec::<String>::new());
}

async fn buy(desk: &Desk, seat: SeatId, viewer: &ViewerId) {
    let seats = || SeatSet::new(vec![seat]).unwrap();
    let reserve = Reserve { viewer: viewer.clone(), seats: seats() };
    submit(desk, seat.event, reserve).await.unwrap().unwrap();
    let (viewer, key) = (viewer.clone(), IdempotencyKey::new("key".to_owned()).unwrap());
    let confirm = Confirm {
        viewer,
        asked_by: ConfirmedBy::Buyer,
        seats: seats(),
        chosen: BTreeMap::new(),
        key,
        payment_reference: None,
        expected_total: None,
    };
    submit(desk, seat.event, confirm).await.unwrap().unwrap();
}

/// A mutation that asks for these fields of the seats.
fn reservation(event: &Event, serials: RangeInclusive<i32>, fields: &str) -> String {
    let ids: Vec<String> =
        serials.map(|serial| format!("\"{}\"", event.seat_gid(serial))).collect();
    format!(
        "mutation {{ reserveSeats(input: {{ eventId: \"{}\", seatIds: [{}] }}) \
         {{ ... on ReserveSeatsSuccess {{ seats {{ {fields} }} }} }} }}",
        event.gid,
        ids.join(", ")
    )
}

/// Statements do not grow with what is listed: ten events, a hundred seats or ten orders cost as
/// many as one.
#[tokio::test]
async fn fields_of_lists_load_in_batches() {
    let arena = Arena::new().await;
    let (desk, _tasks) = arena.desk(2).await;
    let schema = arena.schema(&desk);
    let alice = ViewerId::new("alice").unwrap();
    let mut events = Vec::new();
    for _ in 0..10 {
        let event = arena.event(100).await;
        buy(&desk, event.seat(1), &alice).await;
        events.push(event);
    }
    let viewer = Some(Viewer::new(alice, &[], chrono::DateTime::UNIX_EPOCH));
    let asker = Asker { viewer, address: Ipv4Addr::LOCALHOST.into() };
    let statements = async |query: String| {
        let before = arena.store.statements();
        let request = Request::new(query).data(asker.clone());
        let response = schema.execute(request).await;
        assert_eq!(response.errors, vec![]);
        arena.store.statements() - before
    };
    let event = &events[0].gid;
    let queries = [
        (
            "events",
            "{ events(first: FIRST) { edges { node { name availability { available } \
            categories { name } } } } }"
                .to_owned(),
        ),
        (
            "orders",
            "{ viewer { orders(first: FIRST) { edges { node { code event { name categories \
            { name } } seats { label category { name } event { slug } } } } } } }"
                .to_owned(),
        ),
        (
            "seats",
            format!(
                "{{ seats(eventId: \"{event}\", first: FIRST) {{ edges {{ node {{ label \
            category {{ name }} event {{ name availability {{ available }} }} }} }} }} }}"
            ),
        ),
    ];
    for (what, query) in queries {
        let one = statements(query.replace("FIRST", "1")).await;
        let ten = statements(query.replace("FIRST", "10")).await;
        // A look-up that misses its batch by a hair is one more; one for each of ten would be nine
        // more.
        assert!(ten <= one + 2, "{what}: {one} statements for one, {ten} for ten");
    }
    let reserve = |serials, fields| reservation(&events[0], serials, fields);
    let nothing = statements(reserve(2..=2, "status")).await;
    let one = statements(reserve(3..=3, "section row number label x y accessible")).await;
    let ten = statements(reserve(4..=13, "section row number label x y accessible")).await;
    // Seven fields, one look-up; a booking that cannot go on with the connection of the one before
    // begins anew, which counts.
    assert!(
        one <= nothing + 3,
        "{nothing} statements for a reservation, {one} with the locations of its seats"
    );
    assert!(ten <= one + 2, "reserveSeats: {one} statements for one, {ten} for ten");
    books::check_all(&arena).await;
}
