//! Documents that were read lately, kept: clients send the same few again and again, and reading
//! one costs more than executing it.
//!
//! There are [`CACHES`] caches, and each thread that serves clients uses one of them. An operation
//! is copied for every execution. The names in the copies are counted references to those in the
//! original, which processors would fight for.
//!
//! A document is charged for what it takes with its normal forms, as long as it lives; those used
//! longest ago go first. What operations under way hold is counted as well, and refused beyond a
//! bound: each has a copy of its document, and subscriptions keep theirs for hours.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::Variables;
use lru::LruCache;

use super::request_error::RequestError;
use crate::graphql::document::{Document, DocumentReader, Prepared};
use crate::memory::{Allowance, Charge};

/// Caches; where there are more threads, some share one.
const CACHES: usize = 4;

/// What all documents take together that are kept, in bytes. Those that people write take 60 KB
/// each, the largest that are kept half a megabyte; a shop sends a few dozen.
const KEPT_BYTES: usize = 64 * 1024 * 1024;

/// The longest text that is kept, in bytes: those that people write have a tenth of it.
const KEPT_TEXT_BYTES: usize = 4 * 1024;

/// What the operations under way hold together of their documents and variables, in bytes. A
/// booking holds 3 KB, a subscription that shares its frames nothing; the largest operation some
/// 600 KB.
const UNDER_WAY_BYTES: usize = 128 * 1024 * 1024;

/// Documents by their texts.
#[derive(Debug)]
struct ThreadCache {
    allowance: Arc<Allowance>,
    kept: Mutex<LruCache<String, Arc<Document>>>,
}

/// See the module's documentation.
#[derive(Debug)]
pub struct DocumentCache {
    caches: [ThreadCache; CACHES],
    under_way: Arc<Allowance>,
    reader: DocumentReader,
}

impl Default for DocumentCache {
    fn default() -> Self {
        Self::with_room_for(KEPT_BYTES, UNDER_WAY_BYTES)
    }
}

impl ThreadCache {
    fn new(bytes: usize) -> Self {
        Self {
            allowance: Allowance::new("documents", bytes),
            kept: Mutex::new(LruCache::unbounded()),
        }
    }

    fn find(&self, text: &str) -> Option<Arc<Document>> {
        self.kept().get(text).map(Arc::clone)
    }

    fn keep(&self, text: &str, document: &Arc<Document>) {
        let mut kept = self.kept();
        let evict = || kept.pop_lru().is_some();
        if let Ok(charge) = self.allowance.make_room(Document::bytes(text), evict) {
            document.keep_at(charge);
            kept.put(text.to_owned(), Arc::clone(document));
        }
    }

    /// Documents have grown, since they keep normal forms.
    fn settle(&self) {
        if self.allowance.is_exceeded() {
            let mut kept = self.kept();
            self.allowance.settle(|| kept.pop_lru().is_some());
        }
    }

    fn kept(&self) -> MutexGuard<'_, LruCache<String, Arc<Document>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DocumentCache {
    /// One that keeps so many bytes of documents, and has so many for what is under way.
    fn with_room_for(kept_bytes: usize, under_way_bytes: usize) -> Self {
        let reader = DocumentReader::new(&crate::graphql::sdl())
            .expect("the schema keeps the specification's rules");
        Self {
            caches: std::array::from_fn(|_| ThreadCache::new(kept_bytes / CACHES)),
            under_way: Allowance::new("operations", under_way_bytes),
            reader,
        }
    }

    /// What bounds it.
    pub fn allowances(&self) -> impl Iterator<Item = &Arc<Allowance>> {
        self.caches.iter().map(|cache| &cache.allowance).chain([&self.under_way])
    }

    /// The operation of this name, or the only one, with the values that its variables have; and
    /// what it is charged for as long as it is under way. A text that has to be read is admitted
    /// first.
    pub(super) fn prepare(
        &self,
        text: &str,
        name: Option<&str>,
        given: Variables,
        admit: impl FnOnce(&str) -> Result<(), RequestError>,
    ) -> Result<(Prepared, Charge), RequestError> {
        let document = self.read(text, admit)?;
        let prepared = self.reader.operation(&document, name, given)?;
        self.of_this_thread().settle();
        let charge = self.under_way.charge(text.len() + prepared.bytes);
        let charge = charge.map_err(|full| RequestError::Refused(full.into()))?;
        Ok((prepared, charge))
    }

