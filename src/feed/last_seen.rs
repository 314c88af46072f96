//! Where logs were seen to end, of events that nobody follows now.
//!
//! Clients come back with revisions that they were given here. If history was lost while nobody
//! followed the event, this tells: whoever is the next to follow it has the place looked at.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use crate::domain::{EventId, LogPoint, Revision};
use crate::store::booking::Logged;

/// Events of which it is kept: more than are on sale at a time. They take a megabyte.
const MAX_EVENTS: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// Where a log was seen to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Seen {
    /// A place that it had.
    pub(super) place: LogPoint,
    /// The last revision that anybody was given.
    pub(super) furthest: Revision,
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct LastSeen(Mutex<LruCache<EventId, Seen>>);

impl Default for LastSeen {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MAX_EVENTS)))
    }
}

impl LastSeen {
    /// What was committed here. What goes on from elsewhere than the place that is known leaves
    /// that as it is: it is yet to be seen whether it is there still.
    pub(super) fn committed(&self, event: EventId, logged: &Logged) {
        let end = logged.after.after(&logged.changes);
        let mut events = self.events();
        let seen = events.get_or_insert_mut(event, || Seen { place: end, furthest: end.revision });
        if seen.place == logged.after {
            seen.place = end;
        }
        seen.furthest = seen.furthest.max(end.revision);
    }

    /// The log ends here, and all before is of the same history.
    pub(super) fn set(&self, event: EventId, end: LogPoint) {
        self.events().put(event, Seen { place: end, furthest: end.revision });
    }

    pub(super) fn get(&self, event: EventId) -> Option<Seen> {
        self.events().get(&event).copied()
    }

    fn events(&self) -> MutexGuard<'_, LruCache<EventId, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::sample::{logged, point};

    #[test]
    fn a_place_moves_with_what_goes_on_from_it_and_the_furthest_with_everything() {
        let (seen, event) = (LastSeen::default(), EventId(1));
        let now = || seen.get(event).map(|seen| (seen.place, seen.furthest.0));
        assert_eq!(now(), None);
        seen.committed(event, &logged(1..=3));
        assert_eq!(now(), Some((point(3), 3)));
        seen.committed(event, &logged(4..=5));
        assert_eq!(now(), Some((point(5), 5)));
        seen.committed(event, &logged(9..=9));
        assert_eq!(now(), Some((point(5), 9)), "somebody else has written between");
        seen.set(event, point(9));
        seen.committed(event, &logged(2..=3));
        assert_eq!(now(), Some((point(9), 9)));
    }
}
