//! What validation leaves out of fields that are merged.
//!
//! It takes two lists for equal where one begins like the other. Fields with such arguments are two
//! questions under one response key.

use apollo_compiler::ast::{NamedType, Value};
use apollo_compiler::executable::{ExecutableDocument, Field, SelectionSet};

use super::collect::collect_fields;
use super::error::{DocumentError, MAX_ERRORS, start};
use super::schema::Schema;
use crate::graphql::error::Code;

/// Refuses fields of one response key whose arguments have lists of different lengths.
pub(super) fn check(
    schema: &Schema,
    document: &ExecutableDocument,
) -> Result<(), Vec<DocumentError>> {
    let mut check = Check { schema, document, refused: Vec::new() };
    for operation in document.operations.iter() {
        let root = &operation.selection_set;
        check.on(&root.ty, &[root]);
    }
    if check.refused.is_empty() { Ok(()) } else { Err(check.refused) }
}

struct Check<'a> {
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    refused: Vec<DocumentError>,
}

impl<'a> Check<'a> {
    fn on(&mut self, ty: &NamedType, selections: &[&'a SelectionSet]) {
        let schema = self.schema;
        match schema.possible_types(ty) {
            Some(objects) => objects.iter().for_each(|object| self.on_object(object, selections)),
            None => self.on_object(ty, selections),
        }
    }

    fn on_object(&mut self, object: &NamedType, selections: &[&'a SelectionSet]) {
        // Conditions make no difference to what is valid.
        let collected = collect_fields(self.schema, self.document, object, selections, &|_| true);
        for fields in collected.values() {
            let (first, others) = (fields[0], &fields[1..]);
            if let Some(other) = others.iter().find(|other| ask_differently(first, other))
                && self.refused.len() < MAX_ERRORS
            {
                let message = format!(
                    "the field `{}` is asked for with different arguments; give one an alias",
                    other.response_key()
                );
                let at = start(other.name.location(), &self.document.sources);
                let code = Code::GraphqlValidationFailed;
                self.refused.push(DocumentError::at(code, message, at));
            }
            let inner: Vec<_> = fields
                .iter()
                .map(|field| &field.selection_set)
                .filter(|selections| !selections.selections.is_empty())
                .collect();
            if let Some(first) = inner.first() {
                self.on(&first.ty, &inner);
            }
        }
    }
}

fn ask_differently(one: &Field, other: &Field) -> bool {
    one.arguments.iter().any(|argument| {
        let mut others = other.arguments.iter();
        let same = others.find(|other| other.name == argument.name);
        same.is_some_and(|other| have_other_lengths(&argument.value, &other.value))
    })
}

fn have_other_lengths(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::List(some), Value::List(others)) => {
            some.len() != others.len()
                || some.iter().zip(others).any(|(one, other)| have_other_lengths(one, other))
        }
        (Value::Object(some), Value::Object(others)) => some.iter().any(|(name, value)| {
            let same = others.iter().find(|(other, _)| other == name);
            same.is_some_and(|(_, other)| have_other_lengths(value, other))
        }),
        _ => false,
    }
}
