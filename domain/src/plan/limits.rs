//! Bounds of a plan, and the colours it may take.

/// Most seats in one plan. The largest stadiums hold about 130,000; the rest is room, and the bound
/// keeps one event's live view (held whole in memory, sent whole as a snapshot) to tens of
/// megabytes.
pub const MAX_SEATS: usize = 200_000;

/// Most price categories in one plan. Real events have 4 to 20; a buyer cannot tell more apart.
pub const MAX_CATEGORIES: usize = 100;

/// Longest section, row, number or category name, in characters (Unicode scalar values) after
/// trimming: enough for "North Stand, Upper Tier, Block 214", short enough for a ticket.
pub const MAX_LABEL_CHARS: usize = 64;

/// Highest price of a seat, in minor units of the currency: ten thousand million of a currency with
/// cents, for those whose notes have many zeros. An order of 100 such seats stays below 2^53, up to
/// which JSON's numbers are exact.
pub const MAX_PRICE_MINOR: i64 = 1_000_000_000_000;

/// Farthest coordinate from the origin, either way, in the plan's own unit (metres in the demo,
/// often pixels in a drawing): far beyond any venue, and small enough that widths and areas stay
/// exact in a map's arithmetic.
pub const MAX_COORDINATE: f64 = 1_000_000.0;

/// Most shapes that a plan shows beside seats: an outline and a label for each of the 300 sections
/// of a stadium, and as many again.
pub const MAX_SHAPES: usize = 1_000;

/// Most corners of a shape: a curve of a hundred pieces looks round. All of the largest drawing's
/// numbers are as many values as a plan of 20,000 seats has.
pub const MAX_SHAPE_POINTS: usize = 100;

/// Most floors of a plan: what has more is no venue, and each floor is looked for among the others.
pub const MAX_FLOORS: usize = 50;

/// Colours for categories that bring none: the palette of Okabe and Ito ("Color Universal Design",
/// 2008), which stays distinguishable with every common colour blindness; grey replaces its black,
/// which a dark map swallows.
pub const PALETTE: [&str; 8] =
    ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#999999"];
