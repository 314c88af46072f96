//! The WebSocket: graphql-transport-ws, as its PROTOCOL.md says.
//!
//! One task serves one socket: it reads messages and has operations carried out, as requests are. A
//! subscription that has begun goes live: then a task of its own on a frame thread makes and writes
//! its frames (`live`). A frame is made when the socket can take it. So a slow reader holds one
//! frame and its position in each change log, and nothing else; a reader that takes nothing at all
//! is closed.
//!
//! The older protocol that calls itself `graphql-ws` is in `legacy`. It is served by one task,
//! frames and all, where requests are: what speaks it makes its frames out of what it executes, and
//! its clients are few.
//!
//! Both speak through a `socket`, whose frames (RFC 6455) and compression (RFC 7692) they need not
//! know of.

mod asker;
mod beginning;
mod extension;
mod frame_head;
mod frame_reader;
mod frame_writer;
mod goodbye;
mod legacy;
mod limits;
mod live;
mod messages;
mod session;
mod socket;
mod upgrade;
mod violation;
mod writer;

pub use frame_reader::{FrameReader, Incoming};
pub use messages::ClientMessage;
pub(super) use upgrade::{beginning, upgrade};
pub use violation::Violation;
