//! Seatings on which the best seats are chosen: what is free of an event, kept between bookings.
//!
//! An event has one from when somebody first asks for the best of its seats. It is read whole
//! before the event is locked (`load`). The booking that chooses takes it ([`lease`]), once the
//! event's row is locked: it reads of the log what the seating has not seen, and puts it back when
//! its commit is done. Other bookings tell it of their changes (`kept`). So a choice is made on
//! what is true, and costs a statement where others than this server book.
//!
//! Invariants: a seating that is kept is that of the event at its revision. It is with one booking
//! at a time; whoever does not get it soon reads its own. What is kept is bounded in bytes.
//!
//! Deliberately absent: trust. A booking locks the seats that it chose, and looks at them.

mod kept;
mod lease;
mod load;
mod read;

pub(in crate::store) use kept::Seatings;
pub(in crate::store) use lease::{SeatingLease, SeatingReturn};
