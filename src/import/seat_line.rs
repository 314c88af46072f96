//! What one line of a file says.

use crate::domain::plan::{NewPrices, PlaceTraits};

/// What one line says.
pub(super) struct SeatLine {
    pub(super) section: String,
    pub(super) row: String,
    pub(super) number: String,
    pub(super) category: String,
    /// A plain price.
    pub(super) prices: NewPrices,
    pub(super) currency: String,
    pub(super) color: Option<String>,
    pub(super) accessible: bool,
    pub(super) x: Option<f64>,
    pub(super) y: Option<f64>,
    pub(super) traits: PlaceTraits,
}
