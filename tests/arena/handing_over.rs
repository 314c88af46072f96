//! What claimGuestSession and transferOrder promise.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use grand_arena::clock::wall_clock;
use grand_arena::desk::Desk;
use grand_arena::domain::command::{Claim, Claimed, Extend, ExtendRefusal, Reserve, SeatSet};
use grand_arena::domain::{Cause, ViewerId};
use grand_arena::graphql::ids::viewer_id;
use grand_arena::identity::{Identity, Role};
use serde_json::{Value, json};

use crate::harness::client::{CONFIRM, kind, reasons};
use crate::harness::{
    Arena, Client, Event, SECRET, Socket, TestServer, all_at_once, books, eventually, poll_once,
    submit, token,
};

const CLAIM: &str = "mutation ($input: ClaimGuestSessionInput!) {
    claimGuestSession(input: $input) { id } }";

const TRANSFER: &str =
    "mutation ($input: TransferOrderInput!) { transferOrder(input: $input) { __typename
    ... on TransferOrderSuccess { revision order { id code viewerId seats { id status } } }
    ... on UserError { message }
    ... on OrderOwnerChanged { order { viewerId } } } }";

const MINE: &str = "query ($event: ID!) { viewer { reservations(eventId: $event) {
    id reservationExpiresAt } orders { nodes { id code viewerId } } } }";

/// A guest with the token that this server gave.
async fn guest(server: &TestServer) -> (Client, String) {
    let session = "mutation { startGuestSession { token } }";
    let session = server.stranger().data(session, json!({})).await;
    let token = session["startGuestSession"]["token"].as_str().unwrap().to_owned();
    (Client::new(&server.base, Some(token.clone())), token)
}

fn shop(server: &TestServer) -> Client {
    Client::new(&server.base, Some(token("shop", &[Role::Shop])))
}

fn admin(server: &TestServer) -> Client {
    Client::new(&server.base, Some(token("admin", &[Role::Admin])))
}

async fn claim(client: &Client, token: &str) {
    let claimed = client.data(CLAIM, json!({ "input": { "guestToken": token } })).await;
    assert!(claimed["claimGuestSession"]["id"].is_string(), "{claimed}");
}

fn gid(user: &str) -> String {
    viewer_id(&ViewerId::new(user).unwrap()).0
}

/// What a viewer holds in an event, and all of their orders.
async fn mine(client: &Client, event: &Event) -> (Vec<Value>, Vec<Value>) {
    let data = client.data(MINE, json!({ "event": event.gid })).await;
    let list = |value: &Value| value.as_array().unwrap().clone();
    (list(&data["viewer"]["reservations"]), list(&data["viewer"]["orders"]["nodes"]))
}

async fn transfer(client: &Client, order: &Value, to: &str) -> Value {
    let input = json!({ "orderId": order["id"], "toViewerId": gid(to) });
    client.data(TRANSFER, json!({ "input": input })).await["transferOrder"].take()
}

async fn buy(client: &Client, event: &Event, serials: &[i32], key: &str) -> Value {
    client.reserve(event, serials.iter().copied()).await;
    let mut bought = client.confirm(event, serials.iter().copied(), key).await;
    assert_eq!(kind(&bought), "ConfirmSeatsSuccess");
    bought["order"].take()
}

