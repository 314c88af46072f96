//! What those who run a sale see of it: its orders, and what was sold.

use grand_arena::domain::ViewerId;
use grand_arena::graphql::ids::viewer_id;
use grand_arena::identity::Role;
use serde_json::{Value, json};

use crate::harness::client::{CONFIRM, kind};
use crate::harness::{Arena, Client, Event, TestServer, books, eventually, token};

const ORDERS: &str = "query ($id: ID!, $filter: OrderFilter, $first: Int, $after: String) {
    event(id: $id) { orders(filter: $filter, first: $first, after: $after) {
        nodes { id code viewerId paymentReference confirmedAt lines { price { amountMinor } } }
        pageInfo { hasNextPage endCursor } } } }";

const SUMMARY: &str = "query ($id: ID!, $by: SalesSpan! = DAY) {
    event(id: $id) { salesSummary(by: $by) {
        revision serverTime orders total { ...COUNTS }
        byCategory { category { name } counts { ...COUNTS } }
        bySection { section counts { ...COUNTS } }
        overTime { from until sold revenue { amountMinor } } } } }
    fragment COUNTS on SalesCounts { available held blocked sold
        revenue { amountMinor currency } }";

fn shop(server: &TestServer) -> Client {
    Client::new(&server.base, Some(token("shop", &[Role::Shop])))
}

fn gid(user: &str) -> String {
    viewer_id(&ViewerId::new(user).unwrap()).0
}

/// Buys, and gives the order's id.
async fn buy(client: &Client, event: &Event, serials: &[i32], reference: Option<&str>) -> Value {
    client.reserve(event, serials.iter().copied()).await;
    let input = json!({ "eventId": event.gid, "seatIds": event.seat_gids(serials.iter().copied()),
        "idempotencyKey": format!("{serials:?}"), "paymentReference": reference });
    let bought = client.data(CONFIRM, json!({ "input": input })).await["confirmSeats"].take();
    assert_eq!(kind(&bought), "ConfirmSeatsSuccess");
    bought["order"].clone()
}

/// The ids of the orders that a filter leaves, page by page.
async fn ids(client: &Client, event: &Event, filter: Value, first: i32) -> Vec<Value> {
    let (mut ids, mut after) = (Vec::new(), Value::Null);
    loop {
        let variables =
            json!({ "id": event.gid, "filter": filter, "first": first, "after": after });
        let mut page = client.data(ORDERS, variables).await["event"]["orders"].take();
        ids.extend(page["nodes"].as_array().unwrap().iter().map(|order| order["id"].clone()));
        after = page["pageInfo"]["endCursor"].take();
        if page["pageInfo"]["hasNextPage"] != true {
            return ids;
        }
    }
}

#[tokio::test]
async fn orders_are_listed_newest_first_and_found_by_what_is_known_of_them() {
    let arena = Arena::new().await;
    let (event, other) = (arena.event(100).await, arena.event(20).await);
    let server = arena.server().await;
    let ([alice, bob], shop) = (["alice", "bob"].map(|user| server.client(user)), shop(&server));
    let mut orders = Vec::new();
    for serial in (1..=30).step_by(3) {
        let client = if serial % 2 == 0 { &bob } else { &alice };
        let reference = (serial < 10).then(|| format!("pi_{}", serial % 2));
        orders.push(buy(client, &event, &[serial, serial + 1], reference.as_deref()).await);
    }
    let elsewhere = buy(&alice, &other, &[1], Some("pi_1")).await;
    orders.reverse();
    let all: Vec<Value> = orders.iter().map(|order| order["id"].clone()).collect();
    for first in [1, 3, 10, 100] {
        assert_eq!(ids(&shop, &event, json!(null), first).await, all, "{first} a page");
        assert_eq!(ids(&shop, &event, json!({}), first).await, all);
        let of_alice = ids(&shop, &event, json!({ "viewerId": gid("alice") }), first).await;
        let expected: Vec<_> = all.iter().skip(1).step_by(2).cloned().collect();
        assert_eq!(of_alice, expected, "from the newest, every other is hers");
        let paid = ids(&shop, &event, json!({ "paymentReference": "pi_1" }), first).await;
        assert_eq!(paid, [all[7].clone(), all[9].clone()]);
    }
    for code in [&orders[4]["code"], &json!(orders[4]["code"].as_str().unwrap().to_lowercase())] {
        assert_eq!(ids(&shop, &event, json!({ "code": code }), 9).await, [all[4].clone()]);
    }
    for none in [
        json!({ "code": elsewhere["code"] }),
        json!({ "code": "no code" }),
        json!({ "viewerId": gid("eve") }),
        json!({ "viewerId": "eve" }),
        json!({ "paymentReference": "pi_9" }),
        json!({ "paymentReference": "" }),
        json!({ "paymentReference": "pi_1", "viewerId": gid("bob") }),
        json!({ "confirmedAfter": "2100-01-01T00:00:00Z" }),
        json!({ "confirmedBefore": "2020-01-01T00:00:00Z" }),
    ] {
        assert_eq!(ids(&shop, &event, none.clone(), 9).await, [] as [Value; 0], "{none}");
    }
    let told = shop.data(ORDERS, json!({ "id": event.gid, "filter": null })).await;
    let told = told["event"]["orders"]["nodes"].as_array().unwrap();
    let at = &told[4]["confirmedAt"];
    assert_eq!(ids(&shop, &event, json!({ "confirmedAfter": at }), 2).await, all[..=4]);
    assert_eq!(ids(&shop, &event, json!({ "confirmedBefore": at }), 2).await, all[5..]);
    let both = json!({ "confirmedBefore": at, "paymentReference": "pi_0" });
    assert_eq!(ids(&shop, &event, both, 2).await, [all[8].clone()]);
    assert_eq!(told[9]["viewerId"], gid("alice"));
    assert_eq!(told[9]["lines"][1]["price"]["amountMinor"], 5000);
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn orders_and_sums_are_for_those_who_run_the_sale() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    buy(&alice, &event, &[1], None).await;
    let variables = json!({ "id": event.gid });
    for query in [ORDERS, SUMMARY] {
        assert_eq!(server.stranger().code(query, variables.clone()).await, "UNAUTHENTICATED");
        assert_eq!(alice.code(query, variables.clone()).await, "FORBIDDEN");
        for role in [Role::Shop, Role::Admin] {
            let client = Client::new(&server.base, Some(token("boss", &[role])));
            assert!(client.data(query, variables.clone()).await["event"].is_object());
        }
    }
    for bad in [json!({ "first": 0 }), json!({ "first": 101 }), json!({ "after": "junk" })] {
        let mut input = bad;
        input["id"] = json!(event.gid);
        assert_eq!(shop(&server).code(ORDERS, input).await, "BAD_USER_INPUT");
    }
}

