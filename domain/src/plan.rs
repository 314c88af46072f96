//! A seat plan: the categories and seats an event starts with, checked once and valid from then on.
//!
//! Seats come into the database by the CSV import and as demo events. Both go through
//! [`SeatPlan::new`], so the store can write a plan without looking at it again.
//!
//! Invariants of a [`SeatPlan`]:
//! - it has 1 to [`MAX_SEATS`] seats and 1 to [`MAX_CATEGORIES`] categories, and each seat's
//!   category exists;
//! - a label (section, row, number, category name) is trimmed, 1 to [`MAX_LABEL_CHARS`] characters,
//!   none of them a control character;
//! - no two seats share section, row and number; no two categories share a name;
//! - everything is priced in one currency, because an order has one total;
//! - an order of as many seats as one request may name has a total that fits GraphQL's `Int`.
//!
//! Deliberately absent: files (see `import`), SQL, and whether a currency really exists.

use std::collections::{HashMap, HashSet};
use std::fmt;

/// Most seats in one plan. The largest stadiums hold about 130,000; the rest is room, and the bound
/// keeps one event's live view (held whole in memory, sent whole as a snapshot) to tens of
/// megabytes.
pub const MAX_SEATS: usize = 200_000;

/// Most price categories in one plan. Real events have 4 to 20; a buyer cannot tell more apart.
pub const MAX_CATEGORIES: usize = 100;

/// Longest section, row, number or category name, in characters (Unicode scalar values) after
/// trimming: enough for "North Stand, Upper Tier, Block 214", short enough for a ticket.
pub const MAX_LABEL_CHARS: usize = 64;

/// Highest price of a seat, in minor units of the currency (cents): an order of up to 100 seats
/// must have a total that fits GraphQL's 32-bit `Int`, and 100 × 20,000,000 < 2^31.
pub const MAX_PRICE_MINOR: i32 = 20_000_000;

/// Farthest coordinate from the origin, either way, in the plan's own unit (metres in the demo,
/// often pixels in a drawing): far beyond any venue, and small enough that widths and areas stay
/// exact in a map's arithmetic.
pub const MAX_COORDINATE: f64 = 1_000_000.0;

/// Colours for categories that bring none: the palette of Okabe and Ito ("Color Universal Design",
/// 2008), which stays distinguishable with every common colour blindness; grey replaces its black,
/// which a dark map swallows.
pub const PALETTE: [&str; 8] =
    ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#999999"];

/// Characters of a refused value that an error repeats: enough to recognise it, too few to flood a
/// log.
const EXCERPT_CHARS: usize = 40;

/// A price category, as planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCategory {
    /// What buyers read: 1 to [`MAX_LABEL_CHARS`] characters, unique in the plan.
    pub name: String,
    /// The price of one seat in minor units of the plan's currency (cents), 0 to
    /// [`MAX_PRICE_MINOR`].
    pub price_minor: i32,
    /// The colour on a map, `#rrggbb` in hexadecimal.
    pub color: Option<String>,
}

/// A seat, as planned. Section, row and number together are unique in the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedSeat {
    /// The section, 1 to [`MAX_LABEL_CHARS`] characters.
    pub section: String,
    /// The row within the section, 1 to [`MAX_LABEL_CHARS`] characters.
    pub row: String,
    /// The seat within the row, 1 to [`MAX_LABEL_CHARS`] characters; a name, not always a number.
    pub number: String,
    /// The index of its category in [`SeatPlan::categories`].
    pub category: usize,
    /// Whether it is a wheelchair place.
    pub accessible: bool,
    /// Where it is on a map, in any one unit, within ±[`MAX_COORDINATE`]. Present exactly when `y`
    /// is.
    pub x: Option<f64>,
    /// Where it is on a map; grows down the screen. Present exactly when `x` is.
    pub y: Option<f64>,
}