#[tokio::test]
async fn a_guest_who_signs_in_keeps_holds_and_orders_of_all_events() {
    let arena = Arena::new().await;
    let (event, other) = (arena.event(200).await, arena.event(20).await);
    let server = arena.server().await;
    let ((guest, guest_token), alice) = (guest(&server).await, server.client("alice"));
    let first = buy(&guest, &event, &[1, 2], "key").await;
    let second = buy(&guest, &other, &[3], "key").await;
    buy(&alice, &event, &[9], "hers").await;
    // More than a request may name.
    guest.reserve(&event, 11..=90).await;
    let held = guest.reserve(&event, 91..=150).await;
    guest.reserve(&other, [4]).await;
    let (before, _) = mine(&guest, &event).await;

    claim(&alice, &guest_token).await;
    let (holds, orders) = mine(&alice, &event).await;
    assert_eq!(holds, before, "the same seats until the same instants");
    assert_eq!(holds.len(), 140);
    assert_eq!(holds[139]["reservationExpiresAt"], held["expiresAt"]);
    let codes: Vec<_> = orders.iter().map(|order| &order["code"]).collect();
    assert_eq!(codes.len(), 3);
    assert!(codes.contains(&&first["code"]) && codes.contains(&&second["code"]));
    assert!(orders.iter().all(|order| order["viewerId"] == gid("alice")));
    assert_eq!(mine(&alice, &other).await.0.len(), 1);
    for event in [&event, &other] {
        assert_eq!(mine(&guest, event).await, (vec![], vec![]), "the guest has nothing");
    }

    let revision = books::log(&arena.sql, &event).await.len();
    claim(&alice, &guest_token).await;
    let log = books::check(&arena, &event).await;
    assert_eq!(log.len(), revision, "again changes nothing");
    let causes = |serial: i32| -> Vec<Cause> {
        log.iter().filter(|row| row.seat_id == serial).map(|row| row.cause).collect()
    };
    assert_eq!(causes(1), [Cause::Reserved, Cause::Confirmed, Cause::Transferred]);
    assert_eq!(causes(11), [Cause::Reserved, Cause::Claimed]);

    assert_eq!(kind(&alice.release(&event, [11]).await), "ReleaseSeatsSuccess");
    assert_eq!(kind(&alice.confirm(&event, [12], "new").await), "ConfirmSeatsSuccess");
    assert_eq!(reasons(&guest.confirm(&event, [13], "own").await), ["HELD_BY_ANOTHER"]);
    guest.reserve(&event, [160]).await;
    claim(&alice, &guest_token).await;
    assert_eq!(mine(&guest, &event).await.0.len(), 0, "what came later is claimed later");
    books::check(&arena, &other).await;
}

