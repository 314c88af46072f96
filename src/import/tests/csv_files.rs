//! CSV as it should be, and each way to be wrong.

use std::collections::BTreeSet;
use std::io;

use super::{FULL, parse, refusal};
use crate::domain::plan::{
    MAX_CATEGORIES, MAX_PRICE_MINOR, MAX_SEATS, NewPrices, PALETTE, PlaceKind, PlaceTraits,
    PlannedCategory,
};
use crate::import::error::ImportError;
use crate::import::header::price;
use crate::import::written_as_csv;

#[test]
fn a_file_becomes_a_plan() {
    let file = FULL.to_owned()
        + "101, A ,1,Gold,4900,EUR,Yes,1.5,-2\n\"Block \"\"B\"\", \
            left\",1,2a,Silver,0,EUR,,,\n";
    let plan = parse(file.as_bytes()).unwrap();
    assert_eq!(plan.currency(), "EUR");
    let category = |name: &str, price_minor, color: &str| PlannedCategory {
        name: name.to_owned(),
        prices: NewPrices::plain(price_minor).unwrap(),
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
    assert!(refusal("section|row|number\n").contains("separated by commas, semicolons or tabs"));
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
    assert_eq!(price("1000000000000"), Ok(NewPrices::plain(MAX_PRICE_MINOR).unwrap()));
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
        assert_eq!(
            (plan.currency(), plan.categories()[0].prices.default_minor()),
            (currency, price_minor)
        );
    }
}

#[test]
fn every_field_says_what_it_must_be() {
    let base = ["101", "A", "1", "Gold", "1", "EUR", "no", "1", "2"];
    for (at, bad, expected) in [
        (0, "", "section is \"\"; it must have 1 to 64 characters"),
        (1, "A\u{1}B", "row is \"A\\u{1}B\"; it must have 1 to 64"),
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
    let lines = ["101,A,1,Gold,1,EUR", "\"102\n\u{1}\",A,1,Gold,1,EUR", "", "103,A,1,Gold,?,EUR"];
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
fn all_that_is_said_of_a_place_may_be_in_columns() {
    let header = "section,row,number,category,price_minor,currency,companion,gap_before,rank,kind,\
        floor,color\n";
    let file = header.to_owned()
        + "1,T1,1,Gold,1,EUR,yes,no,7,Chair,Circle,#102030\n1,L,1,Grey,1,EUR,,1,,standing,,\n";
    let plan = parse(file.as_bytes()).unwrap();
    let [chair, standing] = plan.seats() else { panic!("two places") };
    let expected = PlaceTraits {
        kind: PlaceKind::Chair,
        is_companion: true,
        has_gap_before: false,
        rank: Some(7),
        floor: Some("Circle".to_owned()),
    };
    assert_eq!(chair.traits, expected);
    let expected =
        PlaceTraits { kind: PlaceKind::Standing, has_gap_before: true, ..PlaceTraits::default() };
    assert_eq!(standing.traits, expected);
    let colors: Vec<_> = plan.categories().iter().map(|it| it.color.as_deref().unwrap()).collect();
    assert_eq!(colors, ["#102030", PALETTE[1]]);
    for (line, expected) in [
        ("1,A,1,Gold,1,EUR,,,-1,,,", "rank is \"-1\"; it must be a whole number, 0 (the best) to"),
        ("1,A,1,Gold,1,EUR,,,,sofa,,", "kind is \"sofa\"; it must be seat, chair or standing"),
        ("1,A,1,Gold,1,EUR,si,,,,,", "companion is \"si\"; it must be true, false, yes"),
        ("1,A,1,Gold,1,EUR,,,,,circle,", "floor \"circle\" looks like \"Circle\"; write both"),
        ("1,A,1,Gold,1,EUR,,,,,,red", "color is \"red\"; it must be # and six hexadecimal"),
        (
            "1,A,1,Gold,1,EUR,,,,,,#000000",
            "category \"Gold\" has the color #000000, but #102030 on line 2",
        ),
    ] {
        let message = refusal(file.clone() + line);
        assert!(message.starts_with(&format!("line 4: {expected}")), "{message}");
    }
}

#[test]
fn a_theatre_with_balconies_boxes_and_odd_names_is_read_as_it_is() {
    let theatre = include_bytes!("../../../tests/cases/theatre.csv");
    let plan = parse(&theatre[..]).unwrap();
    assert_eq!(plan.seats().len(), 962);
    let sections: BTreeSet<_> = plan.seats().iter().map(|seat| seat.section.as_str()).collect();
    assert!(sections.contains("قسم الشرف") && sections.contains("Parkett / Stalls"));
    let (written, is_all) = written_as_csv(&plan).unwrap();
    assert!(is_all);
    assert_eq!(parse(written.as_slice()).unwrap(), plan);
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
fn the_first_hundred_bad_lines_are_listed_and_all_are_counted() {
    let message = refusal(FULL.to_owned() + &"?\n".repeat(137));
    assert!(
        message
            .starts_with("137 lines are wrong; the first 100:\nline 2: the number of fields is 1,")
    );
    assert_eq!(message.lines().count(), 101);
    assert!(message.lines().last().unwrap().starts_with("line 101: "));
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
