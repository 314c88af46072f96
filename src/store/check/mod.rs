//! The books of a database, verified: what must be true of the tables at any moment, whatever has
//! happened before.
//!
//! One read-only snapshot of everything, without a lock, so that it is safe beside a running sale.
//! Memory is bounded by the largest event; the log is read in pages.
//!
//! The log is folded here by the rules of `domain`, and not by the SQL that folds it when a booking
//! is written (`booking::fold`): the two cannot agree on the same mistake.
//!
//! Deliberately absent: repairing anything.

mod books;
mod event_books;
mod findings;
mod log;
mod orders;
mod violation;

pub use findings::{Finding, Summary};
pub use violation::Violation;