/// A page that was not answered asks again, as whoever it is by then; and a shop's payment comes in
/// for whoever began to pay.
#[tokio::test]
async fn a_key_stands_for_its_purchase_whoever_has_the_order_by_now() {
    let arena = Arena::new().await;
    let event = arena.event(40).await;
    let server = arena.server().await;
    let ((guest, guest_token), alice) = (guest(&server).await, server.client("alice"));
    let shop = shop(&server);
    let order = buy(&guest, &event, &[1, 2], "k").await;
    let other = buy(&guest, &event, &[5], "taken").await;
    buy(&alice, &event, &[6], "taken").await;
    let whose = guest.data("{ viewer { id } }", json!({})).await["viewer"]["id"].take();
    claim(&alice, &guest_token).await;

    let again = alice.confirm(&event, [1, 2], "k").await;
    assert_eq!((kind(&again), &again["created"]), ("ConfirmSeatsSuccess", &json!(false)));
    assert_eq!(again["order"], order);
    assert_eq!(kind(&alice.confirm(&event, [7], "k").await), "IdempotencyKeyReused");
    let hers = alice.confirm(&event, [6], "taken").await;
    assert_eq!(kind(&hers), "ConfirmSeatsSuccess", "a key that she has used is hers");
    assert_eq!(alice.confirm(&event, [5], "new").await["order"]["id"], other["id"]);
    let gone = guest.confirm(&event, [1, 2], "k").await;
    assert_eq!(reasons(&gone), ["CONFIRMED_TO_ANOTHER"; 2], "it is not the guest's to see");
    let input = json!({ "eventId": event.gid, "seatIds": event.seat_gids([1, 2]),
        "idempotencyKey": "k", "viewerId": whose });
    let paid = shop.data(CONFIRM, json!({ "input": input })).await["confirmSeats"].take();
    assert_eq!((kind(&paid), &paid["order"]["id"]), ("ConfirmSeatsSuccess", &order["id"]));

    // Passed on, it is not found by the keys of its new owner.
    assert_eq!(kind(&transfer(&alice, &order, "bob").await), "TransferOrderSuccess");
    let bob = server.client("bob");
    assert_eq!(reasons(&bob.confirm(&event, [8], "k").await), ["NEVER_HELD"]);
    assert_eq!(reasons(&alice.confirm(&event, [1, 2], "k").await), ["CONFIRMED_TO_ANOTHER"; 2]);
    assert_eq!(bob.confirm(&event, [1, 2], "his").await["order"]["id"], order["id"]);
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn an_order_has_ten_keys_whoever_claims_it() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let ((guest, guest_token), alice) = (guest(&server).await, server.client("alice"));
    let order = buy(&guest, &event, &[1, 2], "key-0").await;
    for number in 1..8 {
        guest.confirm(&event, [1, 2], &format!("key-{number}")).await;
    }
    claim(&alice, &guest_token).await;
    let keys = "SELECT count(*) FROM idempotency_keys WHERE event_id = $1 AND viewer LIKE $2";
    let count = async |viewer: &str| -> i64 {
        let query = sqlx::query_scalar(keys).bind(event.id.0).bind(viewer);
        query.fetch_one(&arena.sql).await.unwrap()
    };
    assert_eq!((count("guest-%").await, count("alice").await), (8, 2));
    for key in ["key-0", "key-7"] {
        assert_eq!(alice.confirm(&event, [1, 2], key).await["order"]["id"], order["id"], "{key}");
    }
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn a_limit_is_no_bar_to_what_changes_hands_and_counts_afterwards() {
    let arena = Arena::new().await;
    let event = arena.event_with(20, |event| event.max_seats_per_viewer = Some(2)).await;
    let server = arena.server().await;
    let ((guest, guest_token), alice) = (guest(&server).await, server.client("alice"));
    let (bob, admin) = (server.client("bob"), admin(&server));
    buy(&guest, &event, &[1], "guest's").await;
    guest.reserve(&event, [2]).await;
    buy(&alice, &event, &[3, 4], "hers").await;
    let order = buy(&bob, &event, &[5, 6], "his").await;
    claim(&alice, &guest_token).await;
    assert_eq!(kind(&transfer(&bob, &order, "alice").await), "TransferOrderSuccess");
    let (holds, orders) = mine(&alice, &event).await;
    assert_eq!((holds.len(), orders.len()), (1, 3));
    books::check(&arena, &event).await;
    assert_eq!(kind(&alice.reserve(&event, [7]).await), "SeatLimitExceeded");
    assert_eq!(kind(&bob.reserve(&event, [7, 8]).await), "ReserveSeatsSuccess", "he has none left");
    assert_eq!(kind(&alice.confirm(&event, [2], "claimed").await), "ConfirmSeatsSuccess");
    assert_eq!(kind(&transfer(&admin, &order, "bob").await), "TransferOrderSuccess");
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn only_a_good_token_of_a_guest_is_claimed_and_only_by_who_is_none() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let ((guest_client, guest_token), alice) = (guest(&server).await, server.client("alice"));
    guest_client.reserve(&event, [1]).await;
    let code = async |client: &Client, token: &str| {
        client.code(CLAIM, json!({ "input": { "guestToken": token } })).await
    };
    assert_eq!(code(&server.stranger(), &guest_token).await, "UNAUTHENTICATED");
    let (other, _) = guest(&server).await;
    for client in [&guest_client, &other] {
        assert_eq!(code(client, &guest_token).await, "FORBIDDEN");
    }
    let identity = Identity::from_secret(SECRET.as_bytes()).unwrap();
    let whose = guest_client.data("{ viewer { id } }", json!({})).await;
    let whose = whose["viewer"]["id"].as_str().unwrap().to_owned();
    let name = books::seats(&arena.sql, &event).await[0].viewer.clone().unwrap();
    assert_eq!(gid(&name), whose);
    let long_ago = wall_clock() - TimeDelta::hours(2);
    let expired = identity
        .sign(&ViewerId::new(&name).unwrap(), &[Role::Buyer], long_ago, Duration::from_hours(1))
        .unwrap()
        .0;
    let forged = format!("{}x", &guest_token[..guest_token.len() - 1]);
    for bad in ["", "junk", &expired, &forged, &token("bob", &[]), &token("a", &[Role::Admin])] {
        assert_eq!(code(&alice, bad).await, "BAD_USER_INPUT", "{bad}");
    }
    assert_eq!(mine(&guest_client, &event).await.0.len(), 1, "nothing was claimed");
    for client in [shop(&server), admin(&server), alice] {
        claim(&client, &guest_token).await;
    }
    assert_eq!(mine(&shop(&server), &event).await.0.len(), 1, "the first has it");
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn an_order_is_passed_on_by_its_owner_or_an_admin_and_stays_what_it_is() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let [alice, bob, eve] = ["alice", "bob", "eve"].map(|user| server.client(user));
    let (admin, shop) = (admin(&server), shop(&server));
    let order = buy(&alice, &event, &[1, 2], "key").await;
    let input = |field: &str, value: &Value, to: &str| {
        json!({ "input": { field: value,
        "toViewerId": to } })
    };
    let to_bob = input("orderId", &order["id"], &gid("bob"));
    assert_eq!(server.stranger().code(TRANSFER, to_bob.clone()).await, "UNAUTHENTICATED");
    assert_eq!(shop.code(TRANSFER, to_bob.clone()).await, "FORBIDDEN");
    for client in [&eve, &guest(&server).await.0] {
        let refused = transfer(client, &order, "eve").await;
        let nothing = transfer(client, &json!({ "id": "junk" }), "eve").await;
        assert_eq!(kind(&refused), "OrderNotFound");
        assert_eq!(refused, nothing, "not found looks the same as not theirs");
    }
    for bad in [
        input("orderId", &order["id"], "bob"),
        input("code", &order["code"], order["id"].as_str().unwrap()),
        json!({ "input": { "toViewerId": gid("bob") } }),
        json!({ "input": { "orderId": order["id"], "code": order["code"],
            "toViewerId": gid("bob") } }),
    ] {
        assert_eq!(alice.code(TRANSFER, bad.clone()).await, "BAD_USER_INPUT", "{bad}");
    }
    let same = transfer(&alice, &order, "alice").await;
    assert_eq!((kind(&same), &same["revision"]), ("TransferOrderSuccess", &json!(4)));
    assert_eq!(same["order"]["viewerId"], gid("alice"));

    let typed = json!(order["code"].as_str().unwrap().to_lowercase());
    let given = alice.data(TRANSFER, input("code", &typed, &gid("bob"))).await;
    let given = &given["transferOrder"];
    assert_eq!((kind(given), &given["revision"]), ("TransferOrderSuccess", &json!(6)));
    assert_eq!(given["order"]["code"], order["code"]);
    assert_eq!(given["order"]["viewerId"], Value::Null, "it is no longer hers to know");
    let seats = given["order"]["seats"].as_array().unwrap();
    assert!(seats.iter().all(|seat| seat["status"] == "CONFIRMED"));
    assert_eq!(kind(&transfer(&alice, &order, "alice").await), "OrderNotFound");
    assert_eq!(mine(&alice, &event).await.1.len(), 0);
    assert_eq!(mine(&bob, &event).await.1[0]["viewerId"], gid("bob"));
    let back = transfer(&admin, &order, "alice").await;
    assert_eq!(back["order"]["viewerId"], gid("alice"), "an admin may");
    let log = books::check(&arena, &event).await;
    let whose: Vec<_> = log.iter().filter(|row| row.seat_id == 2).map(|row| &*row.viewer).collect();
    assert_eq!(whose, ["alice", "alice", "bob", "alice"]);
}

/// Holds the event's row until as many wait for it.
async fn race<T: Send + 'static>(
    arena: &Arena,
    event: &Event,
    waiting: i64,
    futures: Vec<futures_util::future::BoxFuture<'static, T>>,
) -> Vec<T> {
    let mut lock = arena.sql.begin().await.unwrap();
    let query = sqlx::query("SELECT 1 FROM events WHERE id = $1 FOR UPDATE").bind(event.id.0);
    query.execute(&mut *lock).await.unwrap();
    let race = tokio::spawn(all_at_once(futures));
    eventually("they wait", async || arena.waiting_for_locks().await >= waiting).await;
    lock.commit().await.unwrap();
    race.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_pass_an_order_on_at_once_one_wins_and_the_other_is_told() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let servers = [arena.server().await, arena.server().await];
    for (round, who) in ["owner", "admin"].into_iter().enumerate() {
        let serial = i32::try_from(round).unwrap() + 1;
        let owner = servers[0].client("owner");
        let order = buy(&owner, &event, &[serial], who).await;
        let roles: &[Role] = if who == "admin" { &[Role::Admin] } else { &[] };
        let futures = ["bob", "eve"].into_iter().zip(&servers).map(|(to, server)| {
            let client = Client::new(&server.base, Some(token(who, roles)));
            let order = order.clone();
            Box::pin(async move { transfer(&client, &order, to).await }) as _
        });
        // Both have looked who has it, and wait.
        let answers = race(&arena, &event, 2, futures.collect()).await;
        let mut kinds: Vec<_> = answers.iter().map(kind).collect();
        kinds.sort_unstable();
        let told = if who == "admin" { "OrderOwnerChanged" } else { "OrderNotFound" };
        assert_eq!(kinds, [told, "TransferOrderSuccess"]);
        let log = books::check(&arena, &event).await;
        let causes = log.iter().filter(|row| row.seat_id == serial).map(|row| row.cause);
        let passed_on = causes.filter(|cause| *cause == Cause::Transferred).count();
        assert_eq!(passed_on, 1, "it was passed on once");
    }
}