/// What was counted at this revision or later.
async fn summary(client: &Client, event: &Event, by: &str, revision: i64) -> Value {
    let variables = json!({ "id": event.gid, "by": by });
    let look =
        async || client.data(SUMMARY, variables.clone()).await["event"]["salesSummary"].take();
    eventually("a second is over", async || look().await["revision"].as_i64() >= Some(revision))
        .await;
    look().await
}

#[tokio::test]
async fn a_summary_adds_up_by_category_by_section_and_over_time() {
    let arena = Arena::new().await;
    let event = arena.event_with(150, |event| event.time_zone = "Asia/Kolkata".to_owned()).await;
    let server = arena.server().await;
    let (alice, shop) = (server.client("alice"), shop(&server));
    let empty = summary(&shop, &event, "DAY", 0).await;
    assert_eq!(empty["orders"], 0);
    assert_eq!(empty["overTime"], json!([]));
    let counts = |available, held, blocked, sold, revenue| {
        json!({ "available": available, "held": held, "blocked": blocked, "sold": sold,
            "revenue": { "amountMinor": revenue, "currency": "EUR" } })
    };
    assert_eq!(empty["total"], counts(150, 0, 0, 0, 0));

    buy(&alice, &event, &[9, 10], None).await;
    buy(&alice, &event, &[110], None).await;
    alice.reserve(&event, [20, 21, 101]).await;
    books::check(&arena, &event).await;
    let block = "UPDATE seats SET for_sale = false WHERE event_id = $1 AND id IN (30, 31)";
    arena.execute(block, &event).await;
    let sums = summary(&shop, &event, "DAY", 9).await;
    assert_eq!(sums["orders"], 2);
    assert_eq!(sums["total"], counts(142, 3, 2, 3, 10_000));
    let of_category = |name: &str, counts| {
        json!({ "category": { "name": name },
        "counts": counts })
    };
    let by_category = json!([
        of_category("Gold", counts(131, 2, 1, 1, 5_000)),
        of_category("Silver", counts(11, 1, 1, 2, 5_000))
    ]);
    assert_eq!(sums["byCategory"], by_category);
    let by_section = json!([
        { "section": "101", "counts": counts(94, 2, 2, 2, 7_500) },
        { "section": "102", "counts": counts(48, 1, 0, 1, 2_500) }
    ]);
    assert_eq!(sums["bySection"], by_section);
    let instant = |value: &Value| -> chrono::DateTime<chrono::Utc> {
        value.as_str().unwrap().parse().unwrap()
    };
    let days = sums["overTime"].as_array().unwrap();
    assert_eq!(days.iter().map(|day| day["sold"].as_i64().unwrap()).sum::<i64>(), 3);
    let (from, until) = (instant(&days[0]["from"]), instant(&days[0]["until"]));
    assert_eq!(from.format("%H:%M").to_string(), "18:30", "midnight in Kolkata");
    assert!(from < until && until <= instant(&sums["serverTime"]));

    // A sale of the day before yesterday, and one of two years ago.
    for statement in [
        "UPDATE orders SET confirmed_at = confirmed_at - interval '48 hours'
          WHERE event_id = $1 AND id = (SELECT min(id) FROM orders WHERE event_id = $1)",
        "UPDATE orders SET confirmed_at = confirmed_at - interval '2 years'
          WHERE event_id = $1 AND id > (SELECT min(id) FROM orders WHERE event_id = $1)",
    ] {
        arena.execute(statement, &event).await;
    }
    let hours = summary(&shop, &event, "HOUR", 9).await;
    let hours = hours["overTime"].as_array().unwrap().clone();
    assert_eq!(hours.len(), 1, "what is older than a week is in no hour");
    assert_eq!((&hours[0]["sold"], &hours[0]["revenue"]["amountMinor"]), (&json!(2), &json!(7500)));
    let lasts = instant(&hours[0]["until"]) - instant(&hours[0]["from"]);
    assert_eq!(lasts.num_seconds(), 3600);
    arena.lapse(&event).await;
    eventually("what has run out is available", async || {
        let sums = summary(&shop, &event, "HOUR", 9).await;
        sums["total"] == counts(145, 0, 2, 3, 10_000)
    })
    .await;
}
