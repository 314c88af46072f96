//! Plans that were given out, kept until they change.
//!
//! Whoever asks is given a plan whose version was looked up at most 250 ms ago, once for all who
//! ask. So a crowd that opens the map costs four short statements a second.
//!
//! Deliberately absent: a bound in bytes. That is for whoever makes the answers, who has the oldest
//! forgotten for it.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use super::encoded::Encoded;
use super::shared_work::{Done, SharedWork};
use crate::domain::EventId;
use crate::feed::Feed;
use crate::graphql::operation_key::OperationKey;
use crate::store::reads::PlanVersion;
use crate::store::{ReadLane, Store};

/// Plans that are kept, in each form that they are asked for: a few for each event on sale. What
/// they are asked for with takes 8 MB at most.
const MAX_KEPT: NonZeroUsize = NonZeroUsize::new(256).unwrap();

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct KeptPlans {
    kept: Mutex<LruCache<OperationKey, KeptPlan>>,
    versions: SharedWork<EventId, Option<PlanVersion>>,
}

/// An answer, and which versions of which events' plans it is made of.
#[derive(Clone, Debug)]
struct KeptPlan {
    versions: Vec<(EventId, PlanVersion)>,
    answer: Encoded,
}

impl Default for KeptPlans {
    fn default() -> Self {
        Self { kept: Mutex::new(LruCache::new(MAX_KEPT)), versions: SharedWork::default() }
    }
}

impl KeptPlans {
    /// The answer, if it is kept and its plans have not changed.
    /// The feed knows what this server has committed: nobody is given what was before.
    pub(super) async fn get(
        &self,
        key: &OperationKey,
        store: &Store,
        feed: &Feed,
    ) -> Option<Encoded> {
        let KeptPlan { versions, answer } = self.kept().get(key).cloned()?;
        for (event, version) in versions {
            if self.version(event, store, feed).await != Some(version) {
                return None;
            }
        }
        Some(answer)
    }

    /// The version of an event's plan, if it can be found out.
    async fn version(&self, event: EventId, store: &Store, feed: &Feed) -> Option<PlanVersion> {
        let look_up = async || {
            let reader = store.clone();
            let version = async move { reader.plan_version(event).await };
            let found = store.look_up_in_turn(ReadLane::Keys, version).await;
            found.map_or(Done::Failed, Done::Shared)
        };
        match self.versions.get(&event, || feed.plan_commits(), look_up).await {
            Done::Shared(version) => version,
            Done::Own | Done::Failed | Done::Refused => None,
        }
    }

    /// Keeps an answer that is made of these versions of these events' plans.
    pub(super) fn keep(
        &self,
        key: OperationKey,
        versions: Vec<(EventId, PlanVersion)>,
        answer: Encoded,
    ) {
        self.kept().put(key, KeptPlan { versions, answer });
    }

    /// Lets go of the plan that was asked for longest ago; whether there was one.
    pub(super) fn forget_oldest(&self) -> bool {
        self.kept().pop_lru().is_some()
    }

    fn kept(&self) -> MutexGuard<'_, LruCache<OperationKey, KeptPlan>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
