//! What strangers have tried: each attack is a test, which failed before there was a mechanism
//! against its kind.

pub mod accounts;
mod connections;
mod cost;
mod documents;
mod doors;
mod forged_tokens;
mod holds;
mod known_secrets;
mod memory;
mod memory_hogs;
mod money;
mod turns;
