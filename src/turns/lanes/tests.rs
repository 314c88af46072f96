//! What lanes promise, of everything that may be done with them.

use std::collections::{BTreeMap, HashMap, VecDeque};

use proptest::prelude::*;

use super::*;

/// Something that waits: whose it is, its number among all, and what it is worth; none if it was
/// abandoned.
#[derive(Clone, Debug)]
struct Item {
    owner: u8,
    number: usize,
    turns: Option<usize>,
}

fn next(lanes: &mut Lanes<u8, Item>) -> Option<Item> {
    lanes.next(|_| true, |item| item.turns)
}

/// One step: something comes, or what is next is taken.
fn steps() -> impl Strategy<Value = Vec<Option<(u8, Option<usize>)>>> {
    let turns = prop_oneof![1 => Just(None), 6 => Just(Some(1)), 2 => (1_usize..20).prop_map(Some)];
    prop::collection::vec(prop::option::weighted(0.6, (0_u8..6, turns)), 0..300)
}

#[test]
fn where_everybody_has_one_thing_waiting_they_are_served_in_the_order_they_came() {
    let mut lanes = Lanes::default();
    for owner in 0..5_000 {
        lanes.push(owner, owner, usize::MAX).unwrap();
        if owner % 3 == 0 {
            assert_eq!(lanes.next(|_| true, |_| Some(7)), Some(owner / 3));
        }
    }
    let rest = std::iter::from_fn(|| lanes.next(|_| true, |_| Some(7)));
    assert!(rest.eq(1_667..5_000));
    assert!(lanes.lanes.len() < 3_400, "lanes that ended are used again");
}

#[test]
fn who_took_what_is_worth_many_turns_lets_others_go_as_often() {
    let mut lanes = Lanes::default();
    for _ in 0..30 {
        lanes.push("large", 13, usize::MAX).unwrap();
        for owner in ["small", "other"] {
            lanes.push(owner, 1, usize::MAX).unwrap();
        }
    }
    let taken: Vec<usize> =
        std::iter::from_fn(|| lanes.next(|_| true, |&turns| Some(turns))).take(54).collect();
    let large: Vec<_> = (0..54).filter(|&index| taken[index] == 13).collect();
    assert_eq!(large, [0, 27], "both others have had 13 turns meanwhile");
}

#[test]
fn a_lane_may_be_as_long_as_there_is_room_left() {
    let fill = |lanes: &mut Lanes<usize, ()>, owner: usize| {
        std::iter::repeat_with(|| lanes.push(owner, (), 8192)).take_while(Result::is_ok).count()
    };
    let mut lanes = Lanes::default();
    assert_eq!([0, 1, 2].map(|owner| fill(&mut lanes, owner)), [4096, 2048, 1024]);
    assert!((3..1027).all(|owner| lanes.push(owner, (), 8192).is_ok()), "others have room");
    assert!(lanes.push(2000, (), 8192).is_err(), "until there is none");
    assert!(lanes.push(2000, (), usize::MAX).is_ok(), "but for whoever needs none");

    let mut lanes = Lanes::default();
    assert!((0..8192).all(|owner| lanes.push(owner, (), 8192).is_ok()));
    assert_eq!(lanes.len(), 8192);
}

#[test]
fn who_may_not_go_keeps_the_turn() {
    let mut lanes = Lanes::default();
    for owner in ["a", "b", "a", "c"] {
        lanes.push(owner, owner, usize::MAX).unwrap();
    }
    let mut next = |barred: &str| lanes.next(|owner| *owner != barred, |_| Some(1));
    assert_eq!([next("a"), next("b"), next("b")], [Some("b"), Some("a"), Some("c")]);
    assert_eq!([next("a"), next("c"), next("c")], [None, Some("a"), None]);
}

proptest! {
    /// Against a model that only knows the promises: each owner's things in their order, none lost
    /// and none twice, and nothing is passed by more than one turn of anybody else.
    #[test]
    fn each_lane_keeps_its_order_and_nobody_is_passed_twice_by_the_same(steps in steps()) {
        let mut lanes = Lanes::default();
        let mut model: BTreeMap<u8, VecDeque<Item>> = BTreeMap::new();
        // Since an owner's lane began or had its turn: how often others had theirs.
        let mut passed: HashMap<u8, HashMap<u8, usize>> = HashMap::new();
        let rest = std::iter::repeat_n(None, steps.len());
        for (number, step) in steps.iter().cloned().chain(rest).enumerate() {
            if let Some((owner, turns)) = step {
                let item = Item { owner, number, turns };
                if !model.entry(owner).or_default().iter().any(|item| item.turns.is_some()) {
                    passed.insert(owner, HashMap::new());
                }
                model.entry(owner).or_default().push_back(item.clone());
                lanes.push(owner, item, usize::MAX).unwrap();
                continue;
            }
            let Some(taken) = next(&mut lanes) else {
                prop_assert!(model.values().flatten().all(|item| item.turns.is_none()));
                model.clear();
                continue;
            };
            let lane = model.get_mut(&taken.owner).unwrap();
            while lane.front().is_some_and(|item| item.turns.is_none()) {
                lane.pop_front();
            }
            prop_assert_eq!(lane.pop_front().map(|item| item.number), Some(taken.number));
            let worth_one = steps.iter().flatten().all(|(_, turns)| turns.is_none_or(|n| n == 1));
            for (owner, others) in &mut passed {
                let often = others.entry(taken.owner).or_default();
                *often += 1;
                let waits = |lane: &VecDeque<Item>| lane.iter().any(|item| item.turns.is_some());
                if *owner != taken.owner && model.get(owner).is_some_and(waits) {
                    let allowed = if worth_one { 1 } else { ROUNDS };
                    prop_assert!(*often <= allowed, "{} was passed {} times", owner, often);
                }
            }
            passed.insert(taken.owner, HashMap::new());
        }
        prop_assert!(lanes.is_empty());
        prop_assert_eq!(lanes.lane_of.len(), 0);
        prop_assert_eq!(lanes.ended.len(), lanes.lanes.len());
    }
}
