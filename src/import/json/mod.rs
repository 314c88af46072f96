//! Venues in JSON, as docs/venue-format.md has them: a document for each event, one after another
//! in a file.
//!
//! A document is read level by level, from pieces of its own text. So what is wrong is named by
//! its line, and no tree of the whole is made.

mod at;
mod categories;
mod event;
pub(super) mod fault;
mod node;
mod places;
mod reader;
mod split;
mod venue;
mod write;

pub use event::EventTerms;
pub use fault::{Fault, JsonProblem, JsonProblems};
pub use write::written;

use std::io::BufRead;

use self::split::Documents;
use crate::domain::plan::SeatPlan;
use crate::import::error::ImportError;

/// What a document says that it is.
pub(super) const FORMAT: &str = "grand-arena-venue";

/// Which version of the format this is.
pub(super) const VERSION: i64 = 1;

/// Where it is said what a document may have; editors complete and check by it.
const SCHEMA: &str =
    "https://raw.githubusercontent.com/grand-arena/grand-arena/main/docs/venue.schema.json";

/// The documents of a file, one after another.
pub struct JsonVenues<R>(Documents<R>);

impl<R: BufRead> JsonVenues<R> {
    pub(super) fn new(reader: R) -> Self {
        Self(Documents::new(reader))
    }

    /// The terms that the next document brings along, and its plan; `None` at the end of the file.
    pub(super) fn read_next(&mut self) -> Result<Option<(EventTerms, SeatPlan)>, ImportError> {
        let document = self.0.next()?;
        document.map(|document| venue::read(&document)).transpose()
    }
}
