//! Holds that guests take along, and orders that are passed on, in the midst of random sales.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::by_seat;
use super::oracle::Oracle;
use super::scenario::{Scenario, Step, scenarios, viewers};
use super::world::{Answer, Ask, Tick, World, written};
use crate::command::{Claim, Claimed, SeatSet, Transfer};
use crate::{Cause, SeatState, ViewerId};

/// Something that changes hands, said without knowing what there will be.
#[derive(Clone, Debug)]
enum HandOver {
    /// All that somebody has who holds a seat is claimed, but for as many of the seats.
    All { seat: usize, to: ViewerId, but: usize },
    /// One of the orders is passed on; `None`: by whoever has it.
    One { order: usize, from: Option<ViewerId>, to: ViewerId },
}

fn hand_overs() -> impl Strategy<Value = HandOver> {
    let viewer = || select(viewers().to_vec());
    let but = prop_oneof![4 => Just(0_usize), 1 => Just(1_usize)];
    let all =
        (0..10_usize, viewer(), but).prop_map(|(seat, to, but)| HandOver::All { seat, to, but });
    let from = prop_oneof![3 => Just(None), 1 => viewer().prop_map(Some)];
    let one = (0..4_usize, from, viewer()).prop_map(|(order, from, to)| HandOver::One {
        order,
        from,
        to,
    });
    prop_oneof![3 => all, 1 => one]
}

impl HandOver {
    /// What is asked of a world as it is; nothing where there is nothing to hand over.
    fn ask(&self, world: &World) -> Option<Ask> {
        match self {
            Self::All { seat, to, but } => {
                let whose = |state: &SeatState| match state {
                    SeatState::Available { .. } => None,
                    SeatState::Reserved(hold) => Some(hold.viewer.clone()),
                    SeatState::Confirmed(sale) => Some(sale.viewer.clone()),
                };
                let taken: Vec<_> = world
                    .seats
                    .values()
                    .filter_map(|row| Some((row.id, whose(&row.state)?)))
                    .collect();
                let (_, from) = taken.get(seat % taken.len().max(1))?;
                let seats = taken.iter().filter(|(_, whose)| whose == from).map(|(id, _)| *id);
                let seats = SeatSet::new(seats.skip(*but).collect()).ok()?;
                Some(Ask::Claim(Claim { guest: from.clone(), viewer: to.clone(), seats }))
            }
            Self::One { order, from, to } => {
                let count = world.orders.len().max(1);
                let order = world.orders.values().nth(order % count)?;
                let from = from.clone().unwrap_or_else(|| order.viewer.clone());
                let seats = SeatSet::new(order.seats.clone()).ok()?;
                Some(Ask::Transfer(Transfer {
                    order: order.id,
                    seats,
                    from,
                    to: to.clone(),
                    managed_by: None,
                }))
            }
        }
    }
}

/// Random sales with something changing hands after every few commands; some of it in one ledger
/// with what came before, of which whoever looked could not know.
fn handed_over() -> impl Strategy<Value = Scenario> {
    (scenarios(), vec((1..3_usize, any::<bool>(), hand_overs()), 1..24)).prop_map(
        |(scenario, hand_overs)| {
            let mut hand_overs = hand_overs.into_iter();
            let mut next = hand_overs.next();
            let mut steps: Vec<Step> = Vec::new();
            let mut world = World::new(scenario.terms.clone());
            for (number, batch) in
                scenario.steps.chunk_by(|_, next| next.tick.is_none()).enumerate()
            {
                let mut batch = batch.to_vec();
                if let Some((_, is_together, hand_over)) =
                    next.take_if(|(every, ..)| number % *every == 0)
                {
                    let tick = (!is_together).then_some(Tick::Still);
                    batch.extend(hand_over.ask(&world).map(|ask| Step { tick, ask }));
                    next = hand_overs.next();
                }
                for ledger in batch.chunk_by(|_, next| next.tick.is_none()) {
                    world.tick(ledger[0].tick.unwrap_or(Tick::Still));
                    world.book(&ledger.iter().map(|step| &step.ask).collect::<Vec<_>>());
                }
                steps.extend(batch);
            }
            Scenario { terms: scenario.terms, steps }
        },
    )
}

/// What changed hands in a sale.
fn count(scenario: &Scenario, cause: Cause) -> usize {
    let (world, _) = scenario.play(|_| {});
    world.log.iter().filter(|change| change.cause == cause).count()
}

proptest! {
    #[test]
    fn what_changes_hands_is_answered_as_the_plain_rules_say(scenario in handed_over()) {
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
    }

    /// Nothing of a seat changes but whose it is, and its order goes with it.
    #[test]
    fn whatever_changes_hands_stays_as_it_is(scenario in handed_over()) {
        scenario.play(|world| {
            for history in by_seat(&world.log).into_values() {
                let mut state = SeatState::Available { lapsed: None };
                for change in history {
                    assert!(change.may_follow(&state), "{change:?} after {state:?}");
                    let former = match change.cause {
                        Cause::Claimed | Cause::Transferred => state.viewer(change.changed_at),
                        _ => None,
                    };
                    assert_eq!(change.former.as_ref(), former);
                    let next = change.state(Some(&state)).unwrap();
                    assert_eq!(next, written(change, &state));
                    state = next;
                }
            }
            for row in world.seats.values() {
                if let SeatState::Confirmed(sale) = &row.state {
                    assert_eq!(world.orders[&sale.order].viewer, sale.viewer);
                }
            }
        });
    }

    #[test]
    fn how_commands_are_batched_does_not_matter_to_what_changes_hands(scenario in handed_over()) {
        let (batched, together) = scenario.play(|_| {});
        let alone = scenario.one_by_one();
        let (world, one_by_one) = alone.play(|_| {});
        for ((ask, together), (_, alone)) in together.iter().zip(&one_by_one) {
            prop_assert_eq!(together, alone, "{:?}", ask);
        }
        prop_assert_eq!(batched, world);
    }

    #[test]
    fn handing_over_again_changes_nothing_more(scenario in handed_over()) {
        let mut world = World::new(scenario.terms.clone());
        for step in scenario.one_by_one().steps {
            world.tick(step.tick.expect("each has a ledger of its own"));
            let first = world.book_one(&step.ask).answer;
            let before = world.clone();
            let again = match step.ask {
                Ask::Claim(_) | Ask::Transfer(_) => world.book_one(&step.ask).answer,
                _ => continue,
            };
            prop_assert_eq!(&world, &before, "{:?}", step.ask);
            match again {
                Answer::Claim(again) => prop_assert_eq!(again, Claimed::default()),
                again => prop_assert_eq!(first, again),
            }
        }
    }
}

#[test]
fn much_changes_hands_in_the_random_sales() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut next = || handed_over().new_tree(&mut runner).unwrap().current();
    let sales: Vec<Scenario> = (0..100).map(|_| next()).collect();
    for cause in [Cause::Claimed, Cause::Transferred] {
        let with = sales.iter().filter(|sale| count(sale, cause) > 0).count();
        assert!(with > 30, "{cause} happens in {with} of 100");
    }
}
