//! The pruner keeps the change logs and the idempotency keys within their retention, in small
//! batches. It also removes what no longer counts of the seats that were let go.
//!
//! What it removes of a log is always its beginning: what stays is contiguous. A subscriber whose
//! `since` lies before that is told so, with a snapshot (LOG_PRUNED). Any number of servers may
//! prune at the same time.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::domain::EventId;
use crate::store::retention::{KeyCursor, Retention};
use crate::store::{Store, StoreError};

/// How often to look: logs grow for days before anything is due, so it need not be often.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// How often to look through the idempotency keys: each is looked at, so that it need not be often,
/// and an hour is little beside the day for which they are kept.
const KEYS_EVERY: Duration = Duration::from_hours(1);

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
            let mut keys_due = Instant::now();
            loop {
                look.tick().await;
                let mut pruned = self.prune_logs().await;
                if pruned.is_ok() && keys_due <= Instant::now() {
                    keys_due = Instant::now() + KEYS_EVERY;
                    pruned = self.prune_keys().await;
                }
                if let Err(error) = pruned {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "logs and keys were not pruned; will try again");
                }
            }
        };
        stop.run_until_cancelled(pruning).await;
    }

    /// Prunes every event's log once, and what no longer counts of what was let go.
    pub async fn prune_logs(&self) -> Result<(), StoreError> {
        let mut after = EventId(0);
        while let Some((events, last)) = self.next_events(after).await? {
            for event in events {
                while self.store.prune_changes(event, self.retention).await? {
                    tokio::time::sleep(PAUSE).await;
                }
                while self.store.prune_churn(event).await? {
                    tokio::time::sleep(PAUSE).await;
                }
            }
            after = last;
        }
        Ok(())
    }

    /// Forgets every event's idempotency keys once that need not be kept any longer.
    pub async fn prune_keys(&self) -> Result<(), StoreError> {
        let mut after = EventId(0);
        while let Some((events, last)) = self.next_events(after).await? {
            for event in events {
                let mut key = KeyCursor::default();
                while let Some(next) = self.store.prune_keys(event, &key).await? {
                    key = next;
                    tokio::time::sleep(PAUSE).await;
                }
            }
            after = last;
        }
        Ok(())
    }

    /// Events after an id in which anything has happened, and the last of them.
    async fn next_events(
        &self,
        after: EventId,
    ) -> Result<Option<(Vec<EventId>, EventId)>, StoreError> {
        let events = self.store.events_with_changes(after, PAGE_EVENTS).await?;
        Ok(events.last().copied().map(|last| (events, last)))
    }
}
