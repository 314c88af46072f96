//! The books: what a change writes, which numbers the tables admit, and the check that finds what
//! is wrong.

mod violations;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use grand_arena::domain::ledger::Closing;
use grand_arena::domain::seat::Seat;
use grand_arena::domain::{
    Cause, Change, ConfirmedBy, EventId, EventStage, Mark, OrderId, Revision, SeatId, SeatState,
    SeatStatus, ViewerId,
};
use grand_arena::pruner::Pruner;
use grand_arena::store::StoreError;
use grand_arena::store::booking::write_changes;
use grand_arena::store::check::Summary;
use grand_arena::store::retention::Retention;
use sea_orm::{DatabaseConnection, SqlxPostgresConnector};
use serde_json::json;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres};

use crate::harness::client::{kind, reasons};
use crate::harness::{Arena, Event, all_at_once, books, eventually};

/// What has happened to a seat before: each way there is to each status.
const PASTS: [&[Cause]; 6] = [
    &[],
    &[Cause::Reserved],
    &[Cause::Reserved, Cause::Released],
    &[Cause::Reserved, Cause::Expired],
    &[Cause::Reserved, Cause::Confirmed],
    &[Cause::Reserved, Cause::Extended],
];

/// Writes changes as a booking does, whether or not they are legal.
struct Writer {
    connection: DatabaseConnection,
    event: EventId,
    revision: Revision,
    /// Each seat's last change and whose it was, and when the last hold on it ends.
    last: HashMap<SeatId, (Revision, Option<ViewerId>, DateTime<Utc>)>,
}

impl Writer {
    fn new(arena: &Arena, event: &Event) -> Self {
        let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(arena.sql.clone());
        let (revision, last) = (Revision::ZERO, HashMap::new());
        Self { connection, event: event.id, revision, last }
    }

    /// The next changes of a seat, all written by one statement.
    async fn write(
        &mut self,
        seat: SeatId,
        viewer: &str,
        causes: &[Cause],
    ) -> Result<Vec<Change>, StoreError> {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let last = self.last.entry(seat).or_insert((Revision::ZERO, None, now));
        let changes =
            (self.revision.0 + 1..).map(Revision).zip(causes).map(|(revision, &cause)| {
                let order = OrderId { event: self.event, number: revision.0 };
                let until = match cause {
                    Cause::Claimed => last.2,
                    Cause::Extended => now + TimeDelta::seconds(360),
                    _ => now + TimeDelta::seconds(300),
                };
                let viewer = ViewerId::new(viewer).unwrap();
                let next = (revision, Some(viewer.clone()), until);
                let (previous, former, _) = std::mem::replace(last, next);
                let changes_hands = matches!(cause, Cause::Claimed | Cause::Transferred);
                Change {
                    revision,
                    seat,
                    previous: Some(previous),
                    cause,
                    viewer,
                    expires_at: (cause.status() == SeatStatus::Reserved).then_some(until),
                    order: (cause.status() == SeatStatus::Confirmed).then_some(order),
                    former: former.filter(|_| changes_hands),
                    changed_at: now,
                    mark: Some(Mark(1)),
                }
            });
        let closing = Closing { changes: changes.collect(), ..Closing::default() };
        write_changes(&self.connection, self.event, &closing, now).await?;
        self.revision = closing.revision().unwrap_or(self.revision);
        Ok(closing.changes)
    }
}

async fn seat(arena: &Arena, seat: SeatId) -> Seat {
    arena.store.seats(&[seat]).await.unwrap().remove(0).seat
}

async fn logged_after(arena: &Arena, event: EventId, revision: Revision) -> Vec<Change> {
    arena.store.changes_after(event, revision, 100).await.unwrap()
}

