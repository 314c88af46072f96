//! Who confirms, for whom, and how long a purchase is remembered by its key.

use std::time::Duration;

use grand_arena::domain::plan::{NewPrices, PlaceTraits, PlannedCategory, PlannedSeat, SeatPlan};
use grand_arena::domain::{ConfirmedBy, ViewerId};
use grand_arena::graphql::ids;
use grand_arena::identity::Role;
use grand_arena::pruner::Pruner;
use grand_arena::store::retention::{KeyCursor, Retention};
use migration::{Migrator, MigratorTrait as _};
use sea_orm::SqlxPostgresConnector;
use serde_json::{Value, json};

use crate::harness::client::{CONFIRM, kind, reasons};
use crate::harness::{Arena, Client, Event, TestServer, books, token};

/// Ten seats: the first five cost this, the others nothing.
fn plan(price_minor: i64) -> SeatPlan {
    let category = |name: &str, price_minor| PlannedCategory {
        name: name.to_owned(),
        prices: NewPrices::plain(price_minor).unwrap(),
        color: None,
    };
    let seats = (0..10).map(|index| PlannedSeat {
        section: "A".to_owned(),
        row: "1".to_owned(),
        number: format!("{}", index + 1),
        category: index / 5,
        accessible: false,
        x: None,
        y: None,
        traits: PlaceTraits::default(),
    });
    let categories = vec![category("Seats", price_minor), category("Meadow", 0)];
    SeatPlan::new("EUR", categories, seats.collect()).unwrap()
}

async fn event(arena: &Arena, price_minor: i64, says: ConfirmedBy) -> Event {
    arena.event_of(&plan(price_minor), |event| event.confirmed_by = says).await
}

fn staff(server: &TestServer, name: &str, role: Role) -> Client {
    Client::new(&server.base, Some(token(name, &[role])))
}

fn viewer_id(name: &str) -> String {
    ids::viewer_id(&ViewerId::new(name).unwrap()).0
}

fn purchase(event: &Event, serials: &[i32], key: &str, viewer: Option<&str>) -> Value {
    let seats = event.seat_gids(serials.iter().copied());
    let viewer_id = viewer.map(viewer_id);
    json!({ "input": { "eventId": event.gid, "seatIds": seats, "idempotencyKey": key,
        "viewerId": viewer_id } })
}

async fn confirm(client: &Client, variables: Value) -> Value {
    client.data(CONFIRM, variables).await["confirmSeats"].take()
}

/// How many keys there are.
async fn keys(arena: &Arena) -> i64 {
    let query = sqlx::query_scalar("SELECT count(*) FROM idempotency_keys");
    query.fetch_one(&arena.sql).await.unwrap()
}

async fn prune(arena: &Arena) {
    let age = Duration::from_hours(1000);
    Pruner::new(arena.store.clone(), Retention { changes: 1000, age }).prune_keys().await.unwrap();
}

#[tokio::test]
async fn an_event_says_shop_where_a_seat_costs_money_unless_it_says_buyer() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    for (price_minor, says, answer) in [
        (0, ConfirmedBy::Shop, "BUYER"),
        (1, ConfirmedBy::Shop, "SHOP"),
        (1, ConfirmedBy::Buyer, "BUYER"),
    ] {
        let event = event(&arena, price_minor, says).await;
        let query = "query ($id: ID!) { event(id: $id) { confirmedBy } }";
        let data = server.stranger().data(query, json!({ "id": event.gid })).await;
        assert_eq!(data["event"]["confirmedBy"], answer, "{price_minor} {says}");
    }
}

