//! What setPrices promises, and types of ticket.

use std::collections::BTreeMap;

use grand_arena::domain::command::{Confirm, Reserve, SeatSet, SetPrices};
use grand_arena::domain::event::NewEvent;
use grand_arena::domain::prices::NewPrices;
use grand_arena::domain::{CategoryId, ConfirmedBy, IdempotencyKey, TicketTypeId, ViewerId};
use grand_arena::graphql::ids::{self, AnyId};
use grand_arena::identity::Role;
use serde_json::{Value, json};

use crate::harness::client::kind;
use crate::harness::{
    Arena, Client, Event, TestServer, books, eventually, poll_once, submit, token,
};

const SET: &str = "mutation ($input: SetPricesInput!) { setPrices(input: $input) { __typename
    ... on SetPricesSuccess { changed event { categories { name price { amountMinor }
        ticketTypes { id name price { amountMinor currency } } } } }
    ... on UserError { message }
    ... on CategoriesNotFound { categoryIds }
    ... on CurrencyMismatch { currency } } }";

const CONFIRM: &str = "mutation ($input: ConfirmSeatsInput!) { confirmSeats(input: $input) {
    __typename
    ... on ConfirmSeatsSuccess { created order { id total { amountMinor }
        lines { price { amountMinor } ticketType { id name price { amountMinor } } } } }
    ... on UserError { message }
    ... on TicketTypeUnavailable { lines { seatId ticketTypeId seat { ticketTypes { name } } } }
    ... on PriceChanged { actual { amountMinor } } } }";

/// Ten seats, the tenth in another category than the others.
struct Sale {
    arena: Arena,
    event: Event,
    server: TestServer,
    admin: Client,
    /// The categories' ids, in order.
    categories: Vec<String>,
}

impl Sale {
    async fn new() -> Self {
        Self::with(ConfirmedBy::Buyer).await
    }

    async fn with(says: ConfirmedBy) -> Self {
        let arena = Arena::new().await;
        let terms = |event: &mut NewEvent| {
            event.hold_extension_seconds = 60;
            event.confirmed_by = says;
        };
        let event = arena.event_with(10, terms).await;
        let server = arena.server().await;
        let admin = Client::new(&server.base, Some(token("root", &[Role::Admin])));
        let query = "query ($id: ID!) { event(id: $id) { categories { id } } }";
        let data = admin.data(query, json!({ "id": event.gid })).await;
        let ids = data["event"]["categories"].as_array().unwrap().iter();
        let categories = ids.map(|it| it["id"].as_str().unwrap().to_owned()).collect();
        Self { arena, event, server, admin, categories }
    }

    /// Types of ticket of one of the categories, as somebody wants them.
    fn input(&self, category: usize, types: &[(&str, i64)]) -> Value {
        let types = types.iter().map(|(name, amount)| {
            json!({ "name": name, "price": { "amountMinor": amount, "currency": "EUR" } })
        });
        let types: Vec<_> = types.collect();
        let category = json!({ "categoryId": self.categories[category], "ticketTypes": types });
        json!({ "input": { "eventId": self.event.gid, "categories": [category] } })
    }

    async fn set(&self, category: usize, types: &[(&str, i64)]) -> Value {
        let mut answer = self.admin.data(SET, self.input(category, types)).await;
        assert_eq!(kind(&answer["setPrices"]), "SetPricesSuccess", "{answer}");
        answer["setPrices"].take()
    }

    /// The types of ticket that somebody sees of a seat: id, name, amount.
    async fn tickets(&self, client: &Client, serial: i32) -> Vec<(String, String, i64)> {
        let query = "query ($id: ID!) { seat(id: $id) { ticketTypes { id name
            price { amountMinor } } } }";
        let data = client.data(query, json!({ "id": self.event.seat_gid(serial) })).await;
        let of = |it: &Value| {
            let text = |name: &str| it[name].as_str().unwrap().to_owned();
            (text("id"), text("name"), it["price"]["amountMinor"].as_i64().unwrap())
        };
        data["seat"]["ticketTypes"].as_array().unwrap().iter().map(of).collect()
    }

    /// Buys seats, each as the type of ticket with this id or the first.
    async fn buy(&self, client: &Client, key: &str, lines: &[(i32, Option<&str>)]) -> Value {
        let lines = lines.iter().map(|(serial, ticket)| {
            json!({ "seatId": self.event.seat_gid(*serial), "ticketTypeId": ticket })
        });
        let lines: Vec<_> = lines.collect();
        let input = json!({ "eventId": self.event.gid, "lines": lines, "idempotencyKey": key });
        client.data(CONFIRM, json!({ "input": input })).await["confirmSeats"].take()
    }

    fn seats(&self, serial: i32) -> SeatSet {
        SeatSet::new(vec![self.event.seat(serial)]).unwrap()
    }

    async fn check(&self) {
        books::check(&self.arena, &self.event).await;
    }
}

