//! Seats are brought into the plan of an event that is on sale: what becomes of them, who is told,
//! and what is refused.

use std::sync::Arc;

use grand_arena::domain::Cause;
use grand_arena::identity::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::blocking::admin;
use crate::harness::client::kind;
use crate::harness::{Arena, Client, Event, TestServer, all_at_once, books, token};
use crate::sse::get;
use crate::statuses::{letters, revision, until, watch};

pub const IMPORT: &str = "mutation ($input: ImportSeatsInput!) { importSeats(input: $input) { \
    __typename ... on ImportSeatsSuccess { created changed unchanged planVersion revision \
        leftAlone { seatId reason } }
    ... on InvalidSeats { message problems { index field message } } } }";

const MAP: &str = "query ($event: ID!) { seatMap(eventId: $event) { revision seats { id section \
    row number accessible x y status category { name price { amountMinor currency } color } } } }";

/// A seat of a section that is new.
fn stool(number: usize) -> Value {
    json!({ "section": "Bar", "row": "1", "number": number.to_string(), "category": "Gold" })
}

/// The seat with this place in the plan of [`Arena::event`], as it is.
fn known(index: usize) -> Value {
    json!({
        "section": (101 + index / 100).to_string(),
        "row": (1 + index / 10 % 10).to_string(),
        "number": (1 + index % 10).to_string(),
        "category": if index % 10 == 9 { "Silver" } else { "Gold" },
        "accessible": index.is_multiple_of(10),
        "x": index % 100,
        "y": index / 100,
    })
}

fn with(mut seat: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        seat[name] = value.clone();
    }
    seat
}

fn input(event: &Event, seats: impl IntoIterator<Item = Value>) -> Value {
    json!({ "eventId": event.gid, "seats": seats.into_iter().collect::<Vec<_>>() })
}

async fn import(client: &Client, input: Value) -> Value {
    client.data(IMPORT, json!({ "input": input })).await["importSeats"].take()
}

/// How many were created, changed and left as they were.
fn counts(imported: &Value) -> [i64; 3] {
    assert_eq!(kind(imported), "ImportSeatsSuccess", "{imported}");
    ["created", "changed", "unchanged"].map(|name| imported[name].as_i64().unwrap())
}

#[tokio::test]
async fn seats_come_in_with_their_categories_and_everybody_who_looks_has_them() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let (admin, alice) = (admin(&server), server.client("alice"));
    alice.reserve(&event, [1]).await;
    let (mut socket, mut fold) = watch(&server, &event).await;
    let stage =
        with(stool(2), json!({ "category": "Stage", "x": 1.5, "y": -2, "accessible": true }));
    let mut input = input(&event, [stool(1), stage]);
    input["categories"] = json!([
        { "name": "Stage", "price": { "amountMinor": 9_900, "currency": "EUR" } },
        { "name": "gold", "price": { "amountMinor": 1, "currency": "EUR" } },
        { "name": "Nobody's", "price": { "amountMinor": 1, "currency": "EUR" } },
    ]);
    let imported = import(&admin, input).await;
    assert_eq!(counts(&imported), [2, 0, 0]);
    assert_eq!((&imported["planVersion"], revision(&imported)), (&json!(2), 3));
    until(&mut socket, &mut fold, 3).await;
    assert!(fold.is_whole, "the plan is another one");
    assert_eq!(fold.letters(), "RAAAAAAAAAAA");

    let map = server.stranger().data(MAP, json!({ "event": event.gid })).await;
    let seats = map["seatMap"]["seats"].as_array().unwrap();
    assert_eq!(seats.len(), 12);
    let price = json!({ "amountMinor": 9_900, "currency": "EUR" });
    let category = json!({ "name": "Stage", "price": price, "color": "#009e73" });
    let expected = json!({ "id": event.seat_gid(12), "section": "Bar", "row": "1", "number": "2",
        "accessible": true, "x": 1.5, "y": -2.0, "status": "AVAILABLE", "category": category });
    assert_eq!(seats[11], expected);
    assert_eq!(seats[10]["category"]["price"]["amountMinor"], 5_000, "it was there");
    let categories = "query ($id: ID!) { event(id: $id) { categories { name } } }";
    let categories = server.stranger().data(categories, json!({ "id": event.gid })).await;
    assert_eq!(categories["event"]["categories"].as_array().unwrap().len(), 3);

    // A new seat is one like any other.
    assert_eq!(kind(&alice.reserve(&event, [12]).await), "ReserveSeatsSuccess");
    let bought = alice.confirm(&event, [1, 12], "key").await;
    assert_eq!(bought["order"]["total"]["amountMinor"], 14_900, "{bought}");
    until(&mut socket, &mut fold, 6).await;
    assert_eq!(fold.letters(), letters(&arena, &event).await);
    let log = books::check(&arena, &event).await;
    let causes: Vec<_> = log.iter().map(|row| row.cause).collect();
    assert_eq!(causes[1..3], [Cause::Imported; 2]);
    assert_eq!(log[1].viewer, "ann");
}

