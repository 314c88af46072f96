//! Why a request cannot be executed, whichever transport brought it.

use async_graphql::{Error, Pos, Response, ServerError};

use super::json_nesting::TooDeep;
use crate::account::Exceeded;
use crate::graphql::document::DocumentError;
use crate::graphql::error::{Code, Fault};

/// Some clients look for these words, others for the code.
const NOT_PERSISTED: &str = "PersistedQueryNotSupported";

/// Why a request cannot be executed.
#[derive(Debug)]
pub(super) enum RequestError {
    /// It is not a GraphQL request.
    Malformed(Fault),
    /// It names a document by its hash alone. Clients then send it whole.
    NotPersisted,
    /// What it may cost goes beyond the budget.
    TooCostly(Fault),
    /// It is one, but its document cannot be executed: everything that is wrong with it.
    Document(Vec<DocumentError>),
    /// There is nothing wrong with it, but it is not carried out now.
    Refused(Fault),
    /// It is more than the share of whoever asks.
    Exceeded(Exceeded),
}

impl RequestError {
    /// A document that cannot be executed, for no one place in it.
    pub(super) fn document(code: Code, message: impl Into<String>) -> Self {
        Self::from(DocumentError::new(code, message))
    }

    /// What the client is told.
    pub(super) fn into_errors(self) -> Vec<ServerError> {
        match self {
            Self::Malformed(fault) | Self::Refused(fault) | Self::TooCostly(fault) => {
                vec![server_error(fault)]
            }
            Self::NotPersisted => {
                vec![server_error(Fault::new(Code::PersistedQueryNotSupported, NOT_PERSISTED))]
            }
            Self::Exceeded(exceeded) => {
                vec![server_error(Fault::rate_limited(exceeded.to_string(), exceeded.wait))]
            }
            Self::Document(errors) => {
                errors.into_iter().map(DocumentError::into_server_error).collect()
            }
        }
    }

    /// The answer that consists of it.
    pub(super) fn into_response(self) -> Response {
        Response::from_errors(self.into_errors())
    }
}

impl From<DocumentError> for RequestError {
    fn from(error: DocumentError) -> Self {
        Self::Document(vec![error])
    }
}

impl From<Exceeded> for RequestError {
    fn from(exceeded: Exceeded) -> Self {
        Self::Exceeded(exceeded)
    }
}

impl From<TooDeep> for RequestError {
    fn from(error: TooDeep) -> Self {
        malformed(&error.to_string())
    }
}

pub(super) fn malformed(message: &str) -> RequestError {
    RequestError::Malformed(Fault::bad_input(message))
}

fn server_error(fault: Fault) -> ServerError {
    let mut error = Error::from(fault).into_server_error(Pos::default());
    error.locations = Vec::new();
    error
}

/// The answer that consists of a fault.
pub(super) fn fault_response(fault: Fault) -> Response {
    Response::from_errors(vec![server_error(fault)])
}
