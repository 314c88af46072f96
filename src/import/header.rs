//! Where each column is in a file, and what its fields say.

use std::borrow::Cow;

use super::columns::{COLUMNS, Column, REQUIRED_COLUMNS};
use super::dialect::Dialect;
use super::error::{HeaderProblems, LineProblem};
use super::limits::MAX_REPORTED_COLUMNS;
use super::seat_line::SeatLine;
use crate::domain::plan::{self, Excerpt, NewPrices, PlaceKind, PlaceTraits};

/// Where each column is.
pub(super) struct Header {
    position: [Option<usize>; COLUMNS.len()],
    width: usize,
    takes_decimal_commas: bool,
}

impl Header {
    pub(super) fn read(
        record: &csv::StringRecord,
        dialect: Dialect,
    ) -> Result<Self, HeaderProblems> {
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
                // Excel writes as many columns as its sheet ever had.
                None if name.is_empty() => {}
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
            Ok(Self { position, width, takes_decimal_commas: dialect.takes_decimal_commas })
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
        let (x, y) = (self.coordinate(Column::X, field)?, self.coordinate(Column::Y, field)?);
        if x.is_some() != y.is_some() {
            return Err(LineProblem::HalfPosition);
        }
        Ok(SeatLine {
            section: label(Column::Section, field)?,
            row: label(Column::Row, field)?,
            number: label(Column::Number, field)?,
            category: label(Column::Category, field)?,
            prices: price(field(Column::PriceMinor))?,
            currency: currency(field(Column::Currency))?,
            color: color(field(Column::Color))?,
            accessible: yes_or_no(Column::Accessible, field)?,
            x,
            y,
            traits: PlaceTraits {
                kind: kind(field(Column::Kind))?,
                is_companion: yes_or_no(Column::Companion, field)?,
                has_gap_before: yes_or_no(Column::GapBefore, field)?,
                rank: rank(field(Column::Rank))?,
                floor: match field(Column::Floor) {
                    "" => None,
                    _ => Some(label(Column::Floor, field)?),
                },
            },
        })
    }

    fn coordinate<'a>(
        &self,
        column: Column,
        field: impl Fn(Column) -> &'a str,
    ) -> Result<Option<f64>, LineProblem> {
        let text = field(column);
        if text.is_empty() {
            return Ok(None);
        }
        // A number with both has thousands, and which of them ends those is anybody's guess.
        let has_comma = self.takes_decimal_commas && !text.contains('.');
        let number =
            if has_comma { text.replacen(',', ".", 1).parse() } else { text.parse::<f64>() };
        match number {
            Ok(number) if plan::is_coordinate(number) => Ok(Some(number)),
            _ => {
                let column = COLUMNS[column as usize];
                Err(LineProblem::Coordinate { column, value: Excerpt::of(text) })
            }
        }
    }
}

fn label<'a>(column: Column, field: impl Fn(Column) -> &'a str) -> Result<String, LineProblem> {
    let text = field(column);
    // A line that is broken within a cell, to make it fit there.
    let unbroken = if text.contains(['\r', '\n']) {
        Cow::Owned(text.replace(['\r', '\n'], " "))
    } else {
        Cow::Borrowed(text)
    };
    plan::label(&unbroken).map(Cow::into_owned).ok_or_else(|| {
        let column = COLUMNS[column as usize];
        LineProblem::Label { column, value: Excerpt::of(text) }
    })
}

pub(super) fn price(text: &str) -> Result<NewPrices, LineProblem> {
    // Digits only: the standard parser would take a sign as well.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let price = text.parse().ok().filter(|_| digits);
    let prices = price.and_then(|price_minor| NewPrices::plain(price_minor).ok());
    prices.ok_or_else(|| LineProblem::Price(Excerpt::of(text)))
}

fn currency(text: &str) -> Result<String, LineProblem> {
    if plan::is_currency(text) {
        Ok(text.to_owned())
    } else {
        Err(LineProblem::Currency(Excerpt::of(text)))
    }
}

/// As Excel writes them in English, German, French, Spanish, Italian, Dutch and Portuguese as well.
const YES: [&str; 9] =
    ["true", "yes", "1", "wahr", "vrai", "verdadero", "vero", "waar", "verdadeiro"];
const NO: [&str; 8] = ["false", "no", "0", "falsch", "faux", "falso", "onwaar", ""];

fn yes_or_no<'a>(column: Column, field: impl Fn(Column) -> &'a str) -> Result<bool, LineProblem> {
    let text = field(column);
    let is_one_of = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is_one_of(&YES) {
        Ok(true)
    } else if is_one_of(&NO) {
        Ok(false)
    } else {
        let column = COLUMNS[column as usize];
        Err(LineProblem::YesOrNo { column, value: Excerpt::of(text) })
    }
}

fn color(text: &str) -> Result<Option<String>, LineProblem> {
    match text {
        "" => Ok(None),
        _ if plan::is_color(text) => Ok(Some(text.to_owned())),
        _ => Err(LineProblem::Color(Excerpt::of(text))),
    }
}

fn rank(text: &str) -> Result<Option<i32>, LineProblem> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        _ if text.is_empty() => Ok(None),
        Ok(rank) if digits => Ok(Some(rank)),
        _ => Err(LineProblem::Rank(Excerpt::of(text))),
    }
}

fn kind(text: &str) -> Result<PlaceKind, LineProblem> {
    match text.to_ascii_lowercase().as_str() {
        "" | "seat" => Ok(PlaceKind::Seat),
        "chair" => Ok(PlaceKind::Chair),
        "standing" => Ok(PlaceKind::Standing),
        _ => Err(LineProblem::Kind(Excerpt::of(text))),
    }
}
