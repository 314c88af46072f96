//! How large events are, kept for a while.
//!
//! An event grows by an import and never shrinks. So a size that is a minute old is too small at
//! worst, and only until somebody looks again. One of those who ask does that, and the others go on
//! with what is known.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;

use crate::domain::EventId;
use crate::store::reads::EventSize;

/// Events whose sizes are kept: more than are on sale at a time, and below half a megabyte.
const MAX_KEPT: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// How long a size is taken for what it is.
const FRESH_FOR: Duration = Duration::from_mins(1);

/// The sizes that were looked up last. `None` stands for the largest of all events.
#[derive(Debug)]
pub(super) struct Sizes(Mutex<LruCache<Option<EventId>, Known>>);

#[derive(Clone, Copy, Debug)]
struct Known {
    size: EventSize,
    looked_at: Instant,
}

impl Default for Sizes {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MAX_KEPT)))
    }
}

impl Sizes {
    /// The size of an event, if it is known. If it is old, it is unknown to the first who asks.
    pub(super) fn get(&self, event: Option<EventId>, now: Instant) -> Option<EventSize> {
        let mut kept = self.kept();
        let known = kept.get_mut(&event)?;
        if now.duration_since(known.looked_at) > FRESH_FOR {
            known.looked_at = now;
            return None;
        }
        Some(known.size)
    }

    /// Keeps what was looked up.
    pub(super) fn keep(&self, event: Option<EventId>, size: EventSize, looked_at: Instant) {
        self.kept().put(event, Known { size, looked_at });
    }

    fn kept(&self) -> MutexGuard<'_, LruCache<Option<EventId>, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_size_is_looked_up_again_by_one_of_those_who_ask() {
        let (sizes, start) = (Sizes::default(), Instant::now());
        let event = Some(EventId(1));
        assert!(sizes.get(event, start).is_none());
        let size = EventSize { seats: 7, ..EventSize::default() };
        sizes.keep(event, size, start);
        assert_eq!(sizes.get(event, start + FRESH_FOR), Some(size));
        let late = start + FRESH_FOR + Duration::from_secs(1);
        assert_eq!(sizes.get(event, late), None);
        assert_eq!(sizes.get(event, late), Some(size));
    }
}
