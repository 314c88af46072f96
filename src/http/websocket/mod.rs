//! The WebSocket: graphql-transport-ws, as its PROTOCOL.md says.
//!
//! One task serves one socket: it reads messages, polls the operations, and writes frames. A frame
//! is made when the socket can take it. So a slow reader holds one frame and its position in each
//! change log, and nothing else; a reader that takes nothing at all is closed.
//!
//! The older protocol that calls itself `graphql-ws` is in `legacy`.

mod asked;
mod asker;
mod goodbye;
mod legacy;
mod limits;
mod messages;
mod session;
mod upgrade;

pub(super) use asked::is_asked_for;
pub use messages::ClientMessage;
pub(super) use upgrade::upgrade;
