//! Which events were said to have changed, for somebody who looks at all of them.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::domain::EventId;

/// Events that are kept in mind until somebody takes them. Of others nothing is said: wake-ups are
/// hints.
const MAX_EVENTS: usize = 1_000;

/// See the module's documentation.
#[derive(Debug, Default)]
pub struct Woken {
    events: Mutex<HashSet<EventId>>,
    bell: Notify,
}

impl Woken {
    /// An event is said to have changed.
    pub(super) fn note(&self, event: EventId) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() < MAX_EVENTS {
            events.insert(event);
        }
        drop(events);
        self.bell.notify_one();
    }

    /// Waits until one has changed since the last time. For one who waits.
    pub async fn rung(&self) {
        self.bell.notified().await;
    }

    /// Those that have changed since the last time.
    pub fn take(&self) -> HashSet<EventId> {
        std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_is_told_once_and_takes_what_was_noted() {
        let woken = Woken::default();
        (1..=2).for_each(|event| woken.note(EventId(event)));
        woken.rung().await;
        assert_eq!(woken.take(), [1, 2].map(EventId).into());
        assert!(woken.take().is_empty());
        (0..2_000).for_each(|event| woken.note(EventId(event)));
        assert_eq!(woken.take().len(), MAX_EVENTS);
    }
}
