//! The one transaction that changes seats: lock, decide, write.
//!
//! It concerns one event and carries out any number of commands. It locks the event's row, then the
//! seats that the commands name in ascending order, both FOR UPDATE. Every booking does so in this
//! order: there are no deadlocks, and an event's bookings happen one after another. The clock is
//! read after the locks are held. Whatever fails, nothing of it is there; what is answered has been
//! committed.
//!
//! It takes three round trips to the database: lock, write, commit. Two more come where seats were
//! let go lately, one to read of that, and one where more are. Others come where seats go off sale
//! or are brought in. One comes before them for whoever locks the event first
//! ([`BookingSession::lock_event`]). A session keeps its connection between bookings: each commit
//! begins the next transaction.
//!
//! Where a command chooses its seats, two steps come first. The event's row is locked and its
//! seating brought up to date (`seatings`); then the choices are foreseen. The rest is as for all
//! others. What turns out otherwise is locked when its command has its turn.
//!
//! Deliberately absent: NOTIFY (it takes a lock across all databases at commit; the desk's
//! dispatcher sends it afterwards) and retries (the desk knows whether a command may run again).

mod alone;
mod amend;
mod batched_command;
mod choosing;
mod churn;
mod fold;
mod offers;
mod opening;
mod plan;
mod session;
mod write;

pub use batched_command::BatchedCommand;
pub use session::{Booked, BookingSession, Logged};
pub use write::write_changes;
