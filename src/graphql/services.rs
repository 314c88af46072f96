//! What resolvers work with.

use std::sync::Arc;

use super::slugs::Slugs;
use crate::desk::Desk;
use crate::feed::Feed;
use crate::identity::Identity;
use crate::store::Store;

/// What resolvers work with.
#[derive(Clone, Debug)]
pub struct Services {
    /// Reads.
    pub store: Store,
    /// Every change of a seat.
    pub desk: Arc<Desk>,
    /// What changes.
    pub feed: Arc<Feed>,
    /// Signs guests' tokens.
    pub identity: Arc<Identity>,
    /// Which events slugs name.
    pub slugs: Arc<Slugs>,
}
