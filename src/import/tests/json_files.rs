//! JSON as it should be, and each way to be wrong.

use super::{parse, refusal};
use crate::domain::plan::{MAX_SEATS, PlaceKind};
use crate::import::{MAX_FILE_BYTES, Venues};

/// A document with these categories and sections.
fn document(categories: &str, sections: &str) -> String {
    format!(
        "{{\"format\": \"grand-arena-venue\", \"version\": 1, \"currency\": \"EUR\",\n\
            \"categories\": [{categories}],\n\"sections\": [{sections}]}}\n"
    )
}

const GOLD: &str = "{\"name\": \"Gold\", \"priceMinor\": 4900}";

fn in_section(rest: &str) -> String {
    document(GOLD, &format!("{{\"name\": \"A\", {rest}}}"))
}

#[test]
fn a_document_becomes_a_plan() {
    let sections = "{\"name\": \"Stalls\", \"floor\": \"Ground\", \"category\": \"Gold\",
        \"rows\": [{\"name\": \"A\", \"seats\": [\"1\", {\"number\": \"2\", \"at\": [1.5, -2e0],
            \"category\": \"Silver\", \"accessible\": true, \"gapBefore\": true, \"rank\": 3}]}],
        \"tables\": [{\"name\": \"T\", \"chairs\": [{\"number\": \"1\", \"companion\": true}]}],
        \"standingAreas\": [{\"name\": \"Pit\", \"capacity\": 3}]}";
    let silver = "{\"name\": \"Silver\", \"priceMinor\": 0, \"color\": \"#0072B2\"}";
    let plan = parse(document(&format!("{GOLD}, {silver}"), sections).as_bytes()).unwrap();
    let labels: Vec<_> =
        plan.seats().iter().map(|it| (it.row.as_str(), it.number.as_str())).collect();
    assert_eq!(
        labels,
        [("A", "1"), ("A", "2"), ("T", "1"), ("Pit", "1"), ("Pit", "2"), ("Pit", "3")]
    );
    let kinds: Vec<_> = plan.seats().iter().map(|seat| seat.traits.kind).collect();
    let [seat, chair, standing] = [PlaceKind::Seat, PlaceKind::Chair, PlaceKind::Standing];
    assert_eq!(kinds, [seat, seat, chair, standing, standing, standing]);
    let second = &plan.seats()[1];
    assert_eq!((second.x, second.y, second.category), (Some(1.5), Some(-2.0), 1));
    assert!(second.accessible && second.traits.has_gap_before);
    assert_eq!(second.traits.rank, Some(3));
    assert!(plan.seats()[2].traits.is_companion);
    assert!(plan.seats().iter().all(|it| it.traits.floor.as_deref() == Some("Ground")));
}

#[test]
fn everything_that_is_wrong_is_named_by_its_line_and_its_way() {
    let message = refusal(include_bytes!("../../../tests/cases/wrong.json"));
    assert_eq!(message, include_str!("../../../tests/cases/wrong.txt").trim_end());
}

