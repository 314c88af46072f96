//! The field that gives a whole map, for those who look at documents before they are executed: such
//! answers are megabytes, and are shared.

use async_graphql::parser::types::{ExecutableDocument, Field, Selection, SelectionSet};

/// The field `seatMap`, of the query root and of an event.
const SEAT_MAP: &str = "seatMap";

/// The field `event` of the query root.
const EVENT: &str = "event";

/// Whether a field of the query root gives a whole map.
pub fn is_whole_map(root_field: &str) -> bool {
    root_field == SEAT_MAP
}

/// Whether these fields of the query root give whole maps and nothing beside them, but for what is
/// said of a map's event. The document must be within the limits: fragments end.
pub fn asks_for_maps_only(document: &ExecutableDocument, root: &SelectionSet) -> bool {
    every_field(document, root, &|field| {
        let selections = &field.selection_set.node;
        is_whole_map(&field.name.node)
            || field.name.node == EVENT
                && !every_field(document, selections, &|field| field.name.node != SEAT_MAP)
    })
}

/// Whether all fields of a selection are like that, those in its fragments too.
fn every_field(
    document: &ExecutableDocument,
    selections: &SelectionSet,
    holds: &dyn Fn(&Field) -> bool,
) -> bool {
    selections.items.iter().all(|selection| match &selection.node {
        Selection::Field(field) => holds(&field.node),
        Selection::InlineFragment(fragment) => {
            every_field(document, &fragment.node.selection_set.node, holds)
        }
        Selection::FragmentSpread(spread) => document
            .fragments
            .get(&spread.node.fragment_name.node)
            .is_some_and(|found| every_field(document, &found.node.selection_set.node, holds)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_found_in_its_event_and_behind_fragments_and_nothing_else_is_taken_for_one() {
        let is_map_only = |text: &str| {
            let document = async_graphql::parser::parse_query(text).unwrap();
            let mut operations = document.operations.iter();
            let (_, operation) = operations.next().unwrap();
            asks_for_maps_only(&document, &operation.node.selection_set.node)
        };
        for maps in [
            "{ seatMap { revision } }",
            "{ a: seatMap { revision } b: event { name seatMap { revision } } }",
            "{ event { ...F } } fragment F on Event { ... on Event { map: seatMap { now } } }",
            "{ ...R } fragment R on Query { seatMap { revision } }",
        ] {
            assert!(is_map_only(maps), "{maps}");
        }
        for others in [
            "{ seatMap { revision } viewer { id } }",
            "{ event { name } }",
            "{ event { seats { nodes { seatMap } } } }",
            "{ viewer { seatMap } }",
            "{ ...Gone }",
            "mutation { reserveSeats { seatMap } }",
        ] {
            assert!(!is_map_only(others), "{others}");
        }
    }

    #[test]
    fn the_field_is_one_of_the_schema() {
        assert!(crate::graphql::sdl().contains(&format!("\t{SEAT_MAP}(")));
    }
}
