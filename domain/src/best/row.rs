//! The seats of a row: their order, and where it is interrupted.

use super::place::Place;

/// Two neighbours are so many times the usual distance apart at most. A wheelchair place beside
/// another is up to 1.65 of it (0.9 m to 0.55 m); where one seat is missing it is 2.
const MAX_GAP: f64 = 1.75;

/// A row of fewer seats says little of what is usual: its section does.
const ROW_FOR_SPACING: usize = 4;

/// Another order of a row is its own where the way along it is so much shorter.
const SHORTER: f64 = 0.999;

/// A row's seats in the order in which they stand beside each other.
#[derive(Debug)]
pub(super) struct Row<'a> {
    seats: Vec<&'a Place>,
    /// From each seat to the next; `None` where it is not known where all of them are.
    gaps: Option<Vec<f64>>,
}

impl<'a> Row<'a> {
    /// Seats of one row as the plan lists them. That is their order, unless the way along the row
    /// is shorter: a seat that came into the plan later stands between two others.
    pub(super) fn new(planned: Vec<&'a Place>) -> Self {
        let Some(points) = planned.iter().map(|seat| seat.position).collect::<Option<Vec<_>>>()
        else {
            return Self { seats: planned, gaps: None };
        };
        let straight = along(&points);
        let gaps = |order: &[usize]| -> Vec<f64> {
            order.windows(2).map(|pair| distance(points[pair[0]], points[pair[1]])).collect()
        };
        let listed: Vec<usize> = (0..planned.len()).collect();
        let (as_listed, as_it_stands) = (gaps(&listed), gaps(&straight));
        let length = |gaps: &[f64]| gaps.iter().sum::<f64>();
        if length(&as_it_stands) < length(&as_listed) * SHORTER {
            let seats = straight.iter().map(|&index| planned[index]).collect();
            return Self { seats, gaps: Some(as_it_stands) };
        }
        Self { seats: planned, gaps: Some(as_listed) }
    }

    /// The distances between neighbours, aisles among them; none where they are not known.
    pub(super) fn gaps(&self) -> &[f64] {
        self.gaps.as_deref().unwrap_or_default()
    }

    /// The row's pieces, within which each seat is next to the one before it. An aisle or a gap
    /// interrupts it: one that the plan names, or a distance that is much more than the usual one.
    pub(super) fn segments(self, usual_in_section: Option<f64>) -> Vec<Vec<&'a Place>> {
        let own = (self.seats.len() >= ROW_FOR_SPACING).then(|| usual(self.gaps())).flatten();
        let usual = own.or(usual_in_section).filter(|usual| *usual > 0.0);
        let is_far = |gap: f64| usual.is_some_and(|usual| gap > usual * MAX_GAP);
        let mut segments: Vec<Vec<&Place>> = Vec::new();
        for (index, &seat) in self.seats.iter().enumerate() {
            let before = index.checked_sub(1);
            let is_apart = before.is_none_or(|before| {
                let gap = self.gaps.as_ref().map(|gaps| gaps[before]);
                let other_floor = self.seats[before].traits.floor != seat.traits.floor;
                seat.traits.has_gap_before || other_floor || gap.is_some_and(is_far)
            });
            match segments.last_mut().filter(|_| !is_apart) {
                Some(segment) => segment.push(seat),
                None => segments.push(vec![seat]),
            }
        }
        segments
    }
}

/// The usual one of these distances: half of them are no smaller. Of two, the smaller.
pub(super) fn usual(gaps: &[f64]) -> Option<f64> {
    let mut sorted = gaps.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(gaps.len().checked_sub(1)? / 2).copied()
}

/// The indices in the order of the points along the line that is closest to all of them; from the
/// first listed to the last.
fn along(points: &[(f64, f64)]) -> Vec<usize> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a row has fewer seats than a float has integers"
    )]
    let count = points.len() as f64;
    let sum = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
    let centre = (sum.0 / count, sum.1 / count);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for point in points {
        let (dx, dy) = (point.0 - centre.0, point.1 - centre.1);
        (xx, xy, yy) = (xx + dx * dx, xy + dx * dy, yy + dy * dy);
    }
    let (sin, cos) = ((2.0 * xy).atan2(xx - yy) / 2.0).sin_cos();
    let at = |index: usize| points[index].0 * cos + points[index].1 * sin;
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|&a, &b| at(a).total_cmp(&at(b)));
    if points.len() > 1 && at(points.len() - 1) < at(0) {
        order.reverse();
    }
    order
}

/// From one point to another, in the plan's units.
pub(super) fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (a.0 - b.0, a.1 - b.1);
    (dx * dx + dy * dy).sqrt()
}
