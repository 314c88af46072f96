//! Sections, and the places in them: rows of seats, tables with chairs, areas to stand in.

use std::collections::HashMap;

use super::at::At;
use super::fault::{Fault, JsonProblems, Place};
use super::node::Node;
use super::reader::Object;
use crate::domain::plan::{
    Excerpt, FloorClash, MAX_SEATS, NameClash, NamedFloors, NamedPlaces, PlaceKind, PlaceTraits,
    PlannedSeat, Point,
};

/// The places of a document, as they are read.
#[derive(Default)]
pub(super) struct Places {
    /// Categories by their names.
    pub(super) categories: HashMap<String, usize>,
    pub(super) seats: Vec<PlannedSeat>,
    pub(super) floors: NamedFloors,
    /// With the address of each.
    named: NamedPlaces<usize>,
    is_full: bool,
}

/// What holds for all places of a row, unless they say otherwise.
#[derive(Clone, Copy)]
struct InRow<'r> {
    section: &'r str,
    floor: Option<&'r str>,
    row: &'r str,
    kind: PlaceKind,
    category: Option<usize>,
}

/// A kind of rows: the field of a section that lists them, and the one of a row that lists places.
struct Rows {
    list: &'static str,
    places: &'static str,
    kind: PlaceKind,
    fields: &'static [&'static str],
}

const SECTION: [&str; 6] = ["name", "floor", "category", "rows", "tables", "standingAreas"];
const ROWS: [Rows; 3] = [
    Rows {
        list: "rows",
        places: "seats",
        kind: PlaceKind::Seat,
        fields: &["name", "category", "seats"],
    },
    Rows {
        list: "tables",
        places: "chairs",
        kind: PlaceKind::Chair,
        fields: &["name", "category", "chairs"],
    },
    Rows {
        list: "standingAreas",
        places: "places",
        kind: PlaceKind::Standing,
        fields: &["name", "category", "places", "capacity", "positions"],
    },
];
const PLACE: [&str; 7] =
    ["number", "at", "category", "accessible", "companion", "gapBefore", "rank"];

impl Places {
    pub(super) fn read_section(
        &mut self,
        problems: &mut JsonProblems,
        at: &At<'_>,
        node: Node<'_>,
    ) {
        let Some(section) = problems.object(at, node, &SECTION) else { return };
        let name = problems.label(at, &section, "name");
        let floor = problems.some_label(at, &section, "floor");
        if let (Some(floor), Some(node)) = (&floor, section.get("floor")) {
            self.name_floor(problems, &at.field("floor"), node, floor);
        }
        let category = self.category(problems, at, &section);
        let Some((name, _)) = name else { return };
        for rows in &ROWS {
            let list = at.field(rows.list);
            for (index, node) in problems.items(at, &section, rows.list).into_iter().enumerate() {
                let row = InRow {
                    section: &name,
                    floor: floor.as_deref(),
                    row: "",
                    kind: rows.kind,
                    category,
                };
                self.read_row(problems, &list.item(index), node, (rows, row));
            }
        }
    }

    fn read_row(
        &mut self,
        problems: &mut JsonProblems,
        at: &At<'_>,
        node: Node<'_>,
        (rows, outer): (&Rows, InRow<'_>),
    ) {
        let Some(object) = problems.object(at, node, rows.fields) else { return };
        let name = problems.label(at, &object, "name");
        let category = self.category(problems, at, &object).or(outer.category);
        let Some((name, _)) = name else { return };
        let row = InRow { row: &name, category, ..outer };
        if object.has("capacity") || object.has("positions") {
            return self.read_capacity(problems, at, &object, row);
        }
        let Some(list) = problems.required(at, &object, rows.places) else { return };
        let list_at = at.field(rows.places);
        let Some(places) = problems.some(&list_at, list, list.list(), Fault::Expected("a list"))
        else {
            return;
        };
        for (index, node) in places.into_iter().enumerate() {
            self.read_place(problems, &list_at.item(index), node, row);
        }
    }

    /// So many places that are all the same, numbered from 1.
    fn read_capacity(
        &mut self,
        problems: &mut JsonProblems,
        at: &At<'_>,
        area: &Object<'_>,
        row: InRow<'_>,
    ) {
        if area.has("places") {
            return problems.push(area.node, at, Fault::OneOf("places", "capacity"));
        }
        let Some(node) = problems.required(at, area, "capacity") else { return };
        let count = node.whole().and_then(|number| usize::try_from(number).ok());
        let count = count.filter(|count| (1..=MAX_SEATS).contains(count));
        let expected = Fault::Expected("a whole number, 1 to 200000");
        let Some(count) = problems.some(&at.field("capacity"), node, count, expected) else {
            return;
        };
        let positions = self.positions(problems, at, area, count);
        let Some(category) = row.category else {
            return problems.push(area.node, at, Fault::Uncategorized);
        };
        for index in 0..count {
            let number = (index + 1).to_string();
            let at_point = positions.as_ref().and_then(|points| points.get(index)).copied();
            let seat = row.place(number, category, at_point, PlaceTraits::default());
            if !self.add(problems, at, area.node, seat) {
                return;
            }
        }
    }

    fn positions(
        &self,
        problems: &mut JsonProblems,
        at: &At<'_>,
        area: &Object<'_>,
        expected: usize,
    ) -> Option<Vec<Point>> {
        let node = area.get("positions")?;
        let at = at.field("positions");
        let items = problems.some(&at, node, node.list(), Fault::Expected("a list of points"))?;
        if items.len() != expected {
            problems.push(node, &at, Fault::Positions { found: items.len(), expected });
        }
        let mut points = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            points.extend(problems.some(&at.item(index), item, item.point(), Fault::Point));
        }
        Some(points)
    }

