//! Reads a seat plan from CSV: what `grand-arena import FILE.csv` takes.
//!
//! The first line names the columns, in any order and case:
//! `section,row,number,category,price_minor,currency,accessible,x,y`; the last three may be
//! missing. Every other line is a seat. A category is whatever the seats say it is, and gets a
//! colour from [`PALETTE`](crate::domain::plan::PALETTE) in order of first appearance. The file is
//! UTF-8, with or without a byte order mark.
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

mod columns;
mod draft;
mod error;
mod header;
mod limits;
mod records;
mod seat_line;
#[cfg(test)]
mod tests;

pub use error::{BadLine, BadLines, HeaderProblems, ImportError, LineProblem};
pub use limits::{MAX_FILE_BYTES, MAX_REPORTED_LINES};

use std::io::Read;

use self::draft::Draft;
use self::header::Header;
use self::records::Records;
use crate::domain::plan::{MAX_SEATS, SeatPlan};

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