/// Categories and seats that keep every rule of this module.
#[derive(Debug, Clone, PartialEq)]
pub struct SeatPlan {
    currency: String,
    categories: Vec<PlannedCategory>,
    seats: Vec<PlannedSeat>,
}

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
    /// Not of the form of ISO 4217.
    #[error(
        "the currency is {0}; it must be three capital letters, as in ISO 4217, for example EUR"
    )]
    Currency(Excerpt),
    /// A name that is empty, too long, or has control characters.
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
    /// A price below 0 or above [`MAX_PRICE_MINOR`].
    #[error("category {}: the price is {price_minor}; it must be 0 to {MAX_PRICE_MINOR} minor \
        units (cents)", index + 1)]
    Price {
        /// Which category.
        index: usize,
        /// Its price in minor units.
        price_minor: i32,
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
    /// A section, row or number that is empty, too long, or has control characters.
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
    /// A coordinate without the other, not finite, or beyond [`MAX_COORDINATE`].
    #[error("seat {}: x and y must both be given, as numbers within ±{MAX_COORDINATE}, or both be \
        left out", index + 1)]
    Position {
        /// Which seat.
        index: usize,
    },
}

/// What [`label`] accepts, in words for messages.
pub const LABEL_RULE: &str = "1 to 64 characters and no control characters";

impl SeatPlan {
    /// Checks everything and trims the labels.
    ///
    /// # Errors
    /// The first rule of this module that is broken, and where.
    pub fn new(
        currency: &str,
        mut categories: Vec<PlannedCategory>,
        mut seats: Vec<PlannedSeat>,
    ) -> Result<Self, PlanError> {
        if seats.is_empty() {
            return Err(PlanError::NoSeats);
        }
        if seats.len() > MAX_SEATS {
            return Err(PlanError::TooManySeats(seats.len()));
        }
        if categories.len() > MAX_CATEGORIES {
            return Err(PlanError::TooManyCategories(categories.len()));
        }
        if !is_currency(currency) {
            return Err(PlanError::Currency(Excerpt::of(currency)));
        }
        check_categories(&mut categories)?;
        check_seats(&mut seats, categories.len())?;
        Ok(Self { currency: currency.to_owned(), categories, seats })
    }

    /// The currency of every price: three capital letters, as in ISO 4217.
    #[must_use]
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// The categories, 1 to [`MAX_CATEGORIES`], in the order they were given.
    #[must_use]
    pub fn categories(&self) -> &[PlannedCategory] {
        &self.categories
    }

    /// The seats, 1 to [`MAX_SEATS`], in the order they were given.
    #[must_use]
    pub fn seats(&self) -> &[PlannedSeat] {
        &self.seats
    }
}

fn check_categories(categories: &mut [PlannedCategory]) -> Result<(), PlanError> {
    let mut names = HashSet::with_capacity(categories.len());
    for (index, category) in categories.iter_mut().enumerate() {
        category.name = match label(&category.name) {
            Some(name) => name.to_owned(),
            None => {
                let name = Excerpt::of(&category.name);
                return Err(PlanError::CategoryName { index, name });
            }
        };
        if !names.insert(category.name.as_str()) {
            let name = Excerpt::of(&category.name);
            return Err(PlanError::DuplicateCategory { index, name });
        }
        if !(0..=MAX_PRICE_MINOR).contains(&category.price_minor) {
            let price_minor = category.price_minor;
            return Err(PlanError::Price { index, price_minor });
        }
        if let Some(color) = category.color.as_deref().filter(|color| !is_color(color)) {
            let color = Excerpt::of(color);
            return Err(PlanError::Color { index, color });
        }
    }
    Ok(())
}

fn check_seats(seats: &mut [PlannedSeat], categories: usize) -> Result<(), PlanError> {
    let mut locations = HashMap::with_capacity(seats.len());
    for (index, seat) in seats.iter_mut().enumerate() {
        for (field, value) in
            [("section", &mut seat.section), ("row", &mut seat.row), ("number", &mut seat.number)]
        {
            match label(value) {
                Some(trimmed) if trimmed.len() == value.len() => {}
                Some(trimmed) => *value = trimmed.to_owned(),
                None => {
                    let value = Excerpt::of(value);
                    return Err(PlanError::SeatLabel { index, field, value });
                }
            }
        }
        if seat.category >= categories {
            return Err(PlanError::UnknownCategory { index, category: seat.category, categories });
        }
        match (seat.x, seat.y) {
            (None, None) => {}
            (Some(x), Some(y)) if is_coordinate(x) && is_coordinate(y) => {}
            _ => return Err(PlanError::Position { index }),
        }
        let location = (seat.section.as_str(), seat.row.as_str(), seat.number.as_str());
        if let Some(first) = locations.insert(location, index) {
            return Err(PlanError::DuplicateSeat { index, first });
        }
    }
    Ok(())
}

