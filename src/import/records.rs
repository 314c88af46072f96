//! The records of a file, each with its line.

use std::io;

use super::error::{ImportError, LineProblem};

/// A line's number and its fields.
pub(super) type Record = (u64, Result<csv::StringRecord, LineProblem>);

/// The records of a file, each with the line on which it begins.
///
/// The line is counted here and not taken from the csv crate: for a record that follows CR LF or
/// empty lines, its position is the line before (tried with 1.4).
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    reader: csv::Reader<&'a [u8]>,
    /// The record that was read last begins at this byte, on this line.
    start: usize,
    line: u64,
}

impl<'a> Records<'a> {
    pub(super) fn new(bytes: &'a [u8], separator: u8) -> Self {
        let reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .has_headers(false)
            // Records of the wrong length are reported by us, all of them.
            .flexible(true)
            .from_reader(bytes);
        Self { bytes, reader, start: 0, line: 1 }
    }

    pub(super) fn next(&mut self) -> Result<Option<Record>, ImportError> {
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
        let record = record.map_err(|error| LineProblem::not_utf8(&error.into_byte_record()));
        Ok(Some((self.line, record)))
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
