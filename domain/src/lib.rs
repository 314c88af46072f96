//! The rules of a seat sale, as pure functions: no SQL, no GraphQL, no clock, no input or output.
//!
//! A booking is decided here and nowhere else. [`command`] says what can be asked, [`seat`] what a
//! seat may become. A [`ledger::Ledger`] applies commands, one after another, to one event as of
//! one instant. It writes down every seat change with the next revision. The database's constraints
//! refuse what these rules refuse.
//!
//! The numbers that stand for statuses and causes in a database are those of the enums here; SQL,
//! constraints and readers are made from them.
//!
//! Architecture invariant: this crate imports nothing of ours, and time is always passed in.

pub mod audit;
pub mod best;
pub mod block;
pub mod change;
pub mod churn;
pub mod command;
pub mod confirmed_by;
pub mod event;
pub mod event_details;
pub mod ids;
pub mod key_slots;
pub mod ledger;
pub mod letter;
pub mod log_point;
pub mod money;
pub mod order;
pub mod order_code;
pub mod plan;
pub mod prices;
#[cfg(test)]
mod properties;
pub mod sales_span;
pub mod seat;
pub mod stage;
pub mod terms;
pub mod text;
pub mod webhook;

pub use audit::{AuditAction, AuditEntry};
pub use block::{BlockReason, SeatBlock};
pub use change::{Cause, Change};
pub use confirmed_by::ConfirmedBy;
pub use ids::{
    CategoryId, EventId, Mark, OrderId, PriceVersion, Revision, SeatId, TicketTypeId, ViewerId,
};
pub use key_slots::KeySlots;
pub use letter::Letter;
pub use log_point::{LogPoint, OtherHistory};
pub use money::Money;
pub use order::{IdempotencyKey, Order, PaymentReference};
pub use order_code::{OrderCode, OrderDraw};
pub use prices::{TicketName, TicketType};
pub use seat::{Hold, Sale, SeatState, SeatStatus};
pub use stage::{EventStage, EventStatus};
pub use webhook::WebhookKind;
