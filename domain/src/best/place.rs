//! A place of a plan, as far as it matters for a choice.

use crate::plan::PlaceTraits;

/// A place of a plan.
#[derive(Clone, PartialEq, Debug)]
pub struct Place {
    /// Its number in the plan.
    pub serial: i32,
    /// The number of its category.
    pub category: i32,
    /// Its section.
    pub section: String,
    /// Its row in the section, or its table.
    pub row: String,
    /// Whether it is accessible.
    pub accessible: bool,
    /// Where it is, if that is known.
    pub position: Option<(f64, f64)>,
    /// What else is said of it.
    pub traits: PlaceTraits,
}
