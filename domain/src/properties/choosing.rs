//! Seats that are chosen when their turn comes, between others that are named, in whatever batches;
//! and reservations that may leave nobody's seat alone.
//!
//! The event is one row, whose first seats are the best. So what is chosen is easily said.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use proptest::collection::vec;
use proptest::prelude::*;

use super::scenario::open_terms;
use super::world::{EVENT, Tick, World, seat};
use crate::best::{Adjacency, BestRequest, Layout, Place, Seating};
use crate::command::{
    Command as _, Release, Reserve, ReserveBest, ReserveBestRefusal, ReserveRefusal, SeatSet,
};
use crate::ledger::{Ledger, Opening};
use crate::plan::PlaceTraits;
use crate::seat::Seat;
use crate::{SeatId, SeatStatus, ViewerId};

/// The row's seats; the world has one more, which is not for sale.
const ROW: i32 = 9;

#[derive(Clone, Debug)]
enum Ask {
    Best(usize),
    Reserve(Vec<i32>),
    Release(Vec<i32>),
}

/// What is asked, by whom, and whether it begins a batch, so long after the one before.
type Step = (Ask, u8, Option<i64>);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let named = || vec(1..=ROW, 1..4);
    let ask = prop_oneof![
        3 => (1..5_usize).prop_map(Ask::Best),
        2 => named().prop_map(Ask::Reserve),
        2 => named().prop_map(Ask::Release),
    ];
    vec((ask, 0..2_u8, prop::option::weighted(0.5, 0..8_i64)), 1..25)
}

fn viewer(number: u8) -> ViewerId {
    ViewerId::new(&format!("v{number}")).unwrap()
}

fn seat_set(serials: &[i32]) -> SeatSet {
    SeatSet::new(serials.iter().copied().map(seat).collect()).unwrap()
}

fn request(quantity: usize) -> BestRequest {
    BestRequest {
        quantity,
        categories: None,
        sections: None,
        accessible: false,
        adjacency: Adjacency::Required,
    }
}

fn seating(world: &World) -> Seating {
    let place = |serial| Place {
        serial,
        category: 1,
        section: "s".to_owned(),
        row: "r".to_owned(),
        accessible: false,
        position: None,
        traits: PlaceTraits::default(),
    };
    let places: Vec<_> = (1..=ROW).map(place).collect();
    let mut seating = Seating::new(Arc::new(Layout::new(EVENT, &places, None)));
    for seat in world.seats.values() {
        seating.put(seat.id, &seat.state, seat.for_sale);
    }
    seating
}

/// Which of the row's seats are free, from the first on.
fn free(seat_at: impl Fn(SeatId) -> Seat, world: &World) -> Vec<bool> {
    let is_free = |serial| seat_at(seat(serial)).state.status(world.now) == SeatStatus::Available;
    (1..=ROW).map(is_free).collect()
}

/// Seats of the row that have a free neighbour, and none when these are taken.
fn left_alone(free: &[bool], taken: &[i32]) -> Vec<i32> {
    let at = |free: &[bool], serial: i32| {
        usize::try_from(serial - 1).is_ok_and(|index| free.get(index) == Some(&true))
    };
    let mut after = free.to_vec();
    for &serial in taken {
        after[usize::try_from(serial - 1).unwrap()] = false;
    }
    let has_neighbour = |free: &[bool], serial| at(free, serial - 1) || at(free, serial + 1);
    let alone = |&serial: &i32| {
        at(&after, serial) && has_neighbour(free, serial) && !has_neighbour(&after, serial)
    };
    (1..=ROW).filter(alone).collect()
}

/// The first seats together that leave the fewest alone.
fn best(free: &[bool], quantity: usize) -> Option<Vec<i32>> {
    let blocks = (1..=ROW).map(|first| (first..).take(quantity).collect::<Vec<i32>>());
    let is_free =
        |serial: &i32| usize::try_from(*serial - 1).is_ok_and(|at| free.get(at) == Some(&true));
    let free_blocks = blocks.filter(|block| block.iter().all(is_free));
    free_blocks.min_by_key(|block| (left_alone(free, block).len(), block[0]))
}