#[test]
fn an_area_has_so_many_places_or_lists_them() {
    let area = |rest: &str| {
        in_section(&format!(
            "\"category\": \"Gold\", \"standingAreas\": [{{\"name\": \"P\", {rest}}}]"
        ))
    };
    let plan =
        parse(area("\"capacity\": 2, \"positions\": [[0, 0], [0.5, 1]]").as_bytes()).unwrap();
    assert_eq!((plan.seats()[1].x, plan.seats()[1].y), (Some(0.5), Some(1.0)));
    assert_eq!(parse(area("\"places\": [\"a\", \"b\"]").as_bytes()).unwrap().seats().len(), 2);
    for (rest, expected) in [
        ("\"capacity\": 0", "standingAreas[0].capacity: it must be a whole number, 1 to"),
        ("\"capacity\": 2, \"positions\": [[0, 0]]", "positions: it has 1 positions for 2 places"),
        ("\"capacity\": 2, \"places\": []", "it must have either places or capacity"),
        ("\"positions\": []", "standingAreas[0]: it has no capacity"),
        ("\"seats\": []", "it has the unknown field \"seats\""),
    ] {
        let message = refusal(area(rest));
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn a_document_has_places_and_no_more_than_the_limit() {
    assert!(refusal(document(GOLD, "")).contains("it has no places; it must have 1 to 200000"));
    let two = |count: usize| {
        in_section(&format!(
            "\"category\": \"Gold\", \"standingAreas\": [\
                {{\"name\": \"P\", \"capacity\": 100000}}, \
                {{\"name\": \"Q\", \"capacity\": {count}}}]"
        ))
    };
    assert_eq!(parse(two(100_000).as_bytes()).unwrap().seats().len(), MAX_SEATS);
    assert!(refusal(two(100_001)).contains("here are more than 200000 places"));
}

#[test]
fn what_is_no_json_is_named_by_its_line() {
    for (file, expected) in [
        ("{\n\"a\": 1,\n}", "line 3, column 1: here it is no JSON any more"),
        ("{\n\n\"a\": ", "line 3, column 5: here it is no JSON"),
        ("\n\n{\"a\" 1}", "line 3, column 6: here it is no JSON"),
        ("{}\n x", "line 1: it has no format"),
    ] {
        assert!(refusal(file).contains(expected), "{file}: {}", refusal(file));
    }
    let rest =
        in_section("\"category\": \"Gold\", \"rows\": [{\"name\": \"1\", \"seats\": [\"1\"]}]");
    let file = format!("{rest}\n\n{rest}\n  what");
    let mut venues = Venues::open(file.as_bytes()).unwrap();
    assert!(venues.read_next().unwrap().is_some() && venues.read_next().unwrap().is_some());
    let error = venues.read_next().unwrap_err().to_string();
    assert_eq!(error, "line 10, column 3: here it is no JSON any more");
    let latin = [b"{\n\"R\xe4nge\": 1}".as_slice(), b""].concat();
    assert_eq!(refusal(latin), "line 2: the text is not UTF-8, as JSON must be");
}

#[test]
fn brackets_in_texts_and_depth_do_no_harm() {
    let rest = "\"category\": \"Gold\", \"rows\": [{\"name\": \"}]\\\"{\", \"seats\": [\"[\"]}]";
    let plan = parse(in_section(rest).as_bytes()).unwrap();
    assert_eq!((plan.seats()[0].row.as_str(), plan.seats()[0].number.as_str()), ("}]\"{", "["));
    let deep = format!("{{\"a\": {}{}}}", "[".repeat(500_000), "]".repeat(500_000));
    assert!(refusal(deep).contains("it has the unknown field \"a\""));
    let long = std::io::Read::chain(&b"{\"a\": \""[..], std::io::repeat(b'x'));
    let error = Venues::open(long).unwrap().read_next().unwrap_err().to_string();
    assert_eq!(error, format!("the file is longer than {MAX_FILE_BYTES} bytes"));
}

#[test]
fn types_of_ticket_are_read_in_order_and_what_is_wrong_with_them_is_said() {
    let section = "{\"name\": \"A\", \"category\": \"Gold\", \"rows\": [
        {\"name\": \"1\", \"seats\": [\"1\"]}]}";
    let gold = |tickets: &str| format!("{{\"name\": \"Gold\", \"tickets\": [{tickets}]}}");
    let [adult, child] = [("Adult", 900), ("Child", 0)]
        .map(|(n, p)| format!("{{\"name\": \"{n}\", \"priceMinor\": {p}}}"));
    let file = document(&gold(&format!("{adult}, {child}")), section);
    let plan = parse(file.as_bytes()).unwrap();
    let types = [("Adult".to_owned(), 900), ("Child".to_owned(), 0)];
    assert_eq!(plan.categories()[0].prices.types(), types);
    for (tickets, said) in [
        (String::new(), "a category has 1 to 20 types of ticket"),
        (format!("{adult}, {adult}"), "a category has two types of ticket named \"Adult\""),
        ("{\"name\": \"Adult\"}".to_owned(), "it has no priceMinor"),
        ("{\"priceMinor\": 5}".to_owned(), "it has no name"),
        ("7".to_owned(), "it must be an object"),
    ] {
        let refused = refusal(document(&gold(&tickets), section));
        assert!(refused.contains(said), "{refused}");
    }
    let both = gold(&adult).replace("\"tickets\"", "\"priceMinor\": 1, \"tickets\"");
    let refused = refusal(document(&both, section));
    assert!(refused.contains("either priceMinor or tickets"), "{refused}");
}