fn viewer(name: &str) -> ViewerId {
    ViewerId::new(name).unwrap()
}

fn plain(price_minor: i64) -> NewPrices {
    NewPrices::new(vec![("Standard".to_owned(), price_minor)]).unwrap()
}

fn confirm(name: &str, seats: SeatSet) -> Confirm {
    Confirm {
        viewer: viewer(name),
        asked_by: ConfirmedBy::Buyer,
        seats,
        chosen: BTreeMap::new(),
        key: IdempotencyKey::new(format!("{name}'s key")).unwrap(),
        payment_reference: None,
        expected_total: None,
    }
}

fn total(sold: &Value) -> i64 {
    assert_eq!(kind(sold), "ConfirmSeatsSuccess", "{sold}");
    sold["order"]["total"]["amountMinor"].as_i64().unwrap()
}

fn names(tickets: &[(String, String, i64)]) -> Vec<(&str, i64)> {
    tickets.iter().map(|(_, name, amount)| (name.as_str(), *amount)).collect()
}

#[tokio::test]
async fn a_held_seat_costs_what_it_did_until_its_hold_ends_and_a_sold_one_for_ever() {
    let sale = Sale::new().await;
    let alice = sale.server.client("alice");
    alice.reserve(&sale.event, [1, 2]).await;
    let first = sale.buy(&alice, "first", &[(2, None)]).await;
    assert_eq!(total(&first), 5_000);
    let set = sale.set(0, &[("Standard", 6_000)]).await;
    assert_eq!(set["changed"], true);
    assert_eq!(set["event"]["categories"][0]["price"]["amountMinor"], 6_000);
    assert_eq!(set["event"]["categories"][1]["price"]["amountMinor"], 2_500, "it keeps its own");
    assert_eq!(sale.set(0, &[("Standard", 6_000)]).await["changed"], false);

    // The one who holds it sees what it costs; the others what it will.
    assert_eq!(names(&sale.tickets(&alice, 1).await), [("Standard", 5_000)]);
    let bob = sale.server.client("bob");
    assert_eq!(names(&sale.tickets(&bob, 1).await), [("Standard", 6_000)]);
    bob.reserve(&sale.event, [3, 10]).await;
    assert_eq!(total(&sale.buy(&bob, "bob's", &[(3, None), (10, None)]).await), 8_500);

    let extend = "mutation ($input: ExtendHoldsInput!) { extendHolds(input: $input) {
        __typename } }";
    let input = json!({ "eventId": sale.event.gid, "seatIds": sale.event.seat_gids([1]) });
    let extended = alice.data(extend, json!({ "input": input })).await;
    assert_eq!(kind(&extended["extendHolds"]), "ExtendHoldsSuccess");
    assert_eq!(names(&sale.tickets(&alice, 1).await), [("Standard", 5_000)], "it is one hold");
    assert_eq!(total(&sale.buy(&alice, "second", &[(1, None)]).await), 5_000);
    assert_eq!(sale.buy(&alice, "first", &[(2, None)]).await["order"], first["order"]);
    sale.check().await;
}

#[tokio::test]
async fn a_hold_that_is_taken_again_costs_what_it_does_by_then() {
    let sale = Sale::new().await;
    let alice = sale.server.client("alice");
    alice.reserve(&sale.event, [1, 2, 3]).await;
    sale.set(0, &[("Standard", 6_000)]).await;
    alice.release(&sale.event, [2]).await;
    alice.reserve(&sale.event, [1, 2]).await;
    assert_eq!(names(&sale.tickets(&alice, 1).await), [("Standard", 5_000)], "held all along");
    assert_eq!(names(&sale.tickets(&alice, 2).await), [("Standard", 6_000)], "given back");
    assert_eq!(total(&sale.buy(&alice, "one", &[(1, None), (2, None)]).await), 11_000);
    sale.arena.pass(&sale.event, 301).await;
    assert_eq!(names(&sale.tickets(&alice, 3).await), [("Standard", 6_000)], "run out");
    alice.reserve(&sale.event, [3]).await;
    sale.set(0, &[("Standard", 7_000)]).await;
    assert_eq!(total(&sale.buy(&alice, "two", &[(3, None)]).await), 6_000);
    sale.check().await;
}

