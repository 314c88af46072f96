//! When a hold counts, and for whom.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use proptest::prelude::*;

use super::scenario::{
    confirm, expire, key, open_terms, release, reserve, scenarios, set, viewer, viewers,
};
use super::world::{Answer, Ask, SEATS, Tick, World, seat};
use crate::command::{ConfirmRefusal, NotHeldReason, ReserveRefusal, SeatSet, UnavailableReason};
use crate::seat::SeatStatus;
use crate::{Cause, Change, SeatId};

const MICROSECOND: TimeDelta = TimeDelta::microseconds(1);

/// Ann holds the seats; nothing else has happened.
fn held_by_ann(hold_seconds: i64, seats: &SeatSet) -> World {
    let mut world = World::new(open_terms(hold_seconds));
    assert!(!world.book_one(&reserve(&viewer("ann"), seats)).answer.is_refusal());
    world
}

/// What each seat looks like to everybody.
fn statuses(world: &World) -> Vec<SeatStatus> {
    world.seats.values().map(|seat| seat.state.status(world.now)).collect()
}

fn causes(changes: &[Change]) -> Vec<(SeatId, Cause)> {
    changes.iter().map(|change| (change.seat, change.cause)).collect()
}

fn some_seats() -> impl Strategy<Value = SeatSet> {
    (1..SEATS - 2, 1..=3).prop_map(|(first, count)| set((first..first + count).map(seat)))
}

proptest! {
    #[test]
    fn until_the_last_microsecond_a_hold_keeps_others_out(
        hold_seconds in 1..400_i64,
        seats in some_seats(),
    ) {
        let mut world = held_by_ann(hold_seconds, &seats);
        world.tick(Tick::FirstExpiry(-MICROSECOND));
        let (ann, ben, key) = (viewer("ann"), viewer("ben"), key("k"));
        let every =
            |reason| seats.as_slice().iter().map(|&seat| (seat, reason)).collect::<Vec<_>>();
        let by_another = ReserveRefusal::Unavailable(every(UnavailableReason::ReservedByAnother));
        prop_assert_eq!(
            world.book_one(&reserve(&ben, &seats)).answer,
            Answer::Reserve(Err(by_another))
        );
        let not_his: Vec<_> =
            seats.as_slice().iter().map(|&seat| (seat, NotHeldReason::HeldByAnother)).collect();
        let refused = world.book_one(&confirm(&ben, &seats, &key)).answer;
        prop_assert_eq!(refused, Answer::Confirm(Err(ConfirmRefusal::NotHeld(not_his.clone()))));
        prop_assert_eq!(
            world.book_one(&release(&ben, &seats)).answer,
            Answer::Release(Err(not_his))
        );
        prop_assert_eq!(
            world.book_one(&expire(seats.as_slice().to_vec())).answer,
            Answer::Expire(0)
        );
        prop_assert!(!world.clone().book_one(&release(&ann, &seats)).answer.is_refusal());
        prop_assert!(!world.clone().book_one(&confirm(&ann, &seats, &key)).answer.is_refusal());
    }

    #[test]
    fn from_the_instant_it_runs_out_a_hold_counts_for_nobody(
        hold_seconds in 1..400_i64,
        seats in some_seats(),
        later in prop_oneof![Just(0), 0..1_000_000_000_i64],
    ) {
        let mut world = held_by_ann(hold_seconds, &seats);
        world.tick(Tick::FirstExpiry(TimeDelta::microseconds(later)));
        let ann = viewer("ann");
        prop_assert!(statuses(&world).into_iter().all(|status| status == SeatStatus::Available));
        prop_assert!(world.held_by(&ann).is_empty());
        let lapsed: Vec<_> =
            seats.as_slice().iter().map(|&seat| (seat, NotHeldReason::HoldExpired)).collect();
        let refused = world.book_one(&confirm(&ann, &seats, &key("k"))).answer;
        prop_assert_eq!(refused, Answer::Confirm(Err(ConfirmRefusal::NotHeld(lapsed.clone()))));
        prop_assert_eq!(
            world.book_one(&release(&ann, &seats)).answer,
            Answer::Release(Err(lapsed))
        );
        // Its expiry is logged before the seat is given to somebody else, or to the same viewer
        // anew.
        let both = |&seat: &SeatId| [(seat, Cause::Expired), (seat, Cause::Reserved)];
        let expected: Vec<_> = seats.as_slice().iter().flat_map(both).collect();
        for next in viewers() {
            let mut world = world.clone();
            let granted = world.book_one(&reserve(&next, &seats));
            prop_assert_eq!(causes(&granted.changes), expected.clone());
            prop_assert!(
                granted
                    .changes
                    .chunks(2)
                    .all(|pair| pair[0].viewer == ann && pair[1].viewer == next)
            );
            prop_assert_eq!(world.held_by(&next), seats.as_slice());
        }
    }

    /// Whatever happened before; even if sales have closed or the limit was lowered since.
    #[test]
    fn asking_again_for_seats_one_holds_succeeds_and_changes_nothing(
        scenario in scenarios(),
        percent in 0..100_i32,
    ) {
        let (world, _) = scenario.play(|_| {});
        for viewer in viewers() {
            let held = world.held_by(&viewer);
            let Some(until) =
                held.iter().filter_map(|seat| world.seats[seat].state.expires_at(world.now)).min()
            else {
                continue;
            };
            let mut later =
                World { now: world.now + (until - world.now) / 100 * percent, ..world.clone() };
            later.terms.sales_close_at = later.now;
            later.terms.max_seats_per_viewer = Some(1);
            let before = later.clone();
            let Answer::Reserve(Ok(granted)) =
                later.book_one(&reserve(&viewer, &set(held.clone()))).answer
            else {
                return Err(TestCaseError::fail("refused"));
            };
            prop_assert_eq!(&later, &before, "nothing changes, the timer included");
            prop_assert_eq!((granted.expires_at, granted.now), (until, later.now));
            prop_assert_eq!(granted.seats.iter().map(|seat| seat.id).collect::<Vec<_>>(), held);
            prop_assert!(granted.seats.iter().all(|row| *row == before.seats[&row.id]));
        }
    }

    #[test]
    fn asking_for_more_keeps_the_timer_of_what_one_holds(
        hold_seconds in 2..400_i64,
        percent in 0..100_i32,
    ) {
        let ann = viewer("ann");
        let mut world = held_by_ann(hold_seconds, &set([seat(1)]));
        let first = world.seats[&seat(1)].clone();
        world.tick(Tick::By(world.terms.hold / 100 * percent));
        let both = world.book_one(&reserve(&ann, &set([seat(1), seat(2)])));
        prop_assert_eq!(causes(&both.changes), [(seat(2), Cause::Reserved)]);
        prop_assert_eq!(&world.seats[&seat(1)], &first);
        prop_assert_eq!(
            world.seats[&seat(2)].state.expires_at(world.now),
            Some(world.now + world.terms.hold)
        );
        let Answer::Reserve(Ok(granted)) = both.answer else {
            return Err(TestCaseError::fail("refused"));
        };
        prop_assert_eq!(
            Some(granted.expires_at),
            first.state.expires_at(world.now),
            "the first \
            to run out"
        );
    }

    /// The list may be stale, empty, unordered, or name seats that do not exist.
    #[test]
    fn expiring_ends_exactly_those_holds_that_are_due(
        scenario in scenarios(),
        seconds in 0..30_i64,
        listed in proptest::collection::vec(1..=SEATS + 1, 0..8),
    ) {
        let (mut world, _) = scenario.play(|_| {});
        world.tick(Tick::By(TimeDelta::seconds(seconds)));
        let seen = statuses(&world);
        let is_due = |seat: &SeatId| {
            let last = world.log.iter().rfind(|change| change.seat == *seat);
            last.and_then(|change| change.expires_at).is_some_and(|until| until <= world.now)
        };
        let due: BTreeSet<SeatId> =
            listed.iter().map(|&serial| seat(serial)).filter(is_due).collect();
        let ended = world.book_one(&expire(listed.iter().map(|&serial| seat(serial))));
        prop_assert_eq!(ended.answer, Answer::Expire(due.len()));
        prop_assert!(ended.changes.iter().all(|change| change.cause == Cause::Expired));
        prop_assert_eq!(
            ended.changes.iter().map(|change| change.seat).collect::<BTreeSet<_>>(),
            due.clone()
        );
        prop_assert_eq!(ended.changes.len(), due.len());
        prop_assert_eq!(statuses(&world), seen, "it is hygiene: nobody sees a difference");
        let before = world.clone();
        prop_assert_eq!(world.book_one(&expire([])).answer, Answer::Expire(0));
        prop_assert_eq!(world.book_one(&expire(due)).answer, Answer::Expire(0));
        prop_assert_eq!(world, before);
    }
}

