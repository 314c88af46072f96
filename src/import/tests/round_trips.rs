//! What is written is read as what it was.

use chrono::{DateTime, TimeDelta};
use proptest::collection::vec;
use proptest::prelude::*;

use super::strategies::{any_plan, any_venue};
use super::{FULL, parse, refusal};
use crate::domain::ConfirmedBy;
use crate::domain::event::NewEvent;
use crate::domain::plan::SeatPlan;
use crate::import::{Venues, written_as_csv, written_as_json};

fn written(plan: &SeatPlan) -> Vec<u8> {
    written_as_csv(plan).unwrap().0
}

fn event() -> NewEvent {
    NewEvent {
        slug: "night-2".to_owned(),
        name: "Die \"Nacht\"\\".to_owned(),
        venue: "Großes Haus".to_owned(),
        starts_at: DateTime::UNIX_EPOCH + TimeDelta::microseconds(1_900_000_000_123_456),
        time_zone: "Europe/Berlin".to_owned(),
        sales_open_at: None,
        sales_close_at: Some(DateTime::UNIX_EPOCH + TimeDelta::seconds(1_800_000_000)),
        hold_seconds: 77,
        hold_extension_seconds: 5,
        max_seats_per_viewer: None,
        max_seats_let_go: Some(9),
        confirmed_by: ConfirmedBy::Buyer,
    }
}

#[test]
fn an_events_terms_are_written_and_read_as_they_are() {
    let open = Some(DateTime::UNIX_EPOCH);
    let shop = NewEvent {
        sales_open_at: open,
        sales_close_at: None,
        max_seats_per_viewer: Some(4),
        max_seats_let_go: None,
        confirmed_by: ConfirmedBy::Shop,
        ..event()
    };
    let csv = format!("{FULL}1,A,1,Gold,1,EUR,,,\n");
    let plan = parse(csv.as_bytes()).unwrap();
    let file: String =
        [event(), shop.clone()].iter().map(|it| written_as_json(Some(it), &plan)).collect();
    let mut venues = Venues::open(file.as_bytes()).unwrap();
    for expected in [event(), shop] {
        let venue = venues.read_next().unwrap().unwrap();
        assert_eq!((venue.terms.event().unwrap(), &venue.plan), (expected, &plan));
    }
    assert!(venues.read_next().unwrap().is_none());
}

proptest! {
    // Half of the usual number: a venue is large.
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_venue_written_as_json_is_read_as_itself_and_written_again_to_the_byte(
        venue in any_venue(),
        has_event: bool,
    ) {
        let terms = has_event.then(event);
        let text = written_as_json(terms.as_ref(), &venue);
        let read = Venues::open(text.as_bytes()).unwrap().read_next().unwrap().unwrap();
        prop_assert_eq!(&read.plan, &venue);
        prop_assert_eq!(read.terms.event().ok(), terms.clone());
        prop_assert_eq!(written_as_json(terms.as_ref(), &read.plan), text);
    }

    /// Whatever a byte is changed to, the answer is a plan or says a line, and is short.
    #[test]
    fn a_document_that_is_spoiled_is_answered(
        venue in any_venue(),
        at in any::<prop::sample::Index>(),
        byte: u8,
        cut: bool,
    ) {
        let mut bytes = written_as_json(None, &venue).into_bytes();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        let mut venues = match Venues::open(bytes.as_slice()) {
            Ok(venues) => venues,
            Err(error) => {
                prop_assert!(error.to_string().len() < 500);
                return Ok(());
            }
        };
        if let Err(error) = venues.read_next() {
            prop_assert!(error.to_string().chars().count() < 100_000);
        }
    }

}

proptest! {
    #[test]
    fn any_plan_written_as_csv_parses_back_to_itself(plan in any_plan()) {
        let bytes = written(&plan);
        prop_assert_eq!(parse(bytes.as_slice()).unwrap(), plan);
    }

    #[test]
    fn a_line_that_is_spoiled_is_the_line_that_is_named(plan in any_plan(), at in 0..40_usize) {
        let file = String::from_utf8(written(&plan)).unwrap();
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