/// Whatever comes first: the order is of exactly one of those who could get it.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_races_with_a_transfer_and_a_confirmation_and_nothing_is_lost() {
    let arena = Arena::new().await;
    let event = arena.event(40).await;
    let servers = [arena.server().await, arena.server().await];
    let alice = servers[1].client("alice");
    for round in 0..4 {
        let (guest, guest_token) = guest(&servers[0]).await;
        let (sold, held) = (round * 4 + 1, round * 4 + 2);
        let order = buy(&guest, &event, &[sold], "sold").await;
        guest.reserve(&event, [held, held + 1]).await;
        let confirm = {
            let (guest, event) = (guest.clone(), event.clone());
            Box::pin(async move { guest.confirm(&event, [held, held + 1], "held").await }) as _
        };
        let give = {
            let guest = guest.clone();
            Box::pin(async move { transfer(&guest, &order, "bob").await }) as _
        };
        let take = {
            let (alice, guest_token) = (alice.clone(), guest_token.clone());
            Box::pin(async move {
                claim(&alice, &guest_token).await;
                Value::Null
            }) as _
        };
        let answers = race(&arena, &event, 2, vec![confirm, give, take]).await;
        let seats = books::seats(&arena.sql, &event).await;
        let whose = |serial: i32| seats[usize::try_from(serial - 1).unwrap()].viewer.clone();
        let is_given = kind(&answers[1]) == "TransferOrderSuccess";
        let owner = whose(sold).unwrap();
        assert_eq!(owner, if is_given { "bob" } else { "alice" });
        assert!(is_given || kind(&answers[1]) == "OrderNotFound");
        assert_eq!((whose(held), whose(held + 1)), (Some("alice".into()), Some("alice".into())));
        let is_bought = kind(&answers[0]) == "ConfirmSeatsSuccess";
        if !is_bought {
            assert_eq!(reasons(&answers[0]), ["HELD_BY_ANOTHER"; 2]);
        }
        assert_eq!(mine(&guest, &event).await, (vec![], vec![]));
        books::check(&arena, &event).await;
    }
}

