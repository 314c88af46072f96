//! Seats go off sale and come back: who is told, what is in the way, and who may.

use std::sync::Arc;

use grand_arena::desk::Desk;
use grand_arena::domain::command::{Block, Reserve, SeatSet, UnavailableReason};
use grand_arena::domain::{BlockReason, Cause, SeatBlock, ViewerId};
use grand_arena::identity::Role;
use serde_json::{Value, json};

use crate::harness::client::{kind, reasons};
use crate::harness::{
    Arena, Client, Event, TestServer, books, eventually, poll_once, submit, token,
};
use crate::statuses::{letters, revision, until, watch};

pub const BLOCK: &str = "mutation ($input: BlockSeatsInput!) { blockSeats(input: $input) { \
    __typename
    ... on BlockSeatsSuccess { revision seats { id status forSale block { reason label } } }
    ... on UserError { message } ... on SeatsInUse { seats { seatId reason } } } }";

pub const UNBLOCK: &str = "mutation ($input: BlockSeatsInput!) { unblockSeats(input: $input) { \
    __typename
    ... on BlockSeatsSuccess { revision seats { id status forSale block { reason label } } }
    ... on UserError { message } ... on SeatsInUse { seats { seatId reason } } } }";

const HISTORY: &str = "query ($id: ID!, $first: Int, $after: String) { seat(id: $id) { \
    history(first: $first, after: $after) { isCut pageInfo { hasNextPage endCursor }
        nodes { cause revision changedAt viewerId } } } }";

const SEAT: &str = "query ($id: ID!) { seat(id: $id) { forSale block { reason label } \
    history { nodes { cause } } } }";

/// Somebody who runs the sale.
pub fn admin(server: &TestServer) -> Client {
    Client::new(&server.base, Some(token("ann", &[Role::Admin])))
}

pub fn input(event: &Event, serials: impl IntoIterator<Item = i32>, reason: &str) -> Value {
    json!({ "eventId": event.gid, "seatIds": event.seat_gids(serials), "reason": reason,
        "label": "Row of the mayor" })
}

async fn block(client: &Client, event: &Event, serials: impl IntoIterator<Item = i32>) -> Value {
    let input = input(event, serials, "HOUSE");
    client.data(BLOCK, json!({ "input": input })).await["blockSeats"].take()
}

async fn unblock(client: &Client, event: &Event, serials: impl IntoIterator<Item = i32>) -> Value {
    let input = json!({ "eventId": event.gid, "seatIds": event.seat_gids(serials) });
    client.data(UNBLOCK, json!({ "input": input })).await["unblockSeats"].take()
}

async fn causes(arena: &Arena, event: &Event) -> Vec<Cause> {
    books::check(arena, event).await.into_iter().map(|row| row.cause).collect()
}

#[tokio::test]
async fn what_is_blocked_is_off_sale_for_everybody_who_looks_until_it_is_unblocked() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let (admin, alice) = (admin(&server), server.client("alice"));
    let (mut socket, mut fold) = watch(&server, &event).await;
    let blocked = block(&admin, &event, [2, 3, 3]).await;
    assert_eq!(kind(&blocked), "BlockSeatsSuccess", "{blocked}");
    let seat = json!({ "id": event.seat_gid(2), "status": "AVAILABLE", "forSale": false,
        "block": { "reason": "HOUSE", "label": "Row of the mayor" } });
    assert_eq!(blocked["seats"][0], seat);
    until(&mut socket, &mut fold, revision(&blocked)).await;
    assert_eq!(fold.letters(), "ANNAAAAAAA");
    let refused = alice.reserve(&event, [1, 2, 3]).await;
    assert_eq!(reasons(&refused), ["NOT_FOR_SALE", "NOT_FOR_SALE"]);
    assert_eq!(kind(&alice.reserve(&event, [1]).await), "ReserveSeatsSuccess");

    let unblocked = unblock(&admin, &event, [2]).await;
    assert_eq!(unblocked["seats"][0]["block"], Value::Null, "{unblocked}");
    assert_eq!(kind(&alice.reserve(&event, [2]).await), "ReserveSeatsSuccess");
    until(&mut socket, &mut fold, 5).await;
    assert_eq!(fold.letters(), "RRNAAAAAAA");
    assert_eq!(fold.letters(), letters(&arena, &event).await);
    let expected =
        [Cause::Blocked, Cause::Blocked, Cause::Reserved, Cause::Unblocked, Cause::Reserved];
    assert_eq!(causes(&arena, &event).await, expected);
}

