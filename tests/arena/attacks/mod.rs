//! What strangers have tried: each attack is a test, which failed before there was a mechanism
//! against its kind.
mod holds;

mod doors;
mod forged_tokens;
mod known_secrets;