/// A desk, on which a first command waits for the event's row, and all after it share a ledger.
async fn together<T: Send + 'static>(
    arena: &Arena,
    event: &Event,
    desk: &Arc<Desk>,
    futures: Vec<futures_util::future::BoxFuture<'static, T>>,
) -> Vec<T> {
    let mut lock = arena.sql.begin().await.unwrap();
    let query = sqlx::query("SELECT 1 FROM events WHERE id = $1 FOR UPDATE").bind(event.id.0);
    query.execute(&mut *lock).await.unwrap();
    let nobody = ViewerId::new("nobody").unwrap();
    let reserve = Reserve { viewer: nobody, seats: SeatSet::new(vec![event.seat(1)]).unwrap() };
    let (first, id) = (Arc::clone(desk), event.id);
    let first = tokio::spawn(async move { submit(&first, id, reserve).await.unwrap().is_ok() });
    eventually("the first waits", async || arena.waiting_for_locks().await >= 1).await;
    let mut futures = futures;
    for future in &mut futures {
        assert!(poll_once(future.as_mut()).await.is_pending());
    }
    lock.commit().await.unwrap();
    first.await.unwrap();
    futures_util::future::join_all(futures).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_is_prolonged_and_claimed_at_once_is_prolonged_once() {
    let arena = Arena::new().await;
    let event = arena.event_with(10, |event| event.hold_extension_seconds = 60).await;
    let (desk, _tasks) = arena.desk(1).await;
    let (guest, alice) = (ViewerId::new("guest-1").unwrap(), ViewerId::new("alice").unwrap());
    let seats = SeatSet::new(vec![event.seat(2), event.seat(3)]).unwrap();
    let reserve = Reserve { viewer: guest.clone(), seats: seats.clone() };
    submit(&desk, event.id, reserve).await.unwrap().unwrap();
    let extend = Extend { viewer: guest.clone(), seats: seats.clone() };
    let claim = Claim { guest, viewer: alice.clone(), seats: seats.clone() };
    let (one, other, id) = (Arc::clone(&desk), Arc::clone(&desk), event.id);
    let futures: Vec<futures_util::future::BoxFuture<'static, bool>> = vec![
        Box::pin(async move { submit(&one, id, extend).await.unwrap().is_ok() }),
        Box::pin(async move {
            submit(&other, id, claim).await.unwrap() == Claimed { holds: 2, orders: 0 }
        }),
    ];
    assert_eq!(together(&arena, &event, &desk, futures).await, [true, true]);
    let transactions = "SELECT count(DISTINCT changed_at) FROM seat_changes WHERE event_id = $1
        AND seat_id > 1";
    let transactions: i64 =
        sqlx::query_scalar(transactions).bind(event.id.0).fetch_one(&arena.sql).await.unwrap();
    assert_eq!(transactions, 2, "the two shared a ledger");
    let log = books::check(&arena, &event).await;
    assert_eq!(log.last().unwrap().cause, Cause::Claimed);
    let again = submit(&desk, event.id, Extend { viewer: alice, seats }).await.unwrap();
    assert_eq!(again, Err(ExtendRefusal::ExtendedBefore));
}