/// Whoever folds the changes after a snapshot knows what is for sale.
#[tokio::test]
async fn a_stream_of_changes_says_what_is_for_sale() {
    let arena = Arena::new().await;
    let event = arena.event(4).await;
    let server = arena.server().await;
    let admin = admin(&server);
    block(&admin, &event, [1]).await;
    let query = "subscription ($event: ID!, $since: Revision) { \
        seatChanges(eventId: $event, since: $since) { ... on SeatSnapshot { seats { forSale } } \
        ... on SeatChanges { changes { status forSale cause } } } }";
    let mut socket = server.socket("anybody").await;
    socket.subscribe("1", query, json!({ "event": event.gid })).await;
    let snapshot = socket.next("seatChanges").await;
    let for_sale: Vec<_> =
        snapshot["seats"].as_array().unwrap().iter().map(|seat| seat["forSale"].clone()).collect();
    assert_eq!(for_sale, [false, true, true, true]);
    unblock(&admin, &event, [1]).await;
    let unblocked = json!({ "status": "AVAILABLE", "forSale": true, "cause": "UNBLOCKED" });
    assert_eq!(socket.next("seatChanges").await["changes"], json!([unblocked]));
    server.client("alice").reserve(&event, [1]).await;
    let reserved = json!({ "status": "RESERVED", "forSale": null, "cause": "RESERVED" });
    assert_eq!(socket.next("seatChanges").await["changes"], json!([reserved]));
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn held_and_sold_seats_are_in_the_way_and_named_and_nothing_is_blocked() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let (admin, alice) = (admin(&server), server.client("alice"));
    alice.reserve(&event, [1, 2]).await;
    alice.confirm(&event, [2], "key").await;
    let refused = block(&admin, &event, [1, 2, 3, 99]).await;
    assert_eq!(kind(&refused), "SeatsInUse");
    assert_eq!(reasons(&refused), ["RESERVED_BY_ANOTHER", "CONFIRMED", "NOT_FOUND"]);
    assert_eq!(kind(&alice.reserve(&event, [3]).await), "ReserveSeatsSuccess");
    // A hold that has run out is in nobody's way: its end is logged first.
    arena.lapse(&event).await;
    assert_eq!(kind(&block(&admin, &event, [1]).await), "BlockSeatsSuccess");
    let causes = causes(&arena, &event).await;
    assert_eq!(causes[causes.len() - 2..], [Cause::Expired, Cause::Blocked]);
}

#[tokio::test]
async fn repeating_changes_nothing_and_another_reason_is_the_reason_from_then_on() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let (admin, alice) = (admin(&server), server.client("alice"));
    let first = block(&admin, &event, [1, 2]).await;
    assert_eq!(block(&admin, &event, [1, 2]).await, first);
    let input = input(&event, [2], "KILL");
    let killed = admin.data(BLOCK, json!({ "input": input })).await["blockSeats"].take();
    assert_eq!(killed["seats"][0]["block"]["reason"], "KILL");
    assert_eq!(revision(&killed), 2, "what is for sale is as before");

    unblock(&admin, &event, [1, 2, 3]).await;
    assert_eq!(kind(&alice.reserve(&event, [1]).await), "ReserveSeatsSuccess");
    // The answer was lost, and somebody has it by now.
    assert_eq!(kind(&unblock(&admin, &event, [1, 2, 3]).await), "BlockSeatsSuccess");
    assert_eq!(causes(&arena, &event).await.len(), 5);
    let actions: Vec<String> = sqlx::query_scalar("SELECT action FROM audit_log ORDER BY id")
        .fetch_all(&arena.sql)
        .await
        .unwrap();
    assert_eq!(actions[..3], ["blockSeats"; 3]);
    assert_eq!(actions[3..], ["unblockSeats"; 2]);
}

