//! Grand Arena from outside, on a real PostgreSQL: one cluster for the run, a database for each
//! test.

#![expect(unreachable_pub, reason = "nothing outside of a test binary could reach anything")]
#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]

mod harness;

mod assets;
mod attacks;
mod backups;
mod best;
mod blocking;
mod books;
mod bringing_in;
mod browser;
mod chores;
mod clients;
mod clocks;
mod coding;
mod crowd;
mod databases;
mod doctor;
mod events;
mod examples;
mod examples_other;
mod extending;
mod faults;
mod frames;
mod fuzz;
mod handing_over;
mod histories;
mod hosts;
mod importing;
mod judge;
mod live;
mod log;
mod maps;
mod metrics;
mod mutations;
mod observing;
mod operating;
mod order_commands;
mod orders;
mod origins;
mod pace;
mod paying;
mod plans;
mod pooler;
mod prices;
mod process;
mod proxies;
mod queries;
mod races;
mod rolling;
mod sales;
mod schema;
mod silence;
mod sse;
mod statuses;
mod storm;
mod traces;
mod transport;
mod webhooks;
mod websocket;
mod who_sees_what;
mod wire;
