//! What a document asks of the schema itself.
//!
//! The validator's library answers it, from the schema that clients are given as well. The
//! executing library has a description of its own in place of ours. The answer depends on nothing
//! that is executed. So it is found out beforehand, and handed on with the request.

use apollo_compiler::executable as source;
use apollo_compiler::response::{JsonMap, ResponseDataPathSegment};
use apollo_compiler::validation::Valid;
use async_graphql::{Value, Variables};

use super::error::DocumentError;
use super::one_of;
use super::schema::Schema;
use crate::graphql::error::{Code, Fault};

/// The field of the query root that stands for such a field in the normal form. No document can ask
/// for it: the schema does not tell of it.
pub const INTROSPECTED: &str = "__introspected";

/// The answers to the fields at the root that ask for the schema, by their response keys.
#[derive(Clone, Debug)]
pub struct Introspected {
    data: Value,
    /// What is wrong, by the response key of the field it is wrong in.
    errors: Vec<(String, String)>,
}

impl Introspected {
    /// How many values it has.
    pub fn values(&self) -> u64 {
        fn values(value: &Value) -> u64 {
            let inner: u64 = match value {
                Value::List(items) => items.iter().map(values).sum(),
                Value::Object(fields) => fields.values().map(values).sum(),
                _ => 0,
            };
            1 + inner
        }
        values(&self.data)
    }

    /// The answer to one of them, if there is one.
    ///
    /// # Errors
    ///
    /// If its arguments are none.
    pub fn field(&self, response_key: &str) -> Result<Option<Value>, Fault> {
        if let Some((_, message)) = self.errors.iter().find(|(key, _)| key == response_key) {
            return Err(Fault::bad_input(message));
        }
        Ok(match &self.data {
            Value::Object(fields) => fields.get(response_key).cloned(),
            _ => None,
        })
    }
}

/// Whether a field of the query root asks for the schema.
pub(super) fn is_introspection(field: &str) -> bool {
    matches!(field, "__schema" | "__type")
}

/// Whether a field of what describes the schema is a list.
pub(super) fn is_schema_list(field: &str) -> bool {
    matches!(
        field,
        "types"
            | "directives"
            | "fields"
            | "inputFields"
            | "interfaces"
            | "possibleTypes"
            | "enumValues"
            | "args"
            | "locations"
    )
}

/// The document as the library can answer it; made once for each document that asks.
pub(super) fn answerable(
    schema: &Schema,
    document: &Valid<source::ExecutableDocument>,
) -> Valid<source::ExecutableDocument> {
    let mut document = document.clone().into_inner();
    if let Ok(kind) = schema.definitions.type_field("__Type", "kind") {
        one_of::mark(&mut document, &kind.node);
    }
    Valid::assume_valid(document)
}

/// Answers what the operation of this name asks of the schema. The document is [`answerable`].
///
/// # Errors
///
/// If it asks for lists within lists of it without end.
pub(super) fn execute(
    schema: &Schema,
    document: &Valid<source::ExecutableDocument>,
    name: Option<&str>,
    variables: &Variables,
) -> Result<Introspected, DocumentError> {
    use apollo_compiler::introspection::{check_max_depth, partial_execute};
    let too_deep = |_| {
        let message = "the schema is asked for in lists within lists, too many of them";
        DocumentError::new(Code::GraphqlValidationFailed, message)
    };
    let internal = |error: &dyn std::fmt::Display| DocumentError::from(Fault::internal(error));
    let operation =
        document.operations.get(name).map_err(|_| internal(&"an operation has lost its name"))?;
    check_max_depth(document, operation).map_err(too_deep)?;
    let values: JsonMap = serde_json::to_value(variables)
        .and_then(serde_json::from_value)
        .map_err(|error| internal(&error))?;
    let (definitions, implementers) = (&schema.definitions, &schema.implementers);
    let values = Valid::assume_valid(values);
    let answer = partial_execute(definitions, implementers, document, operation, &values)
        .map_err(|refused| DocumentError::new(Code::BadUserInput, refused.message().to_string()))?;
    let data = async_graphql::to_value(&answer.data).map_err(|error| internal(&error))?;
    let errors = answer.errors.into_iter().filter_map(|error| match error.path.first() {
        Some(ResponseDataPathSegment::Field(key)) => Some((key.to_string(), error.message)),
        _ => None,
    });
    Ok(Introspected { data: one_of::answer(data), errors: errors.collect() })
}
