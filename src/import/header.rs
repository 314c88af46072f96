//! Where each column is in a file, and what its fields say.

use super::columns::{COLUMNS, Column, REQUIRED_COLUMNS};
use super::error::{HeaderProblems, LineProblem};
use super::limits::MAX_REPORTED_COLUMNS;
use super::seat_line::SeatLine;
use crate::domain::plan::{self, Excerpt, MAX_PRICE_MINOR};

/// Where each column is.
pub(super) struct Header {
    position: [Option<usize>; COLUMNS.len()],
    width: usize,
}

impl Header {
    pub(super) fn read(record: &csv::StringRecord) -> Result<Self, HeaderProblems> {
        let mut position = [None; COLUMNS.len()];
        let mut problems =
            HeaderProblems { missing: Vec::new(), duplicate: Vec::new(), unknown: Vec::new() };
        for (at, name) in record.iter().enumerate() {
            let name = name.trim();
            let column = COLUMNS.iter().position(|c| c.eq_ignore_ascii_case(name));
            match column {
                Some(column) if position[column].is_none() => position[column] = Some(at),
                Some(column) if problems.duplicate.contains(&COLUMNS[column]) => {}
                Some(column) => problems.duplicate.push(COLUMNS[column]),
                None if problems.unknown.len() < MAX_REPORTED_COLUMNS => {
                    problems.unknown.push(Excerpt::of(name));
                }
                None => {}
            }
        }
        let required = COLUMNS.iter().zip(position).take(REQUIRED_COLUMNS);
        problems.missing =
            required.filter(|(_, position)| position.is_none()).map(|(name, _)| *name).collect();
        if problems.is_empty() {
            let width = record.len();
            Ok(Self { position, width })
        } else {
            Err(problems)
        }
    }

    /// What a line says, checked as far as one line can be.
    pub(super) fn seat_line(&self, record: &csv::StringRecord) -> Result<SeatLine, LineProblem> {
        if record.len() != self.width {
            return Err(LineProblem::FieldCount { found: record.len(), expected: self.width });
        }
        let field = |column: Column| {
            let position = self.position[column as usize];
            let field = position.and_then(|position| record.get(position));
            field.unwrap_or_default().trim()
        };
        let label = |column: Column| {
            let refused = || LineProblem::Label {
                column: COLUMNS[column as usize],
                value: Excerpt::of(field(column)),
            };
            let label = plan::label(field(column)).ok_or_else(refused)?;
            Ok::<_, LineProblem>(label.into_owned())
        };
        let coordinate = |column: Column| match field(column) {
            "" => Ok(None),
            text => match text.parse() {
                Ok(number) if plan::is_coordinate(number) => Ok(Some(number)),
                _ => Err(LineProblem::Coordinate {
                    column: COLUMNS[column as usize],
                    value: Excerpt::of(text),
                }),
            },
        };
        let line = SeatLine {
            section: label(Column::Section)?,
            row: label(Column::Row)?,
            number: label(Column::Number)?,
            category: label(Column::Category)?,
            price_minor: price(field(Column::PriceMinor))?,
            currency: currency(field(Column::Currency))?,
            accessible: accessible(field(Column::Accessible))?,
            x: coordinate(Column::X)?,
            y: coordinate(Column::Y)?,
        };
        if line.x.is_some() != line.y.is_some() {
            return Err(LineProblem::HalfPosition);
        }
        Ok(line)
    }
}

pub(super) fn price(text: &str) -> Result<i64, LineProblem> {
    // Digits only: the standard parser would take a sign as well.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(price_minor) if digits && price_minor <= MAX_PRICE_MINOR => Ok(price_minor),
        _ => Err(LineProblem::Price(Excerpt::of(text))),
    }
}

fn currency(text: &str) -> Result<String, LineProblem> {
    if plan::is_currency(text) {
        Ok(text.to_owned())
    } else {
        Err(LineProblem::Currency(Excerpt::of(text)))
    }
}

fn accessible(text: &str) -> Result<bool, LineProblem> {
    let is_one_of = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is_one_of(&["true", "yes", "1"]) {
        Ok(true)
    } else if is_one_of(&["false", "no", "0", ""]) {
        Ok(false)
    } else {
        Err(LineProblem::Accessible(Excerpt::of(text)))
    }
}
