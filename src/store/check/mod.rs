//! The books of a database, verified: what must be true of the tables at any moment, whatever has
//! happened before.
//!
//! Each event is read in one read-only snapshot, without a lock, so that it is safe beside a
//! running sale. No promise spans two events, and a longer snapshot would keep old rows that
//! bookings would have to walk past. Memory is bounded by the largest event; the log is read in
//! pages.
//!
//! The log is folded here by the rules of `domain`, and not by the SQL that folds it when a booking
//! is written (`booking::fold`): a mistake in the SQL is found.
//!
//! What was granted is held against the terms of its time (`grants`), which are kept.
//!
//! Deliberately absent: repairing anything; what is no more than a hint (`next_expiry_at`); and
//! what only constraints can promise, such as a seat in one order at most.

mod books;
mod event_books;
mod findings;
mod grants;
mod log;
mod orders;
mod prices;
mod terms_then;
mod violation;

pub use findings::{Finding, Summary, Tell};
pub use violation::Violation;
