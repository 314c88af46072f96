//! Why there is no crowd.

use super::answers::Refusal;

/// Why there is no crowd. Each is one sentence for the person who wants one.
#[derive(Debug, thiserror::Error)]
pub enum CrowdError {
    /// The address is none.
    #[error(
        "{0:?} is not an address of a server; write one such as http://127.0.0.1:8080 (without TLS)"
    )]
    Address(String),
    /// There is nothing to buy.
    #[error(
        "the server at {url} has no event {slug:?}; start it with --demo, or name an event with \
            --event"
    )]
    NoEvent {
        /// Where.
        url: String,
        /// Which.
        slug: String,
    },
    /// The server does not understand us: it is of another version, or none of ours.
    #[error("the server refused what the crowd asked: {0}")]
    Refused(String),
}

impl From<Refusal> for CrowdError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.message)
    }
}
