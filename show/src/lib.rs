//! The show: a made-up arena to try the server on.
//!
//! [`venue`] is the plan of its 20,000 seats. [`series`] brings in demo events there, the next when
//! one is nearly sold out.
//!
//! Architecture invariant: this crate imports `domain` and nothing else of ours; time is passed in.

pub mod crowd;
pub mod series;
pub mod venue;
