//! The demo event's seat plan: a made-up arena of exactly 20,000 seats, set up for a concert.
//!
//! Coordinates are metres, to the centimetre. The origin is the centre of the floor; x grows to the
//! right, and y away from the stage, which is down the screen. So a canvas draws the arena with the
//! stage on top. The floor is 32 m by 62 m with round corners of 9 m; the stage (not part of the
//! plan) fills its top end, x from -10 to 10 and y from -30 to -20. The bowl's rows run around the
//! floor at growing distances, open behind the stage.
//!
//! Invariants: the plan is the same every time; 20,000 seats; no two seats closer than 0.45 m.

use std::f64::consts::FRAC_PI_2;

use domain::plan::{NewPrices, PALETTE, PlaceTraits, PlannedCategory, PlannedSeat, SeatPlan};

/// The currency of all prices.
const CURRENCY: &str = "EUR";

/// Name and price in cents, dearest first: what a large concert in Europe asks.
const CATEGORIES: [(&str, i64); 6] = [
    ("Floor – Front", 18_900),
    ("Floor – Back", 14_900),
    ("Lower bowl – Gold", 12_900),
    ("Lower bowl – Silver", 9_900),
    ("Upper bowl", 6_900),
    ("Upper bowl – Far and side", 4_500),
];

/// Rows of the bowl in order; I and O are left out because they read as 1 and 0.
const ROW_LETTERS: &str = "ABCDEFGHJKLMNPQRSTUVWXYZ";

/// From the middle of one seat to the next, in metres: arena seats are 48 to 55 cm wide.
const SEAT_PITCH_M: f64 = 0.5;

/// The stairs between two sections, in metres.
const AISLE_M: f64 = 1.4;

/// Where the stage ends and the audience begins to see its front, as y in metres.
const STAGE_FRONT_Y_M: f64 = -20.0;

/// A ring of the bowl.
struct Tier {
    /// The number of its first section; the others count up, clockwise from the right of the stage.
    first_section: usize,
    /// How many rows, up to the number of [`ROW_LETTERS`].
    rows: usize,
    /// From the edge of the floor to the first row, in metres.
    first_row_m: f64,
    /// From one row to the next, in metres.
    row_depth_m: f64,
    /// Sections in each piece of the outline: a corner, a long side, the end opposite the stage.
    sections: [usize; 3],
    /// The row with a wheelchair place at each end: one that a level concourse leads to.
    wheelchair_row: usize,
    /// The categories (indices of [`CATEGORIES`]) of sections near the stage and of the others.
    categories: [usize; 2],
    /// How far from the stage a section still is near, measured from its first row, in metres.
    near_m: f64,
}

/// Rows, distances and the aisle are chosen to come to 7,968 + 10,304 seats.
const TIERS: [Tier; 2] = [
    Tier {
        first_section: 101,
        rows: 20,
        first_row_m: 3.0,
        row_depth_m: 0.85,
        sections: [3, 5, 2],
        wheelchair_row: 19,
        categories: [2, 3],
        near_m: 45.0,
    },
    Tier {
        first_section: 201,
        rows: 16,
        first_row_m: 26.0,
        row_depth_m: 0.8,
        sections: [5, 5, 2],
        wheelchair_row: 0,
        categories: [4, 5],
        near_m: 70.0,
    },
];

/// The outline of the floor, clockwise from the right of the stage: which piece (see
/// [`Tier::sections`]), its length in metres and its turn in radians. A corner is a quarter of a
/// circle of 9 m.
const CORNER: (usize, f64, f64) = (0, 9.0 * FRAC_PI_2, FRAC_PI_2);
const SIDE: (usize, f64, f64) = (1, 44.0, 0.0);
const END: (usize, f64, f64) = (2, 14.0, 0.0);
const OUTLINE: [(usize, f64, f64); 7] = [CORNER, SIDE, CORNER, END, CORNER, SIDE, CORNER];

/// Where the outline begins, in metres.
const OUTLINE_START_M: (f64, f64) = (7.0, -31.0);

/// Blocks of chairs on the floor: name, x of the middle and y of the first row in metres, category.
/// Six of 18 × 16 are 1,728 seats.
const BLOCKS: [(&str, f64, f64, usize); 6] = [
    ("A", -9.8, -17.0, 0),
    ("B", 0.0, -17.0, 0),
    ("C", 9.8, -17.0, 0),
    ("D", -9.8, 4.0, 1),
    ("E", 0.0, 4.0, 1),
    ("F", 9.8, 4.0, 1),
];
const BLOCK_ROWS: usize = 18;
const BLOCK_SEATS: usize = 16;
/// From one row of chairs to the next, in metres.
const BLOCK_ROW_DEPTH_M: f64 = 1.0;

