//! A party in two neighbouring rows.

use std::ops::Range;

use super::layout::{Group, GroupKind, Value, steps};
use super::row::distance;
use super::together::alone_beside;
use super::view::View;

/// The most pairs of runs that are looked at, those of better rows first: some tenths of a
/// millisecond. A house has that many when it is sold like a chequerseating.
const MAX_PAIRS: usize = 20_000;

/// Free places in a piece of a row.
#[derive(Clone)]
struct Run<'a> {
    group: &'a Group,
    places: Range<usize>,
}

/// What makes a pair better than another: the smaller, the better, the first things first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Score {
    /// Places that it leaves alone.
    alone: usize,
    /// From the middle of one part to the middle of the other, in steps.
    distance: u64,
    value: Value,
    first: (usize, usize),
}

/// The longer run whole, and beside it in the next row or the one before as many as are missing;
/// `None` if no two neighbouring rows have so many. Who needs an accessible seat is not parted so.
pub(super) fn in_neighbouring_rows(view: &View<'_>) -> Option<Vec<usize>> {
    if view.request.accessible {
        return None;
    }
    let rows = rows(view);
    let mut neighbours: Vec<_> = rows.windows(2).filter(|pair| are_neighbours(pair)).collect();
    neighbours.sort_by_key(|pair| best_of(&pair[0]).min(best_of(&pair[1])));
    let pairs = neighbours.into_iter().flat_map(|pair| {
        pair[0].iter().flat_map(move |first| pair[1].iter().map(move |second| (first, second)))
    });
    let mut best: Option<(Score, [Range<usize>; 2])> = None;
    for (first, second) in pairs.take(MAX_PAIRS) {
        let (whole, other) = if second.places.len() > first.places.len() {
            (second, first)
        } else {
            (first, second)
        };
        beside(view, whole, other, &mut best);
    }
    best.map(|(_, parts)| parts.into_iter().flatten().collect())
}

/// The runs of each row that has any, in the order of the plan.
fn rows<'a>(view: &View<'a>) -> Vec<Vec<Run<'a>>> {
    let mut rows: Vec<Vec<Run<'_>>> = Vec::new();
    for group in view.groups().filter(|group| group.kind == GroupKind::Segment) {
        let runs = view.runs(group).into_iter();
        let runs = runs.map(|(start, length)| Run { group, places: start..start + length });
        for run in runs {
            let is_same = |last: &Vec<Run<'_>>| {
                let before = last[0].group;
                (before.section, before.row) == (group.section, group.row)
            };
            match rows.last_mut().filter(|last| is_same(last)) {
                Some(row) => row.push(run),
                None => rows.push(vec![run]),
            }
        }
    }
    rows
}

fn are_neighbours(pair: &[Vec<Run<'_>>]) -> bool {
    let (first, second) = (pair[0][0].group, pair[1][0].group);
    first.section == second.section && first.row + 1 == second.row
}

fn best_of(row: &[Run<'_>]) -> Value {
    row.iter().map(|run| run.group.best).min().unwrap_or(Value::MAX)
}

/// All of one run, and the missing ones in another, wherever they fit.
fn beside(
    view: &View<'_>,
    whole: &Run<'_>,
    other: &Run<'_>,
    best: &mut Option<(Score, [Range<usize>; 2])>,
) {
    let Some(missing) = view.request.quantity.checked_sub(whole.places.len()) else { return };
    if missing == 0 || other.places.len() < missing {
        return;
    }
    let value = |places: Range<usize>| view.layout.values[places].iter().sum::<Value>();
    let alone_at_whole = alone_beside(view, whole.group, &whole.places);
    for start in other.places.start..=other.places.end - missing {
        let rest = start..start + missing;
        let apart = distance(middle(view, &whole.places), middle(view, &rest));
        let score = Score {
            alone: alone_at_whole + alone_beside(view, other.group, &rest),
            distance: steps(apart),
            value: value(whole.places.clone()) + value(rest.clone()),
            first: (whole.places.start, start),
        };
        if best.as_ref().is_none_or(|(known, _)| score < *known) {
            *best = Some((score, [whole.places.clone(), rest]));
        }
    }
}

/// Between the ends of a part.
fn middle(view: &View<'_>, places: &Range<usize>) -> (f64, f64) {
    let (first, last) = (view.layout.points[places.start], view.layout.points[places.end - 1]);
    (f64::midpoint(first.0, last.0), f64::midpoint(first.1, last.1))
}
