//! A party wherever there is room: the places that are closest to one another.

use std::collections::BinaryHeap;

use super::layout::{Access, Value, steps};
use super::lone;
use super::row::distance;
use super::view::View;

/// The most places around which a party is tried to be gathered, the best first.
const MAX_CENTRES: usize = 64;

/// With a large party around each there are fewer of them: so many seats in all, which is about a
/// millisecond.
const MAX_GATHERED: usize = 2048;

/// A place and where it is, along the longer side of the house first.
#[derive(Clone, Copy)]
struct Spot {
    along: f64,
    at: (f64, f64),
    place: usize,
}

/// The places closest to one of them: that one is the middle for which the sum of the distances is
/// the smallest; then fewest are left alone, then the best. `None` if there are not so many.
///
/// Who needs an accessible seat sits in the middle.
pub(super) fn closest(view: &View<'_>) -> Option<Vec<usize>> {
    let layout = view.layout;
    let eligible = view.groups().flat_map(|group| group.places.clone());
    let eligible: Vec<usize> = eligible.filter(|&place| view.is_eligible(place)).collect();
    if eligible.len() < view.request.quantity {
        return None;
    }
    let spots = in_line(view, &eligible);
    let is_centre = |&index: &usize| {
        !view.request.accessible || layout.access[spots[index].place] == Access::Accessible
    };
    let mut centres: Vec<usize> = (0..spots.len()).filter(is_centre).collect();
    let by_value = |&index: &usize| (layout.values[spots[index].place], spots[index].place);
    let most = (MAX_GATHERED / view.request.quantity).clamp(1, MAX_CENTRES);
    if centres.len() > most {
        centres.select_nth_unstable_by_key(most, by_value);
        centres.truncate(most);
    }
    let gathered = centres.into_iter().map(|index| {
        let near = nearest(view, &spots, index);
        let sum: u64 = near.iter().map(|near| near.0).sum();
        let mut places: Vec<usize> = near.into_iter().map(|near| near.2).collect();
        places.sort_unstable();
        let alone = lone::left_alone(layout, &|place| view.is_free(place), &places).len();
        let value: Value = places.iter().map(|&place| layout.values[place]).sum();
        ((sum, alone, value, spots[index].place), places)
    });
    gathered.min_by_key(|(score, _)| *score).map(|(_, places)| places)
}

/// The places along the side on which they are farther apart: so few are at one spot of it.
fn in_line(view: &View<'_>, places: &[usize]) -> Vec<Spot> {
    let points = || places.iter().map(|&place| view.layout.points[place]);
    let spread = |of: fn((f64, f64)) -> f64| {
        let least = points().map(of).fold(f64::INFINITY, f64::min);
        points().map(of).fold(f64::NEG_INFINITY, f64::max) - least
    };
    let along: fn((f64, f64)) -> f64 = if spread(|point| point.0) < spread(|point| point.1) {
        |point| point.1
    } else {
        |point| point.0
    };
    let spot = |&place: &usize| {
        let at = view.layout.points[place];
        Spot { along: along(at), at, place }
    };
    let mut spots: Vec<_> = places.iter().map(spot).collect();
    spots.sort_by(|a, b| a.along.total_cmp(&b.along));
    spots
}

/// As many as are asked for that are nearest to one, itself among them: each with its distance in
/// steps and its value.
fn nearest(view: &View<'_>, spots: &[Spot], centre: usize) -> Vec<(u64, Value, usize)> {
    let wanted = view.request.quantity;
    let middle = spots[centre];
    // The farthest is on top.
    let mut near = BinaryHeap::with_capacity(wanted + 1);
    let (mut before, mut after) = (centre, centre);
    let mut next = Some(centre);
    while let Some(index) = next {
        let spot = spots[index];
        let far = steps(distance(middle.at, spot.at));
        let found = (far, view.layout.values[spot.place], spot.place);
        if near.len() < wanted {
            near.push(found);
        } else if let Some(mut farthest) = near.peek_mut()
            && found < *farthest
        {
            *farthest = found;
        }
        if index <= centre {
            before = index;
        }
        if index >= centre {
            after = index;
        }
        let gap = |index: usize| steps((spots[index].along - middle.along).abs());
        let down = before.checked_sub(1).map(|index| (gap(index), index));
        let up = Some(after + 1).filter(|&index| index < spots.len());
        let up = up.map(|index| (gap(index), index));
        let closer = [down, up].into_iter().flatten().min();
        let is_full = near.len() == wanted;
        let farthest = near.peek().map(|(far, ..)| *far);
        next = closer
            .filter(|(gap, _)| !is_full || farthest.is_some_and(|farthest| *gap <= farthest))
            .map(|(_, index)| index);
    }
    near.into_vec()
}
