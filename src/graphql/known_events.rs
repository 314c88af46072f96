//! Which events are there, as far as anybody has found out: events that are not are turned away
//! before anything is set up for them.
//!
//! Deliberately absent: ids that name nothing. What somebody makes up would push out what is there;
//! and to look one up costs little, since all who ask at about the same time share a statement.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::EventId;

/// Events that are kept: about a megabyte. When there are more, all are forgotten and found again.
const MAX_KEPT: usize = 65_536;

/// The events that were found.
#[derive(Debug, Default)]
pub struct KnownEvents(Mutex<HashSet<EventId>>);

impl KnownEvents {
    /// Whether the event was found.
    pub(super) fn contains(&self, event: EventId) -> bool {
        self.kept().contains(&event)
    }

    /// Keeps an event that was found.
    pub(super) fn keep(&self, event: EventId) {
        let mut kept = self.kept();
        if kept.len() == MAX_KEPT {
            kept.clear();
        }
        kept.insert(event);
    }

    /// The event is there no longer.
    pub(super) fn forget(&self, event: EventId) {
        self.kept().remove(&event);
    }

    fn kept(&self) -> MutexGuard<'_, HashSet<EventId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_that_were_found_are_known_and_their_number_is_bounded() {
        let known = KnownEvents::default();
        for event in 1..=65_536 {
            known.keep(EventId(event));
        }
        assert!(known.contains(EventId(1)) && !known.contains(EventId(65_537)));
        known.forget(EventId(1));
        assert!(!known.contains(EventId(1)));
        known.keep(EventId(1));
        known.keep(EventId(65_537));
        assert_eq!(known.kept().len(), 1);
    }
}