/// Prices are set while others wait for the event with them: each in its turn.
#[tokio::test(flavor = "multi_thread")]
async fn of_what_waits_with_a_price_change_each_pays_what_its_turn_says() {
    let sale = Sale::new().await;
    let alice = sale.server.client("alice");
    alice.reserve(&sale.event, [1]).await;
    let (desk, _tasks) = sale.arena.desk(2).await;
    let mut lock = sale.arena.sql.begin().await.unwrap();
    let hold = "SELECT 1 FROM events WHERE id = $1 FOR UPDATE";
    sqlx::query(hold).bind(sale.event.id.0).execute(&mut *lock).await.unwrap();
    let reserve = |name: &str, serial| Reserve { viewer: viewer(name), seats: sale.seats(serial) };
    let set = SetPrices {
        by: viewer("root"),
        prices: [(CategoryId { event: sale.event.id, serial: 1 }, plain(6_000))].into(),
        currency: "EUR".to_owned(),
    };
    // The first stands before the lock; the others come after it, in this order, and are booked
    // together.
    let mut bob = Box::pin(submit(&desk, sale.event.id, reserve("bob", 2)));
    assert!(poll_once(bob.as_mut()).await.is_pending());
    eventually("it waits for the lock", async || sale.arena.waiting_for_locks().await > 0).await;
    let mut set = Box::pin(submit(&desk, sale.event.id, set));
    let mut confirm = Box::pin(submit(&desk, sale.event.id, confirm("alice", sale.seats(1))));
    let mut carol = Box::pin(submit(&desk, sale.event.id, reserve("carol", 3)));
    assert!(poll_once(set.as_mut()).await.is_pending());
    assert!(poll_once(confirm.as_mut()).await.is_pending());
    assert!(poll_once(carol.as_mut()).await.is_pending());
    lock.commit().await.unwrap();
    bob.await.unwrap().unwrap();
    assert_eq!(set.await.unwrap(), Ok(true));
    let sold = confirm.await.unwrap().unwrap();
    assert_eq!(sold.order.total_minor, 5_000, "alice held it before");
    carol.await.unwrap().unwrap();
    for (name, serial, price) in [("bob", 2, 5_000), ("carol", 3, 6_000)] {
        let client = sale.server.client(name);
        assert_eq!(names(&sale.tickets(&client, serial).await), [("Standard", price)], "{name}");
        assert_eq!(total(&sale.buy(&client, name, &[(serial, None)]).await), price, "{name}");
    }
    sale.check().await;
}

#[tokio::test]
async fn seats_are_sold_as_the_types_of_ticket_that_are_chosen_for_them() {
    let sale = Sale::new().await;
    sale.set(0, &[("Full", 6_000), ("Reduced", 4_000), ("Child", 0)]).await;
    let alice = sale.server.client("alice");
    alice.reserve(&sale.event, [1, 2, 3, 10]).await;
    let tickets = sale.tickets(&alice, 1).await;
    assert_eq!(names(&tickets), [("Full", 6_000), ("Reduced", 4_000), ("Child", 0)]);
    let [full, reduced, child] = [0, 1, 2].map(|index| tickets[index].0.as_str());
    // Seats named in the one list only are what the first says.
    let input = json!({ "eventId": sale.event.gid, "idempotencyKey": "one",
        "seatIds": sale.event.seat_gids([2, 10]), "lines": [
            { "seatId": sale.event.seat_gid(2), "ticketTypeId": reduced },
            { "seatId": sale.event.seat_gid(1), "ticketTypeId": child },
            { "seatId": sale.event.seat_gid(3) } ],
        "expectedTotal": { "amountMinor": 12_500, "currency": "EUR" } });
    let sold = alice.data(CONFIRM, json!({ "input": input })).await["confirmSeats"].take();
    assert_eq!(total(&sold), 12_500);
    let line = |(id, name, amount): (&str, &str, i64)| {
        json!({ "price": { "amountMinor": amount },
            "ticketType": { "id": id, "name": name, "price": { "amountMinor": amount } } })
    };
    let standard = sale.tickets(&alice, 10).await[0].0.clone();
    let lines = [(child, "Child", 0), (reduced, "Reduced", 4_000), (full, "Full", 6_000)];
    let lines: Vec<_> = lines.into_iter().chain([(&*standard, "Standard", 2_500)]).collect();
    assert_eq!(sold["order"]["lines"], json!(lines.into_iter().map(line).collect::<Vec<_>>()));

    let same = [(1, Some(child)), (2, Some(reduced)), (3, Some(full)), (10, None)];
    let again = sale.buy(&alice, "one", &same).await;
    assert_eq!((&again["created"], &again["order"]), (&json!(false), &sold["order"]));
    let others = [(1, Some(full)), (2, Some(reduced)), (3, None), (10, None)];
    let reused = sale.buy(&alice, "one", &others).await;
    assert_eq!(kind(&reused), "IdempotencyKeyReused", "the same seats as other tickets");
    let found = sale.buy(&alice, "two", &others).await;
    assert_eq!((&found["created"], &found["order"]), (&json!(false), &sold["order"]));
    sale.check().await;
}

