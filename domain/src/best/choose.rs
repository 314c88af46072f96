//! The rule, from its first part to its last.

use super::layout::{Access, GroupKind};
use super::request::{Adjacency, NoSeatsTogether};
use super::view::View;
use super::{apart, scatter, together};

/// The places that a request is given.
pub(super) fn choose(view: &View<'_>) -> Result<Vec<usize>, NoSeatsTogether> {
    if let Some(block) = together::best_block(view) {
        return Ok(block);
    }
    let apart = match view.request.adjacency {
        Adjacency::Required => None,
        Adjacency::Preferred => {
            apart::in_neighbouring_rows(view).or_else(|| scatter::closest(view))
        }
    };
    apart.ok_or_else(|| what_there_is(view))
}

fn what_there_is(view: &View<'_>) -> NoSeatsTogether {
    let mut told = NoSeatsTogether::default();
    for group in view.groups() {
        let is_accessible = |&place: &usize| view.layout.access[place] == Access::Accessible;
        let counts = |place: &usize| {
            let is_kept = view.layout.access[*place] != Access::Ordinary;
            is_kept == view.request.accessible && view.is_eligible(*place)
        };
        told.available += group.places.clone().filter(counts).count();
        let blocks: Vec<Vec<usize>> = match group.kind {
            GroupKind::Segment => {
                let runs = view.runs(group).into_iter();
                runs.map(|(start, length)| (start..start + length).collect()).collect()
            }
            GroupKind::Table | GroupKind::Standing => {
                vec![group.places.clone().filter(|&place| view.is_eligible(place)).collect()]
            }
        };
        let serves = |block: &Vec<usize>| {
            !view.request.accessible || block.iter().any(|place| is_accessible(place))
        };
        let largest = blocks.iter().filter(|block| serves(block)).map(Vec::len).max();
        told.largest_block = told.largest_block.max(largest.unwrap_or_default());
    }
    told
}