#[test]
fn a_stale_list_does_not_end_the_hold_of_the_next_viewer() {
    let (ben, seats) = (viewer("ben"), set([seat(1)]));
    let mut world = held_by_ann(300, &seats);
    world.tick(Tick::FirstExpiry(TimeDelta::zero()));
    let listed_when_due = expire([seat(1)]);
    let batch: Vec<Ask> = vec![reserve(&ben, &seats), listed_when_due.clone()];
    let decisions = world.book(&batch.iter().collect::<Vec<_>>());
    assert_eq!(decisions[1].answer, Answer::Expire(0));
    assert_eq!(world.book_one(&listed_when_due).answer, Answer::Expire(0));
    assert_eq!(world.held_by(&ben), [seat(1)]);
}

#[test]
fn a_released_seat_counts_for_the_limit_no_more_within_the_same_batch() {
    let ann = viewer("ann");
    let mut world = World::new(open_terms(300));
    world.terms.max_seats_per_viewer = Some(1);
    let (first, second) = (set([seat(1)]), set([seat(2)]));
    let batch = [
        reserve(&ann, &first),
        reserve(&ann, &second),
        release(&ann, &first),
        reserve(&ann, &second),
    ];
    let decisions = world.book(&batch.iter().collect::<Vec<_>>());
    let exceeded = ReserveRefusal::LimitExceeded { limit: 1, held: 1, requested: 1 };
    assert_eq!(decisions[1].answer, Answer::Reserve(Err(exceeded)));
    assert!(!decisions[3].answer.is_refusal());
    assert_eq!(world.held_by(&ann), [seat(2)]);
}
