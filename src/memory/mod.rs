//! What strangers can have the server keep, bounded in bytes.
//!
//! Each store of such things has an [`Allowance`]. Whatever it keeps holds a [`Charge`] of it, and
//! gives that back when it is dropped. So what is counted is what is alive, whoever holds it.
//!
//! A store whose allowance is used up lets go of what it needs least ([`Allowance::make_room`]), or
//! refuses. Which of the two, and the bound itself, stand beside the store. All of them are in the
//! metrics.
//!
//! Deliberately absent: who may take how much of a bound. That is for whoever counts by account.

mod allowance;

pub use self::allowance::{Allowance, Charge, Full};
