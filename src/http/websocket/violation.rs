//! How clients break the rules of WebSockets.

use crate::deflate::NotInflated;

/// How a client has broken the rules of RFC 6455 or RFC 7692. Nothing that comes after it can be
/// read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Violation {
    /// What comes is no frame that may come there.
    #[error("{0}")]
    Protocol(&'static str),
    /// A text, or the reason of a close frame, is not UTF-8.
    #[error("a text is not UTF-8")]
    NotUtf8,
    /// A message says that it is compressed and is not.
    #[error("a message cannot be inflated")]
    NotInflated,
    /// A message is much too large.
    #[error("a message is too large")]
    TooLarge,
}

impl Violation {
    /// The code that the socket is closed with.
    pub fn code(self) -> u16 {
        match self {
            Self::Protocol(_) => 1002,
            Self::NotUtf8 | Self::NotInflated => 1007,
            Self::TooLarge => 1009,
        }
    }
}

impl From<NotInflated> for Violation {
    fn from(error: NotInflated) -> Self {
        match error {
            NotInflated::Damaged => Self::NotInflated,
            NotInflated::TooLong => Self::TooLarge,
        }
    }
}
