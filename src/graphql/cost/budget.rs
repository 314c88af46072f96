//! The limits.

use super::amount::Cost;
use crate::graphql::error::Fault;

/// Values in an answer, or in a frame: a map of 200,000 seats with 15 fields for each of them. That
/// map takes 450 MB until it is written, at 125 bytes a value and 130 MB for what was read; and 40
/// MB of JSON. (Measured with the fields that our page asks for; without sharing anything.)
pub const MAX_NODES: u64 = 3_200_000;

/// Rows read: a map of 200,000 seats and 20 looks at how many of an event's 20,000 are free. Below
/// twice the largest map. A row of a map takes PostgreSQL 1.6 µs, so this is half a second of one
/// connection.
const MAX_ROWS: u64 = 350_000;

/// Both.
const LIMIT: Cost = Cost { nodes: MAX_NODES, rows: MAX_ROWS, commands: 0 };

/// The cost again, if an operation may cost as much.
///
/// # Errors
///
/// If it may not.
pub fn within_budget(cost: Cost) -> Result<Cost, Fault> {
    if cost.nodes <= MAX_NODES && cost.rows <= MAX_ROWS {
        return Ok(cost);
    }
    let message = format!(
        "the operation may cost up to {} values and {} rows; at most {MAX_NODES} values and \
            {MAX_ROWS} rows are allowed: ask for fewer items or fields, or in several requests",
        cost.nodes, cost.rows
    );
    Err(Fault::too_costly(message, cost, LIMIT))
}
