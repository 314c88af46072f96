//! Parsed documents, kept: clients send the same few again and again, and parsing and validating
//! one costs more than executing it. Each thread that serves clients has its own, on a *shelf*: a
//! document is copied for every execution, and the names in the copies are counted references to
//! those in the original, which processors would fight for.
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
use super::request::{Refused, unparsable};
use crate::graphql::input_types::InputTypes;

/// Documents kept on a shelf, those used last: a shop sends a few dozen.
const KEPT_DOCUMENTS: NonZero<usize> = NonZero::new(64).expect("is not zero");

/// Shelves; where there are more threads, some share one.
const SHELVES: usize = 4;

/// The longest text that is kept, in bytes. Parsed it takes up to a hundred times its size, so that
/// all together stay under 100 MB even if somebody sends the worst; those that people write take a
/// twentieth of that.
const KEPT_TEXT_BYTES: usize = 4 * 1024;

/// Documents by their texts.
type Shelf = Mutex<LruCache<String, Arc<Document>>>;

/// See the module's documentation.
#[derive(Debug)]
pub struct Documents {
    shelves: [Shelf; SHELVES],
    types: InputTypes,
}

/// A document within all limits.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) parsed: ExecutableDocument,
    is_valid: AtomicBool,
}

/// Whether an operation has to be validated before it is executed.
pub(super) enum Validity {
    /// It is certain to be valid.
    Certain,
    /// It has to be; and if it is found valid, so is its document ([`Document::is_found_valid`]).
    Telling(Arc<Document>),
    /// It has to be.
    Unknown,
}

impl Document {
    /// The schema has found it valid.
    pub(super) fn is_found_valid(&self) {
        self.is_valid.store(true, Ordering::Relaxed);
    }
}

impl Default for Documents {
    fn default() -> Self {
        let types =
            InputTypes::read(&crate::graphql::sdl()).expect("what the schema writes can be read");
        Self { shelves: std::array::from_fn(|_| Mutex::new(LruCache::new(KEPT_DOCUMENTS))), types }
    }
}

impl Documents {
    /// Parses a document and checks its limits, or finds it done.
    pub(super) fn parse(&self, text: &str) -> Result<Arc<Document>, Refused> {
        if let Some(known) = self.shelf().get(text) {
            return Ok(Arc::clone(known));
        }
        let parsed =
            async_graphql::parser::parse_query(text).map_err(|error| unparsable(&error))?;
        limits::check(&parsed)?;
        let document = Arc::new(Document { parsed, is_valid: AtomicBool::new(false) });
        if text.len() <= KEPT_TEXT_BYTES {
            self.shelf().put(text.to_owned(), Arc::clone(&document));
        }
        Ok(document)
    }

    /// This thread's shelf.
    fn shelf(&self) -> MutexGuard<'_, LruCache<String, Arc<Document>>> {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static NUMBER: usize = THREADS.fetch_add(1, Ordering::Relaxed);
        }
        self.shelves[NUMBER.with(|number| number % SHELVES)]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this operation of the document, with these variables, has to be validated.
    pub(super) fn validity(
        &self,
        document: &Arc<Document>,
        operation: &OperationDefinition,
        variables: &Variables,
    ) -> Validity {
        let mut declared = operation.variable_definitions.iter().map(|definition| &definition.node);
        if document.is_valid.load(Ordering::Relaxed) {
            let fits = |definition: &VariableDefinition| {
                let value = variables.get(&definition.name.node);
                value.is_none_or(|value| self.types.fits(&definition.var_type.node, value))
            };
            return if declared.all(fits) { Validity::Certain } else { Validity::Unknown };
        }
        // Arguments whose variables have no value are not looked at, nor are those of other
        // operations.
        let is_telling = document.parsed.operations.iter().count() == 1
            && declared.all(|definition| variables.contains_key(&definition.name.node));
        if is_telling { Validity::Telling(Arc::clone(document)) } else { Validity::Unknown }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_parsed_once_and_one_that_breaks_a_rule_is_refused_each_time() {
        let documents = Documents::default();
        let first = documents.parse("{ a }").unwrap();
        assert!(Arc::ptr_eq(&first, &documents.parse("{ a }").unwrap()));
        for _ in 0..2 {
            assert!(documents.parse("{ a").is_err());
            assert!(documents.parse(&format!("{{ {} }}", "a ".repeat(21))).is_err());
        }
        assert_eq!(documents.shelf().len(), 1);
    }

    #[test]
    fn neither_many_documents_nor_large_ones_fill_the_memory() {
        let documents = Documents::default();
        let large = format!("{{ a(b: \"{}\") }}", "x".repeat(KEPT_TEXT_BYTES));
        let first = documents.parse(&large).unwrap();
        assert!(!Arc::ptr_eq(&first, &documents.parse(&large).unwrap()));
        for number in 0..=KEPT_DOCUMENTS.get() {
            documents.parse(&format!("{{ a{number} }}")).unwrap();
        }
        assert_eq!(documents.shelf().len(), KEPT_DOCUMENTS.get());
    }
}