/// The text without the space around it, if that leaves a label: see [`LABEL_RULE`].
///
/// Control characters are refused because PostgreSQL cannot store one of them (NUL) and the others
/// garble tickets, logs and terminals.
#[must_use]
pub fn label(text: &str) -> Option<&str> {
    let text = text.trim();
    // The length in bytes settles the usual case, and keeps a megabyte from being counted.
    let fits = text.len() <= MAX_LABEL_CHARS || text.chars().nth(MAX_LABEL_CHARS).is_none();
    (!text.is_empty() && fits && !text.contains(char::is_control)).then_some(text)
}

/// Whether the text has the form of an ISO 4217 code: three capital letters.
#[must_use]
pub fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Whether the text is `#rrggbb`, in hexadecimal digits of either case.
#[must_use]
pub fn is_color(text: &str) -> bool {
    let hexadecimal = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.len() == 7 && text.strip_prefix('#').is_some_and(hexadecimal)
}

/// Whether the number is finite and within ±[`MAX_COORDINATE`].
#[must_use]
pub fn is_coordinate(number: f64) -> bool {
    // Written so that NaN, which compares with nothing, is refused.
    number.abs() <= MAX_COORDINATE
}

/// The beginning of a refused value, quoted and escaped. So an error can repeat what somebody sent,
/// and neither a megabyte of it nor a terminal's escape codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt(String);

impl Excerpt {
    /// The first 40 characters of the text, and a sign that more follows.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut characters = text.chars();
        let mut excerpt: String = characters.by_ref().take(EXCERPT_CHARS).collect();
        if characters.next().is_some() {
            excerpt.push('…');
        }
        Self(excerpt)
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Debug quotes and escapes.
        write!(f, "{:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn category(name: &str) -> PlannedCategory {
        PlannedCategory {
            name: name.to_owned(),
            price_minor: 4_900,
            color: Some("#0072b2".to_owned()),
        }
    }

    fn seat(number: &str) -> PlannedSeat {
        PlannedSeat {
            section: "101".to_owned(),
            row: "A".to_owned(),
            number: number.to_owned(),
            category: 0,
            accessible: false,
            x: Some(1.5),
            y: Some(-2.0),
        }
    }

    fn plan_of_category(category: PlannedCategory) -> Result<SeatPlan, PlanError> {
        SeatPlan::new("EUR", vec![category], vec![seat("1")])
    }

    fn plan_of_seats(seats: Vec<PlannedSeat>) -> Result<SeatPlan, PlanError> {
        SeatPlan::new("EUR", vec![category("Gold")], seats)
    }

    #[test]
    fn labels_are_trimmed() {
        let untrimmed = SeatPlan::new("EUR", vec![category(" Gold ")], vec![seat("\t1\n")]);
        assert_eq!(untrimmed, plan_of_seats(vec![seat("1")]));
    }

    #[test]
    fn a_plan_has_a_seat_and_no_more_than_the_limit() {
        assert_eq!(plan_of_seats(vec![]), Err(PlanError::NoSeats));
        let seats = |count: usize| (0..count).map(|n| seat(&n.to_string())).collect();
        assert!(plan_of_seats(seats(MAX_SEATS)).is_ok());
        assert_eq!(
            plan_of_seats(seats(MAX_SEATS + 1)),
            Err(PlanError::TooManySeats(MAX_SEATS + 1))
        );
    }

    #[test]
    fn a_plan_has_no_more_categories_than_the_limit() {
        let categories = |count: usize| (0..count).map(|n| category(&n.to_string())).collect();
        let plan = |count| SeatPlan::new("EUR", categories(count), vec![seat("1")]);
        assert!(plan(MAX_CATEGORIES).is_ok());
        assert!(plan(MAX_CATEGORIES + 1).is_err());
    }