/// A list of what a guest has may be old: what has run out, was given back or bought is looked at
/// again.
#[tokio::test]
async fn a_claim_by_an_old_list_takes_what_is_still_the_guests() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let (desk, _tasks) = arena.desk(2).await;
    let (guest, alice) = (ViewerId::new("guest-1").unwrap(), ViewerId::new("alice").unwrap());
    let claim = |serials: &[i32]| {
        let seats = serials.iter().map(|serial| event.seat(*serial)).collect();
        let seats = SeatSet::new(seats).unwrap();
        submit(&desk, event.id, Claim { guest: guest.clone(), viewer: alice.clone(), seats })
    };
    assert_eq!(claim(&[1, 99]).await.unwrap(), Claimed::default(), "never the guest's");
    let seats = SeatSet::new(vec![event.seat(1)]).unwrap();
    let reserve = Reserve { viewer: guest.clone(), seats };
    submit(&desk, event.id, reserve).await.unwrap().unwrap();
    arena.lapse(&event).await;
    assert_eq!(claim(&[1]).await.unwrap(), Claimed::default(), "it has run out");
    books::check(&arena, &event).await;
}

/// The next frame of a stream of one's own things, as held seats and orders.
async fn told(socket: &mut Socket) -> (usize, usize) {
    let message = socket.message().await;
    let told = &message["payload"]["data"]["myReservations"];
    let count = |field: &str| told[field].as_array().unwrap_or_else(|| panic!("{message}")).len();
    (count("held"), count("orders"))
}

/// On this server, which knows what it committed, and on another, which reads it in the log.
#[tokio::test(flavor = "multi_thread")]
async fn both_hear_of_what_changes_hands_on_every_server() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let servers = [arena.server().await, arena.server().await];
    let (guest, guest_token) = guest(&servers[0]).await;
    let order = buy(&guest, &event, &[1], "key").await;
    guest.reserve(&event, [2, 3]).await;
    let mut of_guest = Vec::new();
    let mut of_alice = Vec::new();
    let watch = "subscription ($event: ID!) { myReservations(eventId: $event) {
        held { id } orders { id } } }";
    for server in &servers {
        for (token, sockets, begins) in [
            (guest_token.clone(), &mut of_guest, (2, 1)),
            (token("alice", &[]), &mut of_alice, (0, 0)),
        ] {
            let mut socket = Socket::open(&server.base, Some(&token)).await;
            socket.subscribe("1", watch, json!({ "event": event.gid })).await;
            assert_eq!(told(&mut socket).await, begins);
            sockets.push(socket);
        }
    }
    claim(&servers[0].client("alice"), &guest_token).await;
    for socket in &mut of_alice {
        assert_eq!(told(socket).await, (2, 1));
    }
    for socket in &mut of_guest {
        assert_eq!(told(socket).await, (0, 0), "the guest hears of the loss");
    }
    transfer(&servers[1].client("alice"), &order, "bob").await;
    for socket in &mut of_alice {
        assert_eq!(told(socket).await, (2, 0));
    }
    books::check(&arena, &event).await;
}