#[tokio::test]
async fn the_input_is_bounded_and_a_label_is_one() {
    let arena = Arena::new().await;
    let event = arena.event(1_001).await;
    let server = arena.server().await;
    let admin = admin(&server);
    let most = block(&admin, &event, 1..=1_000).await;
    assert_eq!(most["seats"].as_array().unwrap().len(), 1_000);
    for input in [
        input(&event, 1..=1_001, "HOUSE"),
        input(&event, [], "HOUSE"),
        json!({ "eventId": event.gid, "seatIds": [event.seat_gid(1)], "label": "a\nb" }),
        json!({ "eventId": event.gid, "seatIds": [event.seat_gid(1)], "label": "x".repeat(65) }),
    ] {
        let code = admin.code(BLOCK, json!({ "input": input })).await;
        assert_eq!(code, "BAD_USER_INPUT", "{input}");
    }
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn only_an_admin_blocks_and_only_those_who_sell_see_why_and_what_was() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let roles: [&[Role]; 2] = [&[], &[Role::Shop]];
    for query in [BLOCK, UNBLOCK] {
        let variables = json!({ "input": input(&event, [1], "HOUSE") });
        assert_eq!(server.stranger().code(query, variables.clone()).await, "UNAUTHENTICATED");
        for roles in roles {
            let client = Client::new(&server.base, Some(token("bob", roles)));
            assert_eq!(client.code(query, variables.clone()).await, "FORBIDDEN");
        }
    }
    block(&admin(&server), &event, [1]).await;
    let id = json!({ "id": event.seat_gid(1) });
    let nothing = json!({ "forSale": false, "block": null, "history": null });
    assert_eq!(server.stranger().data(SEAT, id.clone()).await["seat"], nothing);
    assert_eq!(server.client("bob").data(SEAT, id.clone()).await["seat"], nothing);
    let shop = Client::new(&server.base, Some(token("shop", &[Role::Shop])));
    for client in [shop, admin(&server)] {
        let seen = client.data(SEAT, id.clone()).await;
        assert_eq!(seen["seat"]["block"]["label"], "Row of the mayor");
        assert_eq!(seen["seat"]["history"]["nodes"], json!([{ "cause": "BLOCKED" }]));
    }
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn a_seats_history_is_its_own_changes_newest_first_in_pages() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let (admin, alice) = (admin(&server), server.client("alice"));
    for _ in 0..3 {
        alice.reserve(&event, [4, 5]).await;
        alice.release(&event, [5]).await;
        alice.release(&event, [4]).await;
    }
    block(&admin, &event, [4]).await;
    let page = async |first: i32, after: &Value| {
        let variables = json!({ "id": event.seat_gid(4), "first": first, "after": after });
        admin.data(HISTORY, variables).await["seat"]["history"].take()
    };
    let whole = page(100, &Value::Null).await;
    let log = books::check(&arena, &event).await;
    let expected: Vec<_> = log.iter().rev().filter(|row| row.seat_id == 4).collect();
    let nodes = whole["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 7);
    assert!(nodes.iter().zip(&expected).all(|(node, row)| node["revision"] == row.revision));
    assert_eq!(nodes[0]["cause"], "BLOCKED");
    assert_eq!(
        (&whole["isCut"], &whole["pageInfo"]["hasNextPage"]),
        (&json!(false), &json!(false))
    );

    let (mut after, mut paged) = (Value::Null, Vec::new());
    for size in [3, 3, 1] {
        let mut found = page(3, &after).await;
        assert_eq!(found["nodes"].as_array().unwrap().len(), size);
        assert_eq!(found["isCut"], false);
        assert_eq!(found["pageInfo"]["hasNextPage"], size == 3);
        after = found["pageInfo"]["endCursor"].take();
        paged.extend(found["nodes"].as_array().unwrap().iter().cloned());
    }
    assert_eq!(&paged, nodes);
    let untouched = json!({ "id": event.seat_gid(9) });
    let history = admin.data(HISTORY, untouched).await["seat"]["history"].take();
    assert_eq!((&history["nodes"], &history["isCut"]), (&json!([]), &json!(false)));
}

#[tokio::test]
async fn a_history_says_so_where_the_log_does_not_go_on() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let (admin, alice) = (admin(&server), server.client("alice"));
    alice.reserve(&event, [1, 2]).await;
    alice.release(&event, [1, 2]).await;
    let seen = async |serial| {
        let data = admin.data(HISTORY, json!({ "id": event.seat_gid(serial) })).await;
        let history = &data["seat"]["history"];
        (history["nodes"].as_array().unwrap().len(), history["isCut"] == true)
    };
    assert_eq!(seen(1).await, (2, false));
    arena.execute("UPDATE seat_changes SET previous = NULL WHERE event_id = $1", &event).await;
    assert_eq!(seen(1).await, (1, true), "an earlier version wrote them");
    arena.execute("DELETE FROM seat_changes WHERE event_id = $1 AND revision < 4", &event).await;
    assert_eq!(seen(1).await, (0, true), "pruned");
    assert_eq!(seen(2).await, (1, true));
    assert_eq!(seen(3).await, (0, false));
    books::check_all(&arena).await;
}