/// The SQL that writes a change into the seat's row agrees with the rules that say what the seat is
/// after it; and whatever it is asked to do, what is sold stays sold.
#[tokio::test]
async fn every_change_of_every_seat_is_written_as_the_rules_fold_it_and_a_sale_is_final() {
    let arena = Arena::new().await;
    let event = arena.event(PASTS.len() * Cause::ALL.len()).await;
    let mut writer = Writer::new(&arena, &event);
    let cases = PASTS.iter().flat_map(|past| Cause::ALL.iter().map(move |&cause| (*past, cause)));
    let mut statuses = Vec::new();
    for (serial, (past, cause)) in (1..).zip(cases) {
        let id = event.seat(serial);
        if !past.is_empty() {
            writer.write(id, "alice", past).await.unwrap();
        }
        let (before, revision) = (seat(&arena, id).await, writer.revision);
        let written = writer.write(id, "bob", &[cause]).await;
        let (after, logged) =
            (seat(&arena, id).await, logged_after(&arena, event.id, revision).await);
        if matches!(before.state, SeatState::Confirmed(_)) {
            assert!(matches!(written, Err(StoreError::Refused(_))), "{past:?} {cause:?}");
            assert_eq!((after, logged), (before, vec![]), "{past:?} {cause:?}: nothing of it");
        } else {
            let written = written.unwrap();
            let [change] = &written[..] else { panic!("{written:?}") };
            let (state, revision) = (change.state(Some(&before.state)).unwrap(), change.revision);
            assert_eq!(after, Seat { state, revision, ..before }, "{past:?} {cause:?}");
            assert_eq!(logged, written, "{past:?} {cause:?}");
        }
        statuses.push(past.last().map_or(SeatStatus::Available, |cause| cause.status()));
    }
    for status in SeatStatus::ALL {
        assert!(statuses.contains(status), "{status:?} is among what was there before");
    }
}

#[tokio::test]
async fn of_several_changes_of_a_seat_that_are_written_together_the_last_one_stays() {
    let arena = Arena::new().await;
    let event = arena.event(4).await;
    let mut writer = Writer::new(&arena, &event);
    let together = [
        &[Cause::Reserved, Cause::Released][..],
        &[Cause::Reserved, Cause::Expired, Cause::Reserved],
        &[Cause::Reserved, Cause::Extended],
        &[Cause::Reserved, Cause::Confirmed],
    ];
    for (serial, causes) in (1..).zip(together) {
        let written = writer.write(event.seat(serial), "alice", causes).await.unwrap();
        let last = written.last().unwrap();
        let after = seat(&arena, event.seat(serial)).await;
        assert_eq!((Some(after.state), after.revision), (last.state(None), last.revision));
    }
    let causes: Vec<_> = together.concat();
    let logged = logged_after(&arena, event.id, Revision::ZERO).await;
    assert_eq!(logged.iter().map(|change| change.cause).collect::<Vec<_>>(), causes);
}

/// The first number, from `start` on, that stands for nothing.
fn unknown<T>(start: i16, from_code: fn(i16) -> Option<T>) -> i16 {
    (start..).find(|&code| from_code(code).is_none()).unwrap()
}

