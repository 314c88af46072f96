//! One task that tells every server's feed which events have changed.
//!
//! NOTIFY takes a lock over all databases at commit, so it stays out of the booking transactions:
//! what was committed since the last message goes out in one, and there are no more of them than
//! make a difference. A lost message costs nothing but a moment, since feeds look at the log every
//! second anyway.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::domain::EventId;
use crate::store::Store;
use crate::store::wake_ups::Reached;

/// Messages follow each other no faster than this: each is a transaction that is flushed to disk.
/// The first after a pause is not delayed, and feeds make a frame of what they hear no more often
/// than every 33 ms.
const MESSAGE_EVERY: Duration = Duration::from_millis(10);

/// What is to be announced: for each event how far it has come, however many bookings led there.
#[derive(Debug, Default)]
pub(super) struct Dispatcher {
    announcements: Mutex<Announcements>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Announcements {
    reached: HashMap<EventId, Reached>,
    closed: bool,
}

impl Dispatcher {
    /// To be called after the commit.
    pub(super) fn announce(&self, event: EventId, news: Reached) {
        let mut announcements = self.announcements.lock().unwrap_or_else(PoisonError::into_inner);
        let reached = announcements.reached.entry(event).or_default();
        *reached = reached.or(news);
        self.wake.notify_one();
    }

    /// Ends [`Dispatcher::run`] once everything is announced.
    pub(super) fn close(&self) {
        self.announcements.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.wake.notify_one();
    }

    pub(super) async fn run(self: Arc<Self>, store: Store) {
        loop {
            self.wake.notified().await;
            let sent = Instant::now();
            let (reached, closed) = {
                let mut announcements =
                    self.announcements.lock().unwrap_or_else(PoisonError::into_inner);
                (std::mem::take(&mut announcements.reached), announcements.closed)
            };
            if !reached.is_empty() {
                tracing::trace!(events = reached.len(), "tells servers of changes");
                if let Err(error) = store.notify(&reached).await {
                    let error = &error as &dyn std::error::Error;
                    let late = "subscribers will hear of the last bookings a second late";
                    tracing::warn!(error, "{late}");
                }
            }
            if closed {
                return;
            }
            tokio::time::sleep_until(sent + MESSAGE_EVERY).await;
        }
    }
}
