//! The rule once more in the plainest words: every set of places that is together, one by one.

use chrono::{DateTime, Utc};

use super::layout::steps;
use super::row::distance;
use super::{Adjacency, BestRequest, Place};
use crate::plan::PlaceKind;

/// A plan with what is free; and of each seat of a row, in which piece of it and where it is.
#[derive(Clone, Debug)]
pub(super) struct House {
    pub(super) places: Vec<Place>,
    pub(super) is_free: Vec<bool>,
    /// For each seat of a row: the number of its piece, and its place in that.
    pub(super) pieces: Vec<(usize, usize)>,
    pub(super) focal_point: Option<(f64, f64)>,
}

/// What makes one choice better than another.
pub(super) type Key = (usize, usize, usize, i64, u64);

pub(super) fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

impl House {
    fn is_kept(&self, index: usize) -> bool {
        self.places[index].accessible || self.places[index].traits.is_companion
    }

    pub(super) fn is_eligible(&self, request: &BestRequest, index: usize) -> bool {
        let place = &self.places[index];
        let in_category = |named: &Vec<crate::CategoryId>| {
            named.iter().any(|category| category.serial == place.category)
        };
        self.is_free[index]
            && (request.accessible || !self.is_kept(index))
            && request.categories.as_ref().is_none_or(in_category)
            && request.sections.as_ref().is_none_or(|named| named.contains(&place.section))
    }

    /// Whether two places are of one row, table or section, so that they can be together.
    fn share_a_group(&self, a: usize, b: usize) -> bool {
        let (one, other) = (&self.places[a], &self.places[b]);
        one.traits.kind == other.traits.kind
            && one.section == other.section
            && match one.traits.kind {
                PlaceKind::Seat => self.pieces[a].0 == self.pieces[b].0,
                PlaceKind::Chair => one.row == other.row,
                PlaceKind::Standing => true,
            }
    }

    pub(super) fn are_together(&self, set: &[usize]) -> bool {
        let share = set.iter().all(|&place| self.share_a_group(set[0], place));
        let is_row = self.places[set[0]].traits.kind == PlaceKind::Seat;
        let mut columns: Vec<_> = set.iter().map(|&place| self.pieces[place].1).collect();
        columns.sort_unstable();
        share && (!is_row || columns.windows(2).all(|pair| pair[0] + 1 == pair[1]))
    }

    fn are_beside(&self, a: usize, b: usize) -> bool {
        a != b
            && self.share_a_group(a, b)
            && match self.places[a].traits.kind {
                PlaceKind::Seat => self.pieces[a].1.abs_diff(self.pieces[b].1) == 1,
                PlaceKind::Chair => true,
                PlaceKind::Standing => false,
            }
    }

    /// Ordinary free seats with a free neighbour now, and none if these are taken.
    pub(super) fn left_alone(&self, taken: &[usize]) -> Vec<usize> {
        let has_neighbour = |seat: usize, is_free: &dyn Fn(usize) -> bool| {
            (0..self.places.len()).any(|other| self.are_beside(seat, other) && is_free(other))
        };
        let stays = |seat: usize| self.is_free[seat] && !taken.contains(&seat);
        let alone = (0..self.places.len()).filter(|&seat| {
            stays(seat)
                && !self.is_kept(seat)
                && has_neighbour(seat, &|other| self.is_free[other])
                && !has_neighbour(seat, &stays)
        });
        alone.collect()
    }

    pub(super) fn value(&self, index: usize) -> (i64, u64) {
        let place = &self.places[index];
        let rank = place.traits.rank.map_or(1 << 31, i64::from);
        let far = (1 << 34) + index as u64;
        let near = self.focal_point.zip(place.position);
        (rank, near.map_or(far, |(focal, at)| steps(distance(focal, at))))
    }

    pub(super) fn key(&self, request: &BestRequest, set: &[usize]) -> Key {
        let count = |holds: &dyn Fn(usize) -> bool| {
            if request.accessible { set.iter().filter(|&&place| holds(place)).count() } else { 0 }
        };
        let ordinary = count(&|place| !self.is_kept(place));
        let accessible = count(&|place| self.places[place].accessible);
        let values = set.iter().map(|&place| self.value(place));
        let (rank, far) = values.fold((0, 0), |sum, value| (sum.0 + value.0, sum.1 + value.1));
        (ordinary, self.left_alone(set).len(), accessible, rank, far)
    }

    /// Every set of so many eligible places that are together, and serve who asks.
    pub(super) fn blocks(&self, request: &BestRequest, quantity: usize) -> Vec<Vec<usize>> {
        let eligible: Vec<usize> =
            (0..self.places.len()).filter(|&place| self.is_eligible(request, place)).collect();
        let serves = |set: &Vec<usize>| {
            !request.accessible || set.iter().any(|&place| self.places[place].accessible)
        };
        let mut sets: Vec<Vec<usize>> = eligible.iter().map(|&place| vec![place]).collect();
        for _ in 1..quantity {
            sets = sets
                .iter()
                .flat_map(|set| {
                    let last = set[set.len() - 1];
                    let more = eligible.iter().copied().filter(move |&place| place > last);
                    let fits = more.filter(|&place| self.share_a_group(last, place));
                    fits.map(|place| [set.as_slice(), &[place]].concat()).collect::<Vec<_>>()
                })
                .collect();
        }
        sets.retain(|set| self.are_together(set) && serves(set));
        sets
    }

    /// The closest places around one, by the plainest way.
    pub(super) fn closest(&self, request: &BestRequest) -> Option<(u64, usize, (i64, u64))> {
        let eligible: Vec<usize> =
            (0..self.places.len()).filter(|&place| self.is_eligible(request, place)).collect();
        if eligible.len() < request.quantity {
            return None;
        }
        let at = |place: usize| self.places[place].position.unwrap_or_default();
        let centres =
            eligible.iter().filter(|&&place| !request.accessible || self.places[place].accessible);
        let gathered = centres.map(|&centre| {
            let mut near: Vec<_> = eligible
                .iter()
                .map(|&place| (steps(distance(at(centre), at(place))), self.value(place), place))
                .collect();
            near.sort_unstable();
            near.truncate(request.quantity);
            let set: Vec<_> = near.iter().map(|near| near.2).collect();
            let value = set.iter().map(|&place| self.value(place));
            let value = value.fold((0, 0), |sum, value| (sum.0 + value.0, sum.1 + value.1));
            let sum = near.iter().map(|near| near.0).sum();
            (sum, self.left_alone(&set).len(), value)
        });
        gathered.min()
    }

    /// The most places that are together, and how many there are at all.
    pub(super) fn what_there_is(&self, request: &BestRequest) -> (usize, usize) {
        let largest = (1..=8).rev().find(|&n| !self.blocks(request, n).is_empty());
        let counts = |&place: &usize| {
            self.is_kept(place) == request.accessible && self.is_eligible(request, place)
        };
        (largest.unwrap_or(0), (0..self.places.len()).filter(counts).count())
    }
}

pub(super) fn request(quantity: usize) -> BestRequest {
    BestRequest {
        quantity,
        categories: None,
        sections: None,
        accessible: false,
        adjacency: Adjacency::Required,
    }
}
