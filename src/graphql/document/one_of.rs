//! `__Type.isOneOf`, which the specification has since September 2025 and the validator's library
//! does not know yet.
//!
//! It is added to what the schema says of types. Where a document asks for it, the library is asked
//! for the type's kind instead, under a name that nobody else uses; that is made the answer.

use apollo_compiler::ast::{FieldDefinition, Type};
use apollo_compiler::executable::{ExecutableDocument, Selection, SelectionSet};
use apollo_compiler::schema::{Component, ExtendedType};
use apollo_compiler::{Name, Node, Schema, name};
use async_graphql::indexmap::IndexMap;
use async_graphql::{Name as Key, Value};

/// What the response keys of kinds begin with that stand for the field.
const MARK: &str = "__isOneOf_";

/// Adds the field to the type that describes types.
pub(super) fn add(schema: &mut Schema) {
    if let Some(ExtendedType::Object(described)) = schema.types.get_mut("__Type") {
        let field = FieldDefinition {
            description: None,
            name: name!("isOneOf"),
            arguments: Vec::new(),
            ty: Type::Named(name!("Boolean")),
            directives: Default::default(),
        };
        described.make_mut().fields.insert(name!("isOneOf"), Component::new(field));
    }
}

/// Asks for kinds where the field is asked for. `kind` is the definition of that field.
pub(super) fn mark(document: &mut ExecutableDocument, kind: &Node<FieldDefinition>) {
    let operations = &mut document.operations;
    for operation in operations.anonymous.iter_mut().chain(operations.named.values_mut()) {
        mark_selections(&mut operation.make_mut().selection_set, kind);
    }
    for fragment in document.fragments.values_mut() {
        mark_selections(&mut fragment.make_mut().selection_set, kind);
    }
}

fn mark_selections(selections: &mut SelectionSet, kind: &Node<FieldDefinition>) {
    for selection in &mut selections.selections {
        match selection {
            Selection::Field(field) if selections.ty == "__Type" && field.name == "isOneOf" => {
                let field = field.make_mut();
                field.alias = Name::new(&format!("{MARK}{}", field.response_key())).ok();
                field.name = name!("kind");
                field.definition = kind.clone();
            }
            Selection::Field(field) => mark_selections(&mut field.make_mut().selection_set, kind),
            Selection::InlineFragment(fragment) => {
                mark_selections(&mut fragment.make_mut().selection_set, kind);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// Makes the answers of the kinds that were asked for.
pub(super) fn answer(value: Value) -> Value {
    match value {
        Value::List(values) => Value::List(values.into_iter().map(answer).collect()),
        Value::Object(fields) => {
            let field = |(key, value): (Key, Value)| match key.strip_prefix(MARK) {
                Some(key) => (Key::new(key), of_kind(&value)),
                None => (key, answer(value)),
            };
            Value::Object(fields.into_iter().map(field).collect::<IndexMap<_, _>>())
        }
        other => other,
    }
}

/// Of all types only input objects can be one of several fields. None of ours is.
fn of_kind(kind: &Value) -> Value {
    match kind {
        Value::String(kind) if kind == "INPUT_OBJECT" => Value::Boolean(false),
        _ => Value::Null,
    }
}
