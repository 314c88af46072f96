//! Whom the server counts what it does for, and how much each may have of it.
//!
//! An [`Account`] is the viewer of a token, else the address that asks. Everything that an account
//! may have too much of is one of two kinds:
//!
//! - a [`Rate`]: so many points a minute. What was not spent is there again a minute later, at the
//!   latest;
//! - [`Permits`]: so many at a time. A [`Permit`] is given back when it is dropped.
//!
//! [`Shares`] has all of them. Whoever asks for more is told by [`Exceeded`] what they have, and
//! when to come back.
//!
//! Invariants:
//!
//! - What is kept is bounded, whoever asks. Rates are kept in tables of a fixed size
//!   (`buckets`), and permits have an entry for each account that holds one.
//! - Nobody is given a new share by the arrival of others.
//!
//! Deliberately absent: anything that servers share. Each counts what it does itself.

mod buckets;
mod exceeded;
mod name;
mod permits;
mod rate;
mod share;
mod shares;

pub use self::exceeded::{Exceeded, Limited};
pub use self::name::Account;
pub use self::permits::{Permit, Permits};
pub use self::rate::Rate;
pub use self::share::Share;
pub use self::shares::{ShareLimits, Shares};
