//! What the server counts for those who run it, as Prometheus reads it.
//!
//! [`Metrics`] is the register: whoever counts something registers it there once, at the start, and
//! keeps what it was given to count with. All names begin with `arena_`. Labels have a handful of
//! values each, known beforehand: never what a client has sent.
//!
//! To count is an addition or two: no lock, nothing allocated. What can be read off when somebody
//! asks is not counted at all ([`Metrics::measure`]).
//!
//! They are served at an address of their own ([`serve`]), and nowhere unless one is set: what they
//! say is for the people of the house.

mod histogram;
mod measured;
mod register;
mod serve;
mod stores;

pub use self::histogram::{Histogram, NUMBERS, SECONDS};
pub use self::measured::Readings;
pub use self::register::Metrics;
pub use self::serve::serve;
