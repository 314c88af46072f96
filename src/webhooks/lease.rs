//! Which of the servers tells webhooks: who has a row of the database until a time of its clock.
//!
//! A row and no lock of a session: behind a pooler there is none. Whoever has it takes it to end a
//! little before the database does, since the time is counted from before it was asked for.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::store::{Store, StoreError};

/// For how long the turn is taken: so long nobody is told if a server dies that has it.
const TIME: Duration = Duration::from_secs(30);

/// How often it is taken anew, and how often others ask for it: an answer may stay away several
/// times before it ends.
const ASK_EVERY: Duration = Duration::from_secs(5);

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Lease {
    store: Store,
    holder: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    asked: Option<Instant>,
    until: Option<Instant>,
}

impl Lease {
    /// Nobody's yet. The name is the holder's own.
    pub(super) fn new(store: Store, holder: String) -> Self {
        Self { store, holder, state: Mutex::default() }
    }

    /// Whether it is ours, after asking where that is due.
    pub(super) async fn hold(&self) -> Result<bool, StoreError> {
        let now = Instant::now();
        let asked = self.state().asked;
        if asked.is_some_and(|asked| now.duration_since(asked) < ASK_EVERY) {
            return Ok(self.covers(Duration::ZERO));
        }
        let is_ours = self.store.hold_webhook_lease(&self.holder, TIME).await?;
        *self.state() = State { asked: Some(now), until: is_ours.then(|| now + TIME) };
        Ok(is_ours)
    }

    /// Whether it is ours for so long from now.
    pub(super) fn covers(&self, time: Duration) -> bool {
        self.state().until.is_some_and(|until| Instant::now() + time < until)
    }

    /// Gives it back, so that others need not wait for its end.
    pub(super) async fn end(&self) -> Result<(), StoreError> {
        let had = std::mem::take(&mut *self.state()).until.is_some();
        if had { self.store.end_webhook_lease(&self.holder).await } else { Ok(()) }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
