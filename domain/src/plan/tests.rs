//! Plans that are right, and each way to be wrong.

use std::borrow::Cow;

use super::excerpt::EXCERPT_CHARS;
use super::*;
use proptest::prelude::*;

fn category(name: &str) -> PlannedCategory {
    let color = Some("#0072b2".to_owned());
    PlannedCategory { name: name.to_owned(), prices: NewPrices::plain(4_900).unwrap(), color }
}

fn seat(number: &str) -> PlannedSeat {
    PlannedSeat {
        section: "101".to_owned(),
        row: "A".to_owned(),
        number: number.to_owned(),
        category: 0,
        accessible: false,
        x: Some(1.5),
        y: Some(-2.0),
        traits: PlaceTraits::default(),
    }
}

fn plan_of_category(category: PlannedCategory) -> Result<SeatPlan, PlanError> {
    SeatPlan::new("EUR", vec![category], vec![seat("1")])
}

fn plan_of_seats(seats: Vec<PlannedSeat>) -> Result<SeatPlan, PlanError> {
    SeatPlan::new("EUR", vec![category("Gold")], seats)
}

#[test]
fn labels_are_trimmed() {
    let untrimmed = SeatPlan::new("EUR", vec![category(" Gold ")], vec![seat("\t1\n")]);
    assert_eq!(untrimmed, plan_of_seats(vec![seat("1")]));
}

#[test]
fn a_plan_has_a_seat_and_no_more_than_the_limit() {
    assert_eq!(plan_of_seats(vec![]), Err(PlanError::NoSeats));
    let seats = |count: usize| (0..count).map(|n| seat(&n.to_string())).collect();
    assert!(plan_of_seats(seats(MAX_SEATS)).is_ok());
    assert_eq!(plan_of_seats(seats(MAX_SEATS + 1)), Err(PlanError::TooManySeats(MAX_SEATS + 1)));
}

#[test]
fn a_plan_has_no_more_categories_than_the_limit() {
    let categories = |count: usize| (0..count).map(|n| category(&n.to_string())).collect();
    let plan = |count| SeatPlan::new("EUR", categories(count), vec![seat("1")]);
    assert!(plan(MAX_CATEGORIES).is_ok());
    assert!(plan(MAX_CATEGORIES + 1).is_err());
}

#[test]
fn a_label_has_1_to_64_characters_and_no_controls_of_any_kind() {
    assert!(LABEL_RULE.contains(&MAX_LABEL_CHARS.to_string()));
    assert_eq!(label(&"é".repeat(64)).as_deref(), Some("é".repeat(64).as_str()));
    assert_eq!(label(&"e\u{301}".repeat(64)).as_deref(), Some("é".repeat(64).as_str()));
    for bad in ["", "  ", "a\0b", "a\nb", "a\u{85}b", "\u{202e}1 woR", "\u{200f}7", &"é".repeat(65)]
    {
        assert_eq!(label(bad), None, "{bad:?}");
        assert!(plan_of_category(category(bad)).is_err());
        let error = plan_of_seats(vec![seat("1"), seat(bad)]).unwrap_err();
        let is_named = matches!(error, PlanError::SeatLabel { index: 1, field: "number", .. });
        assert!(is_named, "{error}");
    }
}

#[test]
fn a_location_is_planned_once_even_if_written_with_space_around_it() {
    let error = plan_of_seats(vec![seat("1"), seat("2"), seat(" 1 ")]).unwrap_err();
    assert_eq!(error, PlanError::DuplicateSeat { index: 2, first: 0 });
    assert!(error.to_string().starts_with("seat 3 is seat 1 again"));
}

/// Each was one chair, sold twice.
#[test]
fn a_location_is_planned_once_in_whatever_encoding() {
    for (one, other) in
        [("É", "E\u{301}"), ("A 1", "A\u{a0}1"), ("A 1", "A  1"), ("1", "1\u{200b}"), ("1", "１")]
    {
        let error = plan_of_seats(vec![seat(one), seat("2"), seat(other)]).unwrap_err();
        assert_eq!(error, PlanError::DuplicateSeat { index: 2, first: 0 }, "{one} {other}");
    }
    let kept = plan_of_seats(vec![seat("E\u{301}")]).unwrap();
    assert_eq!(kept.seats()[0].number, "É");
}

