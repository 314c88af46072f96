//! What viewers hold and own, looked up once for all who watch it.
//!
//! Subscribers of one viewer and event hear of the same changes at the same time. The first looks,
//! and the others are given what it saw: if it is of the revision they heard of, or a later one,
//! and no older than a moment. Who begins is given what was read after they came, since holds run
//! out without anybody saying so.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::Instant;

use crate::account::Account;
use crate::domain::{EventId, Revision, ViewerId};
use crate::store::reads::ViewerState;
use crate::store::{ReadLane, Store, StoreError};

/// How long what was seen is given to others: they hear of a change within milliseconds of each
/// other, unless the machine is busy.
const KEPT: Duration = Duration::from_millis(250);

type Key = (EventId, ViewerId);

/// The states that are watched: one for each viewer and event that has a subscriber.
#[derive(Debug, Default)]
pub struct ViewerStates(Mutex<HashMap<Key, Weak<SharedState>>>);

/// The state of one viewer in one event, for its subscribers.
#[derive(Debug)]
pub(super) struct SharedState {
    states: Arc<ViewerStates>,
    key: Key,
    store: Store,
    /// What was seen last, and when that look began. One look at a time.
    seen: tokio::sync::Mutex<Option<(Instant, Arc<ViewerState>)>>,
}

/// What a subscriber has to be shown.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted {
    /// What is so now.
    Now,
    /// What is so at this revision, or later.
    AtLeast(Revision),
}

impl ViewerStates {
    /// The state that all subscribers of a viewer and event share.
    pub(super) fn of(
        self: &Arc<Self>,
        store: &Store,
        event: EventId,
        viewer: ViewerId,
    ) -> Arc<SharedState> {
        let key = (event, viewer);
        let mut states = self.states();
        if let Some(state) = states.get(&key).and_then(Weak::upgrade) {
            return state;
        }
        let (states_too, store) = (Arc::clone(self), store.clone());
        let seen = tokio::sync::Mutex::default();
        let state = Arc::new(SharedState { states: states_too, key: key.clone(), store, seen });
        states.insert(key, Arc::downgrade(&state));
        state
    }

    fn states(&self) -> MutexGuard<'_, HashMap<Key, Weak<SharedState>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SharedState {
    pub(super) fn event(&self) -> EventId {
        self.key.0
    }

    pub(super) fn viewer(&self) -> &ViewerId {
        &self.key.1
    }

    /// In whose turn it is read.
    pub(super) fn lane(&self) -> ReadLane {
        ReadLane::Account(Account::Viewer(self.viewer().clone()))
    }

    /// What the viewer holds and owns; `None` if there is no such event any more.
    pub(super) async fn look(
        self: &Arc<Self>,
        wanted: Wanted,
    ) -> Result<Option<Arc<ViewerState>>, StoreError> {
        let (state, asked_at) = (Arc::clone(self), Instant::now());
        let look_up = async move {
            let mut seen = state.seen.lock().await;
            if let Some((began_at, found)) = &*seen
                && began_at.elapsed() < KEPT
                && match wanted {
                    Wanted::Now => *began_at >= asked_at,
                    Wanted::AtLeast(revision) => found.revision >= revision,
                }
            {
                return Ok(Some(Arc::clone(found)));
            }
            let _turn = state.store.read_turn(state.lane()).await?;
            let began_at = Instant::now();
            let found = state.store.viewer_state(state.event(), state.viewer()).await?;
            let found = found.map(Arc::new);
            *seen = found.clone().map(|found| (began_at, found));
            Ok(found)
        };
        self.store.apart(look_up).await
    }
}

impl Drop for SharedState {
    fn drop(&mut self) {
        let mut states = self.states.states();
        // Somebody may have come meanwhile, and begun anew.
        if states.get(&self.key).is_some_and(|state| state.strong_count() == 0) {
            states.remove(&self.key);
        }
    }
}
