//! Reads a seat plan from CSV: what `grand-arena import FILE.csv` takes.
//!
//! The first line names the columns, in any order and case:
//! `section,row,number,category,price_minor,currency,accessible,x,y`; the last three may be
//! missing. Every other line is a seat. A category is whatever the seats say it is, and gets a
//! colour from [`PALETTE`] in order of first appearance. The file is UTF-8, with or without a byte
//! order mark.
//!
//! Invariants:
//! - all or nothing: a file with anything wrong gives no plan;
//! - what is wrong is named by its line in the file as an editor counts them, with what is allowed;
//! - the first [`MAX_REPORTED_LINES`] bad lines are reported together, so that a file is mended in
//!   few rounds;
//! - an error's length is bounded, whatever the file holds.
//!
//! Deliberately absent: other separators and encodings. Guessing them wrong would sell the wrong
//! seats.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read};

use crate::domain::plan::{
    self, Excerpt, LABEL_RULE, MAX_CATEGORIES, MAX_COORDINATE, MAX_PRICE_MINOR, MAX_SEATS, PALETTE,
    PlanError, PlannedCategory, PlannedSeat, SeatPlan,
};

/// Longest file, in bytes: 320 for each of [`MAX_SEATS`] lines, several times what a real line
/// takes. The file is held in memory while it is read.
pub const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// Most bad lines one error lists: a screenful.
pub const MAX_REPORTED_LINES: usize = 20;

/// Most unknown columns one error lists: a header that has more is not a header.
const MAX_REPORTED_COLUMNS: usize = 10;

/// The columns by name, at the index of their [`Column`].
const COLUMNS: [&str; 9] =
    ["section", "row", "number", "category", "price_minor", "currency", "accessible", "x", "y"];

/// How many of [`COLUMNS`], from the first, must be there.
const REQUIRED_COLUMNS: usize = 6;

/// The header that an error shows.
const HEADER: &str = "section,row,number,category,price_minor,currency,accessible,x,y \
    (separated by commas; the last three may be missing)";

#[derive(Clone, Copy)]
enum Column {
    Section,
    Row,
    Number,
    Category,
    PriceMinor,
    Currency,
    Accessible,
    X,
    Y,
}

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
    /// The first line is not UTF-8: most likely the whole file is not.
    #[error("line {line}: the text is not UTF-8; save the file as CSV in UTF-8")]
    HeaderNotUtf8 {
        /// The line of the header.
        line: u64,
    },
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
    #[error("the text is not UTF-8; save the file as CSV in UTF-8")]
    NotUtf8,
    /// More or fewer fields than the header.
    #[error(
        "the number of fields is {found}, but the header names {expected} columns; \
         a field with a comma or a quotation mark in it must stand in quotation marks"
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
    /// Not a currency.
    #[error("currency is {0}; it must be three capital letters, as in ISO 4217, for example EUR")]
    Currency(Excerpt),
    /// Neither yes nor no.
    #[error("accessible is {0}; it must be true, false, yes, no, 1, 0 or empty (no)")]
    Accessible(Excerpt),
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
        price_minor: i32,
        /// Its first price, in minor units.
        first_price_minor: i32,
        /// The line that has it.
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

/// Reads a plan from CSV, to the end of the reader or [`MAX_FILE_BYTES`].
///
/// # Errors
/// Everything that is wrong with the file, up to a bound; see [`ImportError`].
pub fn parse(reader: impl Read) -> Result<SeatPlan, ImportError> {
    let mut bytes = Vec::new();
    reader.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(ImportError::FileTooLong);
    }
    parse_bytes(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes))
}

fn parse_bytes(bytes: &[u8]) -> Result<SeatPlan, ImportError> {
    let mut records = Records::new(bytes);
    let Some((line, header)) = records.next()? else {
        return Err(ImportError::Empty);
    };
    let header = header.map_err(|_| ImportError::HeaderNotUtf8 { line })?;
    let header = Header::read(&header).map_err(ImportError::Header)?;

    let mut draft = Draft::default();
    let mut seats = 0;
    let mut bad = BadLines { first: Vec::new(), total: 0 };
    while let Some((line, record)) = records.next()? {
        seats += 1;
        if seats > MAX_SEATS {
            return Err(ImportError::TooManySeats { line });
        }
        let added = record
            .and_then(|record| header.seat_line(&record))
            .and_then(|seat| draft.add(line, seat));
        if let Err(problem) = added {
            bad.push(BadLine { line, problem });
        }
    }
    if bad.total > 0 {
        return Err(ImportError::BadLines(bad));
    }
    draft.finish()
}

