//! The field that gives a whole map, for those who look at documents before they are executed: such
//! answers are megabytes, and are shared.

/// The field `seatMap` of the query root.
const SEAT_MAP: &str = "seatMap";

/// Whether a field of the query root gives a whole map.
pub fn is_whole_map(root_field: &str) -> bool {
    root_field == SEAT_MAP
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_is_one_of_the_schema() {
        assert!(crate::graphql::sdl().contains(&format!("\t{SEAT_MAP}(")));
    }
}
