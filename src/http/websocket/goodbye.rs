//! Why the server ends a socket.

use super::socket::{Sent, SocketError};
use super::violation::Violation;
use crate::account::Exceeded;

/// Why the server ends a socket. The codes are the protocol's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Goodbye {
    BadMessage(String),
    /// What comes is no WebSocket's.
    Violation(Violation),
    NotInitialised,
    TokenExpired,
    BadToken(String),
    InitTimeout,
    DuplicateId(String),
    InitTwice,
    ShuttingDown,
    /// Too many have begun to send too long messages.
    NoRoom,
    /// Whoever the client says it is has too many sockets.
    TooMany(Exceeded),
    /// The client has left, or does not listen: nothing can be said to it.
    Gone,
}

impl Goodbye {
    /// After a message that could not be read.
    pub(super) fn after(error: SocketError) -> Self {
        match error {
            SocketError::Io(_) => Self::Gone,
            SocketError::Violation(violation) => Self::Violation(violation),
            SocketError::Full(_) => Self::NoRoom,
        }
    }

    /// What the client is told with.
    pub(super) fn frame(self) -> Option<Sent> {
        let (code, reason) = match self {
            Self::BadMessage(reason) => (4400, reason),
            Self::Violation(violation) => (violation.code(), violation.to_string()),
            Self::NotInitialised => (4401, "Unauthorized".to_owned()),
            Self::TokenExpired => {
                (4401, "Unauthorized: the token has expired; connect with a new one".to_owned())
            }
            Self::BadToken(reason) => (4403, format!("Forbidden: {reason}")),
            Self::InitTimeout => (4408, "Connection initialisation timeout".to_owned()),
            Self::DuplicateId(id) => (4409, format!("Subscriber for {id} already exists")),
            Self::InitTwice => (4429, "Too many initialisation requests".to_owned()),
            Self::ShuttingDown => (1001, "The server is shutting down; connect again".to_owned()),
            Self::NoRoom => {
                (1013, "There is no room for the message now; connect again".to_owned())
            }
            // What browsers and clients take for something that passes.
            Self::TooMany(exceeded) => (1013, format!("Try again later: {exceeded}")),
            Self::Gone => return None,
        };
        // A close frame's payload is at most 125 bytes, two of them the code.
        let reason = reason.chars().scan(0, |bytes, c| {
            *bytes += c.len_utf8();
            (*bytes <= 123).then_some(c)
        });
        Some(Sent::Close(code, reason.collect()))
    }
}