/// The plan of the demo event: 20,000 seats in 62 sections and 6 categories.
#[must_use]
pub fn grand_arena() -> SeatPlan {
    let categories = CATEGORIES.iter().zip(PALETTE);
    let categories = categories.map(|((name, price_minor), color)| PlannedCategory {
        name: (*name).to_owned(),
        prices: NewPrices::plain(*price_minor).expect("the prices above are within bounds"),
        color: Some(color.to_owned()),
    });
    let mut seats = Vec::with_capacity(20_000);
    add_floor(&mut seats);
    for tier in &TIERS {
        add_tier(&mut seats, tier);
    }
    SeatPlan::new(CURRENCY, categories.collect(), seats)
        .expect("the tables above are constant and a test builds this plan")
}

fn add_floor(seats: &mut Vec<PlannedSeat>) {
    for (section, middle_m, first_row_m, category) in BLOCKS {
        for row in 0..BLOCK_ROWS {
            let y = first_row_m + row as f64 * BLOCK_ROW_DEPTH_M;
            let left_m = middle_m - (BLOCK_SEATS - 1) as f64 * SEAT_PITCH_M / 2.0;
            let is_last = row + 1 == BLOCK_ROWS;
            add_row(seats, section, &(row + 1).to_string(), category, is_last, BLOCK_SEATS, |m| {
                (left_m + m, y)
            });
        }
    }
}

fn add_tier(seats: &mut Vec<PlannedSeat>, tier: &Tier) {
    let mut section = tier.first_section;
    let (mut start, mut heading) = (OUTLINE_START_M, 0.0);
    for (piece, length, turn) in OUTLINE {
        let sections = tier.sections[piece];
        for _ in 0..sections {
            let (length, turn) = (length / sections as f64, turn / sections as f64);
            let edge = Edge { start, heading, length, turn };
            add_section(seats, tier, section, &edge);
            (start, heading) = (edge.point(0.0, length), heading + turn);
            section += 1;
        }
    }
}

fn add_section(seats: &mut Vec<PlannedSeat>, tier: &Tier, section: usize, edge: &Edge) {
    let (x, y) = edge.point(tier.first_row_m, edge.length_at(tier.first_row_m) / 2.0);
    let faces_the_stage = y > STAGE_FRONT_Y_M;
    let is_near = faces_the_stage && x.hypot(y - STAGE_FRONT_Y_M) <= tier.near_m;
    let category = tier.categories[usize::from(!is_near)];
    for (row, letter) in ROW_LETTERS.chars().take(tier.rows).enumerate() {
        let distance = tier.first_row_m + row as f64 * tier.row_depth_m;
        let room = edge.length_at(distance) - AISLE_M;
        let count = (room / SEAT_PITCH_M) as usize + 1;
        // Half the stairs at each end, and half of what is too little for one more seat.
        let margin = (AISLE_M + room - (count - 1) as f64 * SEAT_PITCH_M) / 2.0;
        let wheelchairs = row == tier.wheelchair_row;
        add_row(
            seats,
            &section.to_string(),
            &letter.to_string(),
            category,
            wheelchairs,
            count,
            |m| edge.point(distance, margin + m),
        );
    }
}

/// Adds seats "1", "2", … of one row; `point_at` gives the point so many metres along it.
fn add_row(
    seats: &mut Vec<PlannedSeat>,
    section: &str,
    row: &str,
    category: usize,
    wheelchairs: bool,
    count: usize,
    point_at: impl Fn(f64) -> (f64, f64),
) {
    // Whole centimetres keep the map small on the wire; adding 0 turns -0 into 0.
    let to_centimetre = |metres: f64| (metres * 100.0).round() / 100.0 + 0.0;
    seats.extend((0..count).map(|seat| {
        let (x, y) = point_at(seat as f64 * SEAT_PITCH_M);
        PlannedSeat {
            section: section.to_owned(),
            row: row.to_owned(),
            number: (seat + 1).to_string(),
            category,
            accessible: wheelchairs && (seat == 0 || seat + 1 == count),
            x: Some(to_centimetre(x)),
            y: Some(to_centimetre(y)),
            traits: PlaceTraits::default(),
        }
    }));
}

