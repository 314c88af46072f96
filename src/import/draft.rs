//! A plan in the making, line by line.

use std::collections::HashMap;

use super::error::{ImportError, LineProblem};
use super::seat_line::SeatLine;
use crate::domain::plan::{
    self, Excerpt, FloorClash, MAX_CATEGORIES, NameClash, NamedFloors, NamedPlaces, NewPrices,
    PALETTE, PlannedCategory, PlannedSeat, SeatPlan,
};

/// What the good lines so far amount to, and which line said each thing first.
#[derive(Default)]
pub(super) struct Draft {
    currency: Option<(String, u64)>,
    categories: Vec<DraftCategory>,
    /// Which of them a name stands for, as it is written.
    by_name: HashMap<String, usize>,
    floors: NamedFloors,
    seats: Vec<PlannedSeat>,
    places: NamedPlaces<u64>,
}

/// A category, and the lines that said it first.
struct DraftCategory {
    name: String,
    prices: NewPrices,
    line: u64,
    color: Option<(String, u64)>,
}

impl Draft {
    pub(super) fn add(&mut self, line: u64, seat: SeatLine) -> Result<(), LineProblem> {
        let (first, first_line) =
            self.currency.get_or_insert_with(|| (seat.currency.clone(), line));
        if *first != seat.currency {
            return Err(LineProblem::SecondCurrency {
                currency: seat.currency,
                first: first.clone(),
                first_line: *first_line,
            });
        }
        let category = self.category(line, &seat)?;
        if let Some(floor) = &seat.traits.floor {
            self.floors.name(floor).map_err(|clash| match clash {
                FloorClash::Alike(like) => {
                    LineProblem::FloorsAlike { floor: Excerpt::of(floor), like: Excerpt::of(&like) }
                }
                FloorClash::TooMany => LineProblem::TooManyFloors(Excerpt::of(floor)),
            })?;
        }
        let named = self.places.name(&seat.section, &seat.row, &seat.number, line);
        named.map_err(|clash| problem_of(&seat, clash))?;
        self.seats.push(PlannedSeat {
            section: seat.section,
            row: seat.row,
            number: seat.number,
            category,
            accessible: seat.accessible,
            x: seat.x,
            y: seat.y,
            traits: seat.traits,
        });
        Ok(())
    }

    /// The index of the category, which is new or what it was before.
    fn category(&mut self, line: u64, seat: &SeatLine) -> Result<usize, LineProblem> {
        let name = seat.category.as_str();
        let index = match self.by_name.get(name) {
            Some(index) => *index,
            None => self.new_category(line, seat)?,
        };
        let category = &mut self.categories[index];
        if category.prices != seat.prices {
            return Err(LineProblem::SecondPrice {
                name: Excerpt::of(name),
                price_minor: seat.prices.default_minor(),
                first_price_minor: category.prices.default_minor(),
                first_line: category.line,
            });
        }
        let Some(color) = &seat.color else { return Ok(index) };
        let (first, first_line) = category.color.get_or_insert_with(|| (color.clone(), line));
        if first == color {
            return Ok(index);
        }
        Err(LineProblem::SecondColor {
            name: Excerpt::of(name),
            color: color.clone(),
            first: first.clone(),
            first_line: *first_line,
        })
    }

    fn new_category(&mut self, line: u64, seat: &SeatLine) -> Result<usize, LineProblem> {
        let name = seat.category.as_str();
        let (key, index) = (plan::name_key(name), self.categories.len());
        if let Some(like) = self.categories.iter().find(|it| plan::name_key(&it.name) == key) {
            return Err(LineProblem::Alike {
                column: "category",
                value: Excerpt::of(name),
                like: Excerpt::of(&like.name),
                first_line: like.line,
            });
        }
        if index == MAX_CATEGORIES {
            return Err(LineProblem::TooManyCategories(Excerpt::of(name)));
        }
        let (name, prices) = (name.to_owned(), seat.prices.clone());
        self.by_name.insert(name.clone(), index);
        self.categories.push(DraftCategory { name, prices, line, color: None });
        Ok(index)
    }

    pub(super) fn finish(self) -> Result<SeatPlan, ImportError> {
        let (currency, _) = self.currency.ok_or(ImportError::NoSeats)?;
        let colors = PALETTE.into_iter().cycle();
        let categories = self.categories.into_iter().zip(colors).map(|(category, color)| {
            let color = category.color.map_or_else(|| color.to_owned(), |(color, _)| color);
            let DraftCategory { name, prices, .. } = category;
            PlannedCategory { name, prices, color: Some(color) }
        });
        Ok(SeatPlan::new(&currency, categories.collect(), self.seats)?)
    }
}

fn problem_of(seat: &SeatLine, clash: NameClash<u64>) -> LineProblem {
    let alike = |column, value: &str, first_line, like: String| LineProblem::Alike {
        column,
        value: Excerpt::of(value),
        like: Excerpt::of(&like),
        first_line,
    };
    match clash {
        NameClash::Seat { first } => LineProblem::DuplicateSeat {
            section: Excerpt::of(&seat.section),
            row: Excerpt::of(&seat.row),
            number: Excerpt::of(&seat.number),
            first_line: first,
        },
        NameClash::Section { like, first } => alike("section", &seat.section, first, like),
        NameClash::Row { like, first } => alike("row", &seat.row, first, like),
    }
}
