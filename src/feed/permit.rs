//! The right to follow.

use tokio::sync::OwnedSemaphorePermit;

use super::counts::Following;

/// One of the followers that this server has room for; given back when dropped.
#[derive(Debug)]
pub(super) struct SubscriptionPermit {
    pub(super) _of_all: OwnedSemaphorePermit,
    pub(super) _of_strangers: Option<OwnedSemaphorePermit>,
    pub(super) following: Following,
}
