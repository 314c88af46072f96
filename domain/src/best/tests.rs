//! The rule against the plainest one, and single rules one by one.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;

use super::oracle::{House, now, request};
use super::{Adjacency, BestRequest, Layout, NoSeatsTogether, Place, Seating};
use crate::plan::{PlaceKind, PlaceTraits};
use crate::{CategoryId, EventId, SeatId, SeatState};

const EVENT: EventId = EventId(1);

fn id(index: usize) -> SeatId {
    SeatId { event: EVENT, serial: i32::try_from(index + 1).unwrap() }
}

fn seating(house: &House) -> Seating {
    let layout = Layout::new(EVENT, &house.places, house.focal_point);
    let mut seating = Seating::new(Arc::new(layout));
    for (index, &is_free) in house.is_free.iter().enumerate() {
        seating.put(id(index), &SeatState::Available { lapsed: None }, is_free);
    }
    seating
}

/// What is chosen, by the index of the places.
fn choose(house: &House, request: &BestRequest) -> Result<Vec<usize>, NoSeatsTogether> {
    let chosen = seating(house).choose(request, now())?;
    Ok(chosen.into_iter().map(|seat| usize::try_from(seat.serial).unwrap() - 1).collect())
}

/// What lies before a seat in its row.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Before {
    Nothing,
    Aisle,
    Distance,
}

/// A place of a row, before it has one.
#[derive(Clone, Debug)]
struct Spec {
    is_free: bool,
    category: i32,
    access: u8,
    rank: Option<i32>,
    before: Before,
}