#[test]
fn sections_and_rows_that_look_alike_are_refused_and_rows_of_another_case_are_not() {
    let in_row = |section: &str, row: &str, number| PlannedSeat {
        section: section.to_owned(),
        row: row.to_owned(),
        ..seat(number)
    };
    let refusal = |section, row| {
        let seats = vec![in_row("Stalls", "A", "1"), in_row(section, row, "2")];
        plan_of_seats(seats).unwrap_err().to_string()
    };
    assert_eq!(
        refusal("STALLS", "A"),
        "seat 2: the section \"STALLS\" looks like \"Stalls\" of seat 1; write both the same, or \
            give one of them another name"
    );
    assert!(
        refusal("Stalls", "Ａ").starts_with("seat 2: the row \"Ａ\" looks like \"A\" of seat 1")
    );
    assert!(plan_of_seats(vec![in_row("1", "A", "1"), in_row("1", "a", "1")]).is_ok());
}

#[test]
fn category_names_are_unique() {
    let categories = vec![category("Gold"), category("Gold ")];
    let error = SeatPlan::new("EUR", categories, vec![seat("1")]).unwrap_err();
    assert!(matches!(error, PlanError::DuplicateCategory { index: 1, .. }));
    let categories = vec![category("Gold"), category("gold")];
    let error = SeatPlan::new("EUR", categories, vec![seat("1")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "category 2: the name \"gold\" looks like \"Gold\" of category 1; give one of them \
            another name"
    );
}

#[test]
fn a_currency_is_one_of_iso_4217_that_has_a_minor_unit() {
    for bad in ["", "eur", "EU", "EURO", "E R", "€", "QQQ", "XAU"] {
        let error = SeatPlan::new(bad, vec![category("Gold")], vec![seat("1")]).unwrap_err();
        assert_eq!(error, PlanError::Currency(Excerpt::of(bad)));
    }
}

#[test]
fn a_color_is_a_hash_and_six_hexadecimal_digits() {
    assert!(PALETTE.into_iter().all(is_color));
    for bad in ["", "0072b2", "#0072b", "#0072b2f", "#0072bg", "#é072b", "red"] {
        let colored = PlannedCategory { color: Some(bad.to_owned()), ..category("Gold") };
        assert!(plan_of_category(colored).is_err(), "{bad:?}");
    }
}

#[test]
fn a_position_is_two_numbers_in_range_or_nothing() {
    let plan = |x, y| plan_of_seats(vec![PlannedSeat { x, y, ..seat("1") }]);
    assert!(plan(None, None).is_ok());
    assert!(plan(Some(MAX_COORDINATE), Some(-MAX_COORDINATE)).is_ok());
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e7] {
        assert!(plan(Some(bad), Some(0.0)).is_err(), "{bad}");
        assert!(plan(Some(0.0), Some(bad)).is_err(), "{bad}");
    }
    assert!(plan(Some(0.0), None).is_err());
    assert!(plan(None, Some(0.0)).is_err());
}

#[test]
fn a_seat_has_a_category_of_the_plan() {
    let lost = PlannedSeat { category: 1, ..seat("1") };
    let message = plan_of_seats(vec![lost]).unwrap_err().to_string();
    assert_eq!(message, "seat 1: there is no category 2; the plan has 1");
}

