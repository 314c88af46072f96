//! Everything that speaks SQL about events, seats and orders.
//!
//! [`booking`] is the one place that changes seats: lock, decide, write. [`reads`] serves queries.
//! [`changes`] reads the change log, [`retention`] prunes it, [`wake_ups`] tells of it. [`expiry`]
//! finds holds that are due. `seatings` keeps what seats are chosen on. [`catalog`] brings events
//! in, [`audit`] says who did what, [`check`] verifies the books. Webhooks are kept by `webhooks`,
//! and how far each was told by `webhook_cursors`. Each function is one statement or one
//! transaction, and concerns one event wherever it can.
//!
//! Architecture invariant: rows and SeaORM's types stay in here; what goes out are the types of
//! `domain` and plain records.

pub mod audit;
pub mod booking;
pub mod catalog;
pub mod changes;
pub mod check;
mod connect;
mod counts;
mod entity;
mod error;
pub mod expiry;
mod fitness;
mod look_up;
mod numbers;
mod pool;
mod pools;
mod prices;
mod read_turns;
pub mod reads;
pub mod retention;
mod rows;
mod seatings;
mod shown;
mod sql;
pub mod wake_ups;
mod webhook_cursors;
mod webhooks;

pub use connect::{ConnectError, ConnectSettings, parse_address};
pub use error::StoreError;
pub use pool::{Address, PoolState};
pub use pools::Store;
pub use read_turns::{ReadLane, ReadTurn};
pub use webhook_cursors::{Backlog, Failure, Told, WebhookToTell};
pub use webhooks::{MAX_WEBHOOKS, NewWebhook, Replay, WebhookId, WebhookRecord};
