//! The rules hold whatever is asked in whatever order, at whatever instants, in whatever batches.
//!
//! `scenario` makes random sales. `world` carries them out with the real rules and an in-memory
//! stand-in for the tables. `oracle` says the rules once more in the plainest words. Each property
//! below is one of the design's invariants. `PROPTEST_CASES=10000 cargo test -p domain` looks
//! harder than the usual run.

mod choosing;
mod churn;
mod coverage;
mod handing_over;
mod holds;
mod oracle;
mod purchases;
mod scenario;
mod stories;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use proptest::prelude::*;

use self::oracle::{Oracle, Stands, holdings, is_for_sale, stands};
use self::scenario::{scenarios, scenarios_forward, viewers};
use self::world::{Answer, Ask, World, written};
use super::command::{Command as _, Confirm, SetPrices};
use super::seat::SeatStatus;
use super::{Cause, Change, PriceVersion, Revision, SeatId, SeatState};

fn by_seat(log: &[Change]) -> BTreeMap<SeatId, Vec<&Change>> {
    let mut histories = BTreeMap::<_, Vec<_>>::new();
    for change in log {
        histories.entry(change.seat).or_default().push(change);
    }
    histories
}

proptest! {
    /// Every answer, every reason in every refusal, every log row, order and key, in whatever
    /// batches.
    #[test]
    fn every_command_is_answered_as_the_plain_rules_say(scenario in scenarios()) {
        let (world, decisions) = scenario.play(|_| {});
        let mut oracle = Oracle::new(scenario.terms.clone());
        for (ask, decision) in &decisions {
            let expected = oracle.answer(ask, decision.now);
            prop_assert_eq!(&decision.answer, &expected, "to {:?}", ask);
        }
        prop_assert_eq!(world.log, oracle.log);
        prop_assert_eq!(world.orders.into_values().collect::<Vec<_>>(), oracle.orders);
        let keys =
            oracle.keys.into_iter().map(|(viewer, key, order)| ((viewer, key), order)).collect();
        prop_assert_eq!(world.keys, keys);
        prop_assert_eq!(world.blocks, oracle.blocks);
    }

    #[test]
    fn every_change_is_a_legal_transition_at_a_legal_instant(scenario in scenarios()) {
        let (world, _) = scenario.play(|_| {});
        for history in by_seat(&world.log).into_values() {
            let mut hold: Option<(_, _, bool)> = None;
            let mut is_sold = false;
            for change in history {
                prop_assert!(!is_sold, "a confirmed seat never changes again: {:?}", change);
                let is_hold = matches!(change.cause, Cause::Reserved | Cause::Extended);
                prop_assert_eq!(change.expires_at.is_some(), is_hold);
                prop_assert_eq!(change.order.is_some(), change.cause == Cause::Confirmed);
                if change.cause == Cause::Reserved {
                    prop_assert_eq!(hold, None, "reserved while it was held: {:?}", change);
                    prop_assert_eq!(change.expires_at, Some(change.changed_at + world.terms.hold));
                } else if matches!(change.cause, Cause::Blocked | Cause::Unblocked) {
                    prop_assert_eq!(hold, None, "while it was held: {:?}", change);
                } else {
                    let (viewer, until, is_extended) =
                        hold.expect("a seat must be held for everything but reserving it");
                    let is_over = until <= change.changed_at;
                    prop_assert_eq!(viewer, &change.viewer, "only its holder's: {:?}", change);
                    prop_assert_eq!(
                        is_over,
                        change.cause == Cause::Expired,
                        "until {}: \
                        {:?}",
                        until,
                        change
                    );
                    if change.cause == Cause::Extended {
                        prop_assert!(!is_extended, "once: {:?}", change);
                        let longer = until + world.terms.hold_extension;
                        prop_assert_eq!(change.expires_at, Some(longer));
                    }
                }
                let is_extended = change.cause == Cause::Extended;
                hold = change.expires_at.map(|until| (&change.viewer, until, is_extended));
                is_sold = change.cause == Cause::Confirmed;
            }
        }
    }

    #[test]
    fn revisions_run_from_1_without_a_hole_in_the_order_of_decision(scenario in scenarios()) {
        let (world, decisions) = scenario.play(|_| {});
        let revisions: Vec<_> = world.log.iter().map(|change| change.revision.0).collect();
        let without_a_hole: Vec<_> = (1..).take(world.log.len()).collect();
        prop_assert_eq!(revisions, without_a_hole);
        let mut log = Vec::new();
        for (_, decision) in &decisions {
            prop_assert_eq!(
                decision.before,
                log.last().map_or(Revision::ZERO, |last: &Change| last.revision)
            );
            prop_assert!(decision.changes.iter().all(|change| change.changed_at == decision.now));
            log.extend(decision.changes.clone());
        }
        prop_assert_eq!(world.log, log, "every change is some command's");
    }

    #[test]
    fn the_log_folded_is_the_table_after_every_ledger(scenario in scenarios()) {
        scenario.play(|world| {
            let mut folded = World::new(world.terms.clone()).seats;
            for change in &world.log {
                let row = folded.get_mut(&change.seat).expect("only the event's seats change");
                row.state = written(change, &row.state);
                row.revision = change.revision;
                row.price_list = match change.cause {
                    Cause::Reserved => world.list_at(change.revision),
                    Cause::Released | Cause::Expired => PriceVersion::FIRST,
                    _ => row.price_list,
                };
                row.for_sale = change.cause.for_sale().unwrap_or(row.for_sale);
            }
            assert!(world.blocks.keys().all(|blocked| !world.seats[blocked].for_sale));
            assert_eq!(folded, world.seats);
        });
    }

    #[test]
    fn a_command_changes_all_it_names_or_nothing(scenario in scenarios()) {
        let (world, decisions) = scenario.play(|_| {});
        for (ask, decision) in &decisions {
            let changed: BTreeSet<_> = decision.changes.iter().map(|change| change.seat).collect();
            prop_assert!(
                changed.iter().all(|seat| ask.needs().seats.contains(seat)),
                "{:?}",
                decision
            );
            if decision.answer.is_refusal() {
                prop_assert!(changed.is_empty(), "refused, and yet: {:?}", decision);
                continue;
            }
            let log = &world.log
                [..world.log.partition_point(|change| change.revision <= decision.before)];
            let log = [log, &decision.changes].concat();
            for &seat in ask.needs().seats {
                let is_done = match (ask, stands(&log, seat, decision.now)) {
                    (Ask::Reserve(ask), Stands::Held { by, .. }) => by == ask.viewer,
                    (Ask::Confirm(ask), Stands::Sold { to, .. }) => to == ask.viewer,
                    (Ask::Release(_), Stands::Free { lapsed }) => lapsed.is_none(),
                    (Ask::Extend(ask), Stands::Held { by, is_extended, .. }) => {
                        by == ask.viewer && is_extended
                    }
                    (Ask::Expire(_), _) => true,
                    (Ask::Block(_), Stands::Free { .. }) => !is_for_sale(&log, seat),
                    // Somebody may have it, who took it when it was on sale.
                    (Ask::Unblock(_), _) => is_for_sale(&log, seat),
                    _ => false,
                };
                prop_assert!(is_done, "{:?} of {:?}", seat, ask);
            }
        }
    }

    /// But that somebody asked for a seat, where it may matter.
    #[test]
    fn a_refused_command_alone_has_nothing_to_write(scenario in scenarios()) {
        let mut before = World::new(scenario.terms.clone());
        for step in scenario.one_by_one().steps {
            before.tick(step.tick.expect("each has a ledger of its own"));
            let mut after = before.clone();
            let asked_for = |world: &World| {
                let mut world = world.clone();
                world.runs.values_mut().for_each(|run| run.is_asked_for = true);
                world
            };
            if after.book_one(&step.ask).answer.is_refusal() {
                let (after, before) = (asked_for(&after), asked_for(&before));
                prop_assert_eq!(after, before, "refused: {:?}", step.ask);
            }
            before = after;
        }
    }

    #[test]
    fn how_commands_are_batched_does_not_matter(scenario in scenarios()) {
        let (batched, together) = scenario.play(|_| {});
        let alone = scenario.one_by_one();
        let (world, one_by_one) = alone.play(|_| {});
        for ((ask, together), (_, alone)) in together.iter().zip(&one_by_one) {
            prop_assert_eq!(together, alone, "{:?}", ask);
        }
        prop_assert_eq!(batched, world);
    }

    /// A command is carried out again where nobody knows whether its commit went through.
    #[test]
    fn deciding_a_command_again_changes_nothing_more(scenario in scenarios()) {
        let mut world = World::new(scenario.terms.clone());
        for step in scenario.one_by_one().steps {
            world.tick(step.tick.expect("each has a ledger of its own"));
            let first = world.book_one(&step.ask);
            let after_first = world.clone();
            let again = world.book_one(&step.ask);
            prop_assert_eq!(&world, &after_first, "{:?}", step.ask);
            match (first.answer, again.answer) {
                (Answer::Confirm(first @ Ok(_)), Answer::Confirm(again @ Ok(_))) => {
                    let told = Confirm::decided_again(first.clone(), again.clone());
                    prop_assert_eq!(told, first.clone(), "as if it had been decided once");
                    let (first, again) = (first.unwrap(), again.unwrap());
                    prop_assert_eq!(first.order, again.order);
                    prop_assert!(!again.created);
                }
                (Answer::Release(Ok(_)) | Answer::Extend(Ok(_)), again) => {
                    prop_assert!(again.is_refusal());
                }
                (Answer::SetPrices(Ok(first)), Answer::SetPrices(again)) => {
                    prop_assert_eq!(&again, &Ok(false));
                    prop_assert_eq!(SetPrices::decided_again(Ok(first), again), Ok(first));
                }
                (Answer::Expire(_), again) => prop_assert_eq!(again, Answer::Expire(0)),
                (first, again) => prop_assert_eq!(first, again),
            }
        }
    }

    /// What everybody is told of a seat and what the log says agree, also later, before anything
    /// else happens.
    #[test]
    fn every_reader_sees_a_seat_as_the_log_says_it_stands(
        scenario in scenarios(),
        later_micros in 0..25_000_000_i64,
    ) {
        let later = TimeDelta::microseconds(later_micros);
        scenario.play(|world| {
            let expiries = world.seats.values().filter_map(|seat| seat.state.expires_at(world.now));
            let instants: Vec<_> = expiries.chain([world.now, world.now + later]).collect();
            for now in instants {
                for row in world.seats.values() {
                    let state = &row.state;
                    let seen =
                        (state.status(now), state.expires_at(now), state.viewer(now).cloned());
                    let expected = match stands(&world.log, row.id, now) {
                        Stands::Missing => panic!("{:?} is in the table", row.id),
                        Stands::Free { .. } => (SeatStatus::Available, None, None),
                        Stands::Held { by, until, .. } => {
                            (SeatStatus::Reserved, Some(until), Some(by))
                        }
                        Stands::Sold { to, .. } => (SeatStatus::Confirmed, None, Some(to)),
                    };
                    assert_eq!(seen, expected);
                    let settled = state.clone().as_of(now);
                    assert_eq!(settled.status(now), seen.0);
                    assert_eq!(
                        matches!(settled, SeatState::Reserved(_)),
                        seen.0 == SeatStatus::Reserved
                    );
                }
            }
        });
    }

    #[test]
    fn nobody_ever_has_more_seats_than_the_limit(scenario in scenarios_forward()) {
        let (_, decisions) = scenario.play(|_| {});
        let mut log = Vec::new();
        for (ask, decision) in &decisions {
            log.extend(decision.changes.clone());
            for viewer in viewers() {
                let has = holdings(&log, &viewer, decision.now);
                let limit = scenario.terms.max_seats_per_viewer.unwrap_or(u32::MAX);
                prop_assert!(has <= limit, "{:?} has {} after {:?}", viewer, has, ask);
            }
        }
    }

    /// Holds that a clock stepping back brings to life again are not taken away, but no more are
    /// granted.
    #[test]
    fn no_grant_exceeds_the_limit_even_if_the_clock_steps_back(scenario in scenarios()) {
        let (_, decisions) = scenario.play(|_| {});
        let mut log = Vec::new();
        for (ask, decision) in &decisions {
            log.extend(decision.changes.clone());
            if let (Ask::Reserve(reserve), false) = (ask, decision.changes.is_empty()) {
                let limit = scenario.terms.max_seats_per_viewer.unwrap_or(u32::MAX);
                prop_assert!(holdings(&log, &reserve.viewer, decision.now) <= limit, "{:?}", ask);
            }
        }
    }

    #[test]
    fn holds_are_granted_in_the_sales_window_only(scenario in scenarios()) {
        let (world, _) = scenario.play(|_| {});
        for change in world.log.iter().filter(|change| change.cause == Cause::Reserved) {
            prop_assert!(
                world.terms.sales_open_at.is_none_or(|open| open <= change.changed_at),
                "{:?}",
                change
            );
            prop_assert!(
                change.changed_at < world.terms.sales_close_at,
                "{:?}",
                change
            );
        }
    }
}
