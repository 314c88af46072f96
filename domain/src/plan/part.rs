//! Seats that come into the plan of an event that is there, checked before anything is done.
//!
//! A seat is known by its section, row and number, compared by [`PlaceName`]. Invariants of a
//! [`PlanPart`]: those of a plan, as far as they concern what is in it; and a category that is new
//! has one price, without types of ticket. Whether its categories are
//! the event's, and whether all of it has room there, is decided on the ledger.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::fields::{LABEL_RULE, is_color, is_coordinate, label};
use super::limits::MAX_COORDINATE;
use super::names::{name_key, place_key};
use super::seat_plan::{PlaceTraits, PlannedCategory, PlannedSeat};

/// The most seats of a part: what a batch may be, and less than a second of an event's time.
pub const MAX_SEATS_OF_A_PART: usize = 5_000;

/// The most problems that are told at a time: a screen or two, for whoever is to put them right.
pub const MAX_PROBLEMS: usize = 100;

/// What a category goes by.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CategoryName(String);

impl CategoryName {
    /// That of a category with this name.
    pub fn of(name: &str) -> Self {
        Self(name_key(name))
    }
}

/// What a section goes by.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SectionName(String);

impl SectionName {
    /// That of a section with this name.
    pub fn of(name: &str) -> Self {
        Self(name_key(name))
    }
}

/// What a row goes by: its section and its name.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RowName(SectionName, String);

impl RowName {
    /// That of a row with these labels.
    pub fn of(section: &str, row: &str) -> Self {
        Self(SectionName::of(section), place_key(row).into_owned())
    }
}

/// What a floor goes by.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FloorName(String);

impl FloorName {
    /// That of a floor with this name.
    pub fn of(name: &str) -> Self {
        Self(name_key(name))
    }
}

/// What a seat goes by: its section, row and number.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PlaceName(RowName, String);

impl PlaceName {
    /// That of a seat with these labels.
    pub fn of(section: &str, row: &str, number: &str) -> Self {
        Self(RowName::of(section, row), place_key(number).into_owned())
    }
}

/// What is said of a place beside its name and category.
#[derive(Clone, PartialEq, Debug)]
pub struct PlaceFacts {
    /// Whether it is a wheelchair place.
    pub accessible: bool,
    /// Where it is on a map.
    pub x: Option<f64>,
    /// See `x`.
    pub y: Option<f64>,
    /// What else is said of it.
    pub traits: PlaceTraits,
}

impl PlannedSeat {
    /// What it goes by.
    pub fn name(&self) -> PlaceName {
        PlaceName::of(&self.section, &self.row, &self.number)
    }

    /// What is said of it beside its name and category.
    pub fn facts(&self) -> PlaceFacts {
        let traits = self.traits.clone();
        PlaceFacts { accessible: self.accessible, x: self.x, y: self.y, traits }
    }
}

/// A seat, as planned, with its category by name.
#[derive(Clone, PartialEq, Debug)]
pub struct NamedSeat {
    /// The name of its category.
    pub category: String,
    /// The seat; its `category` is not looked at.
    pub seat: PlannedSeat,
}

/// Something that is wrong with a part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartProblem {
    /// Where: `categories` or `seats`, and the field of it.
    pub field: &'static str,
    /// Of which of them, from 0.
    pub index: usize,
    /// What, for a person.
    pub message: String,
}

/// See the module's documentation.
#[derive(Clone, PartialEq, Debug)]
pub struct PlanPart {
    categories: Vec<PlannedCategory>,
    /// The names of the categories that seats have.
    named: Vec<CategoryName>,
    /// Their categories are indices of `named`.
    seats: Vec<PlannedSeat>,
}

