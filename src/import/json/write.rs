//! Writes a document: the same for the same event and plan, byte for byte.
//!
//! What was read from a document is read from this one again, in the same order. Places that follow
//! one another in a section and a row are written together; where another section comes between,
//! the first is gone on with later.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};

use super::event::{BY_BUYER, BY_SHOP, TERMS};
use super::venue::name_of;
use super::{FORMAT, SCHEMA, VERSION};
use crate::domain::ConfirmedBy;
use crate::domain::event::NewEvent;
use crate::domain::plan::{PlaceKind, PlannedSeat, PlannedShape, Point, SeatPlan};

/// The document of a venue, with the event's terms if there are some.
#[must_use]
pub fn written(event: Option<&NewEvent>, plan: &SeatPlan) -> String {
    let mut out = String::new();
    let fields = [
        Some(format!("\"$schema\": {}", text(SCHEMA))),
        Some(format!("\"format\": {}", text(FORMAT))),
        Some(format!("\"version\": {VERSION}")),
        event.map(|event| format!("\"event\": {}", terms(event))),
        Some(format!("\"currency\": {}", text(plan.currency()))),
        Some(format!("\"categories\": {}", list(categories(plan), 4))),
        plan.drawing().focal_point.map(|at| format!("\"focalPoint\": {}", point(at))),
        Some(plan.drawing().shapes.iter().map(shape).collect::<Vec<_>>())
            .filter(|shapes| !shapes.is_empty())
            .map(|shapes| format!("\"shapes\": {}", list(shapes, 4))),
        Some(format!("\"sections\": {}", list(sections(plan), 4))),
    ];
    let fields: Vec<_> = fields.into_iter().flatten().collect();
    let _ = writeln!(out, "{{\n  {}\n}}", fields.join(",\n  "));
    out
}

fn terms(event: &NewEvent) -> String {
    let number = |number: Option<u32>| number.map_or("null".to_owned(), |it| it.to_string());
    let some = |at: Option<DateTime<Utc>>| at.map(instant);
    let values = [
        Some(text(&event.slug)),
        Some(text(&event.name)),
        Some(text(&event.venue)),
        Some(instant(event.starts_at)),
        Some(text(&event.time_zone)),
        some(event.sales_open_at),
        some(event.sales_close_at),
        Some(event.hold_seconds.to_string()),
        Some(event.hold_extension_seconds.to_string()),
        Some(number(event.max_seats_per_viewer)),
        Some(number(event.max_seats_let_go)),
        Some(text(match event.confirmed_by {
            ConfirmedBy::Buyer => BY_BUYER,
            ConfirmedBy::Shop => BY_SHOP,
        })),
    ];
    let said = TERMS.into_iter().zip(values);
    let said = said.filter_map(|(name, value)| Some(format!("\"{name}\": {}", value?)));
    format!("{{\n    {}\n  }}", said.collect::<Vec<_>>().join(",\n    "))
}

fn categories(plan: &SeatPlan) -> Vec<String> {
    let category = plan.categories().iter().map(|category| {
        let prices = &category.prices;
        let price = if prices.is_plain() {
            price(prices.default_minor())
        } else {
            let ticket = |(name, price_minor): &(String, i64)| {
                object(&[format!("\"name\": {}", text(name)), price(*price_minor)])
            };
            let tickets: Vec<_> = prices.types().iter().map(ticket).collect();
            format!("\"tickets\": [{}]", tickets.join(", "))
        };
        let mut fields = vec![format!("\"name\": {}", text(&category.name)), price];
        fields.extend(category.color.as_deref().map(|it| format!("\"color\": {}", text(it))));
        object(&fields)
    });
    category.collect()
}

fn price(price_minor: i64) -> String {
    format!("\"priceMinor\": {price_minor}")
}

fn shape(shape: &PlannedShape) -> String {
    let mut fields = vec![format!("\"kind\": \"{}\"", name_of(shape.kind))];
    fields.extend(shape.label.as_deref().map(|it| format!("\"label\": {}", text(it))));
    fields.extend(shape.floor.as_deref().map(|it| format!("\"floor\": {}", text(it))));
    fields.push(format!("\"points\": {}", points(shape.points.iter().copied())));
    object(&fields)
}

/// Rows, tables and areas that follow one another in a section.
struct Section<'p> {
    rows: Vec<&'p [PlannedSeat]>,
}

fn sections(plan: &SeatPlan) -> Vec<String> {
    let is_one_row = |a: &PlannedSeat, b: &PlannedSeat| {
        is_one_section(a, b) && a.row == b.row && a.traits.kind == b.traits.kind
    };
    let mut sections: Vec<Section<'_>> = Vec::new();
    for row in plan.seats().chunk_by(is_one_row) {
        let last = sections.last_mut().filter(|section| section.goes_on_with(row));
        match last {
            Some(section) => section.rows.push(row),
            None => sections.push(Section { rows: vec![row] }),
        }
    }
    sections.iter().map(|section| section.written(plan)).collect()
}

fn is_one_section(a: &PlannedSeat, b: &PlannedSeat) -> bool {
    a.section == b.section && a.traits.floor == b.traits.floor
}

