//! Whether a history can have been true.

use std::fmt;

use crate::history::History;

/// A promise that a history breaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation(String);

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Everything that is wrong with a history; nothing, if it can have been true.
#[must_use]
pub fn check(_history: &History) -> Vec<Violation> {
    Vec::new()
}
