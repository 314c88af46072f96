//! What keeps the house tidy: rules about the text of the project itself. Each test names a rule;
//! its message says where the rule is broken and what to do.

#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]

mod circles;
mod columns;
mod dependencies;
mod docs;
mod functions;
mod images;
mod prose;
mod rooms;
mod sources;
mod sql;
