//! Why a file is refused, in words for the person who mends it.

use std::fmt;
use std::io;

use super::columns::HEADER;
use super::json::fault::JsonProblems;
use super::limits::{MAX_FILE_BYTES, MAX_REPORTED_LINES};
use crate::domain::plan::{
    CURRENCY_RULE, Excerpt, LABEL_RULE, MAX_CATEGORIES, MAX_COORDINATE, MAX_FLOORS,
    MAX_PRICE_MINOR, MAX_SEATS, PlanError,
};

/// How Excel writes what can be read here.
const SAVE_AS: &str = "in Excel, save it as \"CSV UTF-8 (Comma delimited)\"";

/// Why a file is refused.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The reader failed.
    #[error("the file cannot be read")]
    Read(#[from] io::Error),
    /// Longer than [`MAX_FILE_BYTES`].
    #[error("the file is longer than {MAX_FILE_BYTES} bytes")]
    FileTooLong,
    /// Not even a header.
    #[error("the file is empty; its first line must be {HEADER}")]
    Empty,
    /// The header is not UTF-8: most likely the whole file is not.
    #[error("line {line}: {problem}")]
    Unreadable {
        /// The line of the header.
        line: u64,
        /// What is wrong with it.
        problem: LineProblem,
    },
    /// Two bytes for each character.
    #[error("the file is in UTF-16, as Excel's \"Unicode Text\" is; {SAVE_AS}")]
    Utf16,
    /// Not a text at all.
    #[error("the file is a workbook and no text; {SAVE_AS}")]
    Workbook,
    /// Columns that are missing, unknown, or there twice.
    #[error("the header has {0}; it must be {HEADER}")]
    Header(HeaderProblems),
    /// A header and nothing else.
    #[error(
        "the file has a header but no seats; it must have 1 to {MAX_SEATS}, each on its own line"
    )]
    NoSeats,
    /// More than [`MAX_SEATS`] lines of seats.
    #[error("line {line}: more than {MAX_SEATS} seats; that is the most one event may have")]
    TooManySeats {
        /// The first line too many.
        line: u64,
    },
    /// Lines that are not seats.
    #[error("{0}")]
    BadLines(BadLines),
    /// No JSON.
    #[error("line {line}, column {column}: here it is no JSON any more")]
    Json {
        /// The line in the file.
        line: u64,
        /// The byte of that line.
        column: usize,
    },
    /// A document with bytes that are not UTF-8.
    #[error("line {line}: the text is not UTF-8, as JSON must be")]
    JsonNotUtf8 {
        /// The line in the file.
        line: u64,
    },
    /// A document with something wrong.
    #[error("{0}")]
    BadDocument(JsonProblems),
    /// A rule of the plan that no single line breaks.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

/// What is wrong with a header; at least one of the lists has something in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderProblems {
    /// The columns that must be there and are not.
    pub missing: Vec<&'static str>,
    /// The columns that are there twice or more.
    pub duplicate: Vec<&'static str>,
    /// The columns that mean nothing here; the first 10.
    pub unknown: Vec<Excerpt>,
}

/// The lines that are wrong, by number.
#[derive(Debug, Clone, PartialEq)]
pub struct BadLines {
    /// The first of them, up to [`MAX_REPORTED_LINES`], in the order of the file.
    pub first: Vec<BadLine>,
    /// How many there are altogether.
    pub total: usize,
}

