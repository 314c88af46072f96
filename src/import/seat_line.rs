//! What one line of a file says.

use crate::domain::plan::PlaceTraits;

/// What one line says.
pub(super) struct SeatLine {
    pub(super) section: String,
    pub(super) row: String,
    pub(super) number: String,
    pub(super) category: String,
    pub(super) price_minor: i64,
    pub(super) currency: String,
    pub(super) color: Option<String>,
    pub(super) accessible: bool,
    pub(super) x: Option<f64>,
    pub(super) y: Option<f64>,
    pub(super) traits: PlaceTraits,
}