/// Both wait for the event's row, in this order: they are decided in it.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_block_and_a_reservation_that_race_the_first_wins_and_the_other_is_told_why() {
    let arena = Arena::new().await;
    let event = arena.event(2).await;
    let desks = [arena.desk(1).await, arena.desk(1).await];
    let viewer = |name| ViewerId::new(name).unwrap();
    let seats = |serial| SeatSet::new(vec![event.seat(serial)]).unwrap();
    let reserve = |desk: &Arc<Desk>, serial| {
        let (desk, id) = (Arc::clone(desk), event.id);
        let reserve = Reserve { viewer: viewer("alice"), seats: seats(serial) };
        async move { submit(&desk, id, reserve).await.unwrap() }
    };
    let block = |desk: &Arc<Desk>, serial| {
        let (desk, id) = (Arc::clone(desk), event.id);
        let block = SeatBlock { reason: BlockReason::Kill, label: None };
        let block = Block { by: viewer("ann"), seats: seats(serial), block };
        async move { submit(&desk, id, block).await.unwrap() }
    };
    for (serial, is_block_first) in [(1, true), (2, false)] {
        let lock = crate::races::hold_event(&arena, &event).await;
        let mut blocking = Box::pin(block(&desks[0].0, serial));
        let mut reserving = Box::pin(reserve(&desks[1].0, serial));
        if is_block_first {
            assert!(poll_once(blocking.as_mut()).await.is_pending());
        } else {
            assert!(poll_once(reserving.as_mut()).await.is_pending());
        }
        let waiting = async |count| arena.waiting_for_locks().await >= count;
        eventually("the first waits", async || waiting(1).await).await;
        assert!(poll_once(blocking.as_mut()).await.is_pending());
        assert!(poll_once(reserving.as_mut()).await.is_pending());
        eventually("both wait", async || waiting(2).await).await;
        lock.commit().await.unwrap();
        let (blocked, reserved) = tokio::join!(blocking, reserving);
        if is_block_first {
            assert!(blocked.is_ok());
            let why = vec![(event.seat(serial), UnavailableReason::NotForSale)];
            let refused = grand_arena::domain::command::ReserveRefusal::Unavailable(why);
            assert_eq!(reserved, Err(refused));
        } else {
            assert!(reserved.is_ok());
            let why = vec![(event.seat(serial), UnavailableReason::ReservedByAnother)];
            assert_eq!(blocked, Err(why));
        }
    }
    assert_eq!(causes(&arena, &event).await, [Cause::Blocked, Cause::Reserved]);
}
