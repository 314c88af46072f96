//! A document as a whole.

use super::at::At;
use super::categories::read_categories;
use super::event::EventTerms;
use super::fault::{Fault, JsonProblems};
use super::node::Node;
use super::places::Places;
use super::reader::Object;
use super::split::Document;
use super::{FORMAT, VERSION};
use crate::domain::plan::{
    self, Drawing, Excerpt, MAX_SHAPES, PlannedCategory, PlannedShape, SeatPlan, ShapeKind,
};
use crate::import::error::ImportError;

const VENUE: [&str; 9] = [
    "$schema",
    "format",
    "version",
    "event",
    "currency",
    "categories",
    "focalPoint",
    "shapes",
    "sections",
];

/// Reads a document: the terms that it brings along, and the plan.
///
/// # Errors
/// Everything that is wrong with it, up to a bound.
pub(super) fn read(document: &Document) -> Result<(EventTerms, SeatPlan), ImportError> {
    let Document { text, line, column } = document;
    let root = Node::document(text).map_err(|error| ImportError::Json {
        line: line + error.line().saturating_sub(1) as u64,
        column: error.column() + if error.line() <= 1 { *column } else { 0 },
    })?;
    let mut problems = JsonProblems::default();
    let made = read_root(&mut problems, root);
    match made {
        Some(Parts { terms, currency, categories, places, drawing }) if problems.total == 0 => {
            let plan = SeatPlan::new(&currency, categories, places.seats)?;
            Ok((terms, plan.with_drawing(drawing)?))
        }
        _ => Err(ImportError::BadDocument(problems.in_lines(text, *line))),
    }
}

struct Parts {
    terms: EventTerms,
    currency: String,
    categories: Vec<PlannedCategory>,
    places: Places,
    drawing: Drawing,
}

fn read_root(problems: &mut JsonProblems, root: Node<'_>) -> Option<Parts> {
    let at = At::Root;
    let venue = problems.object(&at, root, &VENUE)?;
    check_format(problems, &at, &venue);
    let terms = venue.get("event").map(|node| problems.terms(&at.field("event"), node));
    let currency = problems.required(&at, &venue, "currency").and_then(|node| {
        let at = at.field("currency");
        let text = problems.text(&at, node)?;
        let known = plan::is_currency(&text).then(|| text.to_string());
        problems.some(&at, node, known, Fault::Currency(Excerpt::of(&text)))
    });
    let mut places = Places::default();
    let categories = read_categories(problems, &at, &venue, &mut places);
    if problems.required(&at, &venue, "sections").is_some() {
        let list = at.field("sections");
        for (index, node) in problems.items(&at, &venue, "sections").into_iter().enumerate() {
            places.read_section(problems, &list.item(index), node);
        }
        if places.seats.is_empty() && problems.total == 0 {
            problems.push(root, &at, Fault::NoPlaces);
        }
    }
    let drawing = Drawing {
        focal_point: problems.some_point(&at, &venue, "focalPoint"),
        shapes: read_shapes(problems, &at, &venue, &mut places),
    };
    let terms = terms.unwrap_or_default();
    Some(Parts { terms, currency: currency?, categories, places, drawing })
}

fn check_format(problems: &mut JsonProblems, at: &At<'_>, venue: &Object<'_>) {
    if let Some(node) = problems.required(at, venue, "format") {
        let is_ours = node.text().filter(|text| text == FORMAT);
        let expected = Fault::Expected("\"grand-arena-venue\"");
        problems.some(&at.field("format"), node, is_ours, expected);
    }
    if let Some(node) = problems.required(at, venue, "version") {
        let is_known = node.whole().filter(|version| *version == VERSION);
        problems.some(&at.field("version"), node, is_known, Fault::Expected("1"));
    }
}

fn read_shapes(
    problems: &mut JsonProblems,
    at: &At<'_>,
    venue: &Object<'_>,
    places: &mut Places,
) -> Vec<PlannedShape> {
    let mut shapes = Vec::new();
    let list = at.field("shapes");
    for (index, node) in problems.items(at, venue, "shapes").into_iter().enumerate() {
        let at = list.item(index);
        if index == MAX_SHAPES {
            problems.push(node, &at, Fault::TooManyShapes);
            break;
        }
        shapes.extend(read_shape(problems, &at, node, places));
    }
    shapes
}

fn read_shape(
    problems: &mut JsonProblems,
    at: &At<'_>,
    node: Node<'_>,
    places: &mut Places,
) -> Option<PlannedShape> {
    let object = problems.object(at, node, &["kind", "label", "floor", "points"])?;
    let kind = problems.required(at, &object, "kind").and_then(|node| {
        let kind = node.text().and_then(|text| kind_of(&text));
        let expected = Fault::Expected("\"STAGE\", \"OUTLINE\" or \"LABEL\"");
        problems.some(&at.field("kind"), node, kind, expected)
    });
    let label = problems.some_label(at, &object, "label");
    let floor = problems.some_label(at, &object, "floor");
    if let (Some(floor), Some(node)) = (&floor, object.get("floor")) {
        places.name_floor(problems, &at.field("floor"), node, floor);
    }
    problems.required(at, &object, "points")?;
    let mut points = Vec::new();
    let list = at.field("points");
    for (index, node) in problems.items(at, &object, "points").into_iter().enumerate() {
        points.push(problems.some(&list.item(index), node, node.point(), Fault::Point)?);
    }
    let shape = PlannedShape { kind: kind?, label, floor, points };
    let is_whole = shape.is_whole();
    problems.some(at, node, is_whole.then_some(shape), Fault::Shape)
}

fn kind_of(text: &str) -> Option<ShapeKind> {
    let kinds = [ShapeKind::Stage, ShapeKind::Outline, ShapeKind::Label];
    kinds.into_iter().find(|kind| name_of(*kind) == text)
}

/// How a kind of shapes is written.
pub(super) const fn name_of(kind: ShapeKind) -> &'static str {
    match kind {
        ShapeKind::Stage => "STAGE",
        ShapeKind::Outline => "OUTLINE",
        ShapeKind::Label => "LABEL",
    }
}
