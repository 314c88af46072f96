//! A GraphQL request, whichever transport brought it, up to the point where it can be executed.

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType};
use async_graphql::{Error, Request, Response, ServerError, Variables};
use serde::Deserialize;
use serde_json::Value;

use crate::graphql::error::{Code, Fault};
use crate::identity::Viewer;

/// The parameters of a request, as in GraphQL over HTTP and in the payload of a WebSocket's `subscribe`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Parameters {
    query: Option<Value>,
    operation_name: Option<Value>,
    variables: Option<Value>,
    extensions: Option<Value>,
}

/// A request whose document is parsed.
pub(super) struct Prepared {
    pub(super) request: Request,
    pub(super) operation: OperationType,
}

/// Why a request cannot be executed.
#[derive(Debug)]
pub(super) enum Refused {
    /// It is not a GraphQL request.
    Malformed(Fault),
    /// It is one, but its document cannot be parsed or does not say what to execute.
    Document(Fault),
}

impl Refused {
    pub(super) fn into_fault(self) -> Fault {
        match self {
            Self::Malformed(fault) | Self::Document(fault) => fault,
        }
    }
}

impl Parameters {
    /// Reads a JSON value.
    pub(super) fn from_json(value: Value) -> Result<Self, Refused> {
        match value {
            Value::Object(_) => {
                serde_json::from_value(value).map_err(|_| malformed("the request must be a JSON object"))
            }
            Value::Array(_) => Err(malformed("send one operation at a time; lists of operations are not accepted")),
            _ => Err(malformed("the request must be a JSON object with the field `query`")),
        }
    }

    /// Reads the parameters of a GET request.
    pub(super) fn from_query(pairs: Vec<(String, String)>) -> Result<Self, Refused> {
        let json = |name: &str, text: &str| {
            serde_json::from_str(text).map_err(|_| malformed(&format!("the parameter `{name}` must be JSON")))
        };
        let mut parameters = Self::default();
        for (name, text) in pairs {
            match name.as_str() {
                "query" => parameters.query = Some(Value::String(text)),
                "operationName" if !text.is_empty() => parameters.operation_name = Some(Value::String(text)),
                "variables" if !text.is_empty() => parameters.variables = Some(json("variables", &text)?),
                "extensions" if !text.is_empty() => parameters.extensions = Some(json("extensions", &text)?),
                _ => {}
            }
        }
        Ok(parameters)
    }

    /// Parses the document and adds who is asking.
    pub(super) fn prepare(self, viewer: Option<Viewer>) -> Result<Prepared, Refused> {
        let query = match self.query {
            Some(Value::String(query)) => query,
            Some(_) => return Err(malformed("`query` must be a string")),
            None => return Err(malformed("the field `query` is missing")),
        };
        let operation_name = match self.operation_name {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name),
            Some(_) => return Err(malformed("`operationName` must be a string")),
        };
        let variables = match self.variables {
            None | Some(Value::Null) => Variables::default(),
            Some(variables @ Value::Object(_)) => Variables::from_json(variables),
            Some(_) => return Err(malformed("`variables` must be an object")),
        };
        if !matches!(self.extensions, None | Some(Value::Null | Value::Object(_))) {
            return Err(malformed("`extensions` must be an object"));
        }
        let document =
            async_graphql::parser::parse_query(&query).map_err(|error| Refused::Document(unparsable(&error)))?;
        let operation = operation_type(&document, operation_name.as_deref())?;
        let mut request = Request::new(query).variables(variables).data(viewer);
        request.operation_name = operation_name;
        request.set_parsed_query(document);
        Ok(Prepared { request, operation })
    }
}

/// Which kind of operation is to be executed.
fn operation_type(document: &ExecutableDocument, name: Option<&str>) -> Result<OperationType, Refused> {
    let unknown = |message: String| Refused::Document(Fault::new(Code::GraphqlValidationFailed, message));
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok(operation.node.ty),
        (DocumentOperations::Multiple(operations), None) => match operations.values().next() {
            Some(only) if operations.len() == 1 => Ok(only.node.ty),
            _ => Err(unknown("the document has several operations; say which one in `operationName`".to_owned())),
        },
        (DocumentOperations::Multiple(operations), Some(name)) if operations.contains_key(name) => {
            Ok(operations[name].node.ty)
        }
        _ => Err(unknown("the document has no operation of the name in `operationName`".to_owned())),
    }
}

/// Says where the document breaks, without repeating it.
fn unparsable(error: &async_graphql::parser::Error) -> Fault {
    let message = match error.positions().next() {
        Some(at) => format!("the query cannot be parsed: syntax error at line {}, column {}", at.line, at.column),
        None => "the query cannot be parsed".to_owned(),
    };
    Fault::new(Code::GraphqlParseFailed, message)
}

fn malformed(message: &str) -> Refused {
    Refused::Malformed(Fault::bad_input(message))
}

/// The answer that consists of a fault.
pub(super) fn fault_response(fault: Fault) -> Response {
    Response::from_errors(vec![Error::from(fault).into_server_error(Default::default())])
}

/// Gives every error a code: those of the library have none.
pub(super) fn complete_codes(response: &mut Response) {
    for ServerError { extensions, path, .. } in &mut response.errors {
        let extensions = extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            // Without a path nothing was executed yet; within a field it is an argument that cannot be read.
            let code = if path.is_empty() { Code::GraphqlValidationFailed } else { Code::BadUserInput };
            extensions.set("code", code.as_str());
        }
    }
}

/// Whether nothing of the request was executed.
pub(super) fn is_request_error(response: &Response) -> bool {
    response.data == async_graphql::Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}
