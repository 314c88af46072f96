//! Everything that can be wrong with the books, brought about with plain SQL, and the line that
//! says so.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use grand_arena::desk::Desk;
use grand_arena::domain::command::{Confirm, Release, Reserve, SeatSet};
use grand_arena::domain::{Cause, ConfirmedBy, IdempotencyKey, SeatStatus, ViewerId};
use grand_arena::store::check::{Finding, Violation};
use sqlx::AssertSqlSafe;
use strum::VariantNames as _;

use super::unknown;
use crate::harness::{Arena, Event, books, submit};

/// Which violation it is about; what breaks the books of an event; the lines that say so. `EVENT`
/// stands for the event's number.
type Case = (&'static str, &'static str, &'static [&'static str]);

/// Of an event whose past is [`history`].
const OF_SEATS_AND_LOG: &[Case] = &[
    (
        "UnreadableSeat",
        "UPDATE seats SET status = UNKNOWN_STATUS WHERE event_id = EVENT AND id IN (1, 4, 6)",
        &[
            "event EVENT, seat 1: the row cannot be read (the database holds something \
             unexpected: a status)",
            "event EVENT, seat 4: the row cannot be read (the database holds something \
             unexpected: a status)",
            "event EVENT, seat 6: the row cannot be read (the database holds something \
             unexpected: a status)",
        ],
    ),
    (
        "UnreadableChange",
        "UPDATE seat_changes SET cause = UNKNOWN_CAUSE WHERE event_id = EVENT AND revision = 9",
        &[
            "event EVENT, revision 9: the change cannot be read (the database holds something \
             unexpected: a cause of change)",
            "event EVENT, seat 5: the table differs from the log: AVAILABLE of revision 9, \
             by the log RESERVED of revision 8",
        ],
    ),
    (
        "UnreadableChange",
        "UPDATE seat_changes SET expires_at = NULL WHERE event_id = EVENT AND revision = 7",
        &[
            "event EVENT, revision 7: the change cannot be read (it lacks its end or its order)",
            "event EVENT, seat 4: the table differs from the log: RESERVED of revision 7, \
             by the log AVAILABLE of revision 0",
        ],
    ),
    (
        "MissingRevisions",
        "UPDATE seat_changes SET revision = 12 WHERE event_id = EVENT AND revision = 9;
         UPDATE seats SET revision = 12 WHERE event_id = EVENT AND id = 5;
         UPDATE events SET revision = 12 WHERE id = EVENT",
        &["event EVENT: revisions 9 to 11 are missing from the log"],
    ),
    (
        "MissingRevisions",
        "UPDATE events SET revision = 12 WHERE id = EVENT",
        &["event EVENT: revisions 10 to 12 are missing from the log"],
    ),
    (
        "BeyondRevision",
        "UPDATE events SET revision = 8 WHERE id = EVENT",
        &["event EVENT: the log has revision 9, the event only 8"],
    ),
    (
        "IllegalChange",
        "UPDATE seat_changes SET viewer = 'mallory' WHERE event_id = EVENT AND revision = 9",
        &["event EVENT, seat 5, revision 9: RELEASED cannot follow what was before"],
    ),
    (
        "ChangeOfNoSeat",
        "UPDATE seat_changes SET seat_id = 11 WHERE event_id = EVENT AND revision IN (8, 9);
         UPDATE seats SET revision = 0 WHERE event_id = EVENT AND id = 5",
        &[
            "event EVENT, revision 8: there is no seat 11",
            "event EVENT, revision 9: there is no seat 11",
        ],
    ),
    (
        "SeatDiffersFromLog",
        "UPDATE seats SET viewer = 'mallory' WHERE event_id = EVENT AND id = 4",
        &["event EVENT, seat 4: the table differs from the log: RESERVED of revision 7, \
             by the log RESERVED of revision 7"],
    ),
    (
        "OfferDiffersFromLog",
        "INSERT INTO seat_changes (event_id, revision, seat_id, cause, viewer, changed_at)
         VALUES (EVENT, 10, 8, BLOCKING, 'ann', now()), (EVENT, 11, 9, UNBLOCKING, 'ann', now());
         UPDATE seats SET revision = 10 WHERE event_id = EVENT AND id = 8;
         UPDATE seats SET revision = 11, for_sale = false WHERE event_id = EVENT AND id = 9;
         UPDATE events SET revision = 11 WHERE id = EVENT",
        &[
            "event EVENT, seat 8: it is for sale, and by the log off sale",
            "event EVENT, seat 9: it is off sale, and by the log for sale",
        ],
    ),
    (
        "WrongBlock",
        "INSERT INTO seat_changes (event_id, revision, seat_id, cause, viewer, changed_at)
         VALUES (EVENT, 10, 8, BLOCKING, 'ann', now());
         UPDATE seats SET revision = 10, for_sale = false WHERE event_id = EVENT AND id = 8;
         UPDATE events SET revision = 10 WHERE id = EVENT;
         INSERT INTO seat_blocks (event_id, seat_id, reason, blocked_by, blocked_at)
         VALUES (EVENT, 9, 'KILL', 'ann', now())",
        &[
            "event EVENT, seat 8: it is blocked, and there is no reason why",
            "event EVENT, seat 9: it is for sale, and there is a reason why it is not",
        ],
    ),
    (
        "HoldTooLong",
        "UPDATE seat_changes SET changed_at = '2040-01-01T20:00:00Z',
                                 expires_at = '2040-01-01T20:05:01Z'
          WHERE event_id = EVENT AND revision = 7;
         UPDATE seats SET expires_at = '2040-01-01T20:05:01Z' WHERE event_id = EVENT AND id = 4",
        &["event EVENT, seat 4: held from 2040-01-01 20:00:00 UTC until 2040-01-01 20:05:01 UTC, \
           the event allows 300 s"],
    ),
    (
        "HoldTooFar",
        "DELETE FROM seat_changes WHERE event_id = EVENT AND revision <= 7;
         UPDATE seats SET expires_at = '2100-01-01T20:00:00Z' WHERE event_id = EVENT AND id = 4",
        &["event EVENT, seat 4: held until 2100-01-01 20:00:00 UTC, further off than the 300 s \
           that the event allows"],
    ),
    (
        "WrongPriceList",
        "UPDATE seats SET price_version = 2 WHERE event_id = EVENT AND id IN (3, 4)",
        &[
            "event EVENT, seat 3: held or sold by price list 2, the event had 1 when its hold \
             began",
            "event EVENT, seat 4: held or sold by price list 2, the event had 1 when its hold \
             began",
        ],
    ),
    (
        "LimitExceeded",
        "UPDATE events SET max_seats_per_viewer = 1 WHERE id = EVENT",
        &["event EVENT: the holder of seat 2 has taken 2 seats, the event allows 1"],
    ),
];

