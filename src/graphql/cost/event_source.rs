//! Which event something is of, as far as a document says.

use async_graphql::{Value, Variables};
use async_graphql_value::Value as Argument;

/// The field of a mutation's input that names its event.
const EVENT_ID: &str = "eventId";

/// Which event something is of, as far as a document says.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum EventSource {
    /// The one whose id or slug this argument is.
    IdOrSlug(Argument),
    /// That of the thing whose id this argument is; of several, the largest.
    OfIds(Argument),
    /// The document does not say: the largest that there is.
    Any,
}

/// The value of an argument, with those of the variables in it; null if it has none.
pub(super) fn value(argument: &Argument, variables: &Variables) -> Value {
    let of_variable = |name| Ok::<_, ()>(variables.get(&name).cloned().unwrap_or_default());
    argument.clone().into_const_with(of_variable).unwrap_or_default()
}

/// The ids in a value: one, or a list of them; or the event's, in the input of a mutation.
pub(super) fn named(value: &Value) -> Vec<&str> {
    match value {
        Value::String(id) => vec![id],
        Value::List(ids) => ids.iter().flat_map(named).collect(),
        Value::Object(input) => input.get(EVENT_ID).map(named).unwrap_or_default(),
        _ => Vec::new(),
    }
}
