//! Which events slugs name, kept: a slug never changes, and clients name events by them all day.
//!
//! Deliberately absent: slugs that name nothing. An event of that name may be created any moment.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use crate::domain::EventId;

/// Slugs that are kept: more events than are on sale at a time, and below a megabyte.
const MAX_KEPT: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// The slugs that were looked up last.
#[derive(Debug)]
pub struct Slugs(Mutex<LruCache<Box<str>, EventId>>);

impl Default for Slugs {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MAX_KEPT)))
    }
}

impl Slugs {
    /// The event of this slug, if it was looked up lately.
    pub(super) fn get(&self, slug: &str) -> Option<EventId> {
        self.kept().get(slug).copied()
    }

    /// Keeps what was looked up.
    pub(super) fn keep(&self, slug: &str, event: EventId) {
        self.kept().put(slug.into(), event);
    }

    fn kept(&self) -> MutexGuard<'_, LruCache<Box<str>, EventId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slugs_that_were_asked_for_last_are_kept_and_no_more() {
        let slugs = Slugs::default();
        slugs.keep("first", EventId(1));
        slugs.keep("second", EventId(2));
        for number in 2..MAX_KEPT.get() {
            slugs.keep(&number.to_string(), EventId(3));
            assert_eq!(slugs.get("first"), Some(EventId(1)));
        }
        slugs.keep("another", EventId(4));
        assert_eq!((slugs.get("first"), slugs.get("second")), (Some(EventId(1)), None));
    }
}
