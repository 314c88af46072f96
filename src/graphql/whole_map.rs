//! The fields that give whole maps and plans, for those who look at documents before they are
//! executed: such answers are large, and are shared.

use async_graphql::parser::types::{Field, Selection, SelectionSet};

/// The field `seatMap`, of the query root and of an event.
const SEAT_MAP: &str = "seatMap";

/// The fields of the query root that give what changes seldom, and what changes all the time.
const SEAT_PLAN: &str = "seatPlan";
const SEAT_STATUSES: &str = "seatStatuses";

/// The field `event` of the query root, and of a plan.
const EVENT: &str = "event";

/// What of an event a plan may be asked for with: it never changes.
const NAMES: [&str; 3] = ["id", "slug", "__typename"];

/// Whether a field of the query root gives something of all of an event's seats.
fn is_of_all_seats(field: &str) -> bool {
    [SEAT_MAP, SEAT_PLAN, SEAT_STATUSES].contains(&field)
}

/// Whether these fields of the query root give whole maps and nothing beside them, but for what is
/// said of a map's event. They are in their normal form.
pub fn asks_for_maps_only(root: &SelectionSet) -> bool {
    fields(root).all(|field| {
        is_of_all_seats(&field.name.node)
            || field.name.node == EVENT
                && fields(&field.selection_set.node).any(|field| field.name.node == SEAT_MAP)
    })
}

/// Whether these fields of the query root give plans and nothing beside them: the same until the
/// plans change. They are in their normal form.
pub fn asks_for_plans_only(root: &SelectionSet) -> bool {
    let never_changes = |field: &Field| NAMES.contains(&field.name.node.as_str());
    let is_plan = |field: &Field| {
        let of_event = fields(&field.selection_set.node).filter(|field| field.name.node == EVENT);
        field.name.node == SEAT_PLAN
            && of_event.flat_map(|event| fields(&event.selection_set.node)).all(never_changes)
    };
    fields(root).all(is_plan)
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

    fn asks(what: fn(&SelectionSet) -> bool, text: &str) -> bool {
        let document = async_graphql::parser::parse_query(text).unwrap();
        let mut operations = document.operations.iter();
        let (_, operation) = operations.next().unwrap();
        what(&operation.node.selection_set.node)
    }

    #[test]
    fn a_plan_is_the_same_until_it_changes_unless_something_else_is_asked_of_its_event() {
        for (text, is_plan) in [
            ("{ seatPlan { version seats { id } event { id slug } } }", true),
            ("{ a: seatPlan { version } b: seatPlan { seats { x y } } }", true),
            ("{ seatPlan { event { id name } } }", false),
            ("{ seatPlan { event { id } event { seatMap { revision } } } }", false),
            ("{ seatPlan { version } seatStatuses { revision } }", false),
            ("{ event { seatPlan { version } } }", false),
        ] {
            assert_eq!(asks(asks_for_plans_only, text), is_plan, "{text}");
        }
    }

    #[test]
    fn a_map_is_found_in_its_event_and_nothing_else_is_taken_for_one() {
        let is_map_only = |text| asks(asks_for_maps_only, text);
        for maps in [
            "{ seatMap { revision } }",
            "{ a: seatMap { revision } b: event { name seatMap { revision } } }",
            "{ seatPlan { version } seatStatuses { revision } }",
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
        assert_eq!(field("Query", SEAT_PLAN).inner_named_type(), "SeatPlan");
        assert_eq!(field("Query", SEAT_STATUSES).inner_named_type(), "SeatStatuses");
        assert_eq!(field("SeatPlan", EVENT).inner_named_type(), "Event");
    }
}
