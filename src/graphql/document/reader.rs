//! Reads documents.

use apollo_compiler::executable::{ExecutableDocument, Selection, SelectionSet};
use apollo_compiler::parser::Parser;
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, ast};
use async_graphql::Variables;

use super::error::DocumentError;
use super::limits;
use super::literals;
use super::merging;
use super::operation::{Document, NullDefaults, Prepared};
use super::schema::Schema;
use super::tokens;
use crate::graphql::error::Code;

/// Reads documents of one schema.
#[derive(Debug)]
pub struct DocumentReader {
    schema: Schema,
}

impl DocumentReader {
    /// For a schema in the schema definition language.
    ///
    /// # Errors
    ///
    /// If it breaks the specification's rules.
    pub fn new(sdl: &str) -> Result<Self, String> {
        Ok(Self { schema: Schema::read(sdl)? })
    }

    /// Parses a document, checks its limits, and validates it.
    ///
    /// # Errors
    ///
    /// Why it cannot be executed, whichever of its operations is wanted.
    pub fn read(&self, text: &str) -> Result<Document, Vec<DocumentError>> {
        let text = tokens::put_right(text).map_err(|refused| vec![refused])?;
        let parsed = Parser::new().parse_ast(text, "document.graphql");
        let mut parsed = parsed.map_err(|broken| {
            let found = DocumentError::all(Code::GraphqlParseFailed, &broken.errors, |_| true);
            // What follows the first is what the parser makes of it.
            found.into_iter().take(1).collect::<Vec<_>>()
        })?;
        limits::check(&parsed).map_err(|excess| vec![excess])?;
        let null_defaults = take_null_defaults(&mut parsed);
        let document = self.validate(&parsed)?;
        literals::check(&self.schema, &document)?;
        merging::check(&self.schema, &document)?;
        Ok(Document::new(document, null_defaults))
    }

    /// The operation of this name, or the only one; with the values that its variables have.
    ///
    /// # Errors
    ///
    /// If there is no such operation, or variables are not what it declares them to be.
    pub fn operation(
        &self,
        document: &Document,
        name: Option<&str>,
        given: Variables,
    ) -> Result<Prepared, DocumentError> {
        document.operation(&self.schema, name, given)
    }

    fn validate(
        &self,
        parsed: &ast::Document,
    ) -> Result<Valid<ExecutableDocument>, Vec<DocumentError>> {
        let broken = match parsed.to_executable_validate(&self.schema.definitions) {
            Ok(document) => return Ok(document),
            Err(broken) => broken,
        };
        // The validator counts the fields that are written, the specification those that are
        // answered: the same one twice is one.
        let one_each = subscriptions_have_one_field(&broken.partial);
        let is_broken = |name: Option<&str>| !(one_each && name == Some(SEVERAL_ROOT_FIELDS));
        let code = Code::GraphqlValidationFailed;
        let errors = DocumentError::all(code, &broken.errors, is_broken);
        if errors.is_empty() { Ok(Valid::assume_valid(broken.partial)) } else { Err(errors) }
    }
}

/// Takes the defaults that are null from an operation's variables, and gives their names. Such a
/// default lets nobody use the variable where null is not taken; the validator believes it does.
fn take_null_defaults(document: &mut ast::Document) -> NullDefaults {
    let mut taken = NullDefaults::new();
    for definition in &mut document.definitions {
        let ast::Definition::OperationDefinition(operation) = definition else { continue };
        let is_null = |variable: &ast::VariableDefinition| {
            variable.default_value.as_ref().is_some_and(|default| default.is_null())
        };
        if !operation.variables.iter().any(|variable| is_null(variable)) {
            continue;
        }
        let operation = operation.make_mut();
        for variable in &mut operation.variables {
            // Of what may not be null it is refused.
            if is_null(variable) && !variable.ty.is_non_null() {
                variable.make_mut().default_value = None;
                taken.push((operation.name.clone(), variable.name.clone()));
            }
        }
    }
    taken
}

/// What the validator calls its rule.
const SEVERAL_ROOT_FIELDS: &str = "SubscriptionUsesMultipleFields";

fn subscriptions_have_one_field(document: &ExecutableDocument) -> bool {
    document.operations.iter().filter(|operation| operation.is_subscription()).all(|operation| {
        let mut keys = Vec::new();
        root_keys(document, &operation.selection_set, &mut keys);
        keys.len() == 1
    })
}

/// The response keys of a selection, fragments included. A document within our limits has no circle
/// of fragments.
fn root_keys<'a>(
    document: &'a ExecutableDocument,
    selections: &'a SelectionSet,
    keys: &mut Vec<&'a Name>,
) {
    for selection in &selections.selections {
        match selection {
            Selection::Field(field) if keys.contains(&field.response_key()) => {}
            Selection::Field(field) => keys.push(field.response_key()),
            Selection::InlineFragment(fragment) => {
                root_keys(document, &fragment.selection_set, keys);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = spread.fragment_def(document) {
                    root_keys(document, &fragment.selection_set, keys);
                }
            }
        }
    }
}
