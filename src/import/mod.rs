//! Reads venues from CSV and JSON: what `grand-arena import FILE` takes, and `export` gives.
//!
//! Which of both a file is shows in what it begins with. CSV is for a plan alone; its first line
//! names the columns, in any order and case, and every other line is a seat. A category is whatever
//! the seats say it is, and gets a colour from [`PALETTE`](crate::domain::plan::PALETTE) in order
//! of first appearance. JSON is for all that can be said of a venue, and for several events in a
//! file: see docs/venue-format.md. Both are UTF-8, with or without a byte order mark.
//!
//! Invariants:
//! - all or nothing: a plan with anything wrong gives no plan;
//! - what is wrong is named by its line in the file as an editor counts them, with what is allowed;
//! - the first [`MAX_REPORTED_LINES`] problems are reported together, so that a file is mended in
//!   few rounds;
//! - an error's length is bounded, whatever the file holds;
//! - a file with many events takes as much memory as its largest one;
//! - what is written is read as the same plan.
//!
//! Deliberately absent: other encodings. Guessing them wrong would print the wrong names on
//! tickets; they are recognised, and it is said what to do.

mod columns;
mod csv_write;
mod dialect;
mod draft;
mod encoding;
mod error;
mod header;
mod json;
mod limits;
mod records;
mod seat_line;
#[cfg(test)]
mod tests;

pub use csv_write::written as written_as_csv;
pub use error::{BadLine, BadLines, HeaderProblems, ImportError, LineProblem};
pub use json::{EventTerms, Fault, JsonProblem, JsonProblems, written as written_as_json};
pub use limits::{MAX_FILE_BYTES, MAX_REPORTED_LINES};

use std::io::{BufRead, BufReader, Read};

use self::dialect::Dialect;
use self::draft::Draft;
use self::header::Header;
use self::json::JsonVenues;
use self::records::Records;
use crate::domain::plan::{MAX_SEATS, SeatPlan};

/// The bytes of a file that are looked at to see what it is.
const FIRST_BYTES: usize = 64 * 1024;

/// A plan, and what its file says of the event that it is for.
#[derive(Clone, Debug, PartialEq)]
pub struct Venue {
    /// The event's terms, as far as they are said; none in CSV.
    pub terms: EventTerms,
    /// The plan.
    pub plan: SeatPlan,
}

/// The venues of a file, one after another.
pub enum Venues<R> {
    /// All of it is one plan; `None` once it is read.
    Csv(Option<R>),
    /// A document for each.
    Json(JsonVenues<R>),
}

impl<R: Read> Venues<BufReader<R>> {
    /// Looks at the beginning of a file, and reads no more.
    ///
    /// # Errors
    /// If it cannot be read, or is nothing that could be.
    pub fn open(reader: R) -> Result<Self, ImportError> {
        let mut reader = BufReader::with_capacity(FIRST_BYTES, reader);
        let first = reader.fill_buf()?;
        let text = encoding::text_of(first)?;
        let (mark, is_json) = (first.len() - text.len(), encoding::is_json(text));
        reader.consume(mark);
        let json = |reader| Self::Json(JsonVenues::new(reader));
        Ok(if is_json { json(reader) } else { Self::Csv(Some(reader)) })
    }
}

impl<R: BufRead> Venues<R> {
    /// The next venue; `None` at the end of the file.
    ///
    /// # Errors
    /// Everything that is wrong with it, up to a bound; see [`ImportError`].
    pub fn read_next(&mut self) -> Result<Option<Venue>, ImportError> {
        match self {
            Self::Csv(reader) => {
                let Some(reader) = reader.take() else { return Ok(None) };
                let plan = parse_csv(reader)?;
                Ok(Some(Venue { terms: EventTerms::default(), plan }))
            }
            Self::Json(documents) => {
                let venue = documents.read_next()?;
                Ok(venue.map(|(terms, plan)| Venue { terms, plan }))
            }
        }
    }
}

/// Reads a plan from CSV, to the end of the reader or [`MAX_FILE_BYTES`].
fn parse_csv(reader: impl Read) -> Result<SeatPlan, ImportError> {
    let mut bytes = Vec::new();
    reader.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(ImportError::FileTooLong);
    }
    parse_bytes(&bytes)
}

fn parse_bytes(bytes: &[u8]) -> Result<SeatPlan, ImportError> {
    let (dialect, is_said) = Dialect::of(bytes);
    let mut records = Records::new(bytes, dialect.separator);
    if is_said {
        records.next()?;
    }
    let Some((line, header)) = records.next()? else {
        return Err(ImportError::Empty);
    };
    let header = header.map_err(|problem| ImportError::Unreadable { line, problem })?;
    let header = Header::read(&header, dialect).map_err(ImportError::Header)?;

    let mut draft = Draft::default();
    let mut seats = 0;
    let mut bad = BadLines { first: Vec::new(), total: 0 };
    while let Some((line, record)) = records.next()? {
        // Excel writes as many lines as its sheet ever had.
        if record.as_ref().is_ok_and(|it| it.len() > 1 && it.iter().all(|it| it.trim().is_empty()))
        {
            continue;
        }
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
