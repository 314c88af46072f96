//! What an operation may cost, known before it is executed.
//!
//! Counted are values in the answer and rows read for it ([`Cost`]). `table` says how many items
//! each list has and which rows a field reads. `builder` makes an [`Estimate`] of an operation in
//! its normal form, once for all who send it. What depends on arguments, or on the sizes of events,
//! is left open in it. [`Costs`] fills that in for a request, and asks the database for the sizes
//! that it does not know (`sizes`). What goes beyond the limits of `budget` is not executed.
//!
//! An operation whose cost depends on nothing (a booking above all) has it worked out already.

mod amount;
mod budget;
mod builder;
mod costs;
mod estimate;
mod event_source;
mod sizes;
mod table;
#[cfg(test)]
mod tests;

pub use self::amount::Cost;
pub use self::budget::{MAX_NODES, within_budget};
pub use self::builder::estimate;
pub use self::costs::Costs;
pub use self::estimate::Estimate;
