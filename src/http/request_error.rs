//! Why a request cannot be executed, whichever transport brought it.

use async_graphql::{Error, Pos, Response, ServerError};

use crate::graphql::error::{Code, Fault};

/// Why a request cannot be executed.
#[derive(Debug)]
pub(super) enum RequestError {
    /// It is not a GraphQL request.
    Malformed(Fault),
    /// It is one, but its document cannot be parsed, goes beyond a limit, or does not say what to
    /// execute.
    Document {
        fault: Fault,
        /// Where in the document, if it is a place.
        at: Option<Pos>,
    },
}

impl RequestError {
    /// A document that cannot be executed, for no one place in it.
    pub(super) fn document(code: Code, message: impl Into<String>) -> Self {
        Self::Document { fault: Fault::new(code, message), at: None }
    }

    /// What the client is told.
    pub(super) fn into_error(self) -> ServerError {
        match self {
            Self::Malformed(fault) => server_error(fault, None),
            Self::Document { fault, at } => server_error(fault, at),
        }
    }
}

/// Says where the document breaks, without repeating it.
pub(super) fn unparsable(error: &async_graphql::parser::Error) -> RequestError {
    let at = error.positions().next();
    let message = match at {
        Some(at) => format!(
            "the query cannot be parsed: syntax error at line {}, column {}",
            at.line, at.column
        ),
        None => "the query cannot be parsed".to_owned(),
    };
    RequestError::Document { fault: Fault::new(Code::GraphqlParseFailed, message), at }
}

pub(super) fn malformed(message: &str) -> RequestError {
    RequestError::Malformed(Fault::bad_input(message))
}

fn server_error(fault: Fault, at: Option<Pos>) -> ServerError {
    let mut error = Error::from(fault).into_server_error(Pos::default());
    error.locations = Vec::from_iter(at);
    error
}

/// The answer that consists of a fault.
pub(super) fn fault_response(fault: Fault) -> Response {
    Response::from_errors(vec![server_error(fault, None)])
}