#[tokio::test]
async fn a_buyer_confirms_what_is_free_and_leaves_to_the_shop_what_costs_money() {
    let arena = Arena::new().await;
    let event = event(&arena, 4_900, ConfirmedBy::Shop).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    alice.reserve(&event, [1, 6, 7]).await;
    for serials in [&[1][..], &[1, 6]] {
        let code = alice.code(CONFIRM, purchase(&event, serials, "key", None)).await;
        assert_eq!(code, "FORBIDDEN", "{serials:?}");
    }
    let free = confirm(&alice, purchase(&event, &[6, 7], "key", None)).await;
    assert_eq!(kind(&free), "ConfirmSeatsSuccess", "and the key has stood for nothing yet");
    books::check(&arena, &event).await;
}

/// The order, its key and the right to see it are the viewer's, as if they had asked themselves.
#[tokio::test]
async fn a_shop_confirms_for_the_viewer_whose_the_holds_are() {
    let arena = Arena::new().await;
    let event = event(&arena, 4_900, ConfirmedBy::Shop).await;
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    let (shop, admin) = (staff(&server, "shop", Role::Shop), staff(&server, "root", Role::Admin));
    alice.reserve(&event, [1, 2]).await;
    bob.reserve(&event, [3]).await;

    let for_another = confirm(&shop, purchase(&event, &[1, 3], "key", Some("alice"))).await;
    assert_eq!(reasons(&for_another), ["HELD_BY_ANOTHER"], "alice does not hold bob's seat");
    let as_itself = confirm(&shop, purchase(&event, &[1], "key", None)).await;
    assert_eq!(reasons(&as_itself), ["HELD_BY_ANOTHER"], "the shop holds nothing itself");

    let sold = confirm(&shop, purchase(&event, &[1, 2], "key", Some("alice"))).await;
    assert_eq!((kind(&sold), &sold["created"]), ("ConfirmSeatsSuccess", &json!(true)));
    let query = "query ($code: String!) { order(code: $code) { id }
        viewer { orders { nodes { id } } } }";
    let seen = alice.data(query, json!({ "code": sold["order"]["code"] })).await;
    assert_eq!(seen["order"]["id"], sold["order"]["id"]);
    assert_eq!(seen["viewer"]["orders"]["nodes"], json!([{ "id": sold["order"]["id"] }]));
    for client in [&alice, &shop, &admin] {
        let viewer = (!std::ptr::eq(client, &alice)).then_some("alice");
        let again = confirm(client, purchase(&event, &[1, 2], "key", viewer)).await;
        assert_eq!((&again["created"], &again["order"]), (&json!(false), &sold["order"]));
    }
    let reused = confirm(&shop, purchase(&event, &[1], "key", Some("alice"))).await;
    assert_eq!(kind(&reused), "IdempotencyKeyReused", "it is alice's key");
    let bobs = confirm(&admin, purchase(&event, &[3], "key", Some("bob"))).await;
    assert_eq!(kind(&bobs), "ConfirmSeatsSuccess", "and this one is bob's");
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn a_shop_confirms_its_own_holds_where_it_names_nobody_and_names_viewers_by_their_ids() {
    let arena = Arena::new().await;
    let event = event(&arena, 4_900, ConfirmedBy::Shop).await;
    let server = arena.server().await;
    let shop = staff(&server, "box-office", Role::Shop);
    shop.reserve(&event, [1, 2]).await;
    let own = confirm(&shop, purchase(&event, &[1], "own", None)).await;
    assert_eq!(kind(&own), "ConfirmSeatsSuccess");
    for id in ["alice", "", &event.gid, &event.seat_gid(1)] {
        let mut variables = purchase(&event, &[2], "bad", None);
        variables["input"]["viewerId"] = json!(id);
        assert_eq!(shop.code(CONFIRM, variables).await, "BAD_USER_INPUT", "{id:?}");
    }
    let nobody = confirm(&shop, purchase(&event, &[2], "nobody", Some("nobody"))).await;
    assert_eq!(reasons(&nobody), ["HELD_BY_ANOTHER"]);
    books::check(&arena, &event).await;
}

