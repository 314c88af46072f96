//! The show: a made-up arena to try the server on.
//!
//! [`venue`] is the plan of its 20,000 seats.
//!
//! Architecture invariant: this crate imports `domain` and nothing else of ours.

pub mod venue;
