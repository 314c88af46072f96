//! What is prepared of a document takes up in memory.
//!
//! The factors were measured with jemalloc's own sizes, over documents of 4 KB that are made of one
//! thing each. They are what the worst of these takes, so that what is counted is never less than
//! what is there.

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Value, Variables};

/// What a document takes when it is read, for each byte of its text: 84 times where it is nothing
/// but short fields, half of that as people write them; and 34 times its lines where the place of
/// something in it was asked for.
const FOR_EACH_BYTE: usize = 120;

/// What a document takes however short it is.
const DOCUMENT: usize = 6 * 1024;

/// A field or an inline fragment of a normal form, which takes up to 305 bytes.
const SELECTION: usize = 320;

/// A value within a list or an object, which takes up to 90 bytes, its name or text apart.
const VALUE: usize = 96;

/// Bytes that a document of a text takes.
pub(super) fn of_document(text: &str) -> usize {
    DOCUMENT + FOR_EACH_BYTE * text.len()
}

/// Bytes that a normal form takes, and each copy of it.
pub(super) fn of_form(form: &ExecutableDocument) -> usize {
    let root = |operation: &SelectionSet| SELECTION + of_selections(operation);
    form.operations.iter().map(|(_, operation)| root(&operation.node.selection_set.node)).sum()
}

fn of_selections(set: &SelectionSet) -> usize {
    let of = |selection: &Selection| match selection {
        Selection::Field(field) => {
            let arguments = field.node.arguments.iter();
            let arguments = arguments.map(|(_, value)| of_literal(&value.node));
            arguments.sum::<usize>() + of_selections(&field.node.selection_set.node)
        }
        Selection::InlineFragment(fragment) => of_selections(&fragment.node.selection_set.node),
        Selection::FragmentSpread(_) => 0,
    };
    set.items.iter().map(|item| SELECTION + of(&item.node)).sum()
}

fn of_literal(value: &async_graphql_value::Value) -> usize {
    use async_graphql_value::Value as Literal;
    VALUE
        + match value {
            Literal::List(items) => items.iter().map(of_literal).sum(),
            Literal::Object(fields) => {
                fields.iter().map(|(name, value)| name.len() + of_literal(value)).sum()
            }
            Literal::String(text) => text.len(),
            _ => 0,
        }
}

/// Bytes that the values of variables take.
pub(super) fn of_variables(variables: &Variables) -> usize {
    variables.iter().map(|(name, value)| name.len() + of_value(value)).sum()
}

fn of_value(value: &Value) -> usize {
    VALUE
        + match value {
            Value::List(items) => items.iter().map(of_value).sum(),
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| name.len() + of_value(value)).sum()
            }
            Value::String(text) => text.len(),
            _ => 0,
        }
}
