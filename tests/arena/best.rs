//! What reserveBestAvailable promises, and what events that leave no seat alone.

use std::sync::Arc;

use grand_arena::domain::best::{Adjacency, BestRequest};
use grand_arena::domain::command::{Release, Reserve, ReserveBest, ReserveBestRefusal, SeatSet};
use grand_arena::domain::plan::{
    NewPrices, PlaceKind, PlaceTraits, PlannedCategory, PlannedSeat, SeatPlan,
};
use grand_arena::domain::{SeatStatus, ViewerId};
use serde_json::{Value, json};

use crate::harness::client::kind;
use crate::harness::{Arena, Client, Event, all_at_once, books, eventually, poll_once, submit};

pub const BEST: &str = "mutation ($input: ReserveBestAvailableInput!) {
    reserveBestAvailable(input: $input) { __typename
    ... on ReserveSeatsSuccess { expiresAt revision seats { id number status heldByMe } }
    ... on UserError { message }
    ... on SeatLimitExceeded { limit held requested }
    ... on NoSeatsTogether { largestBlock available } } }";

/// Rows of seats, of which `w` is accessible and `c` a companion's; `s` is a place to stand.
fn plan(rows: &[&str]) -> SeatPlan {
    let category = |name: &str| PlannedCategory {
        name: name.to_owned(),
        prices: NewPrices::plain(5000).unwrap(),
        color: None,
    };
    let seat = |row: usize, number: usize, letter: char| PlannedSeat {
        section: if letter == 's' { "Floor" } else { "Stalls" }.to_owned(),
        row: format!("{row}"),
        number: format!("{number}"),
        category: usize::from(letter == 's'),
        accessible: letter == 'w',
        x: Some(number as f64),
        y: Some(row as f64),
        traits: PlaceTraits {
            kind: if letter == 's' { PlaceKind::Standing } else { PlaceKind::Seat },
            is_companion: letter == 'c',
            ..PlaceTraits::default()
        },
    };
    let seats = (1..).zip(rows).flat_map(|(row, letters)| {
        (1..).zip(letters.chars()).map(move |(number, letter)| seat(row, number, letter))
    });
    SeatPlan::new("EUR", vec![category("Seats"), category("Standing")], seats.collect()).unwrap()
}

fn input(event: &Event, quantity: i32) -> Value {
    json!({ "eventId": event.gid, "quantity": quantity })
}

async fn ask(client: &Client, mut input: Value, more: Value) -> Value {
    let more = more.as_object().unwrap().clone();
    input.as_object_mut().unwrap().extend(more);
    client.data(BEST, json!({ "input": input })).await["reserveBestAvailable"].take()
}

async fn best(client: &Client, event: &Event, quantity: i32) -> Value {
    ask(client, input(event, quantity), json!({})).await
}

