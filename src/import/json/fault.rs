//! What is wrong with a document, in words for the person who mends it.

use std::fmt;

use super::at::At;
use super::node::Node;
use crate::domain::plan::{
    CURRENCY_RULE, Excerpt, InvalidPrices, LABEL_RULE, MAX_CATEGORIES, MAX_COORDINATE, MAX_FLOORS,
    MAX_PRICE_MINOR, MAX_SEATS, MAX_SHAPES, SHAPE_RULE,
};
use crate::import::limits::MAX_REPORTED_LINES;

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Fault {
    /// Another type, or out of bounds.
    #[error("it must be {0}")]
    Expected(&'static str),
    /// A field that is not there.
    #[error("it has no {0}")]
    Missing(&'static str),
    /// A field that means nothing here.
    #[error("it has the unknown field {0}")]
    Unknown(Excerpt),
    /// A field that is there twice.
    #[error("it has the field {0} twice")]
    Twice(Excerpt),
    /// Fields of which one says what the other would.
    #[error("it must have either {0} or {1}")]
    OneOf(&'static str, &'static str),
    /// A name that breaks the rule for labels.
    #[error("it is {0}; it must have {LABEL_RULE}")]
    Label(Excerpt),
    /// No currency of ISO 4217, or one without a minor unit.
    #[error("it is {0}; it must be {CURRENCY_RULE}")]
    Currency(Excerpt),
    /// A category that the document has not.
    #[error("there is no category {0}")]
    NoCategory(Excerpt),
    /// A place without any category.
    #[error("it has no category, and neither has its row or its section")]
    Uncategorized,
    /// One category too many.
    #[error("there may be up to {MAX_CATEGORIES} categories")]
    TooManyCategories,
    /// One shape too many.
    #[error("there may be up to {MAX_SHAPES} shapes")]
    TooManyShapes,
    /// Not a price.
    #[error("it must be a whole number of minor units (cents), 0 to {MAX_PRICE_MINOR}")]
    Price,
    /// No types of ticket, too many, or two that look alike.
    #[error("{0}")]
    Tickets(InvalidPrices),
    /// Not a colour.
    #[error("it is {0}; it must be # and six hexadecimal digits, for example #0072b2")]
    Color(Excerpt),
    /// Not a point.
    #[error("it must be a point: [x, y], two numbers within ±{MAX_COORDINATE}")]
    Point,
    /// A shape with too few or too many points, or a label without text.
    #[error("it must have {SHAPE_RULE}")]
    Shape,
    /// As many positions as places.
    #[error("it has {found} positions for {expected} places")]
    Positions {
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// A floor that looks like another one.
    #[error("it looks like {0}; write both the same, or give one of them another name")]
    FloorsAlike(Excerpt),
    /// One floor too many.
    #[error("it is one too many; there may be up to {MAX_FLOORS} floors")]
    TooManyFloors,
    /// A name that looks like another one.
    #[error(
        "it looks like {like} on line {first}; write both the same, or give one of them \
        another name"
    )]
    Alike {
        /// The other name.
        like: Excerpt,
        /// Where that is.
        first: Place,
    },
    /// A place that is there already.
    #[error("this place is on line {first} already; a place must be in the document once")]
    SamePlace {
        /// Where it is.
        first: Place,
    },
    /// No places at all.
    #[error("it has no places; it must have 1 to {MAX_SEATS}")]
    NoPlaces,
    /// More than an event may have. Those after it are not looked at.
    #[error("here are more than {MAX_SEATS} places; that is the most one event may have")]
    TooManyPlaces,
}

/// Where something is in a document: first its address, and its line once all is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place(pub(super) usize);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Something that is wrong, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonProblem {
    /// The line in the file, counted from 1.
    pub line: u64,
    /// The way to it; empty for the document as a whole.
    pub at: String,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for JsonProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, at, fault } = self;
        match at.as_str() {
            "" => write!(f, "line {line}: {fault}"),
            at => write!(f, "line {line}: {at}: {fault}"),
        }
    }
}

/// All that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JsonProblems {
    /// The first, up to [`MAX_REPORTED_LINES`], in the order they were found.
    pub first: Vec<JsonProblem>,
    /// How many there are altogether.
    pub total: usize,
}

impl JsonProblems {
    pub(super) fn push(&mut self, node: Node<'_>, at: &At<'_>, fault: Fault) {
        self.total += 1;
        if self.first.len() < MAX_REPORTED_LINES {
            let line = node.address() as u64;
            self.first.push(JsonProblem { line, at: at.to_string(), fault });
        }
    }

    /// With lines in place of addresses, of a document that begins on this line of its file.
    pub(super) fn in_lines(mut self, document: &str, first_line: u64) -> Self {
        let base = document.as_ptr().addr();
        let ends: Vec<usize> = document.match_indices('\n').map(|(index, _)| index).collect();
        let line = |address: usize| {
            let offset = address.saturating_sub(base);
            first_line + ends.partition_point(|end| *end < offset) as u64
        };
        let in_document = |address: u64| usize::try_from(address).unwrap_or(base);
        for problem in &mut self.first {
            problem.line = line(in_document(problem.line));
            if let Fault::Alike { first, .. } | Fault::SamePlace { first } = &mut problem.fault {
                first.0 = usize::try_from(line(first.0)).unwrap_or(usize::MAX);
            }
        }
        self
    }
}

impl fmt::Display for JsonProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (total, shown) = (self.total, self.first.len());
        if total > shown {
            writeln!(f, "{total} things are wrong; the first {shown}:")?;
        } else if total > 1 {
            writeln!(f, "{total} things are wrong:")?;
        }
        let lines: Vec<_> = self.first.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}
