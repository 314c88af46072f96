//! A sale, simulated: clients, servers and a database as one process of events, from a seed.
//!
//! Calls take time on their way and back; some never arrive, and some answers do not. Clients give
//! up, and ask again. One call after another is decided under the event's lock. It counts by the
//! clock of the moment at which the lock was got, and is seen when it is committed. What is only
//! read is read meanwhile. Without a bug the history that comes out is true.

mod asking;
mod buying;
mod calls;
mod cleaner;
mod clients;
mod db;
mod following;
mod planning;
mod reading;
mod tables;
mod taking;
mod world;

pub(crate) use world::{Size, simulate};
