//! Grand Arena: seat reservations that never sell a seat twice, as a GraphQL API with live
//! subscriptions over PostgreSQL.
//!
//! The way of a booking: [`http`] takes a request and finds out who asks. [`graphql`] turns it into
//! a command. The [`desk`] batches it with others. [`store`] locks the rows, lets [`domain`]
//! decide, writes and commits. The [`feed`] reads the change log that every booking leaves and
//! brings it to the subscribers. The [`cleaner`] sends holds that ran out the same way. [`server`]
//! puts all of this together. The demo event and the simulated buyers are the crate `show`, behind
//! the feature of that name.
//!
//! Who may import whom is a table in ARCHITECTURE.md, which a test holds against the code.

pub mod account;
mod backoff;
pub mod cleaner;
pub mod cli;
pub mod clock;
pub mod config;
pub mod database;
mod deflate;
pub mod desk;
pub mod embedded;
pub mod endpoint;
pub mod feed;
pub mod graphql;
pub mod http;
pub mod identity;
pub mod import;
pub mod log;
pub mod memory;
pub mod metrics;
pub mod open_files;
pub mod pace;
pub mod pruner;
pub mod pulse;
mod random;
pub mod server;
#[cfg(feature = "show")]
pub mod show;
pub mod store;
pub mod trace;
pub mod turns;
pub mod webhooks;

pub use ::domain;
