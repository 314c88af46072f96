//! A plan in the making, line by line.

use super::error::{ImportError, LineProblem};
use super::seat_line::SeatLine;
use crate::domain::plan::{
    self, Excerpt, MAX_CATEGORIES, NameClash, NamedPlaces, PALETTE, PlaceTraits, PlannedCategory,
    PlannedSeat, SeatPlan,
};

/// What the good lines so far amount to, and which line said each thing first.
#[derive(Default)]
pub(super) struct Draft {
    currency: Option<(String, u64)>,
    categories: Vec<(PlannedCategory, u64)>,
    seats: Vec<PlannedSeat>,
    places: NamedPlaces<u64>,
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
        let category = self.category(line, &seat.category, seat.price_minor)?;
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
            traits: PlaceTraits::default(),
        });
        Ok(())
    }

    /// The index of the category, which is new or has the price it had before.
    fn category(&mut self, line: u64, name: &str, price_minor: i64) -> Result<usize, LineProblem> {
        let key = plan::name_key(name);
        let known = self.categories.iter().position(|(c, _)| plan::name_key(&c.name) == key);
        let Some(index) = known else {
            let index = self.categories.len();
            if index == MAX_CATEGORIES {
                return Err(LineProblem::TooManyCategories(Excerpt::of(name)));
            }
            let color = Some(PALETTE[index % PALETTE.len()].to_owned());
            let category = PlannedCategory { name: name.to_owned(), price_minor, color };
            self.categories.push((category, line));
            return Ok(index);
        };
        let (category, first_line) = &self.categories[index];
        if category.name != name {
            return Err(LineProblem::Alike {
                column: "category",
                value: Excerpt::of(name),
                like: Excerpt::of(&category.name),
                first_line: *first_line,
            });
        }
        if category.price_minor != price_minor {
            return Err(LineProblem::SecondPrice {
                name: Excerpt::of(name),
                price_minor,
                first_price_minor: category.price_minor,
                first_line: *first_line,
            });
        }
        Ok(index)
    }

    pub(super) fn finish(self) -> Result<SeatPlan, ImportError> {
        let (currency, _) = self.currency.ok_or(ImportError::NoSeats)?;
        let categories = self.categories.into_iter().map(|(c, _)| c).collect();
        Ok(SeatPlan::new(&currency, categories, self.seats)?)
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