impl PlanPart {
    /// Checks everything, and trims labels. `categories` are those that may be new.
    ///
    /// # Errors
    ///
    /// Up to [`MAX_PROBLEMS`] things that are wrong.
    pub fn new(
        categories: Vec<PlannedCategory>,
        seats: Vec<NamedSeat>,
    ) -> Result<Self, Vec<PartProblem>> {
        let mut check = Check::default();
        let categories =
            (0..).zip(categories).filter_map(|(at, it)| check.category(at, it)).collect();
        let seats = (0..).zip(seats).filter_map(|(at, it)| check.seat(at, it)).collect();
        if check.problems.is_empty() {
            Ok(Self { categories, named: check.named, seats })
        } else {
            Err(check.problems)
        }
    }

    /// The categories that may be new.
    pub fn categories(&self) -> &[PlannedCategory] {
        &self.categories
    }

    /// What the categories of the seats go by; a seat's `category` is an index of it.
    pub fn named(&self) -> &[CategoryName] {
        &self.named
    }

    /// The seats, in the order in which they were given.
    pub fn seats(&self) -> &[PlannedSeat] {
        &self.seats
    }
}

/// A check that goes on after the first problem.
#[derive(Default)]
struct Check {
    problems: Vec<PartProblem>,
    offered: HashSet<CategoryName>,
    named: Vec<CategoryName>,
    places: HashMap<CategoryName, usize>,
    seats: HashMap<PlaceName, usize>,
}

impl Check {
    fn problem(&mut self, field: &'static str, index: usize, message: impl Into<String>) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(PartProblem { field, index, message: message.into() });
        }
    }

    /// The text as a label; a problem if it is none.
    fn label(&mut self, field: &'static str, index: usize, text: &str) -> Option<String> {
        let found = label(text).map(Cow::into_owned);
        if found.is_none() {
            self.problem(field, index, format!("it must have {LABEL_RULE}"));
        }
        found
    }

    fn category(&mut self, index: usize, planned: PlannedCategory) -> Option<PlannedCategory> {
        let name = self.label("categories.name", index, &planned.name)?;
        if !self.offered.insert(CategoryName::of(&name)) {
            self.problem("categories.name", index, "another category of the list has this name");
        }
        if !planned.prices.is_plain() {
            let message = "it must be one price: types of ticket are set once the category is in";
            self.problem("categories.price", index, message);
        }
        if planned.color.as_deref().is_some_and(|color| !is_color(color)) {
            let message = "it must be # and six hexadecimal digits, for example #0072b2";
            self.problem("categories.color", index, message);
        }
        Some(PlannedCategory { name, ..planned })
    }

    fn seat(
        &mut self,
        index: usize,
        NamedSeat { category, seat }: NamedSeat,
    ) -> Option<PlannedSeat> {
        let section = self.label("seats.section", index, &seat.section);
        let row = self.label("seats.row", index, &seat.row);
        let number = self.label("seats.number", index, &seat.number);
        let category = self.label("seats.category", index, &category);
        let is_placed = match (seat.x, seat.y) {
            (None, None) => true,
            (Some(x), Some(y)) => is_coordinate(x) && is_coordinate(y),
            _ => false,
        };
        if !is_placed {
            let message = format!(
                "x and y must both be given, as numbers within ±{MAX_COORDINATE}, or both be left \
                    out"
            );
            self.problem("seats.x", index, message);
        }
        let mut traits = seat.traits;
        if traits.rank.is_some_and(|rank| rank < 0) {
            self.problem("seats.rank", index, "it must be 0 or more");
        }
        if let Some(floor) = traits.floor.take() {
            traits.floor = self.label("seats.floor", index, &floor);
        }
        let category = self.index_of(&category?);
        let seat =
            PlannedSeat { section: section?, row: row?, number: number?, category, traits, ..seat };
        if let Some(first) = self.seats.insert(seat.name(), index) {
            let message = format!("it is the seat with index {first} again");
            self.problem("seats.number", index, message);
        }
        Some(seat)
    }

    fn index_of(&mut self, category: &str) -> usize {
        let name = CategoryName::of(category);
        *self.places.entry(name.clone()).or_insert_with(|| {
            self.named.push(name);
            self.named.len() - 1
        })
    }
}
