//! Grand Arena from outside, on a real PostgreSQL: one cluster for the run, a database for each test.

mod harness;

mod api;
mod races;
