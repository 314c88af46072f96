//! Two files fit side by side.

use crate::sources::{files, none, read};

/// Columns of a line, as Unicode characters.
const MAX_COLUMNS: usize = 100;

#[test]
fn code_and_prose_are_within_100_columns() {
    let mut broken = Vec::new();
    for path in files(&["rs", "md", "ts", "tsx", "mjs", "py"]) {
        let is_markdown = path.extension().is_some_and(|extension| extension == "md");
        for (number, line) in (1..).zip(read(&path).lines()) {
            // A row of a table cannot be broken.
            let is_row = is_markdown && line.starts_with('|');
            let columns = line.chars().count();
            if columns > MAX_COLUMNS && !is_row {
                broken.push(format!("{}:{number}: {columns} columns", path.display()));
            }
        }
    }
    none("lines have at most 100 columns:", &broken);
}
