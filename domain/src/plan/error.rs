//! Why a plan is refused.

use super::excerpt::Excerpt;
use super::fields::{CURRENCY_RULE, LABEL_RULE, SHAPE_RULE};
use super::limits::{MAX_CATEGORIES, MAX_COORDINATE, MAX_FLOORS, MAX_SEATS, MAX_SHAPES};
use super::names::FloorClash;

/// Why a plan is refused. Categories and seats are counted from 0 in the fields and from 1 in the
/// message.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// There is nothing to sell.
    #[error("the plan has no seats; it must have 1 to {MAX_SEATS}")]
    NoSeats,
    /// More than [`MAX_SEATS`].
    #[error("the plan has {0} seats; it must have 1 to {MAX_SEATS}")]
    TooManySeats(usize),
    /// More than [`MAX_CATEGORIES`].
    #[error("the plan has {0} categories; it may have up to {MAX_CATEGORIES}")]
    TooManyCategories(usize),
    /// No currency of ISO 4217, or one without a minor unit.
    #[error("the currency is {0}; it must be {CURRENCY_RULE}")]
    Currency(Excerpt),
    /// A name that is empty, too long, or has what no text may hold.
    #[error("category {}: the name is {name}; it must have {LABEL_RULE}", index + 1)]
    CategoryName {
        /// Which category.
        index: usize,
        /// Its name.
        name: Excerpt,
    },
    /// Two categories with one name.
    #[error("category {}: the name {name} is taken; names must be unique", index + 1)]
    DuplicateCategory {
        /// The later one of the two.
        index: usize,
        /// Their name.
        name: Excerpt,
    },
    /// Two categories whose names look alike.
    #[error("category {}: the name {name} looks like {like} of category {}; give one of them \
        another name", index + 1, first + 1)]
    CategoriesAlike {
        /// The later one of the two.
        index: usize,
        /// Its name.
        name: Excerpt,
        /// The earlier one.
        first: usize,
        /// Its name.
        like: Excerpt,
    },
    /// A colour that is not `#rrggbb`.
    #[error("category {}: the color is {color}; it must be # and six hexadecimal digits, for \
        example #0072b2", index + 1)]
    Color {
        /// Which category.
        index: usize,
        /// Its colour.
        color: Excerpt,
    },
    /// A section, row or number that is empty, too long, or has what no text may hold.
    #[error("seat {}: the {field} is {value}; it must have {LABEL_RULE}", index + 1)]
    SeatLabel {
        /// Which seat.
        index: usize,
        /// Which of its labels: `section`, `row` or `number`.
        field: &'static str,
        /// What it is.
        value: Excerpt,
    },
    /// A category index that points at nothing.
    #[error("seat {}: there is no category {}; the plan has {categories}", index + 1, category + 1)]
    UnknownCategory {
        /// Which seat.
        index: usize,
        /// The index it gives.
        category: usize,
        /// How many categories there are.
        categories: usize,
    },
    /// Two seats with one section, row and number.
    #[error("seat {} is seat {} again; section, row and number together must be \
        unique", index + 1, first + 1)]
    DuplicateSeat {
        /// The later one of the two.
        index: usize,
        /// The earlier one.
        first: usize,
    },
    /// A section or a row that looks like another one.
    #[error("seat {}: the {field} {value} looks like {like} of seat {}; write both the same, or \
        give one of them another name", index + 1, first + 1)]
    PlacesAlike {
        /// The later one of the two.
        index: usize,
        /// `section` or `row`.
        field: &'static str,
        /// How it is written there.
        value: Excerpt,
        /// The earlier one.
        first: usize,
        /// How it is written there.
        like: Excerpt,
    },
    /// A rank below 0.
    #[error("seat {}: the rank is {rank}; it must be 0, which is the best, or more", index + 1)]
    Rank {
        /// Which seat.
        index: usize,
        /// Its rank.
        rank: i32,
    },
    /// A floor that looks like another one.
    #[error(
        "{at}: the floor {floor} looks like {like}; write both the same, or give one of them \
        another name"
    )]
    FloorsAlike {
        /// Which seat or shape.
        at: String,
        /// Its floor.
        floor: Excerpt,
        /// The other one.
        like: Excerpt,
    },
    /// More than [`MAX_FLOORS`].
    #[error("{at}: the floor {floor} is one too many; a plan may have up to {MAX_FLOORS} floors")]
    TooManyFloors {
        /// Which seat or shape.
        at: String,
        /// Its floor.
        floor: Excerpt,
    },
    /// Where everybody looks is beyond [`MAX_COORDINATE`].
    #[error("the focal point must have numbers within ±{MAX_COORDINATE}")]
    FocalPoint,
    /// More than [`MAX_SHAPES`].
    #[error("the plan has {0} shapes; it may have up to {MAX_SHAPES}")]
    TooManyShapes(usize),
    /// A label or floor that is empty, too long, or has what no text may hold.
    #[error("shape {}: the {field} is {value}; it must have {LABEL_RULE}", index + 1)]
    ShapeLabel {
        /// Which shape.
        index: usize,
        /// `label` or `floor`.
        field: &'static str,
        /// What it is.
        value: Excerpt,
    },
    /// Too few or too many points, or some that are beyond [`MAX_COORDINATE`].
    #[error("shape {}: it must have {SHAPE_RULE}", index + 1)]
    Shape {
        /// Which shape.
        index: usize,
    },
    /// A coordinate without the other, not finite, or beyond [`MAX_COORDINATE`].
    #[error("seat {}: x and y must both be given, as numbers within ±{MAX_COORDINATE}, or both be \
        left out", index + 1)]
    Position {
        /// Which seat.
        index: usize,
    },
}

impl PlanError {
    pub(super) fn floor(at: String, floor: &str, clash: &FloorClash) -> Self {
        let floor = Excerpt::of(floor);
        match clash {
            FloorClash::Alike(like) => Self::FloorsAlike { at, floor, like: Excerpt::of(like) },
            FloorClash::TooMany => Self::TooManyFloors { at, floor },
        }
    }
}