    /// Reads a document, or finds it read.
    fn read(
        &self,
        text: &str,
        admit: impl FnOnce(&str) -> Result<(), RequestError>,
    ) -> Result<Arc<Document>, RequestError> {
        let cache = self.of_this_thread();
        if let Some(known) = cache.find(text) {
            return Ok(known);
        }
        admit(text)?;
        let document = Arc::new(self.reader.read(text).map_err(RequestError::Document)?);
        if text.len() <= KEPT_TEXT_BYTES {
            cache.keep(text, &document);
        }
        Ok(document)
    }

    /// This thread's cache.
    fn of_this_thread(&self) -> &ThreadCache {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static NUMBER: usize = THREADS.fetch_add(1, Ordering::Relaxed);
        }
        &self.caches[NUMBER.with(|number| number % CACHES)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request_error::malformed;

    fn any(_: &str) -> Result<(), RequestError> {
        Ok(())
    }

    #[test]
    fn only_what_is_not_known_is_admitted_and_what_is_not_admitted_is_not_read() {
        let documents = DocumentCache::default();
        let nothing = |_: &str| Err(malformed("not now"));
        let refused = documents.read("{ nonsense", nothing);
        assert!(matches!(refused, Err(RequestError::Malformed(_))), "it would not be a document");
        let known = documents.read("{ viewer { id } }", any).unwrap();
        assert!(Arc::ptr_eq(&known, &documents.read("{ viewer { id } }", nothing).unwrap()));
    }

    #[test]
    fn a_document_is_read_once_and_one_that_breaks_a_rule_is_refused_each_time() {
        let documents = DocumentCache::default();
        let first = documents.read("{ viewer { id } }", any).unwrap();
        assert!(Arc::ptr_eq(&first, &documents.read("{ viewer { id } }", any).unwrap()));
        for _ in 0..2 {
            assert!(documents.read("{ viewer", any).is_err());
            assert!(documents.read(&format!("{{ {} }}", "__typename ".repeat(21)), any).is_err());
        }
        assert_eq!(documents.of_this_thread().kept().len(), 1);
    }

    #[test]
    fn neither_many_documents_nor_large_ones_fill_the_memory() {
        let documents = DocumentCache::with_room_for(CACHES * 200_000, 0);
        let large = format!("{{ event(id: \"{}\") {{ id }} }}", "x".repeat(KEPT_TEXT_BYTES));
        let first = documents.read(&large, any).unwrap();
        assert!(!Arc::ptr_eq(&first, &documents.read(&large, any).unwrap()));
        let cache = documents.of_this_thread();
        let known = documents.read("{ __typename }", any).unwrap();
        for number in 0..1_000 {
            documents.read(&format!("{{ a{number}: __typename }}"), any).unwrap();
            assert!(cache.allowance.used() <= 200_000);
            assert!(
                Arc::ptr_eq(&known, &documents.read("{ __typename }", any).unwrap()),
                "is used"
            );
        }
        assert!(cache.allowance.used() > 190_000 && cache.allowance.evictions() > 900);
        cache.kept().clear();
        drop(known);
        assert_eq!(cache.allowance.used(), 0);
    }

    #[test]
    fn the_forms_of_a_document_are_counted_and_others_go_for_them() {
        let documents = DocumentCache::with_room_for(CACHES * 70_000, 1 << 20);
        let text = format!(
            "query ({}) {{ {} }}",
            (0..8).map(|n| format!("$v{n}: Boolean!")).collect::<String>(),
            (0..8).map(|n| format!("a{n}: __typename @skip(if: $v{n})")).collect::<String>(),
        );
        let cache = documents.of_this_thread();
        documents.read("{ __typename }", any).unwrap();
        let before = {
            documents.read(&text, any).unwrap();
            cache.allowance.used()
        };
        for number in 0..256_u32 {
            let given = (0..8).map(|n| (format!("v{n}"), (number >> n & 1 == 1).into()));
            let given = serde_json::Value::Object(given.collect());
            let (_, charge) =
                documents.prepare(&text, None, Variables::from_json(given), any).unwrap();
            drop(charge);
            assert!(cache.allowance.used() <= 70_000);
        }
        assert!(cache.allowance.evictions() > 0, "{before}");
    }

    #[test]
    fn what_is_under_way_is_counted_until_it_has_ended_and_refused_beyond_the_bound() {
        let documents = DocumentCache::with_room_for(1 << 20, 2_000);
        let prepare = || documents.prepare("{ __typename }", None, Variables::default(), any);
        let mut under_way = Vec::new();
        let refused = loop {
            match prepare() {
                Ok((_, charge)) => under_way.push(charge),
                Err(refused) => break refused,
            }
        };
        assert!(matches!(refused, RequestError::Refused(_)) && under_way.len() > 1);
        under_way.pop();
        assert!(prepare().is_ok());
        under_way.clear();
        assert_eq!(documents.under_way.used(), 0);
    }
}
