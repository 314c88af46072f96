//! The columns of a file, by name.

/// The columns by name, at the index of their [`Column`].
pub(super) const COLUMNS: [&str; 15] = [
    "section",
    "row",
    "number",
    "category",
    "price_minor",
    "currency",
    "accessible",
    "x",
    "y",
    "companion",
    "gap_before",
    "rank",
    "kind",
    "floor",
    "color",
];

/// How many of [`COLUMNS`], from the first, must be there.
pub(super) const REQUIRED_COLUMNS: usize = 6;

/// The header that an error shows.
pub(super) const HEADER: &str = "section,row,number,category,price_minor,currency, and if you like \
    accessible,x,y,companion,gap_before,rank,kind,floor,color (separated by commas, semicolons or \
    tabs)";

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
    Companion,
    GapBefore,
    Rank,
    Kind,
    Floor,
    Color,
}
