//! The show: what there is to see on a server that nobody sells with yet.
//!
//! [`venue`] is the plan of a made-up arena of 20,000 seats. [`series`] brings in demo events
//! there, the next when one is nearly sold out. [`crowd`] sends simulated buyers to a running
//! server.
//!
//! Invariants: nothing that exists is changed or taken away. A crowd uses the public API alone, as
//! any client does; only the series reaches a database, through [`series::EventStore`].
//!
//! Deliberately absent: SQL, a clock of our own for events (time is passed in), and everything that
//! the server needs. A server without the show books, streams and expires just the same.
//!
//! Architecture invariant: of ours, this crate imports `domain` and nothing else.

pub mod crowd;
pub mod series;
pub mod venue;
