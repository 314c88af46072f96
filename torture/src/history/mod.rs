//! What a run writes down.
//!
//! A history has what the events were before the run, each call with its outcome, what subscribers
//! were sent, and which faults were made. At the end come the tables as the database has them. As a
//! file it is lines of JSON, one for each entry.
//!
//! Calls and frames have the run's own clock, which only goes forward: microseconds since the run
//! began, one clock for all clients. What the database says has the database's: microseconds since
//! 1970. Nothing is assumed of how the two go together, but that both go forward at the same speed
//! where [`Run::database_clock`] says so.
//!
//! Seats are named by their numbers in the event, from 1, in the order of the plan. Orders are
//! named as the database has them, in any words that are the same for the same order.

mod answer;
mod call;
mod frame;
mod lines;
mod setup;
mod tables;

pub use answer::{Answer, Held, OrderLine, OrderSeen, Reason, Refusal, RefusedSeat, Status};
pub use call::{Call, Command, ConfirmLine, EventPatch, ImportedSeat, Outcome};
pub use frame::{Cause, ChangeSeen, Frame, SnapshotReason, StreamItem, StreamKind};
pub use lines::{ReadError, read, write};
pub use setup::{DatabaseClock, EventSetup, Fault, NewPrice, Run, SeatSetup, Stage, Terms};
pub use tables::{EventRow, KeyRow, LogRow, OrderRow, SeatRow};

use serde::{Deserialize, Serialize};

/// A position in an event's change log.
pub type Revision = i64;
/// A seat, by its number in its event.
pub type SeatNo = i32;
/// An event, as the database numbers it.
pub type EventNo = i64;
/// An instant of the run's clock: microseconds since the run began.
pub type RunMicros = i64;
/// An instant of the database's clock: microseconds since 1970.
pub type DbMicros = i64;
/// Who holds, buys or manages: the subject of a token.
pub type Viewer = String;
/// Which order; the same words for the same order.
pub type OrderId = String;

/// One line of a history.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// The run itself: the first line.
    Run(Run),
    /// An event as it was before the run.
    Setup(EventSetup),
    /// A call and what became of it.
    Call(Call),
    /// What a subscriber saw.
    Frame(Frame),
    /// A fault that was made; for people who read the history.
    Fault(Fault),
    /// In the end: an event.
    Event(EventRow),
    /// In the end: a row of the change log.
    Log(LogRow),
    /// In the end: a seat.
    Seat(SeatRow),
    /// In the end: an order.
    Order(OrderRow),
    /// In the end: an idempotency key.
    Key(KeyRow),
}

/// A whole history. See [`read`] and [`write`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct History {
    /// The run.
    pub run: Run,
    /// The events before it.
    pub setups: Vec<EventSetup>,
    /// The calls.
    pub calls: Vec<Call>,
    /// What subscribers saw. Those of one stream are in the order in which they came.
    pub frames: Vec<Frame>,
    /// The faults.
    pub faults: Vec<Fault>,
    /// The events in the end.
    pub events: Vec<EventRow>,
    /// The change logs in the end.
    pub log: Vec<LogRow>,
    /// The seats in the end.
    pub seats: Vec<SeatRow>,
    /// The orders in the end.
    pub orders: Vec<OrderRow>,
    /// The idempotency keys in the end.
    pub keys: Vec<KeyRow>,
}

impl History {
    /// Adds an entry.
    pub fn push(&mut self, entry: Entry) {
        match entry {
            Entry::Run(run) => self.run = run,
            Entry::Setup(setup) => self.setups.push(setup),
            Entry::Call(call) => self.calls.push(call),
            Entry::Frame(frame) => self.frames.push(frame),
            Entry::Fault(fault) => self.faults.push(fault),
            Entry::Event(event) => self.events.push(event),
            Entry::Log(row) => self.log.push(row),
            Entry::Seat(row) => self.seats.push(row),
            Entry::Order(row) => self.orders.push(row),
            Entry::Key(row) => self.keys.push(row),
        }
    }
}