#[tokio::test]
async fn nothing_is_sold_as_a_ticket_that_the_seat_does_not_have() {
    let sale = Sale::new().await;
    sale.set(0, &[("Full", 6_000), ("Child", 0)]).await;
    let alice = sale.server.client("alice");
    alice.reserve(&sale.event, [1, 2, 10]).await;
    let child = sale.tickets(&alice, 1).await[1].0.clone();
    sale.set(0, &[("Full", 6_000), ("Group", 5_000)]).await;
    let bob = sale.server.client("bob");
    bob.reserve(&sale.event, [3]).await;
    let group = sale.tickets(&bob, 3).await[1].0.clone();
    let other = sale.arena.event(10).await;
    let category = CategoryId { event: other.id, serial: 1 };
    let of_another = ids::ticket_type_id(TicketTypeId { category, number: 1 }).0;
    for (client, lines, missing) in [
        (&bob, vec![(3, &*child)], vec![3]),
        (&alice, vec![(1, &*group), (2, &child)], vec![1]),
        (&alice, vec![(10, &child)], vec![10]),
        (&alice, vec![(1, &of_another), (2, "junk")], vec![1, 2]),
    ] {
        let lines: Vec<_> = lines.into_iter().map(|(seat, ticket)| (seat, Some(ticket))).collect();
        let refused = sale.buy(client, "key", &lines).await;
        assert_eq!(kind(&refused), "TicketTypeUnavailable", "{refused}");
        let told = refused["lines"].as_array().unwrap().iter().map(|line| line["seatId"].clone());
        assert_eq!(told.collect::<Vec<_>>(), sale.event.seat_gids(missing), "{refused}");
    }
    // What was offered when the hold began may be had.
    assert_eq!(total(&sale.buy(&alice, "key", &[(1, Some(&child)), (2, None)]).await), 6_000);
    sale.check().await;
}

#[tokio::test]
async fn a_buyer_does_not_get_round_the_shop_by_a_free_ticket() {
    let sale = Sale::with(ConfirmedBy::Shop).await;
    sale.set(0, &[("Full", 0), ("Sponsor", 6_000)]).await;
    sale.set(1, &[("Free", 0)]).await;
    let alice = sale.server.client("alice");
    alice.reserve(&sale.event, [1, 10]).await;
    let input = json!({ "eventId": sale.event.gid, "seatIds": sale.event.seat_gids([1]),
        "idempotencyKey": "key" });
    assert_eq!(alice.code(CONFIRM, json!({ "input": input })).await, "FORBIDDEN");
    assert_eq!(total(&sale.buy(&alice, "free", &[(10, None)]).await), 0, "nobody pays for these");
    let query = "query ($id: ID!) { event(id: $id) { confirmedBy } }";
    let confirmed_by = async || {
        let data = alice.data(query, json!({ "id": sale.event.gid })).await;
        data["event"]["confirmedBy"].as_str().unwrap().to_owned()
    };
    assert_eq!(confirmed_by().await, "SHOP", "one of its tickets costs money");
    sale.set(0, &[("Full", 0)]).await;
    assert_eq!(confirmed_by().await, "BUYER");
    assert_eq!(alice.code(CONFIRM, json!({ "input": input })).await, "FORBIDDEN", "held before");
    sale.check().await;
}

