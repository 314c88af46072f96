//! Files that are right, wrong, and hostile.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::columns::COLUMNS;
use super::header::price;
use super::*;
use crate::domain::plan::{
    self, MAX_CATEGORIES, MAX_PRICE_MINOR, NamedPlaces, PALETTE, PlaceTraits, PlannedCategory,
    PlannedSeat,
};

const FULL: &str = "section,row,number,category,price_minor,currency,accessible,x,y\n";

fn refusal(file: impl AsRef<[u8]>) -> String {
    parse(file.as_ref()).unwrap_err().to_string()
}

#[test]
fn a_file_becomes_a_plan() {
    let file = FULL.to_owned()
        + "101, A ,1,Gold,4900,EUR,Yes,1.5,-2\n\"Block \"\"B\"\", \
            left\",1,2a,Silver,0,EUR,,,\n";
    let plan = parse(file.as_bytes()).unwrap();
    assert_eq!(plan.currency(), "EUR");
    let category = |name: &str, price_minor, color: &str| PlannedCategory {
        name: name.to_owned(),
        price_minor,
        color: Some(color.to_owned()),
    };
    assert_eq!(
        plan.categories(),
        [category("Gold", 4900, PALETTE[0]), category("Silver", 0, PALETTE[1])]
    );
    let [first, second] = plan.seats() else { panic!("two seats") };
    assert_eq!((first.row.as_str(), first.x, first.y), ("A", Some(1.5), Some(-2.0)));
    assert!(first.accessible && !second.accessible);
    assert_eq!(
        (second.section.as_str(), second.category, second.x),
        ("Block \"B\", left", 1, None)
    );
}

#[test]
fn columns_are_found_by_name_and_the_last_three_may_be_missing() {
    let file = "Currency,price_minor, category ,number,row,section\nEUR,5,Gold,1,A,101\n";
    let plan = parse(file.as_bytes()).unwrap();
    assert_eq!(plan.seats()[0].section, "101");
    assert_eq!(plan.seats()[0].x, None);
}

#[test]
fn a_byte_order_mark_is_tolerated() {
    let file = format!("\u{feff}{FULL}101,A,1,Gold,1,EUR,,,\n");
    assert!(parse(file.as_bytes()).is_ok());
}

#[test]
fn missing_unknown_and_duplicate_columns_are_named_together() {
    let message = refusal("section,row,row,Row,number,category,currency,colour,seat\n");
    assert!(
        message.starts_with(
            "the header has no column price_minor; more than one column row; \
             the unknown column \"colour\", \"seat\"; it must be section,row,"
        ),
        "{message}"
    );
    assert!(refusal("section;row;number\n").contains("separated by commas"));
}

#[test]
fn an_empty_file_and_a_bare_header_say_so() {
    for empty in ["", "\u{feff}", "\r\n\n"] {
        assert!(refusal(empty).starts_with("the file is empty"));
    }
    assert!(refusal(FULL).starts_with("the file has a header but no seats"));
}

#[test]
fn a_bad_price_names_its_line_and_says_what_is_allowed() {
    let message = refusal(FULL.to_owned() + "101,A,1,Gold,12.50,EUR,,,\n");
    assert_eq!(
        message,
        "line 2: price_minor is \"12.50\"; it must be a whole number of minor units (cents), \
            0 to 1000000000000"
    );
    for bad in ["", "-1", "+1", "1e3", "1000000000001", "9223372036854775808", "٣", "1 000"] {
        assert!(price(bad).is_err(), "{bad}");
    }
    assert_eq!(price("1000000000000"), Ok(MAX_PRICE_MINOR));
}

#[test]
fn a_ticket_of_millions_is_a_ticket() {
    for (file, currency, price_minor) in [
        (
            "section,row,number,category,price_minor,currency
Tribune,A,1,VIP,150000000,IDR
Tribune,A,2,VIP,150000000,IDR
",
            "IDR",
            150_000_000,
        ),
        (
            "section,row,number,category,price_minor,currency
S1,1,1,Std,990000,HUF
",
            "HUF",
            990_000,
        ),
    ] {
        let plan = parse(file.as_bytes()).unwrap();
        assert_eq!((plan.currency(), plan.categories()[0].price_minor), (currency, price_minor));
    }
}

