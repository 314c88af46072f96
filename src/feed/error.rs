//! Why an event cannot be followed.

use crate::store::StoreError;

/// Why an event cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// There is no such event.
    #[error("there is no such event")]
    NoSuchEvent,
    /// As many follow as this server is set to serve.
    #[error("too many subscriptions are open on this server")]
    Full,
    /// The log could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}