#[tokio::test]
async fn prices_are_the_organisers_to_set_and_only_such_as_can_be() {
    let sale = Sale::new().await;
    let good = sale.input(0, &[("Full", 1)]);
    assert_eq!(sale.server.stranger().code(SET, good.clone()).await, "UNAUTHENTICATED");
    for roles in [&[][..], &[Role::Shop]] {
        let client = Client::new(&sale.server.base, Some(token("somebody", roles)));
        assert_eq!(client.code(SET, good.clone()).await, "FORBIDDEN", "{roles:?}");
    }
    let long = "x".repeat(65);
    let many: Vec<_> = (0..21).map(|number| format!("T{number}")).collect();
    let many: Vec<_> = many.iter().map(|name| (name.as_str(), 1)).collect();
    for types in [
        &[][..],
        &many,
        &[("", 1)],
        &[(&*long, 1)],
        &[("a\nb", 1)],
        &[("Full", -1)],
        &[("Full", 1_000_000_000_001)],
        &[("Full", 1), ("full", 2)],
        &[("E\u{301}", 1), ("\u{c9}", 2)],
    ] {
        let code = sale.admin.code(SET, sale.input(0, types)).await;
        assert_eq!(code, "BAD_USER_INPUT", "{types:?}");
    }
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut input = good.clone();
        change(&mut input["input"]);
        input
    };
    let twice = changed(&|input| {
        let category = input["categories"][0].clone();
        input["categories"].as_array_mut().unwrap().push(category);
    });
    let none = changed(&|input| input["categories"] = json!([]));
    let mixed = changed(&|input| {
        let mut other = input["categories"][0].clone();
        other["categoryId"] = json!(sale.categories[1]);
        other["ticketTypes"][0]["price"]["currency"] = json!("USD");
        input["categories"].as_array_mut().unwrap().push(other);
    });
    for input in [twice, none, mixed] {
        assert_eq!(sale.admin.code(SET, input.clone()).await, "BAD_USER_INPUT", "{input}");
    }
    let nowhere = changed(&|input| input["eventId"] = json!("nowhere"));
    assert_eq!(sale.admin.code(SET, nowhere).await, "NOT_FOUND");

    let dollars = changed(&|input| {
        input["categories"][0]["ticketTypes"][0]["price"]["currency"] = json!("USD");
    });
    let refused = sale.admin.data(SET, dollars).await["setPrices"].take();
    assert_eq!((kind(&refused), &refused["currency"]), ("CurrencyMismatch", &json!("EUR")));
    let other = sale.arena.event(10).await;
    let of_another = AnyId::Category(CategoryId { event: other.id, serial: 1 }).encode().0;
    for id in ["junk", &of_another, &sale.event.gid] {
        let strange = changed(&|input| input["categories"][0]["categoryId"] = json!(id));
        let refused = sale.admin.data(SET, strange).await["setPrices"].take();
        assert_eq!(kind(&refused), "CategoriesNotFound");
        assert_eq!(refused["categoryIds"], json!([id]));
    }
    let version: (i64, i32) =
        sqlx::query_as("SELECT version, price_version FROM events WHERE id = $1")
            .bind(sale.event.id.0)
            .fetch_one(&sale.arena.sql)
            .await
            .unwrap();
    assert_eq!(version, (1, 1), "nothing of it was done");
    sale.check().await;
}

/// Both lists are there for ever, and the audit log says who changed what into what.
#[tokio::test]
async fn a_change_of_prices_is_written_down_and_its_tickets_keep_their_ids() {
    let sale = Sale::new().await;
    let nobody = sale.server.stranger();
    let standard = sale.tickets(&nobody, 1).await;
    sale.set(0, &[("Standard", 6_000), ("Child", 3_000)]).await;
    let first = sale.tickets(&nobody, 1).await;
    assert_eq!(first[0].0, standard[0].0, "whoever keeps the name keeps the id");
    sale.set(0, &[("Child", 2_000), ("Group", 5_000), ("Standard", 6_000)]).await;
    let second = sale.tickets(&nobody, 1).await;
    assert_eq!((&second[0].0, &second[2].0), (&first[1].0, &first[0].0));
    assert!(![&first[0].0, &first[1].0].contains(&&second[1].0));
    let counts: Vec<(i32, i64)> = sqlx::query_as(
        "SELECT price_version, count(*) FROM ticket_prices WHERE event_id = $1
          GROUP BY price_version ORDER BY price_version",
    )
    .bind(sale.event.id.0)
    .fetch_all(&sale.arena.sql)
    .await
    .unwrap();
    assert_eq!(counts, [(1, 2), (2, 3), (3, 4)]);
    let query = "{ auditLog(first: 1) { nodes { action details { name before value } } } }";
    let log = sale.admin.data(query, json!({})).await;
    let expected = json!({ "action": "setPrices", "details": [{ "name": "ticketTypes",
        "before": "category 1: Standard 6000, Child 3000",
        "value": "category 1: Child 2000, Group 5000, Standard 6000" }] });
    assert_eq!(log["auditLog"]["nodes"][0], expected);
}
