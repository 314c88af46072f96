//! The values of an operation's variables: the specification's CoerceVariableValues.

use apollo_compiler::executable::Operation;
use apollo_compiler::parser::SourceMap;
use async_graphql::{Name, Variables};

use super::error::{DocumentError, start};
use super::input;
use super::lexical::MAX_NAME_BYTES;
use super::schema::Schema;
use crate::graphql::error::Code;

/// The values that the operation's variables have: those given, brought into their types, and the
/// defaults. Others that were given are refused: whoever sends one means something by it.
pub(super) fn coerce(
    schema: &Schema,
    sources: &SourceMap,
    operation: &Operation,
    mut values: Variables,
) -> Result<Variables, DocumentError> {
    let is_declared = |name: &Name| {
        operation.variables.iter().any(|variable| variable.name.as_str() == name.as_str())
    };
    if let Some(name) = values.keys().find(|name| !is_declared(name)) {
        return Err(undeclared(name));
    }
    for variable in &operation.variables {
        let name = variable.name.as_str();
        let refused = |message| {
            let at = start(variable.location(), sources);
            DocumentError::at(Code::BadUserInput, message, at)
        };
        if let Some(value) = values.get_mut(name) {
            *value = input::coerce(schema, &variable.ty, std::mem::take(value))
                .map_err(|unfit| refused(unfit.told_of(&format!("the variable `${name}`"))))?;
        } else if let Some(default) = &variable.default_value {
            values.insert(Name::new(name), input::constant(schema, &variable.ty, default));
        } else if variable.ty.is_non_null() {
            return Err(refused(format!("the variable `${name}` needs a value")));
        }
    }
    Ok(values)
}

fn undeclared(name: &str) -> DocumentError {
    let message = if name.len() > MAX_NAME_BYTES {
        // It is not repeated.
        format!("a variable is given whose name is longer than {MAX_NAME_BYTES} bytes")
    } else {
        format!("the variable `${name}` is given, and the operation does not declare it")
    };
    DocumentError::new(Code::BadUserInput, message)
}
