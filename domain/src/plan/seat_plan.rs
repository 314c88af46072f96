//! A plan, and the check of all its rules.

use std::borrow::Cow;
use std::collections::HashMap;

use strum::FromRepr;

use super::drawing::Drawing;
use super::error::PlanError;
use super::excerpt::Excerpt;
use super::fields::{is_color, is_coordinate, is_currency, label};
use super::limits::{MAX_CATEGORIES, MAX_SEATS};
use super::names::{NameClash, NamedFloors, NamedPlaces, name_key};
use super::new_prices::NewPrices;

/// A price category, as planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCategory {
    /// What buyers read: 1 to [`MAX_LABEL_CHARS`](super::MAX_LABEL_CHARS) characters, unique in the
    /// plan.
    pub name: String,
    /// What one seat costs, in minor units of the plan's currency (cents): one price, or several
    /// types of ticket.
    pub prices: NewPrices,
    /// The colour on a map, `#rrggbb` in hexadecimal.
    pub color: Option<String>,
}

/// A seat, as planned. Section, row and number together are unique in the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedSeat {
    /// The section, 1 to [`MAX_LABEL_CHARS`](super::MAX_LABEL_CHARS) characters.
    pub section: String,
    /// The row within the section, 1 to [`MAX_LABEL_CHARS`](super::MAX_LABEL_CHARS) characters.
    pub row: String,
    /// The seat within the row, 1 to [`MAX_LABEL_CHARS`](super::MAX_LABEL_CHARS) characters; a
    /// name, not always a number.
    pub number: String,
    /// The index of its category in [`SeatPlan::categories`].
    pub category: usize,
    /// Whether it is a wheelchair place.
    pub accessible: bool,
    /// Where it is on a map, in any one unit, within ±[`MAX_COORDINATE`](super::MAX_COORDINATE).
    /// Present exactly when `y` is.
    pub x: Option<f64>,
    /// Where it is on a map; grows down the screen. Present exactly when `x` is.
    pub y: Option<f64>,
    /// What else is said of it.
    pub traits: PlaceTraits,
}

/// What is said of a place beside where it is. Nothing special, unless said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlaceTraits {
    /// What it is.
    pub kind: PlaceKind,
    /// For whoever comes with somebody on an accessible seat beside it.
    pub is_companion: bool,
    /// Whether an aisle or a gap lies between it and the seat before it in its row.
    pub has_gap_before: bool,
    /// The smaller, the better, from 0; `None`: by its distance to the focal point, or by the
    /// plan's order.
    pub rank: Option<i32>,
    /// The floor it is on, 1 to [`MAX_LABEL_CHARS`](super::MAX_LABEL_CHARS) characters.
    pub floor: Option<String>,
}

/// What a place is.
///
/// Each has the number that stands for it in a database: never changed, never given to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, FromRepr)]
#[repr(i16)]
pub enum PlaceKind {
    /// A seat of a row.
    #[default]
    Seat = 0,
    /// A chair at a table, which is its row.
    Chair = 1,
    /// A place to stand on: any of its row is as good as another.
    Standing = 2,
}

impl PlaceKind {
    /// The number that stands for it in a database.
    #[must_use]
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// What a number stands for; `None` for a number that no version has written.
    #[must_use]
    pub const fn from_code(code: i16) -> Option<Self> {
        Self::from_repr(code)
    }
}

/// Categories and seats that keep every rule of this module.
#[derive(Debug, Clone, PartialEq)]
pub struct SeatPlan {
    currency: String,
    categories: Vec<PlannedCategory>,
    seats: Vec<PlannedSeat>,
    drawing: Drawing,
}

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
        let drawing = Drawing::default();
        Ok(Self { currency: currency.to_owned(), categories, seats, drawing })
    }

    /// The same with what a map shows beside seats.
    ///
    /// # Errors
    /// The first rule of this module that is broken, and where.
    pub fn with_drawing(self, drawing: Drawing) -> Result<Self, PlanError> {
        let mut floors = NamedFloors::default();
        for floor in self.seats.iter().filter_map(|seat| seat.traits.floor.as_deref()) {
            // They have been looked at with the seats.
            let _ = floors.name(floor);
        }
        Ok(Self { drawing: drawing.checked(&mut floors)?, ..self })
    }

    /// What a map shows beside seats; nothing unless said.
    #[must_use]
    pub fn drawing(&self) -> &Drawing {
        &self.drawing
    }

    /// The currency of every price: one of ISO 4217 that has a minor unit.
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
    let mut names = HashMap::<String, (usize, String)>::with_capacity(categories.len());
    for (index, category) in categories.iter_mut().enumerate() {
        let Some(name) = label(&category.name) else {
            let name = Excerpt::of(&category.name);
            return Err(PlanError::CategoryName { index, name });
        };
        category.name = name.into_owned();
        if let Some((first, like)) = names.get(&name_key(&category.name)) {
            let name = Excerpt::of(&category.name);
            if *like == category.name {
                return Err(PlanError::DuplicateCategory { index, name });
            }
            let (first, like) = (*first, Excerpt::of(like));
            return Err(PlanError::CategoriesAlike { index, name, first, like });
        }
        names.insert(name_key(&category.name), (index, category.name.clone()));
        if let Some(color) = category.color.as_deref().filter(|color| !is_color(color)) {
            let color = Excerpt::of(color);
            return Err(PlanError::Color { index, color });
        }
    }
    Ok(())
}

fn check_seats(seats: &mut [PlannedSeat], categories: usize) -> Result<(), PlanError> {
    let (mut places, mut floors) = (NamedPlaces::default(), NamedFloors::default());
    for (index, seat) in seats.iter_mut().enumerate() {
        for (field, value) in
            [("section", &mut seat.section), ("row", &mut seat.row), ("number", &mut seat.number)]
        {
            match label(value) {
                Some(Cow::Borrowed(kept)) if kept.len() == value.len() => {}
                Some(kept) => *value = kept.into_owned(),
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
        check_traits(index, &mut seat.traits, &mut floors)?;
        let named = places.name(&seat.section, &seat.row, &seat.number, index);
        named.map_err(|clash| clash_of(index, seat, clash))?;
    }
    Ok(())
}

fn check_traits(
    index: usize,
    traits: &mut PlaceTraits,
    floors: &mut NamedFloors,
) -> Result<(), PlanError> {
    if let Some(rank) = traits.rank.filter(|rank| *rank < 0) {
        return Err(PlanError::Rank { index, rank });
    }
    let Some(floor) = &mut traits.floor else { return Ok(()) };
    let Some(kept) = label(floor) else {
        return Err(PlanError::SeatLabel { index, field: "floor", value: Excerpt::of(floor) });
    };
    if kept != floor.as_str() {
        *floor = kept.into_owned();
    }
    let seat = || format!("seat {}", index + 1);
    floors.name(floor).map_err(|clash| PlanError::floor(seat(), floor, &clash))
}

fn clash_of(index: usize, seat: &PlannedSeat, clash: NameClash<usize>) -> PlanError {
    let alike = |field, value: &str, first, like: String| PlanError::PlacesAlike {
        index,
        field,
        value: Excerpt::of(value),
        first,
        like: Excerpt::of(&like),
    };
    match clash {
        NameClash::Seat { first } => PlanError::DuplicateSeat { index, first },
        NameClash::Section { like, first } => alike("section", &seat.section, first, like),
        NameClash::Row { like, first } => alike("row", &seat.row, first, like),
    }
}
