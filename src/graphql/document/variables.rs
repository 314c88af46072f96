//! The values of an operation's variables: the specification's CoerceVariableValues.

use apollo_compiler::executable::Operation;
use apollo_compiler::parser::SourceMap;
use async_graphql::{Name, Variables};

use super::error::{DocumentError, start};
use super::input;
use super::schema::Schema;
use crate::graphql::error::Code;

/// The values that the operation's variables have: those given, brought into their types, and the
/// defaults. Others that were given are left out.
pub(super) fn coerce(
    schema: &Schema,
    sources: &SourceMap,
    operation: &Operation,
    mut given: Variables,
) -> Result<Variables, DocumentError> {
    let mut values = Variables::default();
    for variable in &operation.variables {
        let refused = |message| {
            let at = start(variable.location(), sources);
            DocumentError::at(Code::BadUserInput, message, at)
        };
        let name = variable.name.as_str();
        let (name, value) = match (given.remove_entry(name), &variable.default_value) {
            (Some((name, value)), _) => {
                let value = input::coerce(schema, &variable.ty, value)
                    .map_err(|unfit| refused(unfit.told_of(&format!("the variable `${name}`"))))?;
                (name, value)
            }
            (None, Some(default)) => {
                (Name::new(name), input::constant(schema, &variable.ty, default))
            }
            (None, None) if variable.ty.is_non_null() => {
                return Err(refused(format!("the variable `${name}` needs a value")));
            }
            (None, None) => continue,
        };
        values.insert(name, value);
    }
    Ok(values)
}
