//! Who is refused for letting seats go and taking them again, and who never is.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use proptest::prelude::*;

use super::scenario::{confirm, key, open_terms, release, reserve, scenarios, set, viewer};
use super::stories::{let_go, run, stories};
use super::world::{Answer, Ask, NEVER, Tick, World, seat};
use crate::Change;
use crate::churn::DEFAULT_MAX_SEATS_LET_GO;
use crate::command::{ReserveRefusal, SeatSet};

const MICROSECOND: TimeDelta = TimeDelta::microseconds(1);

/// A party's seats: up to six next to each other.
fn party() -> impl Strategy<Value = SeatSet> {
    (1..=4, 1..=6).prop_map(|(first, count)| set((first..first + count).map(seat)))
}

fn seconds(seconds: i64) -> Tick {
    Tick::By(TimeDelta::seconds(seconds))
}

fn is_too_frequent(answer: &Answer) -> bool {
    matches!(answer, Answer::Reserve(Err(ReserveRefusal::TooFrequent { .. })))
}

proptest! {
    /// In any ten minutes, whatever else happens.
    #[test]
    fn nobody_gets_a_seat_who_has_let_more_go_than_the_event_allows(scenario in scenarios()) {
        let (_, decisions) = scenario.play(|_| {});
        let mut log: Vec<Change> = Vec::new();
        for (ask, decision) in &decisions {
            if let (Ask::Reserve(reserve), Some(max)) = (ask, scenario.terms.max_seats_let_go)
                && !decision.changes.is_empty()
            {
                let before = stories(&log, &BTreeSet::new(), decision.now);
                let count = let_go(&before, &reserve.viewer, decision.now).len();
                prop_assert!(count <= max as usize, "{:?} was granted after {}", ask, count);
            }
            log.extend(decision.changes.clone());
        }
    }

    /// A family that changes its mind: within ten minutes it takes seats and gives them back, sixty
    /// of them at most, and looks at none for minutes; then it buys.
    #[test]
    fn a_family_that_changes_its_mind_is_never_refused(
        rounds in proptest::collection::vec((party(), 0..20_i64, 0..20_i64), 1..=10),
        last in party(),
    ) {
        let mut world = World::new(open_terms(300));
        let family = viewer("ann");
        for (seats, looks, thinks) in rounds {
            prop_assert!(!world.book_one(&reserve(&family, &seats)).answer.is_refusal());
            world.tick(seconds(looks));
            prop_assert!(!world.book_one(&release(&family, &seats)).answer.is_refusal());
            world.tick(seconds(thinks));
        }
        prop_assert!(!world.book_one(&reserve(&family, &last)).answer.is_refusal());
        prop_assert!(!world.book_one(&confirm(&family, &last, &key("k"))).answer.is_refusal());
    }

    /// Whoever holds nothing that could still be let go.
    #[test]
    fn who_is_refused_is_told_from_when_on_it_works_and_not_a_microsecond_early(
        scenario in scenarios(),
    ) {
        let mut world = World::new(scenario.terms.clone());
        world.terms.sales_close_at = NEVER;
        for step in scenario.one_by_one().steps {
            world.tick(step.tick.expect("each has a ledger of its own"));
            let answer = world.book_one(&step.ask).answer;
            let Ask::Reserve(asked) = &step.ask else { continue };
            let Answer::Reserve(Err(ReserveRefusal::TooFrequent { retry_at })) = answer else {
                continue;
            };
            if !world.held_by(&asked.viewer).is_empty() {
                continue;
            }
            prop_assert!(world.now < retry_at);
            let mut early = World { now: retry_at - MICROSECOND, ..world.clone() };
            prop_assert!(is_too_frequent(&early.book_one(&step.ask).answer));
            let mut then = World { now: retry_at, ..world.clone() };
            prop_assert!(!then.book_one(&step.ask).answer.is_refusal());
        }
    }

    /// Whether one lets holds run out or gives them back: nobody has a seat for longer than three
    /// holds of full length, one after the other, without somebody else having a chance.
    #[test]
    fn nobody_keeps_a_seat_for_longer_than_three_holds_in_a_row(
        rounds in proptest::collection::vec((0..=300_i64, 0..10_i64), 1..40),
    ) {
        let mut world = World::new(open_terms(300));
        let (guest, seats) = (viewer("ann"), set([seat(1)]));
        for (keeps, pause) in rounds {
            let answer = world.book_one(&reserve(&guest, &seats)).answer;
            if is_too_frequent(&answer) {
                break;
            }
            prop_assert!(!answer.is_refusal());
            world.tick(seconds(keeps));
            world.book_one(&release(&guest, &seats));
            world.tick(seconds(pause));
        }
        let told = stories(&world.log, &BTreeSet::new(), world.now);
        let run = run(&told, &guest, seat(1));
        let kept: TimeDelta = run.iter().map(|hold| hold.let_go_at.unwrap() - hold.from).sum();
        prop_assert!(kept <= world.terms.hold * 3, "{}", kept);
    }
}

#[test]
fn who_reserves_at_expiry_has_a_seat_three_times_and_then_others_can_have_it() {
    let mut world = World::new(open_terms(300));
    let (guest, other, seats) = (viewer("ann"), viewer("ben"), set([seat(1)]));
    for _ in 0..3 {
        assert!(!world.book_one(&reserve(&guest, &seats)).answer.is_refusal());
        world.tick(Tick::FirstExpiry(TimeDelta::zero()));
    }
    assert!(is_too_frequent(&world.book_one(&reserve(&guest, &seats)).answer));
    assert!(!world.book_one(&reserve(&other, &seats)).answer.is_refusal());
    assert!(!world.book_one(&release(&other, &seats)).answer.is_refusal());
    assert!(!world.book_one(&reserve(&guest, &seats)).answer.is_refusal(), "it is another run");
}

#[test]
fn a_seat_is_had_three_times_in_a_row_if_others_ask_for_it_and_else_more_often() {
    for is_asked_for in [true, false] {
        let mut world = World::new(open_terms(300));
        let (guest, other, seats) = (viewer("ann"), viewer("ben"), set([seat(1)]));
        for round in 1..=10 {
            let answer = world.book_one(&reserve(&guest, &seats)).answer;
            assert_eq!(is_too_frequent(&answer), is_asked_for && round > 3, "{round}");
            if !answer.is_refusal() && is_asked_for {
                assert!(world.book_one(&reserve(&other, &seats)).answer.is_refusal());
            }
            world.book_one(&release(&guest, &seats));
            world.tick(seconds(1));
        }
    }
}

#[test]
fn sixty_seats_may_be_let_go_and_after_one_more_it_takes_ten_minutes() {
    let mut world = World::new(open_terms(300));
    let guest = viewer("ann");
    let nine = set((1..=9).map(seat));
    let limit = DEFAULT_MAX_SEATS_LET_GO as usize;
    for count in 0..=limit / 9 {
        let answer = world.book_one(&reserve(&guest, &nine)).answer;
        assert!(!answer.is_refusal(), "{} seats were let go", count * 9);
        world.book_one(&release(&guest, &nine));
    }
    let Answer::Reserve(Err(ReserveRefusal::TooFrequent { retry_at })) =
        world.book_one(&reserve(&guest, &nine)).answer
    else {
        panic!("sixty-three seats were let go");
    };
    assert_eq!(retry_at, world.now + TimeDelta::minutes(10));
    let other = viewer("ben");
    assert!(!world.book_one(&reserve(&other, &nine)).answer.is_refusal(), "nobody else waits");
}
