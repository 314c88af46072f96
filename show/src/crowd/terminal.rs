//! What the person at the terminal is told.

use std::io::Write as _;

/// Says something to that person.
pub(super) fn say(line: &str) {
    // If nobody reads it, the crowd goes on.
    let _ = writeln!(std::io::stdout(), "{line}");
}
