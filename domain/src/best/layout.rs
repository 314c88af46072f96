//! What of a plan matters for a choice: which seats are next to each other, and which are better.

use std::collections::HashMap;
use std::ops::Range;

use super::place::Place;
use super::row::{Row, distance, usual};
use crate::ids::{EventId, SeatId};
use crate::plan::PlaceKind;

/// How good a place is: the smaller, the better. Its rank, then its distance to the focal point or
/// its place in the plan. Sums of them are sums of both: neither half of a sum of a whole plan's
/// overflows.
pub(super) type Value = u128;

/// The rank of what has none: behind all that have.
const NO_RANK: u64 = 1 << 31;
/// The distance of what has none: farther than any, and then by its place in the plan.
const NO_DISTANCE: u64 = 1 << 34;
/// Distances count in thousandths of the plan's unit.
const STEPS: f64 = 1000.0;
/// Where no coordinates say otherwise, sections are so many rows apart.
const BETWEEN_SECTIONS: f64 = 1000.0;

/// For whom a place is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Access {
    /// Anybody.
    Ordinary,
    /// Whoever comes with somebody on an accessible one.
    Companion,
    /// Who needs it.
    Accessible,
}

/// How places are together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum GroupKind {
    /// A piece of a row: those that follow one another.
    Segment,
    /// Any of them: chairs at a table.
    Table,
    /// Any of them: places to stand in a section.
    Standing,
}

/// Places that can be together.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) kind: GroupKind,
    pub(super) section: usize,
    /// Which of the section's rows: neighbours have consecutive numbers.
    pub(super) row: usize,
    pub(super) places: Range<usize>,
    /// The value of the best of them.
    pub(super) best: Value,
    pub(super) has_accessible: bool,
}

/// See the module's documentation. Places are numbered from 0 in the order of their groups, which
/// is that of the plan: by section, row and place in the row.
#[derive(Clone, Debug)]
pub struct Layout {
    event: EventId,
    pub(super) groups: Vec<Group>,
    /// The groups by their best place.
    pub(super) best_first: Vec<usize>,
    pub(super) serials: Vec<i32>,
    pub(super) categories: Vec<i32>,
    pub(super) access: Vec<Access>,
    pub(super) values: Vec<Value>,
    pub(super) points: Vec<(f64, f64)>,
    pub(super) group_of: Vec<usize>,
    /// The place of each number of the plan.
    places: Vec<Option<u32>>,
    sections: HashMap<String, usize>,
}

/// Places of one row, table or section before they are put in order.
struct Heap<'a> {
    section: usize,
    row: usize,
    kind: PlaceKind,
    places: Vec<&'a Place>,
}

impl Layout {
    /// Works out the layout of a plan, whose places are listed in its order.
    pub fn new(event: EventId, plan: &[Place], focal_point: Option<(f64, f64)>) -> Self {
        let largest = plan.iter().filter_map(|place| usize::try_from(place.serial).ok()).max();
        let mut layout = Self {
            event,
            groups: Vec::new(),
            best_first: Vec::new(),
            serials: Vec::with_capacity(plan.len()),
            categories: Vec::with_capacity(plan.len()),
            access: Vec::with_capacity(plan.len()),
            values: Vec::with_capacity(plan.len()),
            points: Vec::with_capacity(plan.len()),
            group_of: Vec::with_capacity(plan.len()),
            places: vec![None; largest.map_or(0, |largest| largest + 1)],
            sections: HashMap::new(),
        };
        let has_points = plan.iter().all(|place| place.position.is_some());
        let ranked = Ranked { plan, focal_point };
        let heaps = layout.heaps(plan);
        let spacing = spacing(&heaps);
        for heap in heaps {
            let usual = spacing.get(&heap.section).copied().flatten();
            let (section, row) = (heap.section, heap.row);
            let (kind, groups) = heap.groups(usual, &ranked);
            let mut column = 0;
            for places in groups {
                layout.add(kind, (section, row), &places, &ranked);
                for place in places {
                    let drawn = place.position.filter(|_| has_points);
                    layout.points.push(drawn.unwrap_or_else(|| grid(section, row, column)));
                    column += 1;
                }
                // A gap is a place wide.
                column += 1;
            }
        }
        layout.best_first = (0..layout.groups.len()).collect();
        layout.best_first.sort_by_key(|&group| layout.groups[group].best);
        layout
    }

    /// The event whose plan it is.
    pub fn event(&self) -> EventId {
        self.event
    }

    /// About how many bytes it takes, and a seating on it.
    pub fn bytes(&self) -> usize {
        /// What each place takes in each of the lists, and on a seating.
        const EACH: usize = 4 + 4 + 1 + 16 + 16 + 8 + 8 + 8;
        let groups = self.groups.len() * (size_of::<Group>() + size_of::<usize>());
        self.serials.len() * EACH + groups + 4096
    }

    pub(super) fn section(&self, name: &str) -> Option<usize> {
        self.sections.get(name).copied()
    }

