//! Any plan.

use std::borrow::Cow;
use std::collections::BTreeSet;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;

use crate::domain::plan::{
    self, Drawing, MAX_PRICE_MINOR, NamedPlaces, NewPrices, PALETTE, PlaceKind, PlaceTraits,
    PlannedCategory, PlannedSeat, PlannedShape, Point, SeatPlan, ShapeKind,
};

fn text() -> impl Strategy<Value = String> {
    let printable = "[a-c \",;'é席-]{1,8}|\\PC{1,64}";
    printable.prop_filter_map("a label", |text| plan::label(&text).map(Cow::into_owned))
}

fn some_position() -> impl Strategy<Value = Option<(f64, f64)>> {
    prop::option::of((-1e6..=1e6, -1e6..=1e6))
}

/// Without those that look like another one.
fn unlike(names: BTreeSet<String>) -> Vec<String> {
    let mut keys = BTreeSet::new();
    names.into_iter().filter(|name| keys.insert(plan::name_key(name))).collect()
}

/// Without those that look like another one.
fn unlike_places(places: BTreeSet<[String; 3]>) -> Vec<[String; 3]> {
    let mut named = NamedPlaces::default();
    let mut is_new = |[section, row, number]: &[String; 3]| named.name(section, row, number, ());
    places.into_iter().filter(|place| is_new(place).is_ok()).collect()
}

prop_compose! {
    fn some_traits()(
        kind in select(vec![PlaceKind::Seat, PlaceKind::Chair, PlaceKind::Standing]),
        is_companion: bool,
        has_gap_before: bool,
        rank in prop::option::of(0..=i32::MAX),
        floor in prop::option::of(select(vec!["Parterre", "1. Rang", "קומה"])),
    ) -> PlaceTraits {
        let floor = floor.map(str::to_owned);
        PlaceTraits { kind, is_companion, has_gap_before, rank, floor }
    }
}

fn any_traits() -> impl Strategy<Value = PlaceTraits> {
    prop_oneof![Just(PlaceTraits::default()), some_traits()]
}

prop_compose! {
    /// A plan as the import would name and colour its categories.
    pub(super) fn any_plan()(
        names in btree_set(text(), 1..12).prop_map(unlike),
        prices in vec(0..=MAX_PRICE_MINOR, 12),
        locations in btree_set([text(), text(), text()], 1..40).prop_map(unlike_places),
        details in vec((0..12_usize, any::<bool>(), some_position(), any_traits()), 40),
        currency in select(vec!["EUR", "JPY", "KWD", "IDR"]),
    ) -> SeatPlan {
        let mut used = Vec::new();
        let seats = locations.into_iter().zip(details).map(|(location, detail)| {
            let [section, row, number] = location;
            let (category, accessible, position, traits) = detail;
            let category = category % names.len();
            let index = used.iter().position(|known| *known == category).unwrap_or_else(|| {
                used.push(category);
                used.len() - 1
            });
            let (x, y) = position.unzip();
            PlannedSeat { section, row, number, category: index, accessible, x, y, traits }
        }).collect();
        let categories = used.iter().enumerate().map(|(index, category)| PlannedCategory {
            name: names[*category].clone(),
            prices: NewPrices::plain(prices[*category]).unwrap(),
            color: Some(PALETTE[index % PALETTE.len()].to_owned()),
        }).collect();
        SeatPlan::new(currency, categories, seats).unwrap()
    }
}

/// Types of ticket for some categories.
fn some_tickets() -> impl Strategy<Value = Vec<NewPrices>> {
    let names = btree_set(text(), 1..5).prop_map(unlike);
    let tickets = (names, vec(0..=MAX_PRICE_MINOR, 5)).prop_map(|(names, prices)| {
        NewPrices::new(names.into_iter().zip(prices).collect()).unwrap()
    });
    vec(tickets, 0..3)
}

fn any_point() -> impl Strategy<Value = Point> {
    (-1e6..=1e6, -1e6..=1e6).prop_map(|(x, y)| Point { x, y })
}

prop_compose! {
    fn any_shape()(
        kind in select(vec![ShapeKind::Stage, ShapeKind::Outline, ShapeKind::Label]),
        label in text(),
        is_labelled: bool,
        floor in prop::option::of(select(vec!["Parterre", "Dach"])),
        points in vec(any_point(), 3..9),
    ) -> PlannedShape {
        let is_label = kind == ShapeKind::Label;
        let points = if is_label { points[..1].to_vec() } else { points };
        let label = (is_label || is_labelled).then_some(label);
        PlannedShape { kind, label, floor: floor.map(str::to_owned), points }
    }
}

prop_compose! {
    /// A plan with a drawing, whose categories have colours or not, and whose places come in runs
    /// or all mixed up.
    pub(super) fn any_venue()(
        plan in any_plan(),
        focal_point in prop::option::of(any_point()),
        shapes in vec(any_shape(), 0..5),
        has_colors: bool,
        standing in 0..30_usize,
        tickets in some_tickets(),
        are_placed: bool,
    ) -> SeatPlan {
        let mut categories = plan.categories().to_vec();
        if !has_colors {
            categories.iter_mut().for_each(|category| category.color = None);
        }
        let with_tickets = categories.iter_mut().zip(tickets);
        with_tickets.for_each(|(category, tickets)| category.prices = tickets);
        let mut seats = plan.seats().to_vec();
        // An area whose places are all alike, but for where they are.
        let place = |index: usize| PlannedSeat {
            section: "Innenraum".to_owned(),
            row: "Mitte".to_owned(),
            number: (index + 1).to_string(),
            category: 0,
            accessible: false,
            x: are_placed.then_some(index as f64),
            y: are_placed.then_some(-0.25),
            traits: PlaceTraits { kind: PlaceKind::Standing, ..PlaceTraits::default() },
        };
        seats.extend((0..standing).map(place));
        let plan = SeatPlan::new(plan.currency(), categories, seats).unwrap();
        plan.with_drawing(Drawing { focal_point, shapes }).unwrap()
    }
}
