//! The columns of a file, by name.

/// The columns by name, at the index of their [`Column`].
pub(super) const COLUMNS: [&str; 9] =
    ["section", "row", "number", "category", "price_minor", "currency", "accessible", "x", "y"];

/// How many of [`COLUMNS`], from the first, must be there.
pub(super) const REQUIRED_COLUMNS: usize = 6;

/// The header that an error shows.
pub(super) const HEADER: &str = "section,row,number,category,price_minor,currency,accessible,x,y \
    (separated by commas; the last three may be missing)";

/// A column.
#[derive(Clone, Copy)]
pub(super) enum Column {
    Section,
    Row,
    Number,
    Category,
    PriceMinor,
    Currency,
    Accessible,
    X,
    Y,
}
