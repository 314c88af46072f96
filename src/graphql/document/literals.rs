//! What validation leaves out of the values that are written in a document.
//!
//! It takes any value for one of our own scalars, a field of an input object twice, and a single
//! variable where a list stands.

use apollo_compiler::ast::{self, Type};
use apollo_compiler::collections::HashSet;
use apollo_compiler::executable::{ExecutableDocument, Operation, Selection, SelectionSet};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node};

use super::error::{DocumentError, MAX_ERRORS, start};
use super::input;
use super::schema::Schema;
use crate::graphql::error::Code;

/// Refuses a document for its values.
pub(super) fn check(
    schema: &Schema,
    document: &ExecutableDocument,
) -> Result<(), Vec<DocumentError>> {
    let mut refused = Vec::new();
    for operation in document.operations.iter() {
        let spread = HashSet::default();
        let mut check = Check { schema, document, operation, spread, refused: &mut refused };
        for variable in &operation.variables {
            if let Some(default) = &variable.default_value {
                check.value(&format!("the variable `${}`", variable.name), &variable.ty, default);
            }
        }
        check.selections(&operation.selection_set);
    }
    if refused.is_empty() { Ok(()) } else { Err(refused) }
}

struct Check<'a> {
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    operation: &'a Operation,
    /// The fragments that were checked for this operation.
    spread: HashSet<&'a Name>,
    refused: &'a mut Vec<DocumentError>,
}

impl<'a> Check<'a> {
    fn selections(&mut self, selections: &'a SelectionSet) {
        for selection in &selections.selections {
            match selection {
                Selection::Field(field) => {
                    for argument in &field.arguments {
                        if let Some(of) = field.definition.argument_by_name(&argument.name) {
                            let what = format!("the argument `{}`", argument.name);
                            self.value(&what, &of.ty, &argument.value);
                        }
                    }
                    self.selections(&field.selection_set);
                }
                Selection::InlineFragment(fragment) => self.selections(&fragment.selection_set),
                Selection::FragmentSpread(spread) => {
                    if self.spread.insert(&spread.fragment_name)
                        && let Some(fragment) = spread.fragment_def(self.document)
                    {
                        self.selections(&fragment.selection_set);
                    }
                }
            }
        }
    }

    fn value(&mut self, what: &str, ty: &Type, value: &Node<ast::Value>) {
        if let Err(unfit) = input::literal(self.schema, ty, value) {
            self.refuse(unfit.told_of(what), value);
        }
        self.variables(ty, value);
    }

    /// One value stands for a list of it, but no variable does.
    fn variables(&mut self, ty: &Type, value: &Node<ast::Value>) {
        match (ty, &**value) {
            (Type::List(_) | Type::NonNullList(_), ast::Value::Variable(name)) => {
                let mut declared = self.operation.variables.iter();
                if declared.any(|variable| variable.name == *name && !variable.ty.is_list()) {
                    self.refuse(format!("the variable `${name}` must be of the type {ty}"), value);
                }
            }
            (Type::List(of) | Type::NonNullList(of), ast::Value::List(values)) => {
                values.iter().for_each(|value| self.variables(of, value));
            }
            (Type::Named(name) | Type::NonNullNamed(name), ast::Value::Object(fields)) => {
                let Some(ExtendedType::InputObject(object)) =
                    self.schema.definitions.types.get(name)
                else {
                    return;
                };
                for (name, value) in fields {
                    if let Some(field) = object.fields.get(name) {
                        self.variables(&field.ty, value);
                    }
                }
            }
            _ => {}
        }
    }

    fn refuse(&mut self, message: String, value: &Node<ast::Value>) {
        if self.refused.len() < MAX_ERRORS {
            let at = start(value.location(), &self.document.sources);
            let code = Code::GraphqlValidationFailed;
            self.refused.push(DocumentError::at(code, message, at));
        }
    }
}
