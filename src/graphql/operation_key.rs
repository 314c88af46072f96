//! What two requests must have in common to be given the same.

use async_graphql::{Request, Variables};

/// The words of an operation: its document, which of its operations, and the variables. Requests
/// with equal keys ask for the same.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OperationKey {
    document: String,
    operation_name: Option<String>,
    /// As JSON, sorted by name. Fields within a value keep the order that the client sent them in,
    /// so that another order makes another key; that costs an answer of its own and is never wrong.
    variables: String,
}

impl OperationKey {
    /// The key of a request.
    pub fn of(request: &Request) -> Self {
        Self::with_variables(request, &request.variables)
    }

    /// The key of a request as if it had these variables.
    pub(super) fn with_variables(request: &Request, variables: &Variables) -> Self {
        Self {
            document: request.query.clone(),
            operation_name: request.operation_name.clone(),
            // A value of GraphQL is always one of JSON.
            variables: serde_json::to_string(variables).unwrap_or_default(),
        }
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        let name = self.operation_name.as_ref().map_or(0, String::len);
        size_of::<Self>() + self.document.len() + name + self.variables.len()
    }
}
