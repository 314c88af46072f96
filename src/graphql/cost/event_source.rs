//! Which event something is of, as far as a document says.

use async_graphql::{Value, Variables};
use async_graphql_value::Value as Argument;

/// The fields of a mutation's input that name its event, or the one that it will be like.
const EVENT_IDS: [&str; 2] = ["eventId", "planFrom"];

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
        Value::Object(input) => {
            EVENT_IDS.iter().filter_map(|name| input.get(*name)).flat_map(named).collect()
        }
        _ => Vec::new(),
    }
}
