//! Documents that were read lately, kept: clients send the same few again and again, and reading
//! one costs more than executing it.
//!
//! There are [`CACHES`] caches, and each thread that serves clients uses one of them. An operation
//! is copied for every execution. The names in the copies are counted references to those in the
//! original, which processors would fight for.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use super::request_error::RequestError;
use crate::graphql::document::{Document, DocumentReader};

/// Documents kept in a cache, those used last: a shop sends a few dozen.
const KEPT_DOCUMENTS: NonZero<usize> = NonZero::new(64).expect("is not zero");

/// Caches; where there are more threads, some share one.
const CACHES: usize = 4;

/// The longest text that is kept, in bytes. Parsed it takes up to a hundred times its size, and its
/// normal forms as much again. So all together stay under 200 MB even if somebody sends the worst;
/// those that people write take a twentieth of that.
const KEPT_TEXT_BYTES: usize = 4 * 1024;

/// Documents by their texts.
type ThreadCache = Mutex<LruCache<String, Arc<Document>>>;

/// See the module's documentation.
#[derive(Debug)]
pub struct DocumentCache {
    caches: [ThreadCache; CACHES],
    reader: DocumentReader,
}

impl Default for DocumentCache {
    fn default() -> Self {
        let reader = DocumentReader::new(&crate::graphql::sdl())
            .expect("the schema keeps the specification's rules");
        Self { caches: std::array::from_fn(|_| Mutex::new(LruCache::new(KEPT_DOCUMENTS))), reader }
    }
}

impl DocumentCache {
    /// What reads documents.
    pub(super) fn reader(&self) -> &DocumentReader {
        &self.reader
    }

    /// Reads a document, or finds it read.
    pub(super) fn read(&self, text: &str) -> Result<Arc<Document>, RequestError> {
        if let Some(known) = self.of_this_thread().get(text) {
            return Ok(Arc::clone(known));
        }
        let document = Arc::new(self.reader.read(text).map_err(RequestError::Document)?);
        if text.len() <= KEPT_TEXT_BYTES {
            self.of_this_thread().put(text.to_owned(), Arc::clone(&document));
        }
        Ok(document)
    }

    /// This thread's cache.
    fn of_this_thread(&self) -> MutexGuard<'_, LruCache<String, Arc<Document>>> {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static NUMBER: usize = THREADS.fetch_add(1, Ordering::Relaxed);
        }
        self.caches[NUMBER.with(|number| number % CACHES)]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_once_and_one_that_breaks_a_rule_is_refused_each_time() {
        let documents = DocumentCache::default();
        let first = documents.read("{ viewer { id } }").unwrap();
        assert!(Arc::ptr_eq(&first, &documents.read("{ viewer { id } }").unwrap()));
        for _ in 0..2 {
            assert!(documents.read("{ viewer").is_err());
            assert!(documents.read(&format!("{{ {} }}", "__typename ".repeat(21))).is_err());
        }
        assert_eq!(documents.of_this_thread().len(), 1);
    }

    #[test]
    fn neither_many_documents_nor_large_ones_fill_the_memory() {
        let documents = DocumentCache::default();
        let large = format!("{{ event(id: \"{}\") {{ id }} }}", "x".repeat(KEPT_TEXT_BYTES));
        let first = documents.read(&large).unwrap();
        assert!(!Arc::ptr_eq(&first, &documents.read(&large).unwrap()));
        for number in 0..=KEPT_DOCUMENTS.get() {
            documents.read(&format!("{{ a{number}: __typename }}")).unwrap();
        }
        assert_eq!(documents.of_this_thread().len(), KEPT_DOCUMENTS.get());
    }
}