const OF_ORDERS: &[Case] = &[
    (
        "SoldOutsideOrder",
        "DELETE FROM order_seats WHERE event_id = EVENT AND seat_id = 2;
         UPDATE orders SET total_minor = 5000 WHERE event_id = EVENT AND id = 3",
        &["event EVENT, seat 2: confirmed in order 3, which does not have it"],
    ),
    (
        "OrderedNotSold",
        "INSERT INTO order_seats (event_id, seat_id, order_id, price_minor)
         VALUES (EVENT, 6, 6, 0)",
        &[
            "event EVENT, order 6: seat 6 is in it and not confirmed by it",
            "event EVENT, order 6: its seats were not confirmed one after another from it",
        ],
    ),
    (
        "SeatsOfNoOrder",
        "DELETE FROM idempotency_keys WHERE event_id = EVENT AND order_id = 6;
         DELETE FROM order_codes WHERE event_id = EVENT AND order_id = 6;
         DELETE FROM orders WHERE event_id = EVENT AND id = 6",
        &["event EVENT, order 6: there are seats of it and no order"],
    ),
    (
        "EmptyOrder",
        "INSERT INTO orders (event_id, id, viewer, total_minor, currency, confirmed_at)
         VALUES (EVENT, 99, 'alice', 0, 'EUR', now());
         INSERT INTO order_codes SELECT code, event_id, id FROM orders
          WHERE event_id = EVENT AND id = 99",
        &["event EVENT, order 99: it has no seats"],
    ),
    (
        "WrongTotal",
        "UPDATE orders SET total_minor = 1 WHERE event_id = EVENT AND id = 3",
        &["event EVENT, order 3: the total is 1, the prices add up to 10000"],
    ),
    (
        "WrongPrice",
        "INSERT INTO price_lists VALUES (EVENT, 2, 5);
         INSERT INTO ticket_prices VALUES (EVENT, 1, 1, 1, 1, 'Standard', 4000);
         UPDATE seats SET price_version = 2 WHERE event_id = EVENT AND id = 4",
        &["event EVENT, order 6: seat 3 was sold for 5000, which is not what its ticket costs by \
             price list 1"],
    ),
    (
        "WrongCurrency",
        "UPDATE orders SET currency = 'USD' WHERE event_id = EVENT AND id = 6",
        &["event EVENT, order 6: it is in USD, the event in EUR"],
    ),
    (
        "WrongOwner",
        "UPDATE orders SET viewer = 'mallory' WHERE event_id = EVENT AND id = 6;
         UPDATE idempotency_keys SET viewer = 'mallory' WHERE event_id = EVENT AND order_id = 6",
        &["event EVENT, order 6: seat 3 is confirmed to another viewer"],
    ),
    (
        "WrongRevisions",
        "UPDATE orders SET id = 5 WHERE event_id = EVENT AND id = 6;
         UPDATE order_seats SET order_id = 5 WHERE event_id = EVENT AND order_id = 6;
         UPDATE order_codes SET order_id = 5 WHERE event_id = EVENT AND order_id = 6;
         UPDATE idempotency_keys SET order_id = 5 WHERE event_id = EVENT AND order_id = 6;
         UPDATE seats SET order_id = 5 WHERE event_id = EVENT AND order_id = 6;
         UPDATE seat_changes SET order_id = 5 WHERE event_id = EVENT AND order_id = 6",
        &["event EVENT, order 5: its seats were not confirmed one after another from it"],
    ),
    (
        "CodeWithoutOrder",
        "INSERT INTO order_codes VALUES ('0000000000', EVENT, 98)",
        &["event EVENT, order 98: a code stands for it that is none of its own"],
    ),
    (
        "OrderWithoutCode",
        "UPDATE orders SET code = '0000000001' WHERE event_id = EVENT AND id = 6",
        &[
            "event EVENT, order 6: a code stands for it that is none of its own",
            "event EVENT, order 6: its code does not lead to it",
        ],
    ),
    (
        "KeyWithoutOrder",
        "UPDATE idempotency_keys SET order_id = 99 WHERE event_id = EVENT AND order_id = 6",
        &["event EVENT, idempotency key \"bob's\": it leads to no order 99 of its viewer"],
    ),
    (
        "KeyWithoutOrder",
        "UPDATE idempotency_keys SET viewer = 'mallory' WHERE event_id = EVENT AND order_id = 3",
        &["event EVENT, idempotency key \"alice's\": it leads to no order 3 of its viewer"],
    ),
    (
        "TooManyKeys",
        "INSERT INTO idempotency_keys (event_id, viewer, key, order_id, created_at)
         SELECT EVENT, 'bob', 'more-' || n, 6, now() FROM generate_series(1, 10) AS n",
        &["event EVENT, order 6: 11 idempotency keys lead to it, at most 10 may"],
    ),
    (
        "NoSuchEvent",
        "DELETE FROM events WHERE id = EVENT;
         INSERT INTO webhook_cursors (webhook_id, event_id, revision, version)
         VALUES (EVENT, EVENT, 1, 1)",
        &[
            "table event_slugs: rows of event EVENT, which does not exist",
            "table seats: rows of event EVENT, which does not exist",
            "table seat_changes: rows of event EVENT, which does not exist",
            "table orders: rows of event EVENT, which does not exist",
            "table order_codes: rows of event EVENT, which does not exist",
            "table order_seats: rows of event EVENT, which does not exist",
            "table idempotency_keys: rows of event EVENT, which does not exist",
            "table seats_let_go: rows of event EVENT, which does not exist",
            "table seat_runs: rows of event EVENT, which does not exist",
            "table webhook_cursors: rows of event EVENT, which does not exist",
        ],
    ),
];

