//! The desk: where every command waits for its turn, and where many are booked in one transaction.
//!
//! A command goes into its event's queue and its answer is awaited. Workers, one for each
//! connection for bookings, take the events in turn: whatever waits in an event's queue is carried
//! out in one booking transaction. That is one command when it is quiet, and hundreds in a rush, so
//! that one commit pays for many bookings. Where more waits than one takes, accounts have their
//! turns. Nothing is answered before its commit is durable. Events do not wait for each other,
//! except for their turn at a connection.
//!
//! | | |
//! |---|---|
//! | `intake` | commands come in, answers go out |
//! | `event_queue` | one event's commands and batches, with the diagram of its life |
//! | `schedule` | all queues: which event is next, which worker comes |
//! | `workers` | take events in turn, on a thread of their own (`booking_thread`) |
//! | `batch` | carries a batch out, tries again, answers |
//! | `dispatcher`, `alarm`, `commit_listener` | who is told after a commit |
//! | `refusals` | how fast commands are turned away |
//! | `counts` | what is counted of all that |
//!
//! Bounds: a full queue refuses with [`DeskError::Overloaded`], and so does one in which an account
//! has more waiting than there is room left; batches, retries and waiting times are limited by
//! constants beside what they bound. A command that is refused costs its neighbours nothing. If a
//! batch's transaction fails for good, each of its commands gets one of its own.
//!
//! Deliberately absent: any assumption that this is the only server. The order of an event's
//! bookings is made by the row locks, not by the queues.

mod alarm;
mod batch;
mod booking_thread;
mod commit_listener;
mod counts;
mod dispatcher;
mod error;
mod event_queue;
mod intake;
mod pending_command;
mod refusals;
mod schedule;
mod workers;

pub use self::alarm::ExpiryAlarm;
pub use self::commit_listener::CommitListener;
pub use self::error::DeskError;
pub use self::intake::{Desk, DeskTasks, QUEUE_CAPACITY};