/// A line's number and its fields.
type Record = (u64, Result<csv::StringRecord, LineProblem>);

/// The records of a file, each with the line on which it begins.
///
/// The line is counted here and not taken from the csv crate: for a record that follows CR LF or
/// empty lines, its position is the line before (tried with 1.4).
struct Records<'a> {
    bytes: &'a [u8],
    reader: csv::Reader<&'a [u8]>,
    /// The record that was read last begins at this byte, on this line.
    start: usize,
    line: u64,
}

impl<'a> Records<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            // Records of the wrong length are reported by us, all of them.
            .flexible(true)
            .from_reader(bytes);
        Self { bytes, reader, start: 0, line: 1 }
    }

    fn next(&mut self) -> Result<Option<Record>, ImportError> {
        // The crate's count of bytes is exact; it stops after CR and skips LF and empty lines with
        // the next record.
        let end_of_last = usize::try_from(self.reader.position().byte()).unwrap_or(usize::MAX);
        let mut record = csv::ByteRecord::new();
        // Reading from memory cannot fail; the type does not know.
        if !self.reader.read_byte_record(&mut record).map_err(io::Error::from)? {
            return Ok(None);
        }
        let rest = self.bytes.get(end_of_last..).unwrap_or_default();
        let skipped = rest.iter().take_while(|byte| is_line_end(**byte)).count();
        let start = end_of_last + skipped;
        self.line += line_ends(self.bytes.get(self.start..start).unwrap_or_default());
        self.start = start;
        let record = csv::StringRecord::from_byte_record(record);
        Ok(Some((self.line, record.map_err(|_| LineProblem::NotUtf8))))
    }
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// How many lines end in these bytes, by LF, CR LF or CR, as an editor counts them.
fn line_ends(bytes: &[u8]) -> u64 {
    let ends = bytes
        .iter()
        .enumerate()
        .filter(|&(at, &byte)| byte == b'\n' || byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
    ends.count() as u64
}

/// Where each column is.
struct Header {
    position: [Option<usize>; COLUMNS.len()],
    width: usize,
}

impl Header {
    fn read(record: &csv::StringRecord) -> Result<Self, HeaderProblems> {
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
    fn seat_line(&self, record: &csv::StringRecord) -> Result<SeatLine, LineProblem> {
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
            Ok::<_, LineProblem>(label.to_owned())
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

fn price(text: &str) -> Result<i32, LineProblem> {
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

/// What one line says.
struct SeatLine {
    section: String,
    row: String,
    number: String,
    category: String,
    price_minor: i32,
    currency: String,
    accessible: bool,
    x: Option<f64>,
    y: Option<f64>,
}

/// What the good lines so far amount to, and which line said each thing first.
#[derive(Default)]
struct Draft {
    currency: Option<(String, u64)>,
    categories: Vec<(PlannedCategory, u64)>,
    seats: Vec<PlannedSeat>,
    locations: HashMap<(String, String, String), u64>,
}

impl Draft {
    fn add(&mut self, line: u64, seat: SeatLine) -> Result<(), LineProblem> {
        let (first, first_line) =
            self.currency.get_or_insert_with(|| (seat.currency.clone(), line));
        if *first != seat.currency {
            return Err(LineProblem::SecondCurrency {
                currency: seat.currency,
                first: first.clone(),
                first_line: *first_line,
            });
        }
        let category = self.category(line, seat.category, seat.price_minor)?;
        let location = (seat.section.clone(), seat.row.clone(), seat.number.clone());
        if let Some(first_line) = self.locations.get(&location) {
            return Err(LineProblem::DuplicateSeat {
                section: Excerpt::of(&seat.section),
                row: Excerpt::of(&seat.row),
                number: Excerpt::of(&seat.number),
                first_line: *first_line,
            });
        }
        self.locations.insert(location, line);
        self.seats.push(PlannedSeat {
            section: seat.section,
            row: seat.row,
            number: seat.number,
            category,
            accessible: seat.accessible,
            x: seat.x,
            y: seat.y,
        });
        Ok(())
    }

    /// The index of the category, which is new or has the price it had before.
    fn category(
        &mut self,
        line: u64,
        name: String,
        price_minor: i32,
    ) -> Result<usize, LineProblem> {
        let known = self.categories.iter().position(|(c, _)| c.name == name);
        let Some(index) = known else {
            let index = self.categories.len();
            if index == MAX_CATEGORIES {
                return Err(LineProblem::TooManyCategories(Excerpt::of(&name)));
            }
            let color = Some(PALETTE[index % PALETTE.len()].to_owned());
            let category = PlannedCategory { name, price_minor, color };
            self.categories.push((category, line));
            return Ok(index);
        };
        let (category, first_line) = &self.categories[index];
        if category.price_minor != price_minor {
            return Err(LineProblem::SecondPrice {
                name: Excerpt::of(&name),
                price_minor,
                first_price_minor: category.price_minor,
                first_line: *first_line,
            });
        }
        Ok(index)
    }

    fn finish(self) -> Result<SeatPlan, ImportError> {
        let (currency, _) = self.currency.ok_or(ImportError::NoSeats)?;
        let categories = self.categories.into_iter().map(|(c, _)| c).collect();
        Ok(SeatPlan::new(&currency, categories, self.seats)?)
    }
}

impl BadLines {
    fn push(&mut self, line: BadLine) {
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
    fn is_empty(&self) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_set, vec};
    use proptest::prelude::*;

    const FULL: &str = "section,row,number,category,price_minor,currency,accessible,x,y\n";

    fn refusal(file: impl AsRef<[u8]>) -> String {
        parse(file.as_ref()).unwrap_err().to_string()
    }

    #[test]
    fn a_file_becomes_a_plan() {
        let file = FULL.to_owned()
            + "101, A ,1,Gold,4900,EUR,Yes,1.5,-2\n\"Block \"\"B\"\", \
                left\",1,2a,Silver,0,EUR,,,\n";
        let plan = parse(file.as_bytes()).unwrap();
        assert_eq!(plan.currency(), "EUR");
        let category = |name: &str, price_minor, color: &str| PlannedCategory {
            name: name.to_owned(),
            price_minor,
            color: Some(color.to_owned()),
        };
        assert_eq!(
            plan.categories(),
            [category("Gold", 4900, PALETTE[0]), category("Silver", 0, PALETTE[1])]
        );
        let [first, second] = plan.seats() else { panic!("two seats") };
        assert_eq!((first.row.as_str(), first.x, first.y), ("A", Some(1.5), Some(-2.0)));
        assert!(first.accessible && !second.accessible);
        assert_eq!(
            (second.section.as_str(), second.category, second.x),
            ("Block \"B\", left", 1, None)
        );
    }

    #[test]
    fn columns_are_found_by_name_and_the_last_three_may_be_missing() {
        let file = "Currency,price_minor, category ,number,row,section\nEUR,5,Gold,1,A,101\n";
        let plan = parse(file.as_bytes()).unwrap();
        assert_eq!(plan.seats()[0].section, "101");
        assert_eq!(plan.seats()[0].x, None);
    }

    #[test]
    fn a_byte_order_mark_is_tolerated() {
        let file = format!("\u{feff}{FULL}101,A,1,Gold,1,EUR,,,\n");
        assert!(parse(file.as_bytes()).is_ok());
    }

    #[test]
    fn missing_unknown_and_duplicate_columns_are_named_together() {
        let message = refusal("section,row,row,Row,number,category,currency,colour,seat\n");
        assert!(
            message.starts_with(
                "the header has no column price_minor; more than one column row; \
                 the unknown column \"colour\", \"seat\"; it must be section,row,"
            ),
            "{message}"
        );
        assert!(refusal("section;row;number\n").contains("separated by commas"));
    }

    #[test]
    fn an_empty_file_and_a_bare_header_say_so() {
        for empty in ["", "\u{feff}", "\r\n\n"] {
            assert!(refusal(empty).starts_with("the file is empty"));
        }
        assert!(refusal(FULL).starts_with("the file has a header but no seats"));
    }

    #[test]
    fn a_bad_price_names_its_line_and_says_what_is_allowed() {
        let message = refusal(FULL.to_owned() + "101,A,1,Gold,12.50,EUR,,,\n");
        assert_eq!(
            message,
            "line 2: price_minor is \"12.50\"; it must be a whole number of minor units (cents), \
                0 to 20000000"
        );
        for bad in ["", "-1", "+1", "1e3", "20000001", "99999999999", "٣", "1 000"] {
            assert!(price(bad).is_err(), "{bad}");
        }
        assert_eq!(price("20000000"), Ok(MAX_PRICE_MINOR));
    }

    #[test]
    fn every_field_says_what_it_must_be() {
        let base = ["101", "A", "1", "Gold", "1", "EUR", "no", "1", "2"];
        for (at, bad, expected) in [
            (0, "", "section is \"\"; it must have 1 to 64 characters"),
            (1, "\"A\nB\"", "row is \"A\\nB\"; it must have 1 to 64"),
            (2, " ", "number is \"\"; it must have"),
            (3, "\u{7f}", "category is \"\\u{7f}\"; it must have"),
            (5, "eur", "currency is \"eur\"; it must be three capital letters"),
            (6, "maybe", "accessible is \"maybe\"; it must be true, false"),
            (7, "NaN", "x is \"NaN\"; it must be a number within ±1000000"),
            (8, "\"1,5\"", "y is \"1,5\"; it must be a number"),
            (8, "inf", "y is \"inf\"; it must be a number"),
            (8, "", "only one of x and y is given"),
        ] {
            let mut fields = base;
            fields[at] = bad;
            let message = refusal(FULL.to_owned() + &fields.join(","));
            assert!(message.starts_with(&format!("line 2: {expected}")), "{message}");
        }
        assert!(parse((FULL.to_owned() + &base.join(",")).as_bytes()).is_ok());
    }

    #[test]
    fn lines_are_counted_as_an_editor_counts_them() {
        let lines = ["101,A,1,Gold,1,EUR", "\"102\nx\",A,1,Gold,1,EUR", "", "103,A,1,Gold,?,EUR"];
        let header = "section,row,number,category,price_minor,currency";
        for end in ["\n", "\r\n", "\r"] {
            let file = [header, &lines.join("\n")].join("\n").replace('\n', end);
            let Err(ImportError::BadLines(bad)) = parse(file.as_bytes()) else {
                panic!("bad lines")
            };
            let numbers: Vec<_> = bad.first.iter().map(|bad| bad.line).collect();
            assert_eq!(numbers, [3, 6], "{end:?}");
        }
    }

    #[test]
    fn a_line_with_too_few_or_too_many_fields_is_named() {
        let message = refusal(FULL.to_owned() + "101,A\n101,A,1,Gold,1,EUR,,,,\n");
        assert!(message.starts_with(
            "2 lines are wrong:\nline 2: the number of fields is 2, but the header names 9"
        ));
        assert!(message.contains("\nline 3: the number of fields is 10, but"));
    }

    #[test]
    fn text_that_is_not_utf8_is_named() {
        let file =
            [FULL.as_bytes(), b"101,A,1,Gold,1,EUR,,,\nT\xfcr 3,A,1,Gold,1,EUR,,,\n"].concat();
        assert!(refusal(file).starts_with("line 3: the text is not UTF-8"));
        assert!(refusal(b"\xff\xfes\0e\0").starts_with("line 1: the text is not UTF-8"));
    }

    #[test]
    fn a_category_has_one_price() {
        let message = refusal(FULL.to_owned() + "1,A,1,Gold,1,EUR,,,\n\n1,A,2,Gold,2,EUR,,,\n");
        assert_eq!(
            message,
            "line 4: category \"Gold\" costs 2, but 1 on line 2; a category must have one price"
        );
    }

    #[test]
    fn a_file_has_one_currency() {
        let message = refusal(FULL.to_owned() + "1,A,1,Gold,1,EUR,,,\n1,A,2,Silver,1,USD,,,\n");
        assert_eq!(
            message,
            "line 3: currency is USD, but line 2 has EUR; a file must keep to one currency"
        );
    }

    #[test]
    fn a_seat_that_is_there_twice_names_both_lines() {
        let message = refusal(FULL.to_owned() + "1,A,1,Gold,1,EUR,,,\n1, A,1 ,Gold,1,EUR,,,\n");
        assert_eq!(
            message,
            "line 3: section \"1\", row \"A\", number \"1\" is on line 2 already; a seat must be \
                in the file once"
        );
    }

    #[test]
    fn no_more_categories_than_the_limit() {
        let lines = (0..=MAX_CATEGORIES).map(|n| format!("1,A,{n},Category {n},1,EUR,,,\n"));
        let message = refusal(FULL.to_owned() + &lines.collect::<String>());
        assert!(message.starts_with("line 102: category \"Category 100\" is one too many"));
    }

    #[test]
    fn no_more_seats_than_the_limit() {
        let lines = |count: usize| -> String {
            (0..count).map(|n| format!("1,A,{n},Gold,1,EUR,,,\n")).collect()
        };
        let message = refusal(FULL.to_owned() + &lines(MAX_SEATS + 1));
        assert!(message.starts_with("line 200002: more than 200000 seats"));
    }

    #[test]
    fn a_file_without_end_is_refused() {
        let error = parse(io::repeat(b'\n')).unwrap_err();
        assert!(matches!(error, ImportError::FileTooLong));
    }

    #[test]
    fn the_first_twenty_bad_lines_are_listed_and_all_are_counted() {
        let message = refusal(FULL.to_owned() + &"?\n".repeat(37));
        assert!(
            message.starts_with(
                "37 lines are wrong; the first 20:\nline 2: the number of fields is 1,"
            )
        );
        assert_eq!(message.lines().count(), 21);
        assert!(message.lines().last().unwrap().starts_with("line 21: "));
    }

    fn text() -> impl Strategy<Value = String> {
        let printable = "[a-c \",;'é席-]{1,8}|\\PC{1,64}";
        printable.prop_filter_map("a label", |text| plan::label(&text).map(str::to_owned))
    }

    fn some_position() -> impl Strategy<Value = Option<(f64, f64)>> {
        prop::option::of((-1e6..=1e6, -1e6..=1e6))
    }

    prop_compose! {
        /// A plan as the import would name and colour its categories.
        fn any_plan()(
            names in btree_set(text(), 1..12),
            prices in vec(0..=MAX_PRICE_MINOR, 12),
            locations in btree_set((text(), text(), text()), 1..40),
            details in vec((0..12_usize, any::<bool>(), some_position()), 40),
            currency in "[A-Z]{3}",
        ) -> SeatPlan {
            let names: Vec<_> = names.into_iter().collect();
            let mut used = Vec::new();
            let seats = locations.into_iter().zip(details).map(|(location, detail)| {
                let (section, row, number) = location;
                let (category, accessible, position) = detail;
                let category = category % names.len();
                let index = used.iter().position(|known| *known == category).unwrap_or_else(|| {
                    used.push(category);
                    used.len() - 1
                });
                let (x, y) = position.unzip();
                PlannedSeat { section, row, number, category: index, accessible, x, y }
            }).collect();
            let categories = used.iter().enumerate().map(|(index, category)| PlannedCategory {
                name: names[*category].clone(),
                price_minor: prices[*category],
                color: Some(PALETTE[index % PALETTE.len()].to_owned()),
            }).collect();
            SeatPlan::new(&currency, categories, seats).unwrap()
        }
    }

    fn written(plan: &SeatPlan, end: csv::Terminator) -> Vec<u8> {
        let mut writer = csv::WriterBuilder::new().terminator(end).from_writer(Vec::new());
        writer.write_record(COLUMNS).unwrap();
        for seat in plan.seats() {
            let category = &plan.categories()[seat.category];
            let coordinate = |number: Option<f64>| number.map_or(String::new(), |n| n.to_string());
            writer
                .write_record([
                    &seat.section,
                    &seat.row,
                    &seat.number,
                    &category.name,
                    &category.price_minor.to_string(),
                    plan.currency(),
                    &seat.accessible.to_string(),
                    &coordinate(seat.x),
                    &coordinate(seat.y),
                ])
                .unwrap();
        }
        writer.into_inner().unwrap()
    }

    proptest! {
        #[test]
        fn any_plan_written_as_csv_parses_back_to_itself(plan in any_plan(), crlf: bool) {
            let end = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
            prop_assert_eq!(parse(written(&plan, end).as_slice()).unwrap(), plan);
        }

        #[test]
        fn a_line_that_is_spoiled_is_the_line_that_is_named(plan in any_plan(), at in 0..40_usize) {
            let file = String::from_utf8(written(&plan, csv::Terminator::CRLF)).unwrap();
            let mut lines: Vec<_> = file.lines().collect();
            let at = 1 + at % (lines.len() - 1);
            lines[at] = "spoiled";
            let message = refusal(lines.join("\r\n"));
            let start = format!("line {}: the number of fields is 1,", at + 1);
            prop_assert!(message.starts_with(&start), "{}", message);
        }

        #[test]
        fn whatever_the_bytes_the_answer_is_short(
            bytes in vec(any::<u8>(), 0..2_000),
            headed: bool,
        ) {
            let header = if headed { FULL } else { "" };
            let message = refusal([header.as_bytes(), &bytes].concat());
            prop_assert!(message.chars().count() < 10_000);
        }
    }
}