/// Opens a ledger with the seats that are named, as the store does.
fn open(world: &World, named: &[SeatId]) -> Ledger {
    let seats = named.iter().filter_map(|id| world.seats.get(id)).cloned().collect();
    let mut ledger = Ledger::open(Opening { seats, ..world.opening(&[]) });
    ledger.put_seating(seating(world));
    ledger
}

/// Carries a batch out, and holds each answer against the plain rule.
fn play(world: &mut World, batch: &[(Ask, u8)]) {
    let named = |ask: &Ask| match ask {
        Ask::Best(_) => Vec::new(),
        Ask::Reserve(serials) | Ask::Release(serials) => seat_set(serials).as_slice().to_vec(),
    };
    let all: Vec<SeatId> = batch.iter().flat_map(|(ask, _)| named(ask)).collect();
    let mut ledger = open(world, &all);
    for (ask, by) in batch {
        let viewer = viewer(*by);
        let seen = |id: SeatId| ledger.seat(id).unwrap_or(&world.seats[&id]).clone();
        let free = free(seen, world);
        match ask {
            Ask::Best(quantity) => {
                let request = request(*quantity);
                let missing = ledger.missing(&request);
                let seats = missing.iter().map(|id| world.seats[id].clone()).collect();
                ledger.admit(seats, HashMap::new());
                assert!(ledger.missing(&request).is_empty(), "all are there");
                let outcome = ReserveBest { viewer, request }.decide(&mut ledger);
                match (best(&free, *quantity), outcome) {
                    (Some(expected), Ok(reserved)) => {
                        let serials = reserved.seats.iter().map(|seat| seat.id.serial);
                        assert_eq!(serials.collect::<Vec<_>>(), expected);
                    }
                    (None, Err(ReserveBestRefusal::NoneTogether(told))) => {
                        let available = free.iter().filter(|is_free| **is_free).count();
                        assert_eq!(told.available, available);
                        assert!(told.largest_block < *quantity);
                    }
                    (expected, outcome) => panic!("{expected:?} is {outcome:?}"),
                }
            }
            Ask::Reserve(serials) => {
                let seats = seat_set(serials);
                let is_free = |id: &&SeatId| free[usize::try_from(id.serial - 1).unwrap()];
                let wanted: Vec<i32> =
                    seats.as_slice().iter().filter(is_free).map(|id| id.serial).collect();
                let alone = left_alone(&free, &wanted);
                let alone: Vec<_> = alone.into_iter().map(seat).collect();
                match (Reserve { viewer, seats }).decide(&mut ledger) {
                    Ok(_) => assert!(alone.is_empty(), "{alone:?}"),
                    Err(ReserveRefusal::LeftAlone(named)) => assert_eq!(named, alone),
                    Err(ReserveRefusal::Unavailable(_)) => {}
                    Err(refusal) => panic!("{refusal:?}"),
                }
            }
            Ask::Release(serials) => {
                let _ = Release { viewer, seats: seat_set(serials) }.decide(&mut ledger);
            }
        }
    }
    let kept = ledger.take_seating().expect("it was put there");
    world.keep(ledger.close());
    let fresh = seating(world);
    for quantity in 1..=5 {
        let (kept, fresh) =
            [&kept, &fresh].map(|it| it.choose(&request(quantity), world.now)).into();
        assert_eq!(kept, fresh, "the seating has followed");
    }
}

proptest! {
    #[test]
    fn what_is_chosen_is_the_best_of_what_those_before_have_left(steps in steps()) {
        let terms = crate::ledger::Terms {
            allows_lone_seats: false,
            max_seats_let_go: None,
            ..open_terms(10)
        };
        let mut world = World::new(terms);
        let mut batch = Vec::new();
        for (ask, by, pause) in steps {
            if let Some(seconds) = pause {
                play(&mut world, &std::mem::take(&mut batch));
                world.tick(Tick::By(TimeDelta::seconds(seconds)));
            }
            batch.push((ask, by));
        }
        play(&mut world, &batch);
    }
}