/// As its seats are in that order, it is found without the key, which may be used anew.
#[tokio::test]
async fn a_key_is_forgotten_after_a_day_and_its_purchase_is_not() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    alice.reserve(&event, [1, 2, 3]).await;
    let first = alice.confirm(&event, [1], "first").await;
    alice.confirm(&event, [2], "second").await;
    let age = async |key: &'static str, interval: &'static str| {
        let age = "UPDATE idempotency_keys SET created_at = created_at - $2::interval
                    WHERE key = $1";
        sqlx::query(age).bind(key).bind(interval).execute(&arena.sql).await.unwrap();
    };
    age("first", "23 hours 59 minutes").await;
    prune(&arena).await;
    assert_eq!(keys(&arena).await, 2, "a day is not over");
    age("first", "1 minute").await;
    prune(&arena).await;
    assert_eq!(keys(&arena).await, 1);

    let again = alice.confirm(&event, [1], "first").await;
    assert_eq!((&again["created"], &again["order"]), (&json!(false), &first["order"]));
    assert_eq!(keys(&arena).await, 2, "it is remembered from now on");
    let other = alice.confirm(&event, [3], "first").await;
    assert_eq!(kind(&other), "IdempotencyKeyReused");
    books::check(&arena, &event).await;
}

/// More keys than one statement removes.
#[tokio::test]
async fn any_number_of_old_keys_is_removed_in_batches_and_no_young_one() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    alice.reserve(&event, [1]).await;
    alice.confirm(&event, [1], "young").await;
    let old = "INSERT INTO idempotency_keys (event_id, viewer, key, order_id, created_at)
        SELECT $1, 'alice', 'old-' || n, 2, now() - interval '2 days' - n * interval '1 second'
          FROM generate_series(1, 12000) AS n";
    arena.execute(old, &event).await;
    let next = arena.store.prune_keys(event.id, &KeyCursor::default()).await.unwrap();
    assert!(next.is_some(), "there is more");
    assert_eq!(keys(&arena).await, 7_001, "one batch is gone");
    prune(&arena).await;
    assert_eq!(keys(&arena).await, 1);
    books::check(&arena, &event).await;
}

/// Nobody's running sale is another after an update; and of what is there too many of, ten stay.
#[tokio::test]
async fn events_and_keys_of_an_earlier_version_are_brought_along() {
    const BEFORE: &str = "DROP SCHEMA public CASCADE; CREATE SCHEMA public";
    const OLD: &str = "INSERT INTO events (slug, name, venue, starts_at, hold_seconds, currency)
        VALUES ('old', 'Old', 'Old', now(), 300, 'EUR');
        INSERT INTO event_slugs VALUES ('old', 1);
        INSERT INTO idempotency_keys (event_id, viewer, key, order_id, created_at)
        SELECT 1, 'alice', 'key-' || n, 1 + n % 2, now() + n * interval '1 second'
          FROM generate_series(1, 25) AS n";
    let arena = Arena::new().await;
    sqlx::raw_sql(BEFORE).execute(&arena.sql).await.unwrap();
    let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(arena.sql.clone());
    Migrator::up(&connection, Some(4)).await.unwrap();
    sqlx::raw_sql(OLD).execute(&arena.sql).await.unwrap();
    arena.store.migrate().await.unwrap();

    let event = arena.store.event_by_slug("old").await.unwrap().unwrap();
    assert_eq!(event.terms.confirmed_by, ConfirmedBy::Buyer);
    assert_eq!(event.terms.max_seats_per_viewer, None);
    let kept: Vec<(i64, Vec<i16>, String)> = sqlx::query_as(
        "SELECT order_id, array_agg(slot ORDER BY slot), max(key) FILTER (WHERE slot = 10)
           FROM idempotency_keys GROUP BY order_id ORDER BY order_id",
    )
    .fetch_all(&arena.sql)
    .await
    .unwrap();
    let all: Vec<i16> = (1..=10).collect();
    let expected = [(1, all.clone(), "key-20".to_owned()), (2, all, "key-19".to_owned())];
    assert_eq!(kept, expected, "the oldest of each order stay, in their order");
}