/// One section's part of the outline: a straight line, or an arc that turns clockwise. Rows run
/// outside of it.
struct Edge {
    start: (f64, f64),
    /// Clockwise from the direction of x, in radians.
    heading: f64,
    length: f64,
    turn: f64,
}

impl Edge {
    /// How long a row is at this distance from the outline, in metres.
    fn length_at(&self, distance: f64) -> f64 {
        self.length + self.turn * distance
    }

    /// The point at this distance from the outline, so many metres along the row.
    fn point(&self, distance: f64, along: f64) -> (f64, f64) {
        // Along an arc, the way goes into the angle; on a straight line, into the tangent.
        let bend = along / self.length_at(distance) * self.turn;
        let (sin, cos) = self.heading.sin_cos();
        let (bent_sin, bent_cos) = (self.heading + bend).sin_cos();
        let radius = if self.turn > 0.0 { self.length / self.turn } else { 0.0 };
        let ahead = if self.turn > 0.0 { 0.0 } else { along };
        let outward = radius + distance;
        (
            self.start.0 + ahead * cos - radius * sin + outward * bent_sin,
            self.start.1 + ahead * sin + radius * cos - outward * bent_cos,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeSet, HashSet};

    fn points(plan: &SeatPlan) -> Vec<(f64, f64)> {
        let point = |seat: &PlannedSeat| (seat.x.unwrap(), seat.y.unwrap());
        plan.seats().iter().map(point).collect()
    }

    #[test]
    fn the_arena_has_exactly_20_000_seats_and_no_label_twice() {
        let plan = grand_arena();
        assert_eq!(plan.seats().len(), 20_000);
        let labels = plan.seats().iter().map(|seat| (&seat.section, &seat.row, &seat.number));
        assert_eq!(labels.collect::<HashSet<_>>().len(), 20_000);
    }

    #[test]
    fn the_arena_is_the_same_every_time() {
        assert_eq!(grand_arena(), grand_arena());
    }

    #[test]
    fn no_two_seats_are_closer_than_45_centimetres() {
        let mut points = points(&grand_arena());
        points.sort_by(|a, b| a.1.total_cmp(&b.1));
        for (at, a) in points.iter().enumerate() {
            for b in points[at + 1..].iter().take_while(|b| b.1 - a.1 < 0.45) {
                assert!((b.0 - a.0).hypot(b.1 - a.1) >= 0.45, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn every_category_has_its_share_of_the_seats() {
        let plan = grand_arena();
        let count = |index| plan.seats().iter().filter(|seat| seat.category == index).count();
        let counts: Vec<_> = (0..CATEGORIES.len()).map(count).collect();
        assert_eq!(counts, [864, 864, 3000, 4968, 3904, 6400]);
    }

    #[test]
    fn sections_are_floor_blocks_and_the_100s_and_200s() {
        let plan = grand_arena();
        let sections: BTreeSet<_> = plan.seats().iter().map(|seat| seat.section.clone()).collect();
        let bowl = (101..=124).chain(201..=232).map(|section| section.to_string());
        let floor = ["A", "B", "C", "D", "E", "F"].map(str::to_owned);
        assert_eq!(sections, bowl.chain(floor).collect());
    }

    #[test]
    fn wheelchair_places_are_at_both_ends_of_one_row_of_each_section() {
        let plan = grand_arena();
        let accessible = plan.seats().iter().filter(|seat| seat.accessible).count();
        assert_eq!(accessible, 2 * (6 + 24 + 32));
    }

    #[test]
    fn the_arena_is_symmetric_and_leaves_the_stage_free() {
        let points = points(&grand_arena());
        let centimetres =
            |(x, y): (f64, f64)| ((x * 100.0).round() as i64, (y * 100.0).round() as i64);
        let all: HashSet<_> = points.iter().copied().map(centimetres).collect();
        let mirrored = |&(x, y): &(i64, i64)| {
            (-1..=1).any(|dx| (-1..=1).any(|dy| all.contains(&(dx - x, y + dy))))
        };
        assert!(all.iter().all(mirrored));
        let on_stage =
            |(x, y): &(f64, f64)| x.abs() <= 10.0 && (-30.0..=STAGE_FRONT_Y_M).contains(y);
        assert!(!points.iter().any(on_stage));
    }
}