#[tokio::test]
async fn free_seats_take_what_is_given_and_others_are_left_alone_and_it_may_be_repeated() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let (admin, alice) = (admin(&server), server.client("alice"));
    alice.reserve(&event, [1, 2, 3]).await;
    alice.confirm(&event, [2], "key").await;
    let moved = json!({ "category": "Silver", "x": 50, "y": 60 });
    let seats = || {
        let others = [3, 4, 5].map(|index| with(known(index), moved.clone()));
        [with(known(0), moved.clone()), with(known(1), moved.clone()), known(2), known(6)]
            .into_iter()
            .chain(others)
    };
    let imported = import(&admin, input(&event, seats())).await;
    assert_eq!(counts(&imported), [0, 3, 2], "one that is held is as it was to be");
    let left_alone = json!([
        { "seatId": event.seat_gid(1), "reason": "RESERVED_BY_ANOTHER" },
        { "seatId": event.seat_gid(2), "reason": "CONFIRMED" },
    ]);
    assert_eq!(imported["leftAlone"], left_alone);
    assert_eq!((&imported["planVersion"], revision(&imported)), (&json!(2), 7));
    let map = server.stranger().data(MAP, json!({ "event": event.gid })).await;
    let seats_now = map["seatMap"]["seats"].as_array().unwrap();
    assert_eq!(seats_now.len(), 10);
    let place = |index: usize| (&seats_now[index]["x"], &seats_now[index]["category"]["name"]);
    assert_eq!(place(3), (&json!(50.0), &json!("Silver")));
    assert_eq!(place(0), (&json!(0.0), &json!("Gold")));

    let again = import(&admin, input(&event, seats())).await;
    assert_eq!(counts(&again), [0, 0, 5]);
    assert_eq!((&again["planVersion"], revision(&again)), (&json!(2), 7), "nothing is new");
    // Seats that are blocked are free; so are those whose hold has run out.
    let blocked = crate::blocking::input(&event, [7], "KILL");
    admin.data(crate::blocking::BLOCK, json!({ "input": blocked })).await;
    arena.lapse(&event).await;
    let seats = [with(known(6), moved.clone()), with(known(0), moved.clone())];
    assert_eq!(counts(&import(&admin, input(&event, seats)).await), [0, 2, 0]);
    assert_eq!(&letters(&arena, &event).await, "ACAAAANAAA");
    books::check(&arena, &event).await;
}

/// What looks the same is the same, however it is written.
#[tokio::test]
async fn seats_and_categories_are_known_by_how_they_look() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let admin = admin(&server);
    let cafe = |section: &str, number: &str| {
        let names = json!({ "section": section, "number": number });
        with(stool(1), with(names, json!({ "category": " GOLD" })))
    };
    let imported = import(&admin, input(&event, [cafe("Caf\u{e9}", "1")])).await;
    assert_eq!(counts(&imported), [1, 0, 0]);
    let seats = [cafe("Cafe\u{301}", " 1 "), cafe("CAF\u{c9}", "2\u{200b}")];
    assert_eq!(counts(&import(&admin, input(&event, seats)).await), [1, 0, 1]);
    let map = server.stranger().data(MAP, json!({ "event": event.gid })).await;
    let seats = map["seatMap"]["seats"].as_array().unwrap();
    assert_eq!(seats.len(), 12);
    for (index, number) in [(10, "1"), (11, "2")] {
        let seat = &seats[index];
        assert_eq!((&seat["section"], &seat["number"]), (&json!("Caf\u{e9}"), &json!(number)));
    }
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_with_its_place_and_nothing_comes_in() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let admin = admin(&server);
    let fields = async |input: Value| -> Vec<(i64, String)> {
        let answer = import(&admin, input).await;
        assert_eq!(kind(&answer), "InvalidSeats", "{answer}");
        let problems = answer["problems"].as_array().unwrap().iter();
        let place =
            |it: &Value| (it["index"].as_i64().unwrap(), it["field"].as_str().unwrap().to_owned());
        problems.map(place).collect()
    };
    let wrong = [
        json!({ "section": "" }),
        json!({ "row": "a\nb" }),
        json!({ "number": "x".repeat(65) }),
        json!({ "category": "" }),
        json!({ "x": 1.0 }),
        json!({ "x": 1e7, "y": 0.0 }),
        json!({ "rank": -1 }),
        json!({ "floor": " " }),
        json!({ "number": "1 " }),
    ];
    let seats = std::iter::once(stool(1))
        .chain((2..).zip(wrong).map(|(number, wrong)| with(stool(number), wrong)));
    let expected = ["section", "row", "number", "category", "x", "x", "rank", "floor", "number"];
    let expected: Vec<_> = (1..).zip(expected.map(|field| format!("seats.{field}"))).collect();
    assert_eq!(fields(input(&event, seats)).await, expected);

    let many = (0..150).map(|_| with(stool(1), json!({ "row": "" })));
    assert_eq!(fields(input(&event, many)).await.len(), 100);
    let strange = [stool(1), with(stool(2), json!({ "category": "Platinum" }))];
    let strange = fields(input(&event, strange)).await;
    assert_eq!(strange, [(1, "seats.category".to_owned())]);
    let category = |name: &str, amount: i64, currency: &str, color: Value| {
        json!({ "name": name, "color": color,
            "price": { "amountMinor": amount, "currency": currency } })
    };
    let mut wrong = input(&event, [stool(1)]);
    wrong["categories"] = json!([category("A", 1, "USD", Value::Null)]);
    assert_eq!(fields(wrong.clone()).await, [(0, "categories.price".to_owned())]);
    let dear = 1_000_000_000_001;
    wrong["categories"] = json!([
        category("A", 1, "EUR", json!("red")),
        category("a", 1, "EUR", Value::Null),
        category("B", dear, "EUR", Value::Null)
    ]);
    let expected = [(0, "categories.color"), (1, "categories.name"), (2, "categories.price")];
    assert_eq!(fields(wrong).await, expected.map(|(index, field)| (index, field.to_owned())));
    assert!(books::check(&arena, &event).await.is_empty());
}