#[test]
fn a_rank_is_0_or_more_and_a_floor_is_written_in_one_way() {
    let traits = |rank, floor: &str| PlaceTraits {
        rank: Some(rank),
        floor: Some(floor.to_owned()),
        ..PlaceTraits::default()
    };
    let plan = |first, second| {
        let seat = |number, traits| PlannedSeat { traits, ..seat(number) };
        plan_of_seats(vec![seat("1", first), seat("2", second)])
    };
    let kept = plan(traits(0, " Circle"), traits(7, "Circle")).unwrap();
    assert_eq!(kept.seats()[0].traits.floor.as_deref(), Some("Circle"));
    let refusal = |second| plan(traits(0, "Circle"), second).unwrap_err().to_string();
    assert_eq!(
        refusal(traits(-1, "Circle")),
        "seat 2: the rank is -1; it must be 0, which is the best, or more"
    );
    assert!(refusal(traits(0, " ")).starts_with("seat 2: the floor is \" \"; it must have 1 to"));
    assert!(refusal(traits(0, "circle")).starts_with("seat 2: the floor \"circle\" looks like"));
    let floor = |index: usize| PlannedSeat {
        traits: traits(0, &index.to_string()),
        ..seat(&index.to_string())
    };
    assert!(plan_of_seats((0..MAX_FLOORS).map(floor).collect()).is_ok());
    let message = plan_of_seats((0..=MAX_FLOORS).map(floor).collect()).unwrap_err().to_string();
    assert!(message.starts_with("seat 51: the floor \"50\" is one too many"), "{message}");
}

#[test]
fn a_shape_has_corners_and_a_label_has_a_point_and_a_text() {
    let shape = |kind, label: Option<&str>, points: usize| PlannedShape {
        kind,
        label: label.map(str::to_owned),
        floor: None,
        points: (0..points).map(|n| Point { x: n as f64, y: 0.0 }).collect(),
    };
    let drawn = |shapes| {
        let plan = plan_of_seats(vec![seat("1")]).unwrap();
        plan.with_drawing(Drawing { shapes, ..Drawing::default() })
    };
    for (kind, label, points, is_good) in [
        (ShapeKind::Stage, None, 3, true),
        (ShapeKind::Stage, Some("Stage"), MAX_SHAPE_POINTS, true),
        (ShapeKind::Outline, None, 2, false),
        (ShapeKind::Outline, None, MAX_SHAPE_POINTS + 1, false),
        (ShapeKind::Outline, Some(" "), 4, false),
        (ShapeKind::Label, Some(" Bar "), 1, true),
        (ShapeKind::Label, None, 1, false),
        (ShapeKind::Label, Some("Bar"), 2, false),
    ] {
        let drawn = drawn(vec![shape(kind, label, points)]);
        assert_eq!(drawn.is_ok(), is_good, "{kind:?} {label:?} {points}");
    }
    let far = PlannedShape {
        points: vec![Point { x: 0.0, y: 1e7 }; 3],
        ..shape(ShapeKind::Stage, None, 0)
    };
    let message = drawn(vec![far]).unwrap_err().to_string();
    assert!(message.starts_with("shape 1: it must have 3 to 100 points"), "{message}");
    assert!(message.ends_with("within ±1000000"), "{message}");
    let many = |count| vec![shape(ShapeKind::Outline, None, 3); count];
    assert!(drawn(many(MAX_SHAPES)).is_ok());
    assert_eq!(drawn(many(MAX_SHAPES + 1)), Err(PlanError::TooManyShapes(MAX_SHAPES + 1)));
    let focal_point = Some(Point { x: f64::NAN, y: 0.0 });
    let unseen = Drawing { focal_point, ..Drawing::default() };
    let plan = plan_of_seats(vec![seat("1")]).unwrap();
    assert_eq!(plan.with_drawing(unseen), Err(PlanError::FocalPoint));
}

#[test]
fn an_error_repeats_no_more_than_the_beginning_and_no_control_characters() {
    assert_eq!(Excerpt::of("a\u{1b}[31m\"").to_string(), r#""a\u{1b}[31m\"""#);
    assert_eq!(Excerpt::of("\u{202e}a\u{200f}").to_string(), r#""\u{202e}a\u{200f}""#);
    let long = Excerpt::of(&"x".repeat(1_000_000)).to_string();
    assert_eq!(long, format!("\"{}…\"", "x".repeat(EXCERPT_CHARS)));
}

proptest! {
    #[test]
    fn a_label_that_is_accepted_is_accepted_again_unchanged(text in "\\s?.{0,70}\\s?") {
        if let Some(accepted) = label(&text) {
            prop_assert_eq!(label(&accepted), Some(Cow::Borrowed(accepted.as_ref())));
            prop_assert!((1..=MAX_LABEL_CHARS).contains(&accepted.chars().count()));
        }
    }
}