    pub(super) fn place(&self, seat: SeatId) -> Option<usize> {
        let index = usize::try_from(seat.serial).ok().filter(|_| seat.event == self.event)?;
        self.places.get(index).copied().flatten().map(|place| place as usize)
    }

    pub(super) fn seat(&self, place: usize) -> SeatId {
        SeatId { event: self.event, serial: self.serials[place] }
    }

    /// Puts together what is of one row, table or section, in the order of the plan.
    fn heaps<'a>(&mut self, plan: &'a [Place]) -> Vec<Heap<'a>> {
        let mut heaps: Vec<Heap<'a>> = Vec::new();
        let mut known: HashMap<(usize, i16, &str), usize> = HashMap::new();
        let mut rows: Vec<usize> = Vec::new();
        for place in plan {
            let next = self.sections.len();
            let section = *self.sections.entry(place.section.clone()).or_insert(next);
            if section == rows.len() {
                rows.push(0);
            }
            let kind = place.traits.kind;
            let row = if kind == PlaceKind::Standing { "" } else { place.row.as_str() };
            let heap = *known.entry((section, kind.code(), row)).or_insert_with(|| {
                let row = rows[section];
                rows[section] += 1;
                heaps.push(Heap { section, row, kind, places: Vec::new() });
                heaps.len() - 1
            });
            heaps[heap].places.push(place);
        }
        heaps.sort_by_key(|heap| (heap.section, heap.row));
        heaps
    }

    fn add(
        &mut self,
        kind: GroupKind,
        (section, row): (usize, usize),
        places: &[&Place],
        ranked: &Ranked<'_>,
    ) {
        let first = self.serials.len();
        for place in places {
            if let Ok(index) = usize::try_from(place.serial) {
                self.places[index] = u32::try_from(self.serials.len()).ok();
            }
            self.serials.push(place.serial);
            self.categories.push(place.category);
            self.access.push(match (place.accessible, place.traits.is_companion) {
                (true, _) => Access::Accessible,
                (false, true) => Access::Companion,
                (false, false) => Access::Ordinary,
            });
            self.values.push(ranked.value(place));
            self.group_of.push(self.groups.len());
        }
        self.groups.push(Group {
            kind,
            section,
            row,
            places: first..self.serials.len(),
            best: self.values[first..].iter().copied().min().unwrap_or_default(),
            has_accessible: self.access[first..].contains(&Access::Accessible),
        });
    }
}

impl<'a> Heap<'a> {
    /// In a row each piece of it is a group. At tables and where people stand, the best come first.
    fn groups(self, usual: Option<f64>, ranked: &Ranked<'_>) -> (GroupKind, Vec<Vec<&'a Place>>) {
        let mut places = self.places;
        let kind = match self.kind {
            PlaceKind::Seat => return (GroupKind::Segment, Row::new(places).segments(usual)),
            PlaceKind::Chair => GroupKind::Table,
            PlaceKind::Standing => GroupKind::Standing,
        };
        places.sort_by_key(|place| ranked.value(place));
        (kind, vec![places])
    }
}

/// The usual distance from a seat to the next in each section.
fn spacing(heaps: &[Heap<'_>]) -> HashMap<usize, Option<f64>> {
    let mut gaps: HashMap<usize, Vec<f64>> = HashMap::new();
    for heap in heaps.iter().filter(|heap| heap.kind == PlaceKind::Seat) {
        let row = Row::new(heap.places.clone());
        gaps.entry(heap.section).or_default().extend(row.gaps());
    }
    gaps.into_iter().map(|(section, gaps)| (section, usual(&gaps))).collect()
}

/// Where a place is taken to be if a plan has no coordinates: rows behind each other.
#[expect(clippy::cast_precision_loss, reason = "a plan has fewer places than a float has integers")]
fn grid(section: usize, row: usize, column: usize) -> (f64, f64) {
    (column as f64, section as f64 * BETWEEN_SECTIONS + row as f64)
}

/// What makes places better than others.
struct Ranked<'a> {
    plan: &'a [Place],
    focal_point: Option<(f64, f64)>,
}

impl Ranked<'_> {
    fn value(&self, place: &Place) -> Value {
        let rank = place.traits.rank.and_then(|rank| u64::try_from(rank).ok()).unwrap_or(NO_RANK);
        let near = self.focal_point.zip(place.position).map(|(to, from)| steps(distance(to, from)));
        let distance = near.unwrap_or_else(|| NO_DISTANCE + self.order(place));
        Value::from(rank) << 64 | Value::from(distance.min(NO_DISTANCE + self.order(place)))
    }

    /// Where the plan lists it, which is by number.
    fn order(&self, place: &Place) -> u64 {
        let found = self.plan.binary_search_by_key(&place.serial, |place| place.serial);
        found.unwrap_or_default() as u64
    }
}

/// A distance in whole steps, so that sums are exact.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a distance is no less than 0, and too large a one becomes the largest"
)]
pub(super) fn steps(distance: f64) -> u64 {
    (distance * STEPS).round() as u64
}
