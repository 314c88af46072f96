//! The best seats that are free: which ones a request for a number of seats is given.
//!
//! A [`Layout`] is what of a plan matters for that, worked out once for each version of it. A
//! [`Seating`] is a layout with what is free. [`Seating::choose`] is the rule:
//!
//! 1. Only free seats are chosen, in the categories and sections that are asked for. Accessible
//!    seats and those of companions are kept for requests that ask for accessible ones.
//! 2. Seats of a row are together if they follow one another, with nothing in between (`layout`).
//!    So are chairs at one table, and places to stand in one section.
//! 3. Of all ways to be together, that one is chosen which leaves the fewest seats alone
//!    ([`Seating::left_alone`]). Of those it is the one with the best seats: with the smallest sum
//!    of ranks, then of distances to the focal point. Where neither is said, what comes first in
//!    the plan is better. Of equals the first in the plan is taken.
//! 4. Who asks for accessible seats gets at least one; before all else, as many of the others as
//!    can be are accessible, or companions'; of these as many as can be are companions'.
//! 5. Where no seats are together and that is only preferred: whole runs of free seats in two
//!    neighbouring rows of a section, near each other; else the seats that are closest to one.
//!
//! Invariants: what is chosen was free, is as many as asked for, and follows from the seating, the
//! request and the instant alone. Nothing here reads a clock or draws a number.
//!
//! Deliberately absent: prices (who asks says categories), and who asks (a viewer's own holds are
//! taken like others').

mod apart;
mod choose;
mod layout;
mod lone;
#[cfg(test)]
mod oracle;
mod place;
mod request;
mod row;
mod scatter;
mod seating;
#[cfg(test)]
mod tests;
mod together;
mod view;

pub use layout::Layout;
pub use place::Place;
pub use request::{Adjacency, BestRequest, NoSeatsTogether};
pub use seating::Seating;
