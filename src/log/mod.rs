//! The log: what is written to standard error, in lines of text or of JSON.
//!
//! Whoever logs never waits for whoever reads: lines are put into a buffer of a bounded size, and a
//! thread writes what has come together. What there is no room for is lost, and counted. Before the
//! process ends, the rest is written ([`flush`]).

mod buffer;
mod format;
mod start;

pub use self::format::LogFormat;
pub use self::start::{BadFilter, flush, register, start};