#[test]
fn every_field_says_what_it_must_be() {
    let base = ["101", "A", "1", "Gold", "1", "EUR", "no", "1", "2"];
    for (at, bad, expected) in [
        (0, "", "section is \"\"; it must have 1 to 64 characters"),
        (1, "\"A\nB\"", "row is \"A\\nB\"; it must have 1 to 64"),
        (2, " ", "number is \"\"; it must have"),
        (3, "\u{7f}", "category is \"\\u{7f}\"; it must have"),
        (0, "\u{202e}101", "section is \"\\u{202e}101\"; it must have 1 to 64"),
        (1, "A\u{200f}", "row is \"A\\u{200f}\"; it must have"),
        (2, "\u{2066}1\u{2069}", "number is \"\\u{2066}1\\u{2069}\"; it must have"),
        (3, "dloG\u{202e}", "category is \"dloG\\u{202e}\"; it must have 1 to 64"),
        (5, "eur", "currency is \"eur\"; it must be a currency of ISO 4217"),
        (5, "QQQ", "currency is \"QQQ\"; it must be a currency of ISO 4217"),
        (5, "XAU", "currency is \"XAU\"; it must be a currency of ISO 4217 with a minor unit"),
        (6, "maybe", "accessible is \"maybe\"; it must be true, false"),
        (7, "NaN", "x is \"NaN\"; it must be a number within ±1000000"),
        (8, "\"1,5\"", "y is \"1,5\"; it must be a number"),
        (8, "inf", "y is \"inf\"; it must be a number"),
        (8, "", "only one of x and y is given"),
    ] {
        let mut fields = base;
        fields[at] = bad;
        let message = refusal(FULL.to_owned() + &fields.join(","));
        assert!(message.starts_with(&format!("line 2: {expected}")), "{message}");
    }
    assert!(parse((FULL.to_owned() + &base.join(",")).as_bytes()).is_ok());
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    let lines = ["101,A,1,Gold,1,EUR", "\"102\nx\",A,1,Gold,1,EUR", "", "103,A,1,Gold,?,EUR"];
    let header = "section,row,number,category,price_minor,currency";
    for end in ["\n", "\r\n", "\r"] {
        let file = [header, &lines.join("\n")].join("\n").replace('\n', end);
        let Err(ImportError::BadLines(bad)) = parse(file.as_bytes()) else { panic!("bad lines") };
        let numbers: Vec<_> = bad.first.iter().map(|bad| bad.line).collect();
        assert_eq!(numbers, [3, 6], "{end:?}");
    }
}

#[test]
fn a_line_with_too_few_or_too_many_fields_is_named() {
    let message = refusal(FULL.to_owned() + "101,A\n101,A,1,Gold,1,EUR,,,,\n");
    assert!(message.starts_with(
        "2 lines are wrong:\nline 2: the number of fields is 2, but the header names 9"
    ));
    assert!(message.contains("\nline 3: the number of fields is 10, but"));
}

#[test]
fn text_that_is_not_utf8_is_named() {
    let file = [FULL.as_bytes(), b"101,A,1,Gold,1,EUR,,,\nT\xfcr 3,A,1,Gold,1,EUR,,,\n"].concat();
    assert!(refusal(file).starts_with("line 3: the text is not UTF-8"));
    assert!(refusal(b"\xff\xfes\0e\0").starts_with("line 1: the text is not UTF-8"));
}

#[test]
fn a_category_has_one_price() {
    let message = refusal(FULL.to_owned() + "1,A,1,Gold,1,EUR,,,\n\n1,A,2,Gold,2,EUR,,,\n");
    assert_eq!(
        message,
        "line 4: category \"Gold\" costs 2, but 1 on line 2; a category must have one price"
    );
}

#[test]
fn a_file_has_one_currency() {
    let message = refusal(FULL.to_owned() + "1,A,1,Gold,1,EUR,,,\n1,A,2,Silver,1,USD,,,\n");
    assert_eq!(
        message,
        "line 3: currency is USD, but line 2 has EUR; a file must keep to one currency"
    );
}

#[test]
fn a_seat_that_is_there_twice_names_both_lines() {
    let message = refusal(FULL.to_owned() + "1,A,1,Gold,1,EUR,,,\n1, A,1 ,Gold,1,EUR,,,\n");
    assert_eq!(
        message,
        "line 3: section \"1\", row \"A\", number \"1\" is on line 2 already; a seat must be \
            in the file once"
    );
}

#[test]
fn one_chair_in_two_encodings_names_both_lines() {
    let twins = "section,row,number,category,price_minor,currency
Parterre,É,1,Gold,5000,EUR
Parterre,E\u{301},1,Gold,5000,EUR
";
    assert_eq!(
        refusal(twins),
        "line 3: section \"Parterre\", row \"É\", number \"1\" is on line 2 already; a seat must \
            be in the file once"
    );
}

#[test]
fn names_that_look_alike_name_both_lines() {
    for (lines, expected) in [
        ("1,A,1,Gold,1,EUR,,,\n1,A,2,gold,1,EUR,,,\n", "category \"gold\" looks like \"Gold\""),
        ("B,A,1,Gold,1,EUR,,,\nb,A,2,Gold,1,EUR,,,\n", "section \"b\" looks like \"B\""),
        ("B,A,1,Gold,1,EUR,,,\nB,Ａ,2,Gold,1,EUR,,,\n", "row \"Ａ\" looks like \"A\""),
    ] {
        let end = " on line 2; write both the same, or give one of them another name";
        assert_eq!(refusal(FULL.to_owned() + lines), format!("line 3: {expected}{end}"));
    }
    let rows = "1,A,1,Gold,1,EUR,,,\n1,a,1,Gold,1,EUR,,,\n1, b\u{a0}1 ,1,Gold,1,EUR,,,\n";
    let plan = parse((FULL.to_owned() + rows).as_bytes()).unwrap();
    let rows: Vec<_> = plan.seats().iter().map(|seat| seat.row.as_str()).collect();
    assert_eq!(rows, ["A", "a", "b 1"]);
}

