//! Turns: what many wait for goes round by who waits, not by when they came.
//!
//! [`Lanes`] has what waits, each in its owner's lane, and says what is next. The desk keeps an
//! event's commands in them. [`Turnstile`] lets a few in at a time, by the same rule: whoever reads
//! from the database comes through one.
//!
//! Both are bookkeeping: whose a lane is, and what a turn is worth, say those who use them.

mod lanes;
mod turnstile;

pub use self::lanes::Lanes;
pub use self::turnstile::{Full, Turn, Turnstile};
