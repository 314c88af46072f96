//! The fields that give whole maps, for those who look at documents before they are executed: such
//! answers are megabytes, and are shared.

use async_graphql::parser::types::{Field, Selection, SelectionSet};

/// The field `seatMap`, of the query root and of an event.
const SEAT_MAP: &str = "seatMap";

/// The field `event` of the query root.
const EVENT: &str = "event";

/// Whether a field gives a whole map.
fn is_whole_map(field: &str) -> bool {
    field == SEAT_MAP
}

/// Whether these fields of the query root give whole maps and nothing beside them, but for what is
/// said of a map's event. They are in their normal form.
pub fn asks_for_maps_only(root: &SelectionSet) -> bool {
    fields(root).all(|field| {
        is_whole_map(&field.name.node)
            || field.name.node == EVENT
                && fields(&field.selection_set.node).any(|field| is_whole_map(&field.name.node))
    })
}

fn fields(selections: &SelectionSet) -> impl Iterator<Item = &Field> {
    selections.items.iter().filter_map(|selection| match &selection.node {
        Selection::Field(field) => Some(&field.node),
        // An event is an object: there are none.
        Selection::InlineFragment(_) | Selection::FragmentSpread(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use apollo_compiler::Schema;

    use super::*;

    #[test]
    fn a_map_is_found_in_its_event_and_nothing_else_is_taken_for_one() {
        let is_map_only = |text: &str| {
            let document = async_graphql::parser::parse_query(text).unwrap();
            let mut operations = document.operations.iter();
            let (_, operation) = operations.next().unwrap();
            asks_for_maps_only(&operation.node.selection_set.node)
        };
        for maps in [
            "{ seatMap { revision } }",
            "{ a: seatMap { revision } b: event { name seatMap { revision } } }",
        ] {
            assert!(is_map_only(maps), "{maps}");
        }
        for others in [
            "{ seatMap { revision } viewer { id } }",
            "{ event { name } }",
            "{ event { seats { nodes { seatMap } } } }",
            "{ viewer { seatMap } }",
            "mutation { reserveSeats { seatMap } }",
        ] {
            assert!(!is_map_only(others), "{others}");
        }
    }

    #[test]
    fn the_fields_are_those_of_the_schema() {
        let schema = Schema::parse_and_validate(crate::graphql::sdl(), "schema").unwrap();
        let field = |on, field| &schema.type_field(on, field).unwrap().ty;
        assert_eq!(field("Query", EVENT).inner_named_type(), "Event");
        for on in ["Query", "Event"] {
            assert_eq!(field(on, SEAT_MAP).inner_named_type(), "SeatMap");
        }
    }
}
