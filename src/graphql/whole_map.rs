//! The fields that give whole maps, for those who look at documents before they are executed: such
//! answers are megabytes, and are shared.

/// The field `seatMap`, of the query root and of an event.
const SEAT_MAP: &str = "seatMap";

/// The fields whose value is a list of objects: what is selected of them is given many times.
const LISTS: [&str; 8] =
    ["categories", "changes", "edges", "held", "lines", "nodes", "orders", "seats"];

/// Whether a field gives a whole map.
pub fn is_whole_map(field: &str) -> bool {
    field == SEAT_MAP
}

/// Whether a field gives many objects.
pub fn is_list(field: &str) -> bool {
    LISTS.contains(&field)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use apollo_compiler::Schema;

    use super::*;

    #[test]
    fn the_fields_are_those_of_the_schema() {
        let schema = Schema::parse_and_validate(crate::graphql::sdl(), "schema").unwrap();
        let objects = schema.types.iter().filter(|(name, _)| !name.starts_with("__"));
        let objects: Vec<_> = objects.filter_map(|(_, ty)| ty.as_object()).collect();
        let fields = || objects.iter().flat_map(|object| object.fields.values());
        assert!(fields().any(|field| is_whole_map(&field.name)));
        let holds_objects = |name: &str| !schema.types[name].is_leaf();
        let lists: BTreeSet<_> = fields()
            .filter(|field| field.ty.is_list() && holds_objects(field.ty.inner_named_type()))
            .map(|field| field.name.as_str())
            .collect();
        // A connection of many is no list itself, but its edges and nodes are.
        assert_eq!(lists, BTreeSet::from(LISTS));
    }
}