impl Section<'_> {
    /// Rows come first in a section, then tables, then areas.
    fn goes_on_with(&self, row: &[PlannedSeat]) -> bool {
        let last = self.rows.last().and_then(|last| last.first());
        last.zip(row.first()).is_some_and(|(last, first)| {
            is_one_section(last, first) && last.traits.kind.code() <= first.traits.kind.code()
        })
    }

    fn written(&self, plan: &SeatPlan) -> String {
        let all = || self.rows.iter().copied().flatten();
        let category = one_category(all());
        let mut fields = Vec::new();
        if let Some(first) = all().next() {
            fields.push(format!("\"name\": {}", text(&first.section)));
            fields
                .extend(first.traits.floor.as_deref().map(|it| format!("\"floor\": {}", text(it))));
        }
        fields.extend(category.map(|it| category_field(plan, it)));
        let mut lists = Vec::new();
        for (kind, list_name) in [
            (PlaceKind::Seat, "rows"),
            (PlaceKind::Chair, "tables"),
            (PlaceKind::Standing, "standingAreas"),
        ] {
            let is_of_kind = |row: &&&[PlannedSeat]| row.iter().all(|it| it.traits.kind == kind);
            let rows = self.rows.iter().filter(is_of_kind);
            let rows: Vec<_> = rows.map(|row| row_of(plan, row, kind, category)).collect();
            if !rows.is_empty() {
                lists.push(format!("\"{list_name}\": {}", list(rows, 8)));
            }
        }
        format!("{{{},\n      {}}}", fields.join(", "), lists.join(",\n      "))
    }
}

fn row_of(
    plan: &SeatPlan,
    row: &[PlannedSeat],
    kind: PlaceKind,
    of_section: Option<usize>,
) -> String {
    let category = one_category(row.iter());
    let mut fields = Vec::new();
    fields.extend(row.first().map(|first| format!("\"name\": {}", text(&first.row))));
    let own = category.filter(|category| Some(*category) != of_section);
    fields.extend(own.map(|it| category_field(plan, it)));
    if kind == PlaceKind::Standing && category.is_some() && are_alike(row) {
        fields.push(format!("\"capacity\": {}", row.len()));
        let at: Vec<_> = row.iter().filter_map(place_of).collect();
        if !at.is_empty() {
            fields.push(format!("\"positions\": {}", points(at.into_iter())));
        }
        return object(&fields);
    }
    let list_name = match kind {
        PlaceKind::Seat => "seats",
        PlaceKind::Chair => "chairs",
        PlaceKind::Standing => "places",
    };
    let places: Vec<_> = row.iter().map(|it| place(plan, it, category.is_none())).collect();
    fields.push(format!("\"{list_name}\": [{}]", places.join(", ")));
    object(&fields)
}

/// Whether places are said by how many they are: numbered from 1, and nothing is said of one alone.
fn are_alike(row: &[PlannedSeat]) -> bool {
    let is_placed = row.first().and_then(place_of).is_some();
    row.iter().enumerate().all(|(index, seat)| {
        let traits = &seat.traits;
        seat.number == (index + 1).to_string()
            && place_of(seat).is_some() == is_placed
            && !(seat.accessible || traits.is_companion || traits.has_gap_before)
            && traits.rank.is_none()
    })
}

fn place(plan: &SeatPlan, seat: &PlannedSeat, has_category: bool) -> String {
    let traits = &seat.traits;
    let number = text(&seat.number);
    let mut fields = vec![format!("\"number\": {number}")];
    fields.extend(place_of(seat).map(|at| format!("\"at\": {}", point(at))));
    fields.extend(has_category.then(|| category_field(plan, seat.category)));
    for (is_said, name) in [
        (seat.accessible, "accessible"),
        (traits.is_companion, "companion"),
        (traits.has_gap_before, "gapBefore"),
    ] {
        fields.extend(is_said.then(|| format!("\"{name}\": true")));
    }
    fields.extend(traits.rank.map(|rank| format!("\"rank\": {rank}")));
    if fields.len() == 1 { number } else { object(&fields) }
}

fn place_of(seat: &PlannedSeat) -> Option<Point> {
    seat.x.zip(seat.y).map(|(x, y)| Point { x, y })
}

/// The category that all have, if it is one.
fn one_category<'p>(mut seats: impl Iterator<Item = &'p PlannedSeat>) -> Option<usize> {
    let first = seats.next()?.category;
    seats.all(|seat| seat.category == first).then_some(first)
}

fn category_field(plan: &SeatPlan, category: usize) -> String {
    let name = plan.categories().get(category).map_or("", |category| category.name.as_str());
    format!("\"category\": {}", text(name))
}

fn points(points: impl Iterator<Item = Point>) -> String {
    format!("[{}]", points.map(point).collect::<Vec<_>>().join(", "))
}

/// The shortest digits that are read as the same number. Adding 0 turns -0 into 0.
fn point(at: Point) -> String {
    format!("[{}, {}]", at.x + 0.0, at.y + 0.0)
}

fn instant(at: DateTime<Utc>) -> String {
    text(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// In quotation marks, escaped.
fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn object(fields: &[String]) -> String {
    format!("{{{}}}", fields.join(", "))
}

/// A line for each item, so many spaces deep.
fn list(items: Vec<String>, depth: usize) -> String {
    let (within, end) = (" ".repeat(depth), " ".repeat(depth - 2));
    format!("[\n{within}{}\n{end}]", items.join(&format!(",\n{within}")))
}
