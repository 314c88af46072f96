//! What validation leaves out of the values that are written in a document.
//!
//! It takes any value for one of our own scalars, and a field of an input object twice. Within
//! lists and objects it takes variables that may not stand there.

use apollo_compiler::ast::{self, Type, VariableDefinition};
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
                            let place = (&*of.ty, of.default_value.is_some());
                            self.variables(place, &argument.value);
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
    }

    /// The specification's IsVariableUsageAllowed, for variables within lists and objects as well.
    fn variables(&mut self, (ty, has_default): (&Type, bool), value: &Node<ast::Value>) {
        match (ty, &**value) {
            (_, ast::Value::Variable(name)) => {
                let mut declared = self.operation.variables.iter();
                // One that is not declared is refused elsewhere.
                if let Some(variable) = declared.find(|variable| variable.name == *name)
                    && !may_stand(variable, ty, has_default)
                {
                    let message =
                        format!("the variable `${name}` is a {}, not a {ty}", variable.ty);
                    self.refuse(message, value);
                }
            }
            (Type::List(of) | Type::NonNullList(of), ast::Value::List(values)) => {
                values.iter().for_each(|value| self.variables((of, false), value));
            }
            (Type::Named(name) | Type::NonNullNamed(name), ast::Value::Object(fields)) => {
                let Some(ExtendedType::InputObject(object)) =
                    self.schema.definitions.types.get(name)
                else {
                    return;
                };
                for (name, value) in fields {
                    if let Some(field) = object.fields.get(name) {
                        self.variables((&field.ty, field.default_value.is_some()), value);
                    }
                }
            }
            // One value stands for a list of it; it may hold variables.
            (Type::List(of) | Type::NonNullList(of), _) => self.variables((of, false), value),
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

/// Whether a variable may stand where a type is wanted. What has a default may be left out: where
/// null is not taken, that is as good as a value.
fn may_stand(variable: &VariableDefinition, place: &Type, place_has_default: bool) -> bool {
    if place.is_non_null() && !variable.ty.is_non_null() {
        let has_default = variable.default_value.as_ref().is_some_and(|value| !value.is_null());
        return (has_default || place_has_default)
            && variable.ty.is_assignable_to(&place.clone().nullable());
    }
    variable.ty.is_assignable_to(place)
}
