//! Why an event cannot be followed.

use std::sync::Arc;

use crate::memory::Full;
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
    /// As much is kept of maps that are looked at as may be.
    #[error(transparent)]
    NoRoom(#[from] Full),
    /// The log could not be read. Shared by all who waited for the same reading.
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
}

impl From<StoreError> for FeedError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}