fn specs(size: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Vec<Spec>> {
    let before = prop_oneof![
        8 => Just(Before::Nothing), 1 => Just(Before::Aisle), 1 => Just(Before::Distance)
    ];
    let access = prop_oneof![7 => Just(0_u8), 1 => Just(1), 1 => Just(2)];
    let rank = prop_oneof![4 => Just(None), 1 => (0..3).prop_map(Some)];
    let spec = (any::<bool>(), 1..3_i32, access, rank, before);
    vec(spec, size).prop_map(|specs| {
        let mut wide = 0;
        let spec = |(is_free, category, access, rank, before)| {
            wide += usize::from(before == Before::Distance);
            // More of them would be the usual distance.
            let before = if wide > 2 { Before::Nothing } else { before };
            Spec { is_free, category, access, rank, before }
        };
        specs.into_iter().map(spec).collect()
    })
}

/// Rows of seats, a table, and places to stand, in two sections.
fn houses() -> impl Strategy<Value = House> {
    let rows = vec((0..2_usize, specs(5..=7)), 1..4);
    let focal_point = prop_oneof![Just(None), Just(Some((3.0, -2.0)))];
    (rows, specs(0..=4), specs(0..=4), focal_point).prop_map(|(rows, table, standing, focal)| {
        let mut house =
            House { places: vec![], is_free: vec![], pieces: vec![], focal_point: focal };
        for (number, (section, specs)) in rows.iter().enumerate() {
            add(&mut house, PlaceKind::Seat, (*section, number), specs);
        }
        add(&mut house, PlaceKind::Chair, (0, 10), &table);
        add(&mut house, PlaceKind::Standing, (1, 11), &standing);
        house
    })
}

fn add(house: &mut House, kind: PlaceKind, (section, row): (usize, usize), specs: &[Spec]) {
    let mut piece = house.pieces.last().map_or(0, |last| last.0 + 1);
    let (mut x, mut column) = (0.0, 0);
    for (index, spec) in specs.iter().enumerate() {
        x += if spec.before == Before::Distance && index > 0 { 2.0 } else { 1.0 };
        if spec.before != Before::Nothing && index > 0 {
            (piece, column) = (piece + 1, 0);
        }
        #[expect(clippy::cast_precision_loss, reason = "few rows")]
        let position = Some((x, row as f64 * 1.5));
        house.places.push(Place {
            serial: i32::try_from(house.places.len() + 1).unwrap(),
            category: spec.category,
            section: format!("s{section}"),
            row: format!("r{row}"),
            accessible: spec.access == 1,
            position,
            traits: PlaceTraits {
                kind,
                is_companion: spec.access == 2,
                has_gap_before: spec.before == Before::Aisle,
                rank: spec.rank,
                floor: None,
            },
        });
        house.is_free.push(spec.is_free);
        house.pieces.push((piece, column));
        column += 1;
    }
}

fn requests() -> impl Strategy<Value = BestRequest> {
    let categories = prop_oneof![3 => Just(None), 1 => vec(1..4_i32, 1..3).prop_map(Some)];
    let sections = prop_oneof![3 => Just(None), 1 => (0..3_usize).prop_map(Some)];
    let is = prop::bool::weighted(0.3);
    (1..5_usize, categories, sections, is, any::<bool>()).prop_map(
        |(quantity, categories, section, accessible, is_required)| BestRequest {
            quantity,
            categories: categories.map(|serials| {
                serials.into_iter().map(|serial| CategoryId { event: EVENT, serial }).collect()
            }),
            sections: section.map(|section| vec![format!("s{section}")]),
            accessible,
            adjacency: if is_required { Adjacency::Required } else { Adjacency::Preferred },
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_choice_is_better_than_the_one_that_is_made(house in houses(), request in requests()) {
        let blocks = house.blocks(&request, request.quantity);
        let best = blocks.iter().map(|block| house.key(&request, block)).min();
        let chosen = choose(&house, &request);
        prop_assert_eq!(&chosen, &choose(&house, &request), "it follows from what is given");
        if let Ok(chosen) = &chosen {
            prop_assert_eq!(chosen.len(), request.quantity);
            prop_assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]), "each once");
            prop_assert!(chosen.iter().all(|&place| house.is_eligible(&request, place)));
        }
        match (best, chosen) {
            (Some(best), Ok(chosen)) => {
                prop_assert!(house.are_together(&chosen));
                prop_assert_eq!(house.key(&request, &chosen), best, "{:?}", chosen);
            }
            (Some(best), Err(told)) => prop_assert!(false, "{:?} for {:?}", told, best),
            (None, Ok(_)) => prop_assert_eq!(request.adjacency, Adjacency::Preferred),
            (None, Err(told)) => {
                let (largest_block, available) = house.what_there_is(&request);
                prop_assert_eq!(told, NoSeatsTogether { largest_block, available });
                let could = request.adjacency == Adjacency::Preferred;
                prop_assert!(!could || house.closest(&request).is_none());
            }
        }
    }

    #[test]
    fn who_is_parted_sits_in_neighbouring_rows_or_as_close_as_can_be(
        house in houses(),
        request in requests(),
    ) {
        let request = BestRequest { adjacency: Adjacency::Preferred, ..request };
        let is_parted = house.blocks(&request, request.quantity).is_empty();
        let Ok(chosen) = choose(&house, &request) else { return Ok(()) };
        if !is_parted {
            return Ok(());
        }
        let piece = |&place: &usize| (&house.places[place].section, house.pieces[place].0);
        let rows: std::collections::BTreeSet<_> = chosen.iter().map(piece).collect();
        let (sum, alone, _) = house.closest(&request).expect("it was chosen from something");
        if request.accessible {
            let centre = chosen.iter().any(|&place| house.places[place].accessible);
            prop_assert!(centre);
        } else if rows.len() != 2 {
            let at = |place: usize| house.places[place].position.unwrap();
            let around = |&centre: &usize| -> u64 {
                let far = chosen.iter().map(|&place| super::row::distance(at(centre), at(place)));
                far.map(super::layout::steps).sum()
            };
            prop_assert_eq!(chosen.iter().map(around).min(), Some(sum));
            prop_assert!(house.left_alone(&chosen).len() >= alone);
        }
    }

    #[test]
    fn the_seats_that_would_be_left_alone_are_named(
        house in houses(),
        wanted in vec(any::<prop::sample::Index>(), 1..5),
    ) {
        let free: Vec<_> = (0..house.places.len()).filter(|&place| house.is_free[place]).collect();
        prop_assume!(!free.is_empty());
        let mut taken: Vec<_> = wanted.iter().map(|index| *index.get(&free)).collect();
        taken.sort_unstable();
        taken.dedup();
        let seats: Vec<_> = taken.iter().map(|&place| id(place)).collect();
        let alone: Vec<_> = house.left_alone(&taken).into_iter().map(id).collect();
        let mut named = seating(&house).left_alone(&seats, now());
        named.sort_unstable();
        prop_assert_eq!(named, alone);
    }
}

/// Rows of one section: `.` free, `x` taken, `w` accessible, `c` a companion's, a space an aisle.
fn rows(drawn: &[&str]) -> House {
    let focal_point = Some((3.5, -5.0));
    let mut house = House { places: vec![], is_free: vec![], pieces: vec![], focal_point };
    for (number, row) in drawn.iter().enumerate() {
        let mut specs: Vec<Spec> = Vec::new();
        let mut before = Before::Nothing;
        for letter in row.chars() {
            if letter == ' ' {
                before = Before::Aisle;
                continue;
            }
            let access = match letter {
                'w' => 1,
                'c' => 2,
                _ => 0,
            };
            let (is_free, category) = (letter != 'x', 1);
            specs.push(Spec { is_free, category, access, rank: None, before });
            before = Before::Nothing;
        }
        add(&mut house, PlaceKind::Seat, (0, number), &specs);
    }
    house
}

