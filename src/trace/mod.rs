//! A request as it is followed through the server and beyond it.
//!
//! Each has a [`RequestId`], which is the client's or is made here. It is in the answer's head, in
//! the log's line of the request, and in what clients are told of a defect. What a task does for a
//! request it does within [`within`]: so nobody who logs has to be handed the id. What it starts
//! for the request it starts with [`carried`].
//!
//! Where a collector is set, requests have spans as well ([`Tracing`], [`Traced`]), under those of
//! their callers. Where none is set there are none, and nothing is done for them.

mod collector;
mod current;
mod request_id;
mod spans;

pub use self::collector::{Collector, NotACollector, collector_address};
pub use self::current::{Current, carried, current_id, traced, within};
pub use self::request_id::RequestId;
pub use self::spans::{OpenSpan, Traced, Tracing};
