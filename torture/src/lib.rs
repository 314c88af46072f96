//! What clients of a sale asked and were told while servers and databases failed under them, and
//! whether it can have been true.
//!
//! - [`history`] is what a run writes down: calls with their answers, frames, and the tables as
//!   they were in the end. A history can be kept, and checked again.
//! - [`checker`] reads a history and names what breaks a promise.
//!
//! Invariant: the checker trusts nothing of the code that is tested. What a seat is, and what may
//! become of it, is written here anew; no crate of the workspace is used.

pub mod checker;
pub mod history;
