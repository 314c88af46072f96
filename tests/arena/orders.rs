//! What orders promise: their codes, their prices, and that nobody pays twice unawares.

use std::collections::HashSet;

use grand_arena::domain::OrderCode;
use grand_arena::domain::plan::{
    MAX_PRICE_MINOR, NewPrices, PlaceTraits, PlannedCategory, PlannedSeat, SeatPlan,
};
use migration::{Migrator, MigratorTrait as _};
use sea_orm::SqlxPostgresConnector;
use serde_json::{Value, json};

use crate::harness::client::{CONFIRM, kind};
use crate::harness::{Arena, Client, Event, books};

/// The input of a confirmation, to which a test adds what it is about.
fn purchase(event: &Event, serials: &[i32], key: &str) -> Value {
    let seats = event.seat_gids(serials.iter().copied());
    json!({ "eventId": event.gid, "seatIds": seats, "idempotencyKey": key })
}

/// What a confirmation with this beside the seats is answered.
async fn confirm(client: &Client, mut input: Value, name: &str, value: Value) -> Value {
    input[name] = value;
    client.data(CONFIRM, json!({ "input": input })).await["confirmSeats"].take()
}

/// The codes of the event's orders, in the order of their numbers.
async fn codes(arena: &Arena) -> Vec<String> {
    let query = sqlx::query_scalar("SELECT code FROM orders ORDER BY event_id, id");
    query.fetch_all(&arena.sql).await.unwrap()
}