    /// A place: an object, or nothing but its number.
    fn read_place(
        &mut self,
        problems: &mut JsonProblems,
        at: &At<'_>,
        node: Node<'_>,
        row: InRow<'_>,
    ) {
        if node.is_text() {
            let Some(number) = problems.label_of(at, node) else { return };
            return self.add_to_row(
                problems,
                at,
                node,
                |category| row.place(number, category, None, PlaceTraits::default()),
                row.category,
            );
        }
        let Some(place) = problems.object(at, node, &PLACE) else { return };
        let number = problems.label(at, &place, "number");
        let point = problems.some_point(at, &place, "at");
        let category = self.category(problems, at, &place).or(row.category);
        let accessible = problems.flag(at, &place, "accessible");
        let traits = PlaceTraits {
            is_companion: problems.flag(at, &place, "companion"),
            has_gap_before: problems.flag(at, &place, "gapBefore"),
            rank: rank(problems, at, &place),
            ..PlaceTraits::default()
        };
        let Some((number, _)) = number else { return };
        let make =
            |category| PlannedSeat { accessible, ..row.place(number, category, point, traits) };
        self.add_to_row(problems, at, node, make, category);
    }

    fn add_to_row(
        &mut self,
        problems: &mut JsonProblems,
        at: &At<'_>,
        node: Node<'_>,
        make: impl FnOnce(usize) -> PlannedSeat,
        category: Option<usize>,
    ) {
        match category {
            Some(category) => {
                self.add(problems, at, node, make(category));
            }
            None => problems.push(node, at, Fault::Uncategorized),
        }
    }

    /// Whether there is room for more.
    fn add(
        &mut self,
        problems: &mut JsonProblems,
        at: &At<'_>,
        node: Node<'_>,
        seat: PlannedSeat,
    ) -> bool {
        if self.seats.len() == MAX_SEATS {
            if !std::mem::replace(&mut self.is_full, true) {
                problems.push(node, at, Fault::TooManyPlaces);
            }
            return false;
        }
        let named = self.named.name(&seat.section, &seat.row, &seat.number, node.address());
        if let Err(clash) = named {
            let fault = match clash {
                NameClash::Seat { first } => Fault::SamePlace { first: Place(first) },
                NameClash::Section { like, first } | NameClash::Row { like, first } => {
                    Fault::Alike { like: Excerpt::of(&like), first: Place(first) }
                }
            };
            problems.push(node, at, fault);
        }
        self.seats.push(seat);
        true
    }

    /// The index of the category that is named here, if one is.
    fn category(
        &self,
        problems: &mut JsonProblems,
        at: &At<'_>,
        object: &Object<'_>,
    ) -> Option<usize> {
        let at = at.field("category");
        let node = object.get("category")?;
        let name = problems.label_of(&at, node)?;
        let found = self.categories.get(&name).copied();
        // Whoever names one that is not there means some category.
        Some(problems.some(&at, node, found, Fault::NoCategory(Excerpt::of(&name))).unwrap_or(0))
    }

    pub(super) fn name_floor(
        &mut self,
        problems: &mut JsonProblems,
        at: &At<'_>,
        node: Node<'_>,
        floor: &str,
    ) {
        if let Err(clash) = self.floors.name(floor) {
            let fault = match clash {
                FloorClash::Alike(like) => Fault::FloorsAlike(Excerpt::of(&like)),
                FloorClash::TooMany => Fault::TooManyFloors,
            };
            problems.push(node, at, fault);
        }
    }
}

impl InRow<'_> {
    fn place(
        self,
        number: String,
        category: usize,
        at: Option<Point>,
        traits: PlaceTraits,
    ) -> PlannedSeat {
        PlannedSeat {
            section: self.section.to_owned(),
            row: self.row.to_owned(),
            number,
            category,
            accessible: false,
            x: at.map(|point| point.x),
            y: at.map(|point| point.y),
            traits: PlaceTraits { kind: self.kind, floor: self.floor.map(str::to_owned), ..traits },
        }
    }
}

fn rank(problems: &mut JsonProblems, at: &At<'_>, place: &Object<'_>) -> Option<i32> {
    let node = place.get("rank")?;
    let rank = node.whole().and_then(|number| i32::try_from(number).ok());
    let rank = rank.filter(|rank| *rank >= 0);
    let expected = Fault::Expected("a whole number, 0 (the best) to 2147483647");
    problems.some(&at.field("rank"), node, rank, expected)
}
