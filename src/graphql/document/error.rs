//! What is wrong with a document, or with what comes with it.

use apollo_compiler::diagnostic::Diagnostic;
use apollo_compiler::parser::{LineColumn, SourceMap, SourceSpan};
use apollo_compiler::validation::{DiagnosticData, DiagnosticList};
use async_graphql::{Pos, ServerError};

use crate::graphql::error::{Code, Fault};

/// Errors of a document that are told. A small document can have very many.
pub(super) const MAX_ERRORS: usize = 20;

/// Why an operation is not executed.
#[derive(Clone, Debug)]
pub struct DocumentError {
    fault: Fault,
    /// Where in the document, if it is a place.
    at: Option<Pos>,
}

impl DocumentError {
    /// An error of no one place.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self::from(Fault::new(code, message))
    }

    /// An error at a place.
    pub(super) fn at(code: Code, message: impl Into<String>, at: Option<Pos>) -> Self {
        Self { at, ..Self::new(code, message) }
    }

    /// More of something than there may be.
    pub(super) fn excess(found: usize, most: usize, of_what: &str, at: Option<Pos>) -> Self {
        let message = format!("at most {most} {of_what} are allowed, and here are {found}");
        Self::at(Code::GraphqlValidationFailed, message, at)
    }

    /// The first few of what was found, in the order of the document. `is_error` is asked by the
    /// name that the finding has.
    pub(super) fn all(
        code: Code,
        found: &DiagnosticList,
        is_error: impl Fn(Option<&str>) -> bool,
    ) -> Vec<Self> {
        let tell = |diagnostic: Diagnostic<'_, DiagnosticData>| {
            let at = diagnostic.line_column_range().map(|range| pos(range.start));
            Self::at(code, diagnostic.error.to_string(), at)
        };
        let told = found.iter().filter(|found| is_error(found.error.unstable_error_name()));
        told.take(MAX_ERRORS).map(tell).collect()
    }

    /// What the client is told.
    pub fn into_server_error(self) -> ServerError {
        let mut error = async_graphql::Error::from(self.fault).into_server_error(Pos::default());
        error.locations = Vec::from_iter(self.at);
        error
    }
}

impl From<Fault> for DocumentError {
    fn from(fault: Fault) -> Self {
        Self { fault, at: None }
    }
}

/// Where something begins.
pub(super) fn start(span: Option<SourceSpan>, sources: &SourceMap) -> Option<Pos> {
    span?.line_column_range(sources).map(|range| pos(range.start))
}

fn pos(at: LineColumn) -> Pos {
    Pos { line: at.line, column: at.column }
}