#[tokio::test]
async fn a_code_is_random_and_leads_to_one_order_of_all_events() {
    let arena = Arena::new().await;
    let (event, other) = (arena.event(60).await, arena.event(60).await);
    let server = arena.server().await;
    let alice = server.client("alice");
    let mut told = Vec::new();
    for event in [&event, &other] {
        alice.reserve(event, 1..=50).await;
        for serial in 1..=50 {
            let bought = alice.confirm(event, [serial], &serial.to_string()).await;
            told.push(bought["order"]["code"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(told.iter().collect::<HashSet<_>>().len(), 100);
    let shown = |code: String| OrderCode::read(&code).unwrap().to_string();
    let kept: Vec<_> = codes(&arena).await.into_iter().map(shown).collect();
    assert_eq!(kept, told, "each is kept with its order");
    // Were they a permutation of revisions, as once they were, both events would have the same.
    let (first, second) = told.split_at(50);
    assert!(first.iter().all(|code| !second.contains(code)));
    books::check(&arena, &event).await;
    books::check(&arena, &other).await;
}

/// The database gives out the code of another order, twice; the third is a new one.
#[tokio::test]
async fn a_code_that_is_taken_is_drawn_again() {
    const TAKE: &str = "CREATE SEQUENCE draws;
        CREATE FUNCTION take() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN
            IF nextval(''draws'') <= 2 THEN NEW.code := (SELECT min(code) FROM order_codes); END IF;
            RETURN NEW; END';
        CREATE TRIGGER take BEFORE INSERT ON order_codes FOR EACH ROW EXECUTE FUNCTION take()";
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    alice.reserve(&event, [1, 2]).await;
    alice.confirm(&event, [1], "one").await;
    sqlx::raw_sql(TAKE).execute(&arena.sql).await.unwrap();

    let second = alice.confirm(&event, [2], "two").await;
    assert_eq!((kind(&second), &second["created"]), ("ConfirmSeatsSuccess", &json!(true)));
    let draws: i64 =
        sqlx::query_scalar("SELECT last_value FROM draws").fetch_one(&arena.sql).await.unwrap();
    assert_eq!(draws, 3);
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn a_second_payment_for_the_same_seats_is_told_with_the_order() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    alice.reserve(&event, [1, 2, 3]).await;
    let pay = async |serials: &[i32], key: &str, reference: Value| {
        confirm(&alice, purchase(&event, serials, key), "paymentReference", reference).await
    };
    let first = pay(&[1, 2], "one", json!("pi_1")).await;
    assert_eq!((&first["created"], &first["replayed"]), (&json!(true), &json!(false)));
    for key in ["one", "two"] {
        let twice = pay(&[1, 2], key, json!("pi_2")).await;
        assert_eq!((kind(&twice), &twice["order"]), ("AlreadyConfirmed", &first["order"]), "{key}");
    }
    for (key, reference) in [("one", json!("pi_1")), ("one", json!(null)), ("two", json!("pi_1"))] {
        let again = pay(&[1, 2], key, reference).await;
        assert_eq!((kind(&again), &again["order"]), ("ConfirmSeatsSuccess", &first["order"]));
        assert_eq!((&again["created"], &again["replayed"]), (&json!(false), &json!(true)), "{key}");
    }
    pay(&[3], "three", json!(null)).await;
    let paid_late = pay(&[3], "three", json!("pi_3")).await;
    assert_eq!(
        kind(&paid_late),
        "AlreadyConfirmed",
        "an order without a payment is not paid later"
    );
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn nothing_is_sold_at_another_total_than_expected() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    alice.reserve(&event, [9, 10]).await;
    let expect = async |key: &str, amount: Value, currency: &str| {
        let total = json!({ "amountMinor": amount, "currency": currency });
        confirm(&alice, purchase(&event, &[9, 10], key), "expectedTotal", total).await
    };
    let actual = json!({ "amountMinor": 7500, "currency": "EUR", "fractionDigits": 2 });
    for (amount, currency) in [(7499, "EUR"), (7501, "EUR"), (7500, "USD"), (0, "QQQ")] {
        let refused = expect("one", json!(amount), currency).await;
        assert_eq!((kind(&refused), &refused["actual"]), ("PriceChanged", &actual));
        assert_eq!(refused["expected"]["amountMinor"], amount);
        assert_eq!(refused["expected"]["currency"], currency);
    }
    for currency in ["", "eur", "EURO", &"E".repeat(10_000)] {
        let mut input = purchase(&event, &[9, 10], "one");
        input["expectedTotal"] = json!({ "amountMinor": 7500, "currency": currency });
        assert_eq!(alice.code(CONFIRM, json!({ "input": input })).await, "BAD_USER_INPUT");
    }
    assert_eq!(alice.status(&event, 9).await, "RESERVED");
    let bought = expect("one", json!(7500.0), "EUR").await;
    assert_eq!((kind(&bought), &bought["created"]), ("ConfirmSeatsSuccess", &json!(true)));
    let again = expect("one", json!(1), "EUR").await;
    assert_eq!(again["order"], bought["order"], "what is bought costs what it did");
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn a_ticket_may_cost_a_million_millions_and_a_hundred_of_them_add_up() {
    let arena = Arena::new().await;
    let event = dear_event(&arena).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    alice.reserve(&event, 1..=100).await;
    let bought = alice.confirm(&event, 1..=100, "all").await;
    let total = json!({ "amountMinor": 100 * MAX_PRICE_MINOR, "currency": "IDR",
        "fractionDigits": 2 });
    assert_eq!(bought["order"]["total"], total);
    let query = "query ($id: ID!) { event(id: $id) { categories { price { amountMinor } } }
        viewer { orders { nodes { lines { seat { id } price { amountMinor currency } } } } } }";
    let data = alice.data(query, json!({ "id": event.gid })).await;
    assert_eq!(data["event"]["categories"][0]["price"]["amountMinor"], MAX_PRICE_MINOR);
    let lines = data["viewer"]["orders"]["nodes"][0]["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 100);
    let paid = json!({ "seat": { "id": event.seat_gid(100) },
        "price": { "amountMinor": MAX_PRICE_MINOR, "currency": "IDR" } });
    assert_eq!(lines[99], paid);
    books::check(&arena, &event).await;
}

/// 100 seats at the highest price there may be.
async fn dear_event(arena: &Arena) -> Event {
    let category = PlannedCategory {
        name: "VIP".to_owned(),
        prices: NewPrices::plain(MAX_PRICE_MINOR).unwrap(),
        color: None,
    };
    let seats = (1..=100).map(|number: i32| PlannedSeat {
        section: "Tribune".to_owned(),
        row: "A".to_owned(),
        number: number.to_string(),
        category: 0,
        accessible: false,
        x: None,
        y: None,
        traits: PlaceTraits::default(),
    });
    let plan = SeatPlan::new("IDR", vec![category], seats.collect()).unwrap();
    arena.event_of(&plan, |_| {}).await
}

/// Orders that were there before codes were random get new ones; and so does what a server of the
/// version before writes beside a newer one.
#[tokio::test]
async fn orders_of_earlier_versions_get_random_codes() {
    const BEFORE: &str = "DROP SCHEMA public CASCADE; CREATE SCHEMA public";
    const EVENT: &str = "INSERT INTO events (slug, name, venue, starts_at, hold_seconds, currency)
        VALUES ('old', 'Old', 'Old', now(), 300, 'EUR');
        INSERT INTO event_slugs VALUES ('old', 1);
        INSERT INTO categories (event_id, id, name, price_minor) VALUES (1, 1, 'Gold', 20000000)";
    let arena = Arena::new().await;
    let sql = &arena.sql;
    sqlx::raw_sql(BEFORE).execute(sql).await.unwrap();
    let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(sql.clone());
    Migrator::up(&connection, Some(3)).await.unwrap();
    sqlx::raw_sql(EVENT).execute(sql).await.unwrap();
    sqlx::raw_sql(orders_as_before(1..=200)).execute(sql).await.unwrap();

    arena.store.migrate().await.unwrap();
    sqlx::raw_sql(orders_as_before(201..=210)).execute(sql).await.unwrap();
    let rival = "INSERT INTO order_codes SELECT code, 999, 1 FROM orders WHERE id = 210";
    sqlx::raw_sql(rival).execute(sql).await.unwrap();
    arena.store.migrate().await.unwrap();

    let known: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM orders JOIN order_codes USING (code)
          WHERE (order_codes.event_id, order_id) = (orders.event_id, orders.id)",
    )
    .fetch_one(sql)
    .await
    .unwrap();
    let codes = codes(&arena).await;
    assert_eq!((known, codes.len()), (210, 210), "each code leads to its order");
    assert!(codes.iter().all(|code| OrderCode::read(code).is_some()), "{codes:?}");
    assert_eq!(codes.iter().collect::<HashSet<_>>().len(), 210);
    // All 32 characters at all ten places, but for chance.
    let used: HashSet<_> = codes.iter().flat_map(|code| code.bytes().enumerate()).collect();
    assert!(used.len() > 300, "{} of 320", used.len());
    let events = arena.store.event_by_slug("old").await.unwrap().unwrap();
    let prices = arena.store.categories(&[events.id]).await.unwrap();
    assert_eq!(prices[&events.id][0].price_minor(), 20_000_000);
    assert_eq!(events.time_zone, "UTC");
}

/// A server of the version before reads prices as 32 bits, wherever they fit into them.
#[tokio::test]
async fn an_earlier_version_can_read_what_it_could_have_written() {
    let arena = Arena::new().await;
    let (usual, dear) = (arena.event(10).await, dear_event(&arena).await);
    let old = "SELECT price_minor FROM categories WHERE event_id = $1 ORDER BY id";
    let prices = async |event: &Event| -> Vec<Option<i32>> {
        sqlx::query_scalar(old).bind(event.id.0).fetch_all(&arena.sql).await.unwrap()
    };
    assert_eq!(prices(&usual).await, [Some(5000), Some(2500)]);
    assert_eq!(prices(&dear).await, [None]);
}

/// Orders as the version before writes them.
fn orders_as_before(numbers: std::ops::RangeInclusive<i32>) -> sqlx::AssertSqlSafe<String> {
    let (first, last) = (numbers.start(), numbers.end());
    sqlx::AssertSqlSafe(format!(
        "INSERT INTO orders (event_id, id, viewer, total_minor, currency, confirmed_at)
         SELECT 1, id, 'alice', 0, 'EUR', now() FROM generate_series({first}, {last}) AS id"
    ))
}
