//! Parsed documents, kept: clients send the same few again and again, and parsing and validating
//! one costs more than executing it.
//!
//! There are [`CACHES`] caches, and each thread that serves clients uses one of them. A document is
//! copied for every execution. The names in the copies are counted references to those in the
//! original, which processors would fight for.
//!
//! A document that is kept has been found within all [`limits`], which depend on its text alone. So
//! do the rules of validation, but for one: that an argument is what it should be, when its value
//! comes from a variable. Hence a document that was found valid is not validated again for
//! variables that are exactly what it declares them to be ([`InputTypes::fits`]); for all others it
//! is, and the schema says what is wrong.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::Variables;
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, VariableDefinition};
use lru::LruCache;

use super::limits;
use super::request_error::{RequestError, unparsable};
use crate::graphql::input_types::InputTypes;

/// Documents kept in a cache, those used last: a shop sends a few dozen.
const KEPT_DOCUMENTS: NonZero<usize> = NonZero::new(64).expect("is not zero");

/// Caches; where there are more threads, some share one.
const CACHES: usize = 4;

/// The longest text that is kept, in bytes. Parsed it takes up to a hundred times its size, so that
/// all together stay under 100 MB even if somebody sends the worst; those that people write take a
/// twentieth of that.
const KEPT_TEXT_BYTES: usize = 4 * 1024;

/// Documents by their texts.
type ThreadCache = Mutex<LruCache<String, Arc<Document>>>;

/// See the module's documentation.
#[derive(Debug)]
pub struct DocumentCache {
    caches: [ThreadCache; CACHES],
    types: InputTypes,
}

/// A document within all limits.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) parsed: ExecutableDocument,
    is_valid: AtomicBool,
}

/// Whether an operation has to be validated before it is executed.
pub(super) enum Validation {
    /// No: it is certain to be valid.
    Skip,
    /// Yes; and if it is found valid, so is its document ([`Document::is_found_valid`]).
    RunAndRemember(Arc<Document>),
    /// Yes.
    Run,
}

impl Document {
    /// The schema has found it valid.
    pub(super) fn is_found_valid(&self) {
        self.is_valid.store(true, Ordering::Relaxed);
    }
}

impl Default for DocumentCache {
    fn default() -> Self {
        let types =
            InputTypes::read(&crate::graphql::sdl()).expect("what the schema writes can be read");
        Self { caches: std::array::from_fn(|_| Mutex::new(LruCache::new(KEPT_DOCUMENTS))), types }
    }
}

impl DocumentCache {
    /// Parses a document and checks its limits, or finds it done.
    pub(super) fn parse(&self, text: &str) -> Result<Arc<Document>, RequestError> {
        if let Some(known) = self.of_this_thread().get(text) {
            return Ok(Arc::clone(known));
        }
        let parsed =
            async_graphql::parser::parse_query(text).map_err(|error| unparsable(&error))?;
        limits::check(&parsed)?;
        let document = Arc::new(Document { parsed, is_valid: AtomicBool::new(false) });
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

    /// Whether this operation of the document, with these variables, has to be validated.
    pub(super) fn validation(
        &self,
        document: &Arc<Document>,
        operation: &OperationDefinition,
        variables: &Variables,
    ) -> Validation {
        let mut declared = operation.variable_definitions.iter().map(|definition| &definition.node);
        if document.is_valid.load(Ordering::Relaxed) {
            let fits = |definition: &VariableDefinition| {
                let value = variables.get(&definition.name.node);
                value.is_none_or(|value| self.types.fits(&definition.var_type.node, value))
            };
            return if declared.all(fits) { Validation::Skip } else { Validation::Run };
        }
        // Arguments whose variables have no value are not looked at, nor are those of other
        // operations.
        let proves_document = document.parsed.operations.iter().count() == 1
            && declared.all(|definition| variables.contains_key(&definition.name.node));
        if proves_document {
            Validation::RunAndRemember(Arc::clone(document))
        } else {
            Validation::Run
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_parsed_once_and_one_that_breaks_a_rule_is_refused_each_time() {
        let documents = DocumentCache::default();
        let first = documents.parse("{ a }").unwrap();
        assert!(Arc::ptr_eq(&first, &documents.parse("{ a }").unwrap()));
        for _ in 0..2 {
            assert!(documents.parse("{ a").is_err());
            assert!(documents.parse(&format!("{{ {} }}", "a ".repeat(21))).is_err());
        }
        assert_eq!(documents.of_this_thread().len(), 1);
    }

    #[test]
    fn neither_many_documents_nor_large_ones_fill_the_memory() {
        let documents = DocumentCache::default();
        let large = format!("{{ a(b: \"{}\") }}", "x".repeat(KEPT_TEXT_BYTES));
        let first = documents.parse(&large).unwrap();
        assert!(!Arc::ptr_eq(&first, &documents.parse(&large).unwrap()));
        for number in 0..=KEPT_DOCUMENTS.get() {
            documents.parse(&format!("{{ a{number} }}")).unwrap();
        }
        assert_eq!(documents.of_this_thread().len(), KEPT_DOCUMENTS.get());
    }
}
