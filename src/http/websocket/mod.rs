//! The WebSocket: graphql-transport-ws, as its PROTOCOL.md says.
//!
//! One task serves one socket: it reads messages, polls the operations, and writes frames. A frame
//! is made when the socket can take it. So a slow reader holds one frame and its position in each
//! change log, and nothing else; a reader that takes nothing at all is closed.
//!
//! The older protocol that calls itself `graphql-ws` is in `legacy`. Both speak through a `socket`,
//! whose frames (RFC 6455) and compression (RFC 7692) they need not know of.

mod asker;
mod beginning;
mod extension;
mod frame_head;
mod frame_reader;
mod frame_writer;
mod goodbye;
mod legacy;
mod limits;
mod messages;
mod session;
mod socket;
mod upgrade;
mod violation;

pub use frame_reader::{FrameReader, Incoming};
pub use messages::ClientMessage;
pub(super) use upgrade::{beginning, upgrade};
pub use violation::Violation;