/// The seats of an answer, by their ids.
fn ids(answer: &Value) -> Vec<&str> {
    assert_eq!(kind(answer), "ReserveSeatsSuccess", "{answer}");
    answer["seats"].as_array().unwrap().iter().map(|seat| seat["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_best_seats_are_held_and_what_there_is_instead_is_told() {
    let arena = Arena::new().await;
    let event = arena.event_of(&plan(&["......", "wc....", "sss"]), |_| {}).await;
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    let held = best(&alice, &event, 2).await;
    assert_eq!(ids(&held), event.seat_gids([1, 2]));
    assert_eq!((&held["seats"][0]["heldByMe"], &held["revision"]), (&json!(true), &json!(2)));
    assert_eq!(ids(&best(&bob, &event, 4).await), event.seat_gids([3, 4, 5, 6]));
    assert_eq!(ids(&best(&bob, &event, 4).await), event.seat_gids([9, 10, 11, 12]));

    let none = ask(&bob, input(&event, 2), json!({ "sections": ["Stalls"] })).await;
    assert_eq!((&none["largestBlock"], &none["available"]), (&json!(0), &json!(0)), "{none}");
    let accessible = json!({ "accessible": true });
    assert_eq!(ids(&ask(&bob, input(&event, 2), accessible).await), event.seat_gids([7, 8]));

    // Any places to stand, in one request.
    assert_eq!(ids(&best(&alice, &event, 2).await).len(), 2);
    let none = best(&alice, &event, 2).await;
    assert_eq!(kind(&none), "NoSeatsTogether");
    assert_eq!((&none["largestBlock"], &none["available"]), (&json!(1), &json!(1)));
    let none = ask(&alice, input(&event, 1), json!({ "sections": ["nowhere"] })).await;
    assert_eq!((&none["largestBlock"], &none["available"]), (&json!(0), &json!(0)));
    for quantity in [0, -1, 101] {
        let variables = json!({ "input": input(&event, quantity) });
        assert_eq!(alice.code(BEST, variables).await, "BAD_USER_INPUT");
    }
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn who_may_have_no_more_or_not_now_is_told_that() {
    let arena = Arena::new().await;
    let limited = arena.event_of(&plan(&["......"]), |it| it.max_seats_per_viewer = Some(3)).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    best(&alice, &limited, 2).await;
    let exceeded = best(&alice, &limited, 2).await;
    let told = [&exceeded["limit"], &exceeded["held"], &exceeded["requested"]];
    assert_eq!(told, [&json!(3), &json!(2), &json!(2)], "{exceeded}");
    let closed = arena.event_of(&plan(&["......"]), |_| {}).await;
    arena.execute("UPDATE events SET sales_close_at = 'epoch' WHERE id = $1", &closed).await;
    assert_eq!(kind(&best(&alice, &closed, 2).await), "SalesClosed");
    let stranger = server.stranger().code(BEST, json!({ "input": input(&closed, 2) })).await;
    assert_eq!(stranger, "UNAUTHENTICATED");
    let nowhere = json!({ "input": { "eventId": "nowhere", "quantity": 1 } });
    assert_eq!(alice.code(BEST, nowhere).await, "NOT_FOUND");
}

/// What others than this server have done is in the log; what somebody wrote beside it is seen when
/// the seats are locked; another plan is read anew.
#[tokio::test]
async fn a_choice_is_made_on_what_is_true_when_the_event_is_locked() {
    let arena = Arena::new().await;
    let event = arena.event_of(&plan(&["..........", ".........."]), |_| {}).await;
    let servers = [arena.server().await, arena.server().await];
    let (alice, bob) = (servers[0].client("alice"), servers[1].client("bob"));
    assert_eq!(ids(&best(&alice, &event, 2).await), event.seat_gids([1, 2]));
    bob.reserve(&event, [3, 4]).await;
    assert_eq!(ids(&best(&alice, &event, 2).await), event.seat_gids([5, 6]));
    bob.release(&event, [3, 4]).await;
    assert_eq!(ids(&best(&alice, &event, 2).await), event.seat_gids([3, 4]));

    let beside = "UPDATE seats SET for_sale = false WHERE event_id = $1 AND id IN (7, 8, 9)";
    arena.execute(beside, &event).await;
    assert_eq!(ids(&best(&alice, &event, 2).await), event.seat_gids([11, 12]));

    let ranked = "UPDATE seat_places SET rank = 1 WHERE event_id = $1 AND id IN (19, 20)";
    arena.execute(ranked, &event).await;
    arena.execute("UPDATE events SET plan_version = plan_version + 1 WHERE id = $1", &event).await;
    assert_eq!(ids(&best(&alice, &event, 2).await), event.seat_gids([19, 20]));
    let focus = "UPDATE events SET focal_x = 5, focal_y = 2 WHERE id = $1";
    arena.execute(focus, &event).await;
    assert_eq!(ids(&best(&alice, &event, 1).await), event.seat_gids([15]));
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn holds_that_have_run_out_are_chosen_and_their_end_is_logged_first() {
    let arena = Arena::new().await;
    let event = arena.event_of(&plan(&["...."]), |_| {}).await;
    let server = arena.server().await;
    server.client("alice").reserve(&event, [1, 2]).await;
    arena.lapse(&event).await;
    assert_eq!(ids(&best(&server.client("bob"), &event, 4).await).len(), 4);
    assert_eq!(books::check(&arena, &event).await.len(), 8);
}

fn request(quantity: usize) -> BestRequest {
    BestRequest {
        quantity,
        categories: None,
        sections: None,
        accessible: false,
        adjacency: Adjacency::Required,
    }
}

fn viewer(name: &str) -> ViewerId {
    ViewerId::new(name).unwrap()
}

/// In one batch, behind a lock that others hold: reservations that take seats or are refused, seats
/// that are given back, and choices between them.
#[tokio::test]
async fn whoever_chooses_in_a_batch_sees_what_those_before_have_done() {
    let arena = Arena::new().await;
    let limit = |event: &mut grand_arena::domain::event::NewEvent| {
        event.max_seats_per_viewer = Some(4);
    };
    let event = arena.event_of(&plan(&["........"]), limit).await;
    let (desk, _tasks) = arena.desk(4).await;
    let seats = |serials: &[i32]| {
        SeatSet::new(serials.iter().map(|&serial| event.seat(serial)).collect()).unwrap()
    };
    let (ann, ben) = (viewer("ann"), viewer("ben"));
    let held = Reserve { viewer: ann.clone(), seats: seats(&[1, 2]) };
    submit(&desk, event.id, held).await.unwrap().unwrap();
    let mut lock = arena.sql.begin().await.unwrap();
    let row = sqlx::query("SELECT FROM events WHERE id = $1 FOR UPDATE").bind(event.id.0);
    row.execute(&mut *lock).await.unwrap();

    // The first one's batch waits for the lock; so does the second's, with all who come.
    let mut first = Box::pin(submit(
        &desk,
        event.id,
        ReserveBest { viewer: viewer("cy"), request: request(2) },
    ));
    assert!(poll_once(first.as_mut()).await.is_pending());
    eventually("the first waits", async || arena.waiting_for_locks().await >= 1).await;
    let choose = |name: &str, quantity| {
        let command = ReserveBest { viewer: viewer(name), request: request(quantity) };
        Box::pin(submit(&desk, event.id, command))
    };
    let refused = Reserve { viewer: ben.clone(), seats: seats(&[4, 5, 6, 7, 8]) };
    let mut refused = Box::pin(submit(&desk, event.id, refused));
    let mut second = choose("dan", 2);
    let given_back = Release { viewer: ann.clone(), seats: seats(&[1, 2]) };
    let mut given_back = Box::pin(submit(&desk, event.id, given_back));
    let mut third = choose("eve", 2);
    let taken = Reserve { viewer: ben, seats: seats(&[7]) };
    let mut taken = Box::pin(submit(&desk, event.id, taken));
    let mut fourth = choose("fay", 2);
    assert!(poll_once(refused.as_mut()).await.is_pending());
    assert!(poll_once(second.as_mut()).await.is_pending());
    assert!(poll_once(given_back.as_mut()).await.is_pending());
    assert!(poll_once(third.as_mut()).await.is_pending());
    assert!(poll_once(taken.as_mut()).await.is_pending());
    assert!(poll_once(fourth.as_mut()).await.is_pending());
    lock.commit().await.unwrap();

    let serials = |reserved: grand_arena::domain::command::Reserved| -> Vec<i32> {
        reserved.seats.iter().map(|seat| seat.id.serial).collect()
    };
    assert_eq!(serials(first.await.unwrap().unwrap()), [3, 4]);
    refused.await.unwrap().unwrap_err();
    assert_eq!(serials(second.await.unwrap().unwrap()), [5, 6], "nobody took them");
    given_back.await.unwrap().unwrap();
    assert_eq!(serials(third.await.unwrap().unwrap()), [1, 2], "they were given back");
    taken.await.unwrap().unwrap();
    let Err(ReserveBestRefusal::NoneTogether(told)) = fourth.await.unwrap() else {
        panic!("one seat is left");
    };
    assert_eq!((told.largest_block, told.available), (1, 1));
    books::check(&arena, &event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_choose_at_once_on_two_servers_nobody_gets_anothers_seat() {
    let arena = Arena::new().await;
    let rows = ["..........", "..........", "..........", "..........", "..........", ".........."];
    let event = Arc::new(arena.event_of(&plan(&rows), |_| {}).await);
    let servers = [arena.server().await, arena.server().await];
    let mut lock = arena.sql.begin().await.unwrap();
    let row = sqlx::query("SELECT FROM events WHERE id = $1 FOR UPDATE").bind(event.id.0);
    row.execute(&mut *lock).await.unwrap();
    let race = tokio::spawn(all_at_once((0..60).map(|number| {
        let client = servers[number % 2].client(&format!("viewer-{number}"));
        let event = Arc::clone(&event);
        let adjacency = if number % 3 == 0 { "PREFERRED" } else { "REQUIRED" };
        async move { ask(&client, input(&event, 3), json!({ "adjacency": adjacency })).await }
    })));
    eventually("both wait", async || arena.waiting_for_locks().await >= 2).await;
    lock.commit().await.unwrap();
    let answers = race.await.unwrap();
    let held: Vec<&str> = answers
        .iter()
        .filter(|answer| kind(answer) == "ReserveSeatsSuccess")
        .flat_map(ids)
        .collect();
    let different: std::collections::BTreeSet<_> = held.iter().collect();
    assert_eq!(different.len(), held.len(), "each seat once");
    assert!(held.len() >= 54, "three times three in each of six rows: {}", held.len());
    let refused = answers.iter().filter(|answer| kind(answer) == "NoSeatsTogether").count();
    assert_eq!(refused + held.len() / 3, 60);
    let log = books::check(&arena, &event).await;
    assert_eq!(log.len(), held.len());
}

#[tokio::test]
async fn what_an_event_does_not_allow_is_to_leave_a_single_seat_alone() {
    const RESERVE: &str = "mutation ($input: ReserveSeatsInput!) { reserveSeats(input: $input) {
        __typename ... on UserError { message } ... on LoneSeatLeft { seats { id number } } } }";
    const ALLOWS: &str = "query ($id: ID!) { event(id: $id) { allowsLoneSeats } }";
    let arena = Arena::new().await;
    let event = arena.event_of(&plan(&["......", "......"]), |_| {}).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    let reserve = async |serials: &[i32]| {
        let seats = event.seat_gids(serials.iter().copied());
        let input = json!({ "eventId": event.gid, "seatIds": seats });
        alice.data(RESERVE, json!({ "input": input })).await["reserveSeats"].take()
    };
    let allows = async || {
        let data = alice.data(ALLOWS, json!({ "id": event.gid })).await;
        data["event"]["allowsLoneSeats"].clone()
    };
    assert_eq!(allows().await, json!(true));
    assert_eq!(kind(&reserve(&[8]).await), "ReserveSeatsSuccess", "the seventh is alone now");
    arena.execute("UPDATE events SET allows_lone_seats = false WHERE id = $1", &event).await;
    assert_eq!(allows().await, json!(false));
    let refused = reserve(&[2, 3]).await;
    assert_eq!(kind(&refused), "LoneSeatLeft");
    assert_eq!(refused["seats"], json!([{ "id": event.seat_gid(1), "number": "1" }]));
    assert_eq!(kind(&reserve(&[1, 2, 3]).await), "ReserveSeatsSuccess");
    assert_eq!(kind(&reserve(&[5]).await), "LoneSeatLeft", "the fourth and the sixth");
    assert_eq!(kind(&reserve(&[4]).await), "ReserveSeatsSuccess");
    assert_eq!(kind(&reserve(&[7]).await), "ReserveSeatsSuccess", "it was alone before");
    assert_eq!(kind(&best(&alice, &event, 1).await), "ReserveSeatsSuccess", "the rest may be");
    books::check(&arena, &event).await;
}

/// Nobody but those who choose pays for it.
#[tokio::test]
async fn a_choice_costs_one_statement_and_nobody_else_any() {
    let arena = Arena::new().await;
    let event = arena.event_of(&plan(&["..........", ".........."]), |_| {}).await;
    let (desk, _tasks) = arena.desk(1).await;
    arena.store.prepare_seating(event.id).await.unwrap();
    let name = |number: i32| viewer(&format!("viewer-{number}"));
    let plain = async |number: i32| {
        let seats = SeatSet::new(vec![event.seat(number)]).unwrap();
        let before = arena.store.statements();
        let reserve = Reserve { viewer: name(number), seats };
        submit(&desk, event.id, reserve).await.unwrap().unwrap();
        arena.store.statements() - before
    };
    let chosen = async |number: i32| {
        let before = arena.store.statements();
        let reserve = ReserveBest { viewer: name(number), request: request(1) };
        submit(&desk, event.id, reserve).await.unwrap().unwrap();
        arena.store.statements() - before
    };
    // The least of each: whoever comes before the last batch is done with locks the event first.
    let (mut usual, mut one) = (u64::MAX, u64::MAX);
    for number in 0..5 {
        usual = usual.min(plain(20 - number).await);
        one = one.min(chosen(1 + number).await);
    }
    assert_eq!(one, usual + 1, "the seating has followed what was booked here");
    let statuses = books::seats(&arena.sql, &event).await;
    let held = statuses.iter().filter(|seat| seat.status == SeatStatus::Reserved).count();
    assert_eq!(held, 10);
    books::check(&arena, &event).await;
}