/// One line that is wrong.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct BadLine {
    /// The line in the file on which the record begins, counted from 1.
    pub line: u64,
    /// The first thing that is wrong with it.
    pub problem: LineProblem,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LineProblem {
    /// Bytes that are not UTF-8.
    #[error(
        "the text is not UTF-8 but most likely Windows-1252 or Latin-1, where {0} would be here; \
            {SAVE_AS}"
    )]
    NotUtf8(Excerpt),
    /// More or fewer fields than the header.
    #[error(
        "the number of fields is {found}, but the header names {expected} columns; \
         a field with a separator or a quotation mark in it must stand in quotation marks"
    )]
    FieldCount {
        /// How many the line has.
        found: usize,
        /// How many the header has.
        expected: usize,
    },
    /// A section, row, number or category that breaks the rule for labels.
    #[error("{column} is {value}; it must have {LABEL_RULE}")]
    Label {
        /// The column's name.
        column: &'static str,
        /// What it holds.
        value: Excerpt,
    },
    /// Not a price.
    #[error(
        "price_minor is {0}; it must be a whole number of minor units (cents), 0 to \
            {MAX_PRICE_MINOR}"
    )]
    Price(Excerpt),
    /// No currency of ISO 4217, or one without a minor unit.
    #[error("currency is {0}; it must be {CURRENCY_RULE}")]
    Currency(Excerpt),
    /// Neither yes nor no.
    #[error("{column} is {value}; it must be true, false, yes, no, 1, 0 or empty (no)")]
    YesOrNo {
        /// The column's name.
        column: &'static str,
        /// What it holds.
        value: Excerpt,
    },
    /// Not a rank.
    #[error("rank is {0}; it must be a whole number, 0 (the best) to 2147483647, or empty")]
    Rank(Excerpt),
    /// No kind of place.
    #[error("kind is {0}; it must be seat, chair or standing, or empty (a seat)")]
    Kind(Excerpt),
    /// Not a colour.
    #[error("color is {0}; it must be # and six hexadecimal digits, for example #0072b2, or empty")]
    Color(Excerpt),
    /// A floor that is one too many.
    #[error("floor {0} is one too many; a file may have up to {MAX_FLOORS} floors")]
    TooManyFloors(Excerpt),
    /// A floor that looks like another one.
    #[error(
        "floor {floor} looks like {like}; write both the same, or give one of them another name"
    )]
    FloorsAlike {
        /// The floor.
        floor: Excerpt,
        /// The other one.
        like: Excerpt,
    },
    /// A category that had another colour before.
    #[error("category {name} has the color {color}, but {first} on line {first_line}")]
    SecondColor {
        /// The category.
        name: Excerpt,
        /// Its colour on this line.
        color: String,
        /// Its first colour.
        first: String,
        /// The line that has it.
        first_line: u64,
    },
    /// Not a coordinate.
    #[error(
        "{column} is {value}; it must be a number within ±{MAX_COORDINATE}, with a point for \
            decimals, or empty"
    )]
    Coordinate {
        /// The column's name.
        column: &'static str,
        /// What it holds.
        value: Excerpt,
    },
    /// One coordinate without the other.
    #[error("only one of x and y is given; give both or neither")]
    HalfPosition,
    /// Another currency than the first.
    #[error(
        "currency is {currency}, but line {first_line} has {first}; a file must keep to one \
            currency"
    )]
    SecondCurrency {
        /// This line's currency.
        currency: String,
        /// The file's first currency.
        first: String,
        /// The line that has it.
        first_line: u64,
    },
    /// A category that is new and one too many.
    #[error("category {0} is one too many; a file may have up to {MAX_CATEGORIES} categories")]
    TooManyCategories(Excerpt),
    /// A category that had another price before.
    #[error(
        "category {name} costs {price_minor}, but {first_price_minor} on line {first_line}; a \
            category must have one price"
    )]
    SecondPrice {
        /// The category.
        name: Excerpt,
        /// Its price on this line, in minor units.
        price_minor: i64,
        /// Its first price, in minor units.
        first_price_minor: i64,
        /// The line that has it.
        first_line: u64,
    },
    /// A name that looks like another one.
    #[error(
        "{column} {value} looks like {like} on line {first_line}; write both the same, or give \
            one of them another name"
    )]
    Alike {
        /// The column's name.
        column: &'static str,
        /// What it holds.
        value: Excerpt,
        /// The other name.
        like: Excerpt,
        /// The line that has it first.
        first_line: u64,
    },
    /// A seat that was there before.
    #[error(
        "section {section}, row {row}, number {number} is on line {first_line} already; \
         a seat must be in the file once"
    )]
    DuplicateSeat {
        /// The seat's section.
        section: Excerpt,
        /// The seat's row.
        row: Excerpt,
        /// The seat's number.
        number: Excerpt,
        /// The line that has it.
        first_line: u64,
    },
}

impl LineProblem {
    /// Says what the first word that is not UTF-8 would be in the encoding that files mostly have
    /// instead.
    pub(super) fn not_utf8(record: &csv::ByteRecord) -> Self {
        let field = record.iter().find(|field| std::str::from_utf8(field).is_err());
        // Latin-1 is the first 256 characters of Unicode. What Windows-1252 has in place of its
        // control characters is shown as these, escaped.
        let text: String = field.unwrap_or_default().iter().map(|byte| char::from(*byte)).collect();
        Self::NotUtf8(Excerpt::of(text.trim()))
    }
}

impl BadLines {
    pub(super) fn push(&mut self, line: BadLine) {
        self.total += 1;
        if self.first.len() < MAX_REPORTED_LINES {
            self.first.push(line);
        }
    }
}

impl fmt::Display for BadLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (total, shown) = (self.total, self.first.len());
        if total > shown {
            writeln!(f, "{total} lines are wrong; the first {shown}:")?;
        } else if total > 1 {
            writeln!(f, "{total} lines are wrong:")?;
        }
        let lines: Vec<_> = self.first.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl HeaderProblems {
    pub(super) fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.duplicate.is_empty() && self.unknown.is_empty()
    }
}

impl fmt::Display for HeaderProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown: Vec<_> = self.unknown.iter().map(ToString::to_string).collect();
        let problems = [
            ("no column ", self.missing.join(", ")),
            ("more than one column ", self.duplicate.join(", ")),
            ("the unknown column ", unknown.join(", ")),
        ];
        let problems: Vec<_> = problems
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(what, names)| what.to_owned() + &names)
            .collect();
        f.write_str(&problems.join("; "))
    }
}
