//! What reserving, confirming and releasing seats promises.

use chrono::{DateTime, TimeDelta};
use grand_arena::domain::Cause;
use serde_json::{Value, json};

use crate::harness::client::{CONFIRM, RELEASE, RESERVE, kind, reasons};
use crate::harness::{Arena, Client, books};

#[tokio::test]
async fn a_reserved_seat_is_held_for_its_viewer_and_nobody_else() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));

    let granted = alice.reserve(&event, [1, 2]).await;
    assert_eq!(kind(&granted), "ReserveSeatsSuccess");
    assert_eq!(granted["revision"], 2);
    assert_eq!(granted["seats"][0]["status"], "RESERVED");
    assert_eq!(granted["seats"][0]["heldByMe"], true);

    let refused = bob.reserve(&event, [2, 3]).await;
    assert_eq!(kind(&refused), "SeatsUnavailable");
    assert_eq!(
        refused["seats"],
        json!([{ "seatId": event.seat_gid(2), "reason": "RESERVED_BY_ANOTHER" }])
    );
    assert_eq!(bob.status(&event, 3).await, "AVAILABLE", "all or nothing");
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn reserving_again_succeeds_and_does_not_restart_the_timer() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let alice = server.client("alice");

    let first = alice.reserve(&event, [1, 2]).await;
    let again = alice.reserve(&event, [2, 1, 2]).await;
    assert_eq!(again["expiresAt"], first["expiresAt"]);
    assert_eq!(again["seats"], first["seats"]);
    assert_eq!(again["revision"], first["revision"]);

    let more = alice.reserve(&event, [1, 2, 3]).await;
    assert_eq!(more["expiresAt"], first["expiresAt"], "the first of the holds runs out as before");
    assert_eq!(more["revision"], 3, "only the third seat changed");
    assert_eq!(books::check(&arena, &event).await.len(), 3);
}

#[tokio::test]
async fn a_hold_that_ran_out_is_gone_for_everybody_although_no_cleaner_has_been_by() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    alice.reserve(&event, [1, 2, 3]).await;
    arena.lapse(&event).await;

    assert_eq!(alice.status(&event, 1).await, "AVAILABLE");
    let query = "query ($event: ID!) {
        event(id: $event) { availability { available reserved confirmed } }
        free: seats(eventId: $event, filter: { status: AVAILABLE }) { edges { node { id } } }
        held: seats(eventId: $event, filter: { status: RESERVED }) { edges { node { id } } }
        seatMap(eventId: $event) { seats { status heldByMe reservationExpiresAt } }
        viewer { reservations(eventId: $event) { id } } }";
    let data = alice.data(query, json!({ "event": event.gid })).await;
    assert_eq!(
        data["event"]["availability"],
        json!({ "available": 20, "reserved": 0, "confirmed": 0 })
    );
    assert_eq!(data["free"]["edges"].as_array().unwrap().len(), 20);
    assert_eq!(data["held"]["edges"], json!([]));
    let free = json!({ "status": "AVAILABLE", "heldByMe": false, "reservationExpiresAt": null });
    assert_eq!(data["seatMap"]["seats"][0], free);
    assert_eq!(data["viewer"]["reservations"], json!([]));

    let late = alice.confirm(&event, [1, 2], "late").await;
    assert_eq!(reasons(&late), ["HOLD_EXPIRED", "HOLD_EXPIRED"]);
    assert_eq!(reasons(&alice.release(&event, [3]).await), ["HOLD_EXPIRED"]);
    assert_eq!(kind(&bob.reserve(&event, [1]).await), "ReserveSeatsSuccess");
    assert_eq!(
        reasons(&alice.confirm(&event, [1, 2], "late").await),
        ["HELD_BY_ANOTHER", "HOLD_EXPIRED"]
    );
    assert_eq!(
        kind(&alice.reserve(&event, [2]).await),
        "ReserveSeatsSuccess",
        "a new hold, with a new timer"
    );
    let log = books::check(&arena, &event).await;
    let story: Vec<_> = log[3..].iter().map(|row| (row.seat_id, row.cause)).collect();
    let anew = [Cause::Expired, Cause::Reserved];
    let expected = [1, 2].into_iter().flat_map(|seat| anew.map(|cause| (seat, cause)));
    assert_eq!(story, expected.collect::<Vec<_>>(), "expired, then reserved anew");
}