/// Viewer, end and order, as any row has them that the tables admit.
type Columns = (Option<&'static str>, Option<DateTime<Utc>>, Option<i64>);

const FILLED: [Columns; 3] = [
    (None, None, None),
    (Some("alice"), Some(DateTime::UNIX_EPOCH), None),
    (Some("alice"), None, Some(1)),
];

type Statement = Query<'static, Postgres, PgArguments>;

/// The numbers from -1 to 10 that a table takes, however the other columns are filled. It refuses
/// the others by this constraint.
async fn admitted(
    arena: &Arena,
    constraint: &str,
    statement: impl Fn(i16, Columns) -> Statement,
) -> Vec<i16> {
    let mut admitted = Vec::new();
    for code in -1..=20 {
        let mut is_admitted = false;
        for columns in FILLED {
            match statement(code, columns).execute(&arena.sql).await {
                Ok(_) => is_admitted = true,
                Err(sqlx::Error::Database(error)) => {
                    assert_eq!(error.constraint(), Some(constraint), "{code} {columns:?}");
                }
                Err(error) => panic!("{error}"),
            }
        }
        if is_admitted {
            admitted.push(code);
        }
    }
    admitted
}

#[tokio::test]
async fn the_tables_admit_the_numbers_that_stand_for_something_and_no_others() {
    let arena = Arena::new().await;
    let event = arena.event(1).await;
    let id = event.id.0;
    let statuses = admitted(&arena, "seats_state", |code, (viewer, expires_at, order)| {
        let update = "UPDATE seats SET status = $2, viewer = $3, expires_at = $4, order_id = $5
                       WHERE event_id = $1";
        sqlx::query(update).bind(id).bind(code).bind(viewer).bind(expires_at).bind(order)
    });
    let known: Vec<_> = SeatStatus::ALL.iter().map(|status| status.code()).collect();
    assert_eq!(statuses.await, known);
    let causes = admitted(&arena, "seat_changes_cause", |code, (_, expires_at, order)| {
        let insert = "INSERT INTO seat_changes (event_id, revision, seat_id, cause, viewer,
                                                expires_at, order_id, changed_at)
                      SELECT $1, 1 + count(*), 1, $2, 'alice', $3, $4, now() FROM seat_changes";
        sqlx::query(insert).bind(id).bind(code).bind(expires_at).bind(order)
    });
    let known: Vec<_> = Cause::ALL.iter().map(|cause| cause.code()).collect();
    assert_eq!(causes.await, known);
    let confirmers = admitted(&arena, "events_confirmed_by", |code, _| {
        sqlx::query("UPDATE events SET confirmed_by = $2 WHERE id = $1").bind(id).bind(code)
    });
    let known: Vec<_> = ConfirmedBy::ALL.iter().map(|who| who.code()).collect();
    assert_eq!(confirmers.await, known);
    let stages = admitted(&arena, "events_stage", |code, _| {
        sqlx::query("UPDATE events SET stage = $2 WHERE id = $1").bind(id).bind(code)
    });
    let known: Vec<_> = EventStage::ALL.iter().map(|stage| stage.code()).collect();
    assert_eq!(stages.await, known);
}

/// Neither is taken for something else where the tables do not keep it out, as before a migration.
#[tokio::test]
async fn a_row_with_a_number_that_stands_for_nothing_is_not_read() {
    let arena = Arena::new().await;
    let event = arena.event(1).await;
    let mut writer = Writer::new(&arena, &event);
    writer.write(event.seat(1), "alice", &[Cause::Reserved]).await.unwrap();
    let (status, cause) = (unknown(0, SeatStatus::from_code), unknown(1, Cause::from_code));
    let confirmer = unknown(1, ConfirmedBy::from_code);
    for (table, constraint, column, number) in [
        ("seats", "seats_state", "status", status),
        ("seat_changes", "seat_changes_cause", "cause", cause),
        ("events", "events_confirmed_by", "confirmed_by", confirmer),
    ] {
        let update = format!("UPDATE {table} SET {column} = $1");
        let update = || sqlx::query(AssertSqlSafe(update.clone())).bind(number);
        let error = update().execute(&arena.sql).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().constraint(), Some(constraint));
        let drop = format!("ALTER TABLE {table} DROP CONSTRAINT {constraint}");
        sqlx::query(AssertSqlSafe(drop)).execute(&arena.sql).await.unwrap();
        update().execute(&arena.sql).await.unwrap();
    }
    let seats = arena.store.seats(&[event.seat(1)]).await.map(drop);
    assert!(matches!(seats, Err(StoreError::Corrupt("a status"))), "{seats:?}");
    let changes = arena.store.changes_after(event.id, Revision::ZERO, 10).await;
    assert!(matches!(changes, Err(StoreError::Corrupt("a cause of change"))), "{changes:?}");
    let events = arena.store.events(&[event.id]).await;
    assert!(matches!(events, Err(StoreError::Corrupt("who confirms"))), "{events:?}");
}

