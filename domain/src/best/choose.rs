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

/// How many are free, and how many of them together.
fn what_there_is(view: &View<'_>) -> NoSeatsTogether {
    let mut told = NoSeatsTogether::default();
    for group in view.groups() {
        let (mut length, mut accessible) = (0, 0);
        for place in group.places.clone() {
            if view.is_eligible(place) {
                let access = view.layout.access[place];
                length += 1;
                accessible += usize::from(access == Access::Accessible);
                let is_kept = access != Access::Ordinary;
                told.available += usize::from(is_kept == view.request.accessible);
            } else if group.kind == GroupKind::Segment {
                (length, accessible) = (0, 0);
            }
            if accessible > 0 || !view.request.accessible {
                told.largest_block = told.largest_block.max(length);
            }
        }
    }
    told
}