#[tokio::test]
async fn a_confirmation_makes_one_order_however_often_it_is_repeated() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    alice.reserve(&event, [9, 10, 11]).await;

    let seats = event.seat_gids([10, 9]);
    let input = json!({ "eventId": event.gid, "seatIds": seats, "idempotencyKey": "one",
        "paymentReference": "pi_123" });
    let first = alice.data(CONFIRM, json!({ "input": input })).await["confirmSeats"].take();
    assert_eq!((&first["created"], &first["replayed"]), (&json!(true), &json!(false)));
    let total = json!({ "amountMinor": 7500, "currency": "EUR", "fractionDigits": 2 });
    assert_eq!(first["order"]["total"], total);
    assert_eq!(first["order"]["paymentReference"], "pi_123");
    assert_eq!(first["revision"], 5);

    let again = alice.confirm(&event, [9, 10], "one").await;
    assert_eq!((&again["created"], &again["order"]), (&json!(false), &first["order"]));
    assert_eq!(again["revision"], 5);
    assert_eq!(kind(&alice.confirm(&event, [11], "one").await), "IdempotencyKeyReused");

    let other_key = alice.confirm(&event, [9, 10], "two").await;
    assert_eq!((&other_key["created"], &other_key["order"]), (&json!(false), &first["order"]));
    let other_key = alice.confirm(&event, [9, 10], "two").await;
    assert_eq!((&other_key["created"], &other_key["order"]), (&json!(false), &first["order"]));
    assert_eq!(kind(&alice.confirm(&event, [11], "two").await), "IdempotencyKeyReused");

    assert_eq!(reasons(&alice.confirm(&event, [9, 11], "three").await), ["ALREADY_CONFIRMED"]);
    assert_eq!(
        reasons(&bob.confirm(&event, [9, 10, 11, 12], "one").await),
        ["CONFIRMED_TO_ANOTHER", "CONFIRMED_TO_ANOTHER", "HELD_BY_ANOTHER", "NEVER_HELD"]
    );
    assert_eq!(
        kind(&alice.confirm(&event, [11], "three").await),
        "ConfirmSeatsSuccess",
        "a refused key is free"
    );
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn an_idempotency_key_belongs_to_one_viewer_and_one_event() {
    let arena = Arena::new().await;
    let (event, other) = (arena.event(20).await, arena.event(20).await);
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    alice.reserve(&event, [1]).await;
    alice.reserve(&other, [1]).await;
    bob.reserve(&event, [2]).await;
    for (client, event, seat) in [(&alice, &event, 1), (&alice, &other, 1), (&bob, &event, 2)] {
        assert_eq!(client.confirm(event, [seat], "the same key").await["created"], true);
    }
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn a_released_seat_is_free_at_once_and_only_its_holder_can_release_it() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    alice.reserve(&event, [1, 2]).await;

    assert_eq!(reasons(&bob.release(&event, [1, 3]).await), ["HELD_BY_ANOTHER", "NEVER_HELD"]);
    assert_eq!(reasons(&alice.release(&event, [1, 3]).await), ["NEVER_HELD"], "all or nothing");
    let released = alice.release(&event, [1]).await;
    assert_eq!(
        (&released["seats"][0]["status"], &released["revision"]),
        (&json!("AVAILABLE"), &json!(3))
    );
    assert_eq!(kind(&bob.reserve(&event, [1]).await), "ReserveSeatsSuccess");
    alice.confirm(&event, [2], "key").await;
    assert_eq!(
        reasons(&alice.release(&event, [2]).await),
        ["ALREADY_CONFIRMED"],
        "a sale is final"
    );
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn a_refusal_names_every_seat_in_the_way_and_why() {
    let arena = Arena::new().await;
    let (event, other) = (arena.event(20).await, arena.event(20).await);
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    alice.reserve(&event, [1, 2]).await;
    alice.confirm(&event, [2], "key").await;
    arena.execute("UPDATE seats SET for_sale = false WHERE event_id = $1 AND id = 3", &event).await;

    let mut ids = event.seat_gids([1, 2, 3, 4, 999]);
    ids.push(other.seat_gid(4));
    let input = json!({ "eventId": event.gid, "seatIds": ids });
    let refused = bob.data(RESERVE, json!({ "input": input })).await["reserveSeats"].take();
    let named: Vec<_> =
        refused["seats"].as_array().unwrap().iter().map(|seat| &seat["seatId"]).collect();
    assert_eq!(
        named,
        [&ids[0], &ids[1], &ids[2], &ids[4], &ids[5]]
            .map(|id| json!(id))
            .iter()
            .collect::<Vec<_>>()
    );
    assert_eq!(
        reasons(&refused),
        ["RESERVED_BY_ANOTHER", "CONFIRMED", "NOT_FOR_SALE", "NOT_FOUND", "NOT_FOUND"]
    );
    assert_eq!(reasons(&bob.confirm(&event, [999], "key").await), ["NOT_FOUND"]);
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn what_is_no_id_of_a_seat_is_refused_as_it_was_given_and_with_all_others() {
    const REFUSED: &str = "mutation ($input: ReserveSeatsInput!) { reserveSeats(input: $input) {
        ... on SeatsUnavailable { seats { seatId reason seat { label } } } } }";
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    alice.reserve(&event, [2]).await;
    let taken = event.seat_gid(2);
    let ids = ["junk", &event.gid, &taken, "", "junk", &event.seat_gid(1)];
    let input = json!({ "input": { "eventId": event.slug, "seatIds": ids } });

    let refused = bob.data(REFUSED, input.clone()).await["reserveSeats"].take();
    let mut told: Vec<_> = refused["seats"].as_array().unwrap().iter().collect();
    told.sort_by_key(|seat| ids.iter().position(|id| seat["seatId"] == **id));
    let nothing = |id: &str| json!({ "seatId": id, "reason": "NOT_FOUND", "seat": null });
    let held = json!({ "seatId": taken, "reason": "RESERVED_BY_ANOTHER",
        "seat": { "label": "Section 101, row 1, seat 2" } });
    let expected = [nothing("junk"), nothing(&event.gid), held, nothing("")];
    assert_eq!(told, expected.iter().collect::<Vec<_>>());
    let not_held = bob.data(RELEASE, input).await["releaseSeats"].take();
    let mut reasons = reasons(&not_held);
    reasons.sort_unstable();
    assert_eq!(reasons, ["HELD_BY_ANOTHER", "NEVER_HELD", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]);
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn the_limit_per_viewer_counts_holds_and_orders_together() {
    let arena = Arena::new().await;
    let event = arena.event_with(20, |event| event.max_seats_per_viewer = Some(4)).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    let remaining = async |event: &str| {
        const REMAINING: &str = "query ($id: ID!) { viewer { remainingAllowance(eventId: $id) } }";
        let mut viewer = alice.data(REMAINING, json!({ "id": event })).await["viewer"].take();
        viewer["remainingAllowance"].take()
    };
    assert_eq!(remaining(&event.gid).await, 4);
    alice.reserve(&event, [1, 2]).await;
    alice.confirm(&event, [1, 2], "key").await;
    alice.reserve(&event, [3]).await;
    assert_eq!(remaining(&event.slug).await, 1);
    assert_eq!(remaining(&arena.event(1).await.gid).await, Value::Null, "there is no limit");

    let refused = alice.reserve(&event, [3, 4, 5]).await;
    assert_eq!(kind(&refused), "SeatLimitExceeded");
    assert_eq!(
        (&refused["limit"], &refused["held"], &refused["requested"]),
        (&json!(4), &json!(3), &json!(2))
    );
    assert_eq!(kind(&alice.reserve(&event, [4]).await), "ReserveSeatsSuccess");
    assert_eq!(
        kind(&alice.reserve(&event, [3, 4]).await),
        "ReserveSeatsSuccess",
        "asking again asks for nothing more"
    );
    arena.lapse(&event).await;
    assert_eq!(
        kind(&alice.reserve(&event, [5, 6]).await),
        "ReserveSeatsSuccess",
        "holds that ran out do not count"
    );
    assert_eq!(remaining(&event.gid).await, 0);
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn seats_are_reserved_within_the_sales_window_only_and_confirmed_after_it_too() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    arena
        .execute(
            "UPDATE events SET sales_open_at = now() + interval '1 hour' WHERE id = $1",
            &event,
        )
        .await;
    let early = alice.reserve(&event, [1]).await;
    assert_eq!(kind(&early), "SalesClosed");
    assert!(early["opensAt"].is_string() && early["closedAt"].is_null(), "{early}");

    arena
        .execute(
            "UPDATE events SET sales_open_at = now() - interval '1 hour' WHERE id = $1",
            &event,
        )
        .await;
    assert_eq!(kind(&alice.reserve(&event, [1]).await), "ReserveSeatsSuccess");

    arena
        .execute(
            "UPDATE events SET sales_close_at = now() - interval '1 minute' WHERE id = $1",
            &event,
        )
        .await;
    let late = alice.reserve(&event, [1, 2]).await;
    assert_eq!(kind(&late), "SalesClosed");
    assert!(late["opensAt"].is_null() && late["closedAt"].is_string(), "{late}");
    assert_eq!(
        kind(&alice.reserve(&event, [1]).await),
        "ReserveSeatsSuccess",
        "what is held stays held"
    );
    assert_eq!(kind(&alice.confirm(&event, [1], "key").await), "ConfirmSeatsSuccess");
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn bad_input_is_answered_with_a_code_and_what_is_allowed() {
    let arena = Arena::new().await;
    let event = arena.event(200).await;
    let server = arena.server().await;
    let (alice, stranger) = (server.client("alice"), server.stranger());
    let seats = |ids: Vec<String>| json!({ "input": { "eventId": event.gid, "seatIds": ids } });
    let confirm = |key: String, reference: Option<String>| {
        json!({ "input": { "eventId": event.gid,
        "seatIds": [event.seat_gid(1)], "idempotencyKey": key, "paymentReference": reference } })
    };
    let no_slug = json!({ "input": { "eventId": "No slug", "seatIds": [event.seat_gid(1)] } });
    let no_event =
        json!({ "input": { "eventId": "RXZlbnQ6OTk5", "seatIds": [event.seat_gid(1)] } });

    let cases: Vec<(&str, &Client, &str, Value, &str)> = vec![
        ("no seats", &alice, RESERVE, seats(vec![]), "BAD_USER_INPUT"),
        ("101 seats", &alice, RESERVE, seats(event.seat_gids(1..=101)), "BAD_USER_INPUT"),
        ("no ids of events", &alice, RESERVE, no_slug, "NOT_FOUND"),
        ("no such event", &alice, RESERVE, no_event, "NOT_FOUND"),
        ("nobody asks", &stranger, RESERVE, seats(event.seat_gids([1])), "UNAUTHENTICATED"),
        ("an empty key", &alice, CONFIRM, confirm(String::new(), None), "BAD_USER_INPUT"),
        ("a long key", &alice, CONFIRM, confirm("é".repeat(256), None), "BAD_USER_INPUT"),
        ("a key with NUL", &alice, CONFIRM, confirm("a\0b".to_owned(), None), "BAD_USER_INPUT"),
        (
            "a key that turns the direction",
            &alice,
            CONFIRM,
            confirm("\u{202e}yek".to_owned(), None),
            "BAD_USER_INPUT",
        ),
        (
            "a reference that turns the direction",
            &alice,
            CONFIRM,
            confirm("k".to_owned(), Some("71\u{202e}yap".to_owned())),
            "BAD_USER_INPUT",
        ),
        (
            "an empty reference",
            &alice,
            CONFIRM,
            confirm("k".to_owned(), Some(String::new())),
            "BAD_USER_INPUT",
        ),
    ];
    for (what, client, query, variables, code) in cases {
        assert_eq!(client.code(query, variables).await, code, "{what}");
    }

    assert_eq!(
        kind(&alice.reserve(&event, 1..=100).await),
        "ReserveSeatsSuccess",
        "100 seats are allowed"
    );
    let key = "é".repeat(255);
    assert_eq!(
        kind(&alice.confirm(&event, [1], &key).await),
        "ConfirmSeatsSuccess",
        "255 characters are allowed"
    );
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn sales_close_when_the_event_starts_unless_it_says_otherwise() {
    let arena = Arena::new().await;
    let long_ago = DateTime::UNIX_EPOCH + TimeDelta::days(18_000);
    let begun = arena.event_with(5, |event| event.starts_at = long_ago).await;
    let late_comers = arena
        .event_with(5, |event| {
            event.starts_at = long_ago;
            event.sales_close_at = Some(DateTime::UNIX_EPOCH + TimeDelta::days(40_000));
        })
        .await;
    let server = arena.server().await;
    let alice = server.client("alice");
    const CLOSE: &str = "query ($id: ID!) { event(id: $id) { startsAt salesCloseAt } }";
    let event = &alice.data(CLOSE, json!({ "id": begun.gid })).await["event"];
    assert_eq!(event["salesCloseAt"], event["startsAt"]);
    let refused = alice.reserve(&begun, [1]).await;
    assert_eq!((kind(&refused), &refused["closedAt"]), ("SalesClosed", &event["startsAt"]));
    assert_eq!(kind(&alice.reserve(&late_comers, [1]).await), "ReserveSeatsSuccess");
    books::check_all(&arena).await;
}
