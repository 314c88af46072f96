//! The pruner keeps the change logs and the idempotency keys within their retention, in small
//! batches, oldest first. It also removes what no longer counts of the seats that were let go.
//!
//! What it removes of a log is always its beginning: what stays is contiguous. A subscriber whose
//! `since` lies before that is told so, with a snapshot (LOG_PRUNED). Any number of servers may
//! prune at the same time.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::domain::EventId;
use crate::store::retention::Retention;
use crate::store::{Store, StoreError};

/// How often to look: logs grow for days before anything is due, so it need not be often.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// The pause between two batches, so that bookings and vacuum keep up.
const PAUSE: Duration = Duration::from_millis(20);

/// Events listed at a time.
const PAGE_EVENTS: i64 = 500;

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct Pruner {
    store: Store,
    retention: Retention,
}

impl Pruner {
    /// A pruner for this retention.
    pub fn new(store: Store, retention: Retention) -> Self {
        Self { store, retention }
    }

    /// Prunes until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let pruning = async {
            let mut look = tokio::time::interval(LOOK_EVERY);
            look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                look.tick().await;
                if let Err(error) = self.prune().await {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(
                        error,
                        "the change logs and keys were not pruned; will try again"
                    );
                }
            }
        };
        stop.run_until_cancelled(pruning).await;
    }

    /// Prunes every event's log and keys once.
    pub async fn prune(&self) -> Result<(), StoreError> {
        let mut after = EventId(0);
        loop {
            let events = self.store.events_with_changes(after, PAGE_EVENTS).await?;
            let Some(&last) = events.last() else { return Ok(()) };
            for event in events {
                while self.store.prune_changes(event, self.retention).await? {
                    tokio::time::sleep(PAUSE).await;
                }
                while self.store.prune_keys(event).await? {
                    tokio::time::sleep(PAUSE).await;
                }
                while self.store.prune_churn(event).await? {
                    tokio::time::sleep(PAUSE).await;
                }
            }
            after = last;
        }
    }
}
