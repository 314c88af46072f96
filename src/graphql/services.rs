//! What resolvers work with.

use std::sync::Arc;

use super::known_events::KnownEvents;
use super::operation_counts::OperationCounts;
use super::sales::Sales;
use super::slugs::Slugs;
use super::viewer_states::ViewerStates;
use crate::account::Shares;
use crate::desk::Desk;
use crate::endpoint::Networks;
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
    /// What each account may have.
    pub shares: Arc<Shares>,
    /// Which events slugs name.
    pub slugs: Arc<Slugs>,
    /// Which events are there.
    pub known_events: Arc<KnownEvents>,
    /// Which networks webhooks may be in: the internet's, unless a setting says otherwise.
    pub networks: Networks,
    /// What viewers hold and own, for those who watch it.
    pub viewer_states: Arc<ViewerStates>,
    /// What events have sold.
    pub sales: Arc<Sales>,
    /// What is counted of operations.
    pub counts: OperationCounts,
}

impl Services {
    /// These, with nothing kept yet of what is looked up.
    pub fn new(
        store: Store,
        desk: Arc<Desk>,
        feed: Arc<Feed>,
        identity: Arc<Identity>,
        shares: Arc<Shares>,
    ) -> Self {
        let (slugs, known_events, networks) = Default::default();
        let (viewer_states, sales, counts) = Default::default();
        Self {
            store,
            desk,
            feed,
            identity,
            shares,
            slugs,
            known_events,
            networks,
            viewer_states,
            sales,
            counts,
        }
    }
}