#[tokio::test]
async fn a_held_seat_that_goes_off_sale_stays_held_and_can_be_bought() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    alice.reserve(&event, [1, 2]).await;
    arena.execute("UPDATE seats SET for_sale = false WHERE event_id = $1", &event).await;

    assert_eq!(alice.status(&event, 1).await, "RESERVED");
    assert_eq!(reasons(&bob.reserve(&event, [1, 3]).await)[1], "NOT_FOR_SALE");
    assert_eq!(kind(&alice.confirm(&event, [1], "key").await), "ConfirmSeatsSuccess");
    assert_eq!(alice.status(&event, 1).await, "CONFIRMED");
    assert_eq!(kind(&alice.release(&event, [2]).await), "ReleaseSeatsSuccess");
    assert_eq!(reasons(&bob.reserve(&event, [2]).await), ["NOT_FOR_SALE"], "given back for good");
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn the_check_finds_nothing_where_seats_were_held_sold_and_lost_and_the_log_was_pruned() {
    let arena = Arena::new().await;
    let event = arena.event_with(10, |event| event.hold_seconds = 1).await;
    let whole = arena.event(5).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    alice.reserve(&event, [1, 2, 3, 4]).await;
    alice.confirm(&event, [1, 2], "key").await;
    eventually("the other holds are ended", async || {
        books::log(&arena.sql, &event).await.len() == 8
    })
    .await;
    alice.reserve(&whole, [1, 2]).await;
    alice.confirm(&whole, [2], "key").await;
    let summary = async || {
        let mut tell = |_| ControlFlow::Continue(());
        arena.store.check(&mut tell).await.unwrap()
    };
    books::check(&arena, &event).await;
    let nothing = Summary { events: 2, verified: 2, seats: 15, orders: 2, ..Summary::default() };
    assert_eq!(summary().await, Summary { changes: 11, ..nothing });
    let age = Duration::from_hours(1);
    // The newest of each stays: it tells which log it is.
    for (kept, changes) in [(3, 6), (1, 2), (0, 2)] {
        let retention = Retention { changes: kept, age };
        Pruner::new(arena.store.clone(), retention).prune_logs().await.unwrap();
        assert_eq!(summary().await, Summary { changes, ..nothing }, "{kept} of each are kept");
    }
}

/// It reads in a snapshot of its own: whatever is booked, runs out or is pruned meanwhile, it finds
/// the books as they were at one moment.
#[tokio::test(flavor = "multi_thread")]
async fn the_check_may_run_beside_a_running_sale() {
    const CHECKS: usize = 25;
    let arena = Arena::new().await;
    let event = Arc::new(arena.event_with(60, |event| event.hold_seconds = 1).await);
    let server = arena.server().await;
    let is_over = Arc::new(AtomicBool::new(false));
    let sale = tokio::spawn(all_at_once((0..4).map(|buyer: i32| {
        let client = server.client(&format!("viewer-{buyer}"));
        let (event, is_over) = (Arc::clone(&event), Arc::clone(&is_over));
        async move {
            for round in 0.. {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                // Some are given back, some run out, and one in a while is bought.
                let serial = 1 + 15 * buyer + round % 15;
                client.reserve(&event, [serial, serial % 60 + 1]).await;
                match round % 25 {
                    7 => drop(client.confirm(&event, [serial], &round.to_string()).await),
                    8.. => drop(client.release(&event, [serial]).await),
                    _ => {}
                }
            }
        }
    })));
    let pruner =
        Pruner::new(arena.store.clone(), Retention { changes: 100, age: Duration::from_hours(1) });
    let mut revisions = Vec::new();
    for number in 0..CHECKS {
        books::check_all(&arena).await;
        if number % 5 == 4 {
            pruner.prune_logs().await.unwrap();
        }
        let revision = arena.store.log_extent(event.id).await.unwrap().unwrap().newest.revision;
        revisions.push(revision.0);
        // The next check is of other books.
        let query = "query ($id: ID!) { event(id: $id) { revision } }";
        eventually("the sale goes on", async || {
            let data = server.stranger().data(query, json!({ "id": event.gid })).await;
            data["event"]["revision"].as_i64().unwrap() > revision.0
        })
        .await;
    }
    is_over.store(true, Ordering::Relaxed);
    sale.await.unwrap();
    assert!(revisions.is_sorted_by(|before, after| before < after), "{revisions:?}");
    books::check_all(&arena).await;
}