fn preferred(quantity: usize) -> BestRequest {
    BestRequest { adjacency: Adjacency::Preferred, ..request(quantity) }
}

#[test]
fn the_middle_of_the_first_row_is_best_and_an_aisle_parts_it() {
    let house = rows(&["......", "......"]);
    assert_eq!(choose(&house, &request(2)), Ok(vec![2, 3]));
    assert_eq!(choose(&rows(&["... ...", "......"]), &request(4)), Ok(vec![6, 7, 8, 9]));
}

#[test]
fn no_single_seat_is_left_where_it_can_be_helped() {
    assert_eq!(choose(&rows(&["x...xxx", "x....xx"]), &request(2)), Ok(vec![8, 9]));
    assert_eq!(choose(&rows(&["x...xxx", "xxxxxxx"]), &request(2)), Ok(vec![2, 3]));
}

#[test]
fn accessible_seats_and_companions_are_kept_for_those_who_ask() {
    let house = rows(&["wc..", "...."]);
    assert_eq!(choose(&house, &request(2)), Ok(vec![2, 3]));
    let accessible = |quantity| BestRequest { accessible: true, ..request(quantity) };
    assert_eq!(choose(&house, &accessible(2)), Ok(vec![0, 1]));
    assert_eq!(choose(&house, &accessible(3)), Ok(vec![0, 1, 2]));
    let none = NoSeatsTogether { largest_block: 0, available: 0 };
    assert_eq!(choose(&rows(&["wcwc"]), &request(1)), Err(none));
}

#[test]
fn who_does_not_fit_into_a_row_is_told_so_or_sits_in_two() {
    let house = rows(&["x...xx", "x..xx.", "xxxxxx"]);
    let none = NoSeatsTogether { largest_block: 3, available: 6 };
    assert_eq!(choose(&house, &request(4)), Err(none));
    assert_eq!(choose(&house, &preferred(5)), Ok(vec![1, 2, 3, 7, 8]));
    assert_eq!(choose(&house, &preferred(6)), Ok(vec![1, 2, 3, 7, 8, 11]));
    assert_eq!(choose(&house, &preferred(7)), Err(none));
}

#[test]
fn any_places_to_stand_are_together() {
    let mut house = rows(&[]);
    let spec =
        |is_free| Spec { is_free, category: 1, access: 0, rank: None, before: Before::Nothing };
    add(&mut house, PlaceKind::Standing, (0, 0), &[true, false, true, false, true].map(spec));
    assert_eq!(choose(&house, &request(3)).map(|chosen| chosen.len()), Ok(3));
    let none = NoSeatsTogether { largest_block: 3, available: 3 };
    assert_eq!(choose(&house, &preferred(4)), Err(none));
}

#[test]
fn a_hold_that_has_run_out_is_free_and_a_trial_leaves_nothing_behind() {
    use chrono::TimeDelta;
    let house = rows(&["xx"]);
    let mut seating = seating(&house);
    let hold = crate::Hold {
        viewer: crate::ViewerId::new("ann").unwrap(),
        expires_at: now() + TimeDelta::seconds(1),
        is_extended: false,
    };
    seating.put(id(0), &SeatState::Reserved(hold), true);
    assert!(seating.choose(&request(1), now()).is_err());
    let later = now() + TimeDelta::seconds(1);
    assert_eq!(seating.choose(&request(1), later), Ok(vec![id(0)]));
    let mut trial = seating.trial();
    trial.take(&[id(0)]);
    trial.take(&[id(0)]);
    assert!(trial.choose(&request(1), later).is_err());
    drop(trial);
    assert_eq!(seating.choose(&request(1), later), Ok(vec![id(0)]));
}

/// In a plan without coordinates, and in one where a seat came in later.
#[test]
fn a_row_is_in_the_order_of_the_plan_unless_coordinates_say_otherwise() {
    let mut house = rows(&["......", "."]);
    house.places[6].row = "r0".to_owned();
    house.places[6].position = Some((7.0, 0.0));
    house.places[3].position = Some((3.5, 0.0));
    house.places[6].position = Some((4.5, 0.0));
    house.places[3].position = Some((4.0, 0.0));
    house.is_free = vec![false, false, false, true, false, false, true];
    house.places[4].position = Some((5.0, 0.0));
    let together = choose(&house, &request(2));
    assert_eq!(together, Ok(vec![3, 6]), "it stands between the fourth and the fifth");
    for place in &mut house.places {
        place.position = None;
    }
    assert!(choose(&house, &request(2)).is_err(), "nobody knows where it stands");
}
