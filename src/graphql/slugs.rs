//! Which events slugs name, kept for a while: clients name events by them all day. A slug is the
//! event's as long as that is there. Of one that was removed another event may have it a minute
//! later.
//!
//! Deliberately absent: slugs that name nothing. An event of that name may be created any moment.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;

use crate::domain::EventId;

/// Slugs that are kept: more events than are on sale at a time, and below a megabyte.
const MAX_KEPT: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// How long a slug is taken at its word.
const KEPT_FOR: Duration = Duration::from_mins(1);

/// The slugs that were looked up last.
#[derive(Debug)]
pub struct Slugs(Mutex<LruCache<Box<str>, (EventId, Instant)>>);

impl Default for Slugs {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MAX_KEPT)))
    }
}

impl Slugs {
    /// The event of this slug, if it was looked up lately before `now`.
    pub(super) fn get(&self, slug: &str, now: Instant) -> Option<EventId> {
        let is_fresh = |looked_up: Instant| now.duration_since(looked_up) < KEPT_FOR;
        self.kept().get(slug).filter(|known| is_fresh(known.1)).map(|known| known.0)
    }

    /// Keeps what was looked up at `now`.
    pub(super) fn keep(&self, slug: &str, event: EventId, now: Instant) {
        self.kept().put(slug.into(), (event, now));
    }

    /// The event is there no longer.
    pub(super) fn forget(&self, event: EventId) {
        let mut kept = self.kept();
        let slugs = kept.iter().filter(|(_, known)| known.0 == event);
        let slugs: Vec<Box<str>> = slugs.map(|(slug, _)| slug.clone()).collect();
        for slug in slugs {
            kept.pop(&slug);
        }
    }

    fn kept(&self) -> MutexGuard<'_, LruCache<Box<str>, (EventId, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slugs_that_were_asked_for_last_are_kept_and_no_more() {
        let (slugs, now) = (Slugs::default(), Instant::now());
        slugs.keep("first", EventId(1), now);
        slugs.keep("second", EventId(2), now);
        for number in 2..MAX_KEPT.get() {
            slugs.keep(&number.to_string(), EventId(3), now);
            assert_eq!(slugs.get("first", now), Some(EventId(1)));
        }
        slugs.keep("another", EventId(4), now);
        assert_eq!((slugs.get("first", now), slugs.get("second", now)), (Some(EventId(1)), None));
    }

    #[test]
    fn a_slug_may_be_another_events_after_a_minute_and_at_once_where_its_event_is_removed() {
        let (slugs, now) = (Slugs::default(), Instant::now());
        slugs.keep("first", EventId(1), now);
        slugs.keep("second", EventId(2), now);
        let last = now + KEPT_FOR - Duration::from_millis(1);
        assert_eq!(slugs.get("first", last), Some(EventId(1)));
        assert_eq!(slugs.get("first", now + KEPT_FOR), None);
        slugs.forget(EventId(2));
        assert_eq!(slugs.get("second", now), None);
    }
}