#[tokio::test]
async fn five_thousand_seats_come_in_at_a_time_from_an_admin_and_others_may_not_send_so_much() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let place = json!({ "section": "North Stand, Upper Tier, Block 214", "row": "Row 17 (left)",
        "x": 123.456, "y": 654.321, "accessible": false, "floor": "Upper Tier", "rank": 17 });
    let seats = |count: usize| (0..count).map(|number| with(stool(number), place.clone()));
    let whole = json!({ "input": input(&event, seats(5_000)) });
    assert!(whole.to_string().len() > 3 * 256 * 1024, "longer than what others may send");
    for roles in [&[][..], &[Role::Shop]] {
        let client = reqwest::Client::new().post(format!("{}/graphql", server.base));
        let body = json!({ "query": IMPORT, "variables": whole });
        let sent = client.bearer_auth(token("bob", roles)).json(&body).send().await.unwrap();
        assert_eq!(sent.status(), StatusCode::PAYLOAD_TOO_LARGE);
        let client = Client::new(&server.base, Some(token("bob", roles)));
        let few = json!({ "input": input(&event, [stool(1)]) });
        assert_eq!(client.code(IMPORT, few).await, "FORBIDDEN");
    }
    let admin = admin(&server);
    let imported = admin.data(IMPORT, whole.clone()).await["importSeats"].take();
    assert_eq!(counts(&imported), [5_000, 0, 0]);
    let again = admin.data(IMPORT, whole).await["importSeats"].take();
    assert_eq!(counts(&again), [0, 0, 5_000]);
    for count in [0, 5_001] {
        let input = json!({ "input": input(&event, (0..count).map(stool)) });
        assert_eq!(admin.code(IMPORT, input).await, "BAD_USER_INPUT");
    }
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn an_event_has_so_many_seats_and_categories_and_no_more() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let admin = admin(&server);
    for statement in [
        "INSERT INTO seat_places (event_id, id, section, row_label, number, accessible)
         SELECT $1, n, 'full', '1', n::text, false FROM generate_series(11, 199999) AS n",
        "INSERT INTO seats (event_id, id, category_id)
         SELECT $1, n, 1 FROM generate_series(11, 199999) AS n",
    ] {
        arena.execute(statement, &event).await;
    }
    let refused = import(&admin, input(&event, [stool(1), stool(2)])).await;
    assert_eq!(refused["problems"][0]["field"], "seats", "{refused}");
    assert_eq!(counts(&import(&admin, input(&event, [stool(1)])).await), [1, 0, 0]);
    assert_eq!(counts(&import(&admin, input(&event, [stool(1)])).await), [0, 0, 1]);

    let event = arena.event(10).await;
    let named = |number: usize| format!("Category {number}");
    let seats = (0..99).map(|number| with(stool(number), json!({ "category": named(number) })));
    let mut full = input(&event, seats);
    let price = json!({ "amountMinor": 1, "currency": "EUR" });
    let categories = (0..99).map(|number| json!({ "name": named(number), "price": price }));
    full["categories"] = categories.collect();
    let refused = import(&admin, full).await;
    assert_eq!(refused["problems"][0]["field"], "categories", "{refused}");
    books::check_all(&arena).await;
}

