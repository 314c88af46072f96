//! The seats that importSeats is given.

use async_graphql::InputObject;

use crate::domain::plan::{
    MAX_CATEGORIES, MAX_PROBLEMS, NamedSeat, NewPrices, PartProblem, PlaceTraits, PlanPart,
    PlannedCategory, PlannedSeat,
};
use crate::graphql::error::Fault;
use crate::graphql::types::{MoneyInput, PlaceKind};

/// A category that seats may have.
#[derive(Clone, Debug, InputObject)]
pub(super) struct ImportCategoryInput {
    /// Its name, 1 to 64 characters. Two that look alike are one.
    name: String,
    /// What a seat of it costs, in the event's currency.
    price: MoneyInput,
    /// A colour for maps, as `#rrggbb`; one that is easily told apart unless said.
    color: Option<String>,
}

/// A seat, and where it is.
#[derive(Clone, Debug, InputObject)]
pub(super) struct ImportSeatInput {
    /// The section, 1 to 64 characters.
    section: String,
    /// The row within the section, 1 to 64 characters.
    row: String,
    /// The number within the row, 1 to 64 characters; not always a number.
    number: String,
    /// The name of its category: one of the event's, or of those in `categories`.
    category: String,
    /// Whether a wheelchair fits.
    #[graphql(default)]
    accessible: bool,
    /// Where it is on the venue's map, in the plan's own units; x grows to the right.
    x: Option<f64>,
    /// Where it is on the venue's map, in the plan's own units; y grows downwards.
    y: Option<f64>,
    /// What it is.
    #[graphql(default_with = "PlaceKind::Seat")]
    kind: PlaceKind,
    /// Whether it is for whoever comes with somebody on an accessible seat beside it.
    #[graphql(default)]
    companion: bool,
    /// Whether an aisle or a gap lies between it and the seat before it in its row.
    #[graphql(default)]
    gap_before: bool,
    /// The smaller, the better, from 0; null: by where it is.
    rank: Option<i32>,
    /// The floor it is on, 1 to 64 characters.
    floor: Option<String>,
}

impl From<ImportSeatInput> for NamedSeat {
    fn from(input: ImportSeatInput) -> Self {
        let traits = PlaceTraits {
            kind: input.kind.into(),
            is_companion: input.companion,
            has_gap_before: input.gap_before,
            rank: input.rank,
            floor: input.floor,
        };
        let ImportSeatInput { section, row, number, category, accessible, x, y, .. } = input;
        let seat = PlannedSeat { section, row, number, category: 0, accessible, x, y, traits };
        Self { category, seat }
    }
}

/// Checks all of it: what is wrong with single items is told of each.
///
/// # Errors
///
/// If there are too many categories, or a price is no amount of money.
pub(super) fn read_part(
    currency: &str,
    categories: Vec<ImportCategoryInput>,
    seats: Vec<ImportSeatInput>,
) -> Result<Result<PlanPart, Vec<PartProblem>>, Fault> {
    if categories.len() > MAX_CATEGORIES {
        let message = format!("input.categories must have up to {MAX_CATEGORIES} categories");
        return Err(Fault::bad_input(message));
    }
    let (mut planned, mut problems) = (Vec::new(), Vec::new());
    let mut strange = |index, message| {
        problems.push(PartProblem { field: "categories.price", index, message });
    };
    for (index, category) in categories.into_iter().enumerate() {
        let price = category.price.read(&format!("input.categories.{index}.price"))?;
        if price.currency != currency {
            strange(index, format!("the event is in {currency}"));
        }
        let prices = NewPrices::plain(price.amount_minor).or_else(|error| {
            strange(index, error.to_string());
            // Any, so that the rest of it is looked at as well.
            NewPrices::plain(0)
        });
        let ImportCategoryInput { name, color, .. } = category;
        planned.extend(prices.map(|prices| PlannedCategory { name, prices, color }));
    }
    let part = PlanPart::new(planned, seats.into_iter().map(NamedSeat::from).collect());
    if problems.is_empty() {
        return Ok(part);
    }
    problems.extend(part.err().into_iter().flatten());
    problems.sort_by_key(|problem| (problem.field.starts_with("seats"), problem.index));
    problems.truncate(MAX_PROBLEMS);
    Ok(Err(problems))
}