/// Nine changes: alice buys seats 1 and 2 (order 3), bob seat 3 (order 6), carol holds seat 4, and
/// dave has given back seat 5.
async fn history(desk: &Desk, event: &Event) {
    let seats = |serials: &[i32]| {
        SeatSet::new(serials.iter().map(|&serial| event.seat(serial)).collect()).unwrap()
    };
    let viewer = |name| ViewerId::new(name).unwrap();
    for (name, serials, is_bought) in [
        ("alice", &[1, 2][..], true),
        ("bob", &[3], true),
        ("carol", &[4], false),
        ("dave", &[5], false),
    ] {
        let reserve = Reserve { viewer: viewer(name), seats: seats(serials) };
        submit(desk, event.id, reserve).await.unwrap().unwrap();
        if is_bought {
            let key = IdempotencyKey::new(format!("{name}'s")).unwrap();
            let confirm = Confirm {
                viewer: viewer(name),
                asked_by: ConfirmedBy::Buyer,
                seats: seats(serials),
                chosen: BTreeMap::new(),
                key,
                payment_reference: None,
                expected_total: None,
            };
            submit(desk, event.id, confirm).await.unwrap().unwrap();
        }
    }
    let release = Release { viewer: viewer("dave"), seats: seats(&[5]) };
    submit(desk, event.id, release).await.unwrap().unwrap();
}

/// Which event a line is about.
fn event_of(line: &str) -> i64 {
    let after = line.split_once("event ").unwrap().1;
    let digits = after.find(|character: char| !character.is_ascii_digit()).unwrap();
    after[..digits].parse().unwrap()
}

