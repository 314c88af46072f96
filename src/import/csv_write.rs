//! Writes a plan as CSV: a line for each seat, with the columns that say something.

use std::io;

use super::columns::{COLUMNS, Column, REQUIRED_COLUMNS};
use crate::domain::plan::{PALETTE, PlaceKind, PlannedSeat, SeatPlan};

/// A plan as CSV, and whether that is all of it: CSV has no place for what is drawn beside seats,
/// and for types of ticket.
///
/// # Errors
/// Only if a line cannot be made, which memory has to be short for.
pub fn written(plan: &SeatPlan) -> io::Result<(Vec<u8>, bool)> {
    let columns: Vec<usize> = (0..COLUMNS.len())
        .filter(|column| *column < REQUIRED_COLUMNS || is_needed(plan, *column))
        .collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns.iter().map(|column| COLUMNS[*column]))?;
    for seat in plan.seats() {
        let fields = fields(plan, seat);
        writer.write_record(columns.iter().map(|column| fields[*column].as_str()))?;
    }
    let drawing = plan.drawing();
    let is_all = drawing.focal_point.is_none()
        && drawing.shapes.is_empty()
        && plan.categories().iter().all(|category| category.prices.is_plain());
    Ok((writer.into_inner().map_err(csv::IntoInnerError::into_error)?, is_all))
}

/// Whether a column says of some seat what it would not be anyway.
fn is_needed(plan: &SeatPlan, column: usize) -> bool {
    if column == Column::Color as usize {
        return plan.categories().iter().enumerate().any(|(index, category)| {
            category.color.as_deref() != Some(PALETTE[index % PALETTE.len()])
        });
    }
    let usual = ["false", "", "seat"];
    plan.seats().iter().any(|seat| !usual.contains(&fields(plan, seat)[column].as_str()))
}

fn fields(plan: &SeatPlan, seat: &PlannedSeat) -> [String; COLUMNS.len()] {
    let category = &plan.categories()[seat.category];
    let traits = &seat.traits;
    let coordinate =
        |number: Option<f64>| number.map_or_else(String::new, |it| (it + 0.0).to_string());
    [
        seat.section.clone(),
        seat.row.clone(),
        seat.number.clone(),
        category.name.clone(),
        category.prices.default_minor().to_string(),
        plan.currency().to_owned(),
        seat.accessible.to_string(),
        coordinate(seat.x),
        coordinate(seat.y),
        traits.is_companion.to_string(),
        traits.has_gap_before.to_string(),
        traits.rank.map_or_else(String::new, |rank| rank.to_string()),
        match traits.kind {
            PlaceKind::Seat => "seat",
            PlaceKind::Chair => "chair",
            PlaceKind::Standing => "standing",
        }
        .to_owned(),
        traits.floor.clone().unwrap_or_default(),
        category.color.clone().unwrap_or_default(),
    ]
}
