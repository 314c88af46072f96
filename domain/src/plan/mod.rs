//! A seat plan: the categories and seats an event starts with, checked once and valid from then on.
//!
//! Seats come into the database by the CSV import and as demo events. Both go through
//! [`SeatPlan::new`], so the store can write a plan without looking at it again.
//!
//! Invariants of a [`SeatPlan`]:
//! - it has 1 to [`MAX_SEATS`] seats and 1 to [`MAX_CATEGORIES`] categories, and each seat's
//!   category exists;
//! - a label (section, row, number, category name) has 1 to [`MAX_LABEL_CHARS`] characters, none of
//!   which [`is_control`](crate::text::is_control), as [`label`] leaves it;
//! - no two seats share section, row and number, no two categories a name, not even in two
//!   spellings: see [`place_key`] and [`name_key`];
//! - a drawing has up to [`MAX_SHAPES`] shapes, whole ones;
//! - everything is priced in one currency, because an order has one total;
//! - ISO 4217 has that currency, and says how it is divided;
//! - an order of as many seats as one request may name has a total that is exact in JSON.
//!
//! Deliberately absent: files (see `import`), and SQL.

mod drawing;
mod error;
mod excerpt;
mod fields;
mod limits;
mod names;
mod new_prices;
mod part;
mod seat_plan;
#[cfg(test)]
mod tests;

pub use drawing::{Drawing, PlannedShape, Point, ShapeKind};
pub use error::PlanError;
pub use excerpt::Excerpt;
pub use fields::{
    CURRENCY_RULE, LABEL_RULE, SHAPE_RULE, is_color, is_coordinate, is_currency, label,
};
pub use limits::{
    MAX_CATEGORIES, MAX_COORDINATE, MAX_FLOORS, MAX_LABEL_CHARS, MAX_PRICE_MINOR, MAX_SEATS,
    MAX_SHAPE_POINTS, MAX_SHAPES, PALETTE,
};
pub use names::{FloorClash, NameClash, NamedFloors, NamedPlaces, name_key, place_key};
pub use new_prices::{InvalidPrices, MAX_TICKET_TYPES, NewPrices, STANDARD};
pub use part::{
    CategoryName, FloorName, MAX_PROBLEMS, MAX_SEATS_OF_A_PART, NamedSeat, PartProblem, PlaceFacts,
    PlaceName, PlanPart, RowName, SectionName,
};
pub use seat_plan::{PlaceKind, PlaceTraits, PlannedCategory, PlannedSeat, SeatPlan};
