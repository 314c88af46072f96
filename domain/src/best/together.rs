//! The best block: places that are together.

use std::ops::Range;

use super::layout::{Access, Group, GroupKind, Value};
use super::view::View;

/// What makes a block better than another: the smaller, the better, the first things first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Score {
    /// Ordinary places, where accessible ones are asked for.
    ordinary: usize,
    /// Places that it leaves alone.
    alone: usize,
    /// Accessible ones.
    accessible: usize,
    value: Value,
    /// The first of its places: of equals, what comes first in the plan.
    first: usize,
}

/// Where a block is.
enum Block {
    Run(Range<usize>),
    Picked(Vec<usize>),
}

/// The best places that are together; `None` if there are none.
///
/// Groups are looked at by their best place. Once that is so bad that nothing in a group could be
/// better than what was found, nothing in those that follow is.
pub(super) fn best_block(view: &View<'_>) -> Option<Vec<usize>> {
    let wanted = view.request.quantity;
    let mut best: Option<(Score, Block)> = None;
    for &index in &view.layout.best_first {
        let group = &view.layout.groups[index];
        if group.places.len() < wanted || !view.is_asked_for(group) {
            continue;
        }
        if view.request.accessible {
            if !group.has_accessible {
                continue;
            }
        } else if let Some((score, _)) = &best
            && score.alone == 0
            && group.best * wanted as Value > score.value
        {
            break;
        }
        match group.kind {
            GroupKind::Segment => in_segment(view, group, &mut best),
            GroupKind::Table | GroupKind::Standing => among(view, group, &mut best),
        }
    }
    best.map(|(_, block)| match block {
        Block::Run(places) => places.collect(),
        Block::Picked(places) => places,
    })
}

/// The blocks of a piece of a row, from its beginning to its end.
fn in_segment(view: &View<'_>, group: &Group, best: &mut Option<(Score, Block)>) {
    let (layout, wanted) = (view.layout, view.request.quantity);
    let (mut length, mut sum) = (0, 0);
    for place in group.places.clone() {
        if !view.is_eligible(place) {
            (length, sum) = (0, 0);
            continue;
        }
        (length, sum) = (length + 1, sum + layout.values[place]);
        if length > wanted {
            sum -= layout.values[place - wanted];
        }
        if length < wanted {
            continue;
        }
        let places = place + 1 - wanted..place + 1;
        let (accessible, ordinary) = access(view, places.clone());
        if view.request.accessible && accessible == 0 {
            continue;
        }
        let alone = alone_beside(view, group, &places);
        let score = Score { ordinary, alone, accessible, value: sum, first: places.start };
        if best.as_ref().is_none_or(|(known, _)| score < *known) {
            *best = Some((score, Block::Run(places)));
        }
    }
}

/// How many are accessible and how many ordinary, where that matters.
fn access(view: &View<'_>, places: impl Iterator<Item = usize>) -> (usize, usize) {
    if !view.request.accessible {
        return (0, 0);
    }
    places.fold((0, 0), |(accessible, ordinary), place| match view.layout.access[place] {
        Access::Accessible => (accessible + 1, ordinary),
        Access::Companion => (accessible, ordinary),
        Access::Ordinary => (accessible, ordinary + 1),
    })
}

/// How many places a run leaves alone, one at either end at most.
pub(super) fn alone_beside(view: &View<'_>, group: &Group, run: &Range<usize>) -> usize {
    let has = |place: Option<usize>| {
        place.is_some_and(|place| group.places.contains(&place) && view.is_free(place))
    };
    let is_alone = |place: Option<usize>, beyond: Option<usize>| {
        has(place)
            && !has(beyond)
            && place.is_some_and(|place| view.layout.access[place] == Access::Ordinary)
    };
    let before = run.start.checked_sub(1);
    let left = is_alone(before, before.and_then(|before| before.checked_sub(1)));
    let right = is_alone(Some(run.end), Some(run.end + 1));
    usize::from(left) + usize::from(right)
}

/// The best block of a group in which any places are together.
fn among(view: &View<'_>, group: &Group, best: &mut Option<(Score, Block)>) {
    let (layout, wanted) = (view.layout, view.request.quantity);
    let eligible = group.places.clone().filter(|&place| view.is_eligible(place));
    let mut picked: Vec<usize> = if view.request.accessible {
        let mut by_access: Vec<_> = eligible.collect();
        by_access.sort_by_key(|&place| match layout.access[place] {
            Access::Companion => 0,
            Access::Accessible => 1,
            Access::Ordinary => 2,
        });
        let first = by_access.iter().position(|&place| layout.access[place] == Access::Accessible);
        let Some(first) = first else { return };
        by_access[..=first].rotate_right(1);
        by_access.truncate(wanted);
        by_access
    } else {
        eligible.take(wanted).collect()
    };
    if picked.len() < wanted {
        return;
    }
    picked.sort_unstable();
    let (accessible, ordinary) = access(view, picked.iter().copied());
    let score = Score {
        ordinary,
        alone: usize::from(group.kind == GroupKind::Table && leaves_one(view, group, &picked)),
        accessible,
        value: picked.iter().map(|&place| layout.values[place]).sum(),
        first: picked[0],
    };
    if best.as_ref().is_none_or(|(known, _)| score < *known) {
        *best = Some((score, Block::Picked(picked)));
    }
}

/// Whether one chair of a table is left, for anybody.
fn leaves_one(view: &View<'_>, table: &Group, picked: &[usize]) -> bool {
    let mut left = table
        .places
        .clone()
        .filter(|place| view.is_free(*place) && picked.binary_search(place).is_err());
    let only = left.next();
    only.is_some_and(|place| view.layout.access[place] == Access::Ordinary) && left.next().is_none()
}
