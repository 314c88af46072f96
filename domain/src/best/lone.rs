//! Which seats would be left alone: see [`Seating::left_alone`](super::Seating::left_alone).

use super::layout::{Access, Group, GroupKind, Layout};

/// The places that are left alone when these, ascending, are taken of the free ones.
pub(super) fn left_alone(
    layout: &Layout,
    is_free: &dyn Fn(usize) -> bool,
    taken: &[usize],
) -> Vec<usize> {
    let stays = |place: usize| is_free(place) && taken.binary_search(&place).is_err();
    let mut alone = Vec::new();
    for &place in taken {
        let group = &layout.groups[layout.group_of[place]];
        match group.kind {
            GroupKind::Standing => {}
            GroupKind::Table => {
                let mut left = group.places.clone().filter(|&place| stays(place));
                if let (Some(only), None) = (left.next(), left.next()) {
                    alone.push(only);
                }
            }
            GroupKind::Segment => {
                alone.extend(
                    beside(group, place)
                        .filter(|&seat| stays(seat) && !beside(group, seat).any(&stays)),
                );
            }
        }
    }
    alone.retain(|&place| layout.access[place] == Access::Ordinary);
    alone.sort_unstable();
    alone.dedup();
    alone
}

/// The places next to one in its piece of a row.
fn beside(group: &Group, place: usize) -> impl Iterator<Item = usize> {
    let (before, after) = (place.checked_sub(1), Some(place + 1));
    let places = group.places.clone();
    [before, after].into_iter().flatten().filter(move |place| places.contains(place))
}