/// What the tables themselves keep out is let in, so that the check is what finds it.
const WITHOUT_CONSTRAINTS: &str = "DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT conrelid::regclass AS table, conname FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND contype IN ('f', 'c')
    LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.table, one.conname); END LOOP;
END $$";

#[test]
fn every_violation_has_a_case() {
    let has_case =
        |name: &&str| OF_SEATS_AND_LOG.iter().chain(OF_ORDERS).any(|case| case.0 == *name);
    let without: Vec<_> = Violation::VARIANTS.iter().filter(|name| !has_case(name)).collect();
    assert!(without.is_empty(), "violations that no case brings about: {without:?}");
}

#[tokio::test]
async fn a_row_of_no_event_is_kept_out_by_the_table_or_found_by_the_check() {
    /// Tables of events that no foreign key ties to them.
    const UNTIED: &str = "SELECT attrelid::regclass::text FROM pg_attribute
         JOIN pg_class ON pg_class.oid = attrelid AND relkind IN ('r', 'p')
        WHERE relnamespace = 'public'::regnamespace AND attname = 'event_id' AND attnotnull
          AND NOT EXISTS (
            SELECT FROM pg_constraint WHERE conrelid = attrelid AND contype = 'f'
               AND confrelid = 'events'::regclass)
        ORDER BY 1";
    let arena = Arena::new().await;
    let untied: Vec<String> = sqlx::query_scalar(UNTIED).fetch_all(&arena.sql).await.unwrap();
    let (_, _, lines) = OF_ORDERS.iter().find(|case| case.0 == "NoSuchEvent").unwrap();
    let table = |line: &&str| line.split([' ', ':']).nth(1).unwrap().to_owned();
    let mut found: Vec<_> = lines.iter().map(table).collect();
    found.sort();
    assert_eq!(untied, found);
}

#[tokio::test]
async fn a_check_ends_when_nobody_wants_to_hear_more() {
    let arena = Arena::new().await;
    let (desk, _tasks) = arena.desk(2).await;
    for _ in 0..2 {
        let event = arena.event(10).await;
        history(&desk, &event).await;
        arena.execute("UPDATE orders SET total_minor = 1 WHERE event_id = $1", &event).await;
    }
    let mut told = 0;
    let mut tell = |finding| match finding {
        Finding::Violation(_) => {
            told += 1;
            ControlFlow::Break(())
        }
        Finding::Progress(_) => ControlFlow::Continue(()),
    };
    let summary = arena.store.check(&mut tell).await.unwrap();
    assert_eq!((told, summary.verified), (1, 1));
}

#[tokio::test]
async fn the_check_finds_everything_that_can_be_wrong_and_says_so_in_a_line() {
    let arena = Arena::new().await;
    let (desk, _tasks) = arena.desk(2).await;
    let mut broken = Vec::new();
    for case in OF_SEATS_AND_LOG.iter().chain(OF_ORDERS) {
        let event = arena.event(10).await;
        history(&desk, &event).await;
        broken.push((event, case));
    }
    let sound = arena.event(10).await;
    history(&desk, &sound).await;
    books::check(&arena, &sound).await;
    // The lines name orders.
    books::number_orders_as_before(&arena).await;

    sqlx::raw_sql(WITHOUT_CONSTRAINTS).execute(&arena.sql).await.unwrap();
    let status = unknown(0, SeatStatus::from_code).to_string();
    let cause = unknown(1, Cause::from_code).to_string();
    for (event, (_, statements, _)) in &broken {
        let statements = statements.replace("EVENT", &event.id.0.to_string());
        let statements = statements.replace("UNKNOWN_STATUS", &status);
        let statements = statements.replace("UNKNOWN_CAUSE", &cause);
        let statements = statements.replace("UNBLOCKING", &Cause::Unblocked.code().to_string());
        let statements = statements.replace("BLOCKING", &Cause::Blocked.code().to_string());
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&arena.sql).await.unwrap();
    }
    let mut found: BTreeMap<i64, Vec<(&str, String)>> = BTreeMap::new();
    let mut tell = |finding| {
        if let Finding::Violation(violation) = finding {
            let line = violation.to_string();
            found.entry(event_of(&line)).or_default().push((violation.into(), line));
        }
        ControlFlow::Continue(())
    };
    arena.store.check(&mut tell).await.unwrap();
    assert_eq!(found.remove(&sound.id.0), None, "an event whose neighbours are broken");
    for (event, (violation, statements, lines)) in broken {
        let found = found.remove(&event.id.0).unwrap_or_default();
        let (names, found): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let lines = lines.iter().map(|line| line.replace("EVENT", &event.id.0.to_string()));
        assert_eq!(found, lines.collect::<Vec<_>>(), "{statements}");
        assert!(names.contains(violation), "{violation} is among {names:?}");
    }
    assert!(found.is_empty(), "{found:?}");
}