#[test]
fn no_more_categories_than_the_limit() {
    let lines = (0..=MAX_CATEGORIES).map(|n| format!("1,A,{n},Category {n},1,EUR,,,\n"));
    let message = refusal(FULL.to_owned() + &lines.collect::<String>());
    assert!(message.starts_with("line 102: category \"Category 100\" is one too many"));
}

#[test]
fn no_more_seats_than_the_limit() {
    let lines = |count: usize| -> String {
        (0..count).map(|n| format!("1,A,{n},Gold,1,EUR,,,\n")).collect()
    };
    let message = refusal(FULL.to_owned() + &lines(MAX_SEATS + 1));
    assert!(message.starts_with("line 200002: more than 200000 seats"));
}

#[test]
fn a_file_without_end_is_refused() {
    let error = parse(io::repeat(b'\n')).unwrap_err();
    assert!(matches!(error, ImportError::FileTooLong));
}

#[test]
fn the_first_twenty_bad_lines_are_listed_and_all_are_counted() {
    let message = refusal(FULL.to_owned() + &"?\n".repeat(37));
    assert!(
        message
            .starts_with("37 lines are wrong; the first 20:\nline 2: the number of fields is 1,")
    );
    assert_eq!(message.lines().count(), 21);
    assert!(message.lines().last().unwrap().starts_with("line 21: "));
}

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
    /// A plan as the import would name and colour its categories.
    fn any_plan()(
        names in btree_set(text(), 1..12).prop_map(unlike),
        prices in vec(0..=MAX_PRICE_MINOR, 12),
        locations in btree_set([text(), text(), text()], 1..40).prop_map(unlike_places),
        details in vec((0..12_usize, any::<bool>(), some_position()), 40),
        currency in select(vec!["EUR", "JPY", "KWD", "IDR"]),
    ) -> SeatPlan {
        let mut used = Vec::new();
        let seats = locations.into_iter().zip(details).map(|(location, detail)| {
            let [section, row, number] = location;
            let (category, accessible, position) = detail;
            let category = category % names.len();
            let index = used.iter().position(|known| *known == category).unwrap_or_else(|| {
                used.push(category);
                used.len() - 1
            });
            let (x, y) = position.unzip();
            let traits = PlaceTraits::default();
            PlannedSeat { section, row, number, category: index, accessible, x, y, traits }
        }).collect();
        let categories = used.iter().enumerate().map(|(index, category)| PlannedCategory {
            name: names[*category].clone(),
            price_minor: prices[*category],
            color: Some(PALETTE[index % PALETTE.len()].to_owned()),
        }).collect();
        SeatPlan::new(currency, categories, seats).unwrap()
    }
}

fn written(plan: &SeatPlan, end: csv::Terminator) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(end).from_writer(Vec::new());
    writer.write_record(COLUMNS).unwrap();
    for seat in plan.seats() {
        let category = &plan.categories()[seat.category];
        let coordinate = |number: Option<f64>| number.map_or(String::new(), |n| n.to_string());
        writer
            .write_record([
                &seat.section,
                &seat.row,
                &seat.number,
                &category.name,
                &category.price_minor.to_string(),
                plan.currency(),
                &seat.accessible.to_string(),
                &coordinate(seat.x),
                &coordinate(seat.y),
            ])
            .unwrap();
    }
    writer.into_inner().unwrap()
}

proptest! {
    #[test]
    fn any_plan_written_as_csv_parses_back_to_itself(plan in any_plan(), crlf: bool) {
        let end = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        prop_assert_eq!(parse(written(&plan, end).as_slice()).unwrap(), plan);
    }

    #[test]
    fn a_line_that_is_spoiled_is_the_line_that_is_named(plan in any_plan(), at in 0..40_usize) {
        let file = String::from_utf8(written(&plan, csv::Terminator::CRLF)).unwrap();
        let mut lines: Vec<_> = file.lines().collect();
        let at = 1 + at % (lines.len() - 1);
        lines[at] = "spoiled";
        let message = refusal(lines.join("\r\n"));
        let start = format!("line {}: the number of fields is 1,", at + 1);
        prop_assert!(message.starts_with(&start), "{}", message);
    }

    #[test]
    fn whatever_the_bytes_the_answer_is_short(
        bytes in vec(any::<u8>(), 0..2_000),
        headed: bool,
    ) {
        let header = if headed { FULL } else { "" };
        let message = refusal([header.as_bytes(), &bytes].concat());
        prop_assert!(message.chars().count() < 10_000);
    }
}