/// A plan that is kept is not given out once this server has changed it.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_the_plan_after_an_import_is_given_the_new_one() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let admin = admin(&server);
    let query = "query ($event: ID!) { seatPlan(eventId: $event) { version seats { id } } }";
    let plan = async || {
        let asked = get(&server, query, json!({ "event": event.gid }));
        let answer = asked.header("accept", "application/graphql-response+json").send().await;
        let answer = answer.unwrap();
        let tag = answer.headers()["etag"].to_str().unwrap().to_owned();
        let plan: Value = answer.json().await.unwrap();
        let plan = &plan["data"]["seatPlan"];
        (plan["version"].as_i64().unwrap(), plan["seats"].as_array().unwrap().len(), tag)
    };
    let mut before = plan().await;
    for number in 1..=20 {
        import(&admin, input(&event, [stool(number)])).await;
        let after = plan().await;
        assert_eq!((after.0, after.1), (before.0 + 1, before.1 + 1));
        assert_ne!(after.2, before.2);
        before = after;
    }
    books::check(&arena, &event).await;
}

/// Buys and lets go while seats come in; gives the newest revision.
async fn buy(client: Client, event: Event, seed: u64) -> i64 {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut newest = 0;
    for round in 0..40 {
        // Some of them are not there yet.
        let serial = random.i32(1..=140);
        let answer = client.reserve(&event, [serial]).await;
        if kind(&answer) != "ReserveSeatsSuccess" {
            continue;
        }
        let answer = match random.u8(..3) {
            0 => client.confirm(&event, [serial], &format!("{seed}-{round}")).await,
            1 => client.release(&event, [serial]).await,
            _ => answer,
        };
        newest = newest.max(revision(&answer));
    }
    newest
}

/// Brings some in and moves others; blocks and unblocks a few.
async fn manage(client: Client, event: Event) -> i64 {
    let mut newest = 0;
    for round in 0..20_usize {
        let moved = json!({ "x": round, "y": 1, "category": "Silver" });
        let seats = (0..2).map(|number| stool(2 * round + number));
        let seats =
            seats.chain((0..10).map(|index| with(known(10 * index + round / 2), moved.clone())));
        let imported = import(&client, input(&event, seats)).await;
        assert_eq!(counts(&imported)[0], 2, "{imported}");
        newest = newest.max(revision(&imported));
        let serials = [1, 2, 3].map(|serial| serial + i32::try_from(round).unwrap());
        let input = crate::blocking::input(&event, serials, "HOUSE");
        for (query, field) in
            [(crate::blocking::BLOCK, "blockSeats"), (crate::blocking::UNBLOCK, "unblockSeats")]
        {
            let answer = client.data(query, json!({ "input": input })).await[field].take();
            if kind(&answer) == "BlockSeatsSuccess" {
                newest = newest.max(revision(&answer));
            }
            if round % 3 == 0 {
                break;
            }
        }
    }
    newest
}

/// The servers of two who look, and of those who buy.
async fn watchers(
    servers: &[TestServer; 2],
    event: &Event,
) -> Vec<(crate::harness::Socket, crate::statuses::Fold)> {
    let mut watchers = Vec::new();
    for server in [&servers[0], &servers[1], &servers[0]] {
        watchers.push(watch(server, event).await);
    }
    watchers
}

#[tokio::test(flavor = "multi_thread")]
async fn while_seats_come_in_and_go_off_sale_others_buy_and_every_watcher_has_the_map() {
    let arena = Arena::new().await;
    let event = arena.event_with(100, |event| event.max_seats_let_go = None).await;
    let servers = Arc::new([arena.server().await, arena.server().await]);
    let mut watchers = watchers(&servers, &event).await;
    let managing = manage(admin(&servers[1]), event.clone());
    let buyers = (0..4).map(|number| {
        let client = servers[number % 2].client(&format!("buyer-{number}"));
        buy(client, event.clone(), u64::try_from(number).unwrap())
    });
    let buying = all_at_once(buyers);
    let (managed, bought) = tokio::join!(tokio::spawn(managing), buying);
    let newest = bought.into_iter().chain([managed.unwrap()]).max().unwrap();
    let expected = letters(&arena, &event).await;
    assert_eq!(expected.len(), 140);
    for (socket, fold) in &mut watchers {
        until(socket, fold, newest).await;
        assert_eq!((fold.revision, fold.letters()), (newest, expected.as_str()));
    }
    let shown = |letter| expected.chars().filter(|it| *it == letter).count();
    assert!(shown('C') > 0 && shown('A') > 0 && shown('N') > 0, "{expected}");
    let log = books::check(&arena, &event).await;
    assert!(log.iter().any(|row| row.cause == Cause::Imported && row.seat_id <= 100));
}