    #[test]
    fn a_label_has_1_to_64_characters_and_no_control_characters() {
        assert!(LABEL_RULE.contains(&MAX_LABEL_CHARS.to_string()));
        assert_eq!(label(&"é".repeat(64)), Some("é".repeat(64).as_str()));
        for bad in ["", "  ", "a\0b", "a\nb", "a\u{85}b", &"é".repeat(65)] {
            assert_eq!(label(bad), None, "{bad:?}");
            assert!(plan_of_category(category(bad)).is_err());
            let error = plan_of_seats(vec![seat("1"), seat(bad)]).unwrap_err();
            let is_named = matches!(error, PlanError::SeatLabel { index: 1, field: "number", .. });
            assert!(is_named, "{error}");
        }
    }

    #[test]
    fn a_location_is_planned_once_even_if_written_with_space_around_it() {
        let error = plan_of_seats(vec![seat("1"), seat("2"), seat(" 1 ")]).unwrap_err();
        assert_eq!(error, PlanError::DuplicateSeat { index: 2, first: 0 });
        assert!(error.to_string().starts_with("seat 3 is seat 1 again"));
    }

    #[test]
    fn category_names_are_unique() {
        let categories = vec![category("Gold"), category("Gold ")];
        let error = SeatPlan::new("EUR", categories, vec![seat("1")]).unwrap_err();
        assert!(matches!(error, PlanError::DuplicateCategory { index: 1, .. }));
    }

    #[test]
    fn a_hundred_seats_at_the_highest_price_fit_a_graphql_int() {
        assert!(MAX_PRICE_MINOR.checked_mul(100).is_some());
        for (price_minor, allowed) in
            [(-1, false), (0, true), (MAX_PRICE_MINOR, true), (MAX_PRICE_MINOR + 1, false)]
        {
            let priced = PlannedCategory { price_minor, ..category("Gold") };
            assert_eq!(plan_of_category(priced).is_ok(), allowed, "{price_minor}");
        }
    }

    #[test]
    fn a_currency_is_three_capital_letters() {
        for bad in ["", "eur", "EU", "EURO", "E R", "€"] {
            let error = SeatPlan::new(bad, vec![category("Gold")], vec![seat("1")]).unwrap_err();
            assert_eq!(error, PlanError::Currency(Excerpt::of(bad)));
        }
    }

    #[test]
    fn a_color_is_a_hash_and_six_hexadecimal_digits() {
        assert!(PALETTE.into_iter().all(is_color));
        for bad in ["", "0072b2", "#0072b", "#0072b2f", "#0072bg", "#é072b", "red"] {
            let colored = PlannedCategory { color: Some(bad.to_owned()), ..category("Gold") };
            assert!(plan_of_category(colored).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_position_is_two_numbers_in_range_or_nothing() {
        let plan = |x, y| plan_of_seats(vec![PlannedSeat { x, y, ..seat("1") }]);
        assert!(plan(None, None).is_ok());
        assert!(plan(Some(MAX_COORDINATE), Some(-MAX_COORDINATE)).is_ok());
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e7] {
            assert!(plan(Some(bad), Some(0.0)).is_err(), "{bad}");
            assert!(plan(Some(0.0), Some(bad)).is_err(), "{bad}");
        }
        assert!(plan(Some(0.0), None).is_err());
        assert!(plan(None, Some(0.0)).is_err());
    }

    #[test]
    fn a_seat_has_a_category_of_the_plan() {
        let lost = PlannedSeat { category: 1, ..seat("1") };
        let message = plan_of_seats(vec![lost]).unwrap_err().to_string();
        assert_eq!(message, "seat 1: there is no category 2; the plan has 1");
    }

    #[test]
    fn an_error_repeats_no_more_than_the_beginning_and_no_control_characters() {
        assert_eq!(Excerpt::of("a\u{1b}[31m\"").to_string(), r#""a\u{1b}[31m\"""#);
        let long = Excerpt::of(&"x".repeat(1_000_000)).to_string();
        assert_eq!(long, format!("\"{}…\"", "x".repeat(EXCERPT_CHARS)));
    }

    proptest! {
        #[test]
        fn a_label_that_is_accepted_is_accepted_again_unchanged(text in "\\s?.{0,70}\\s?") {
            if let Some(accepted) = label(&text) {
                prop_assert_eq!(label(accepted), Some(accepted));
                prop_assert!((1..=MAX_LABEL_CHARS).contains(&accepted.chars().count()));
            }
        }
    }
}
