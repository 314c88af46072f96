//! The fuzzer's functions (`fuzz/src/lib.rs`) with drawn texts: what a stable compiler can do of
//! it. The fuzzer itself looks for texts that take new ways through the code.

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use grand_arena::graphql::ids::AnyId;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A good text with some characters taken out, put in, or cut off; or no good text at all.
fn near(good: Vec<String>, pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let change =
        (any::<Index>(), 0..3_usize, prop_oneof![select(pieces).prop_map(str::to_owned), ".{0,3}"]);
    let changed = (select(good), vec(change, 0..4), prop::option::weighted(0.2, any::<Index>()));
    let changed = changed.prop_map(|(text, changes, cut)| {
        let mut characters: Vec<char> = text.chars().collect();
        for (at, taken, put) in changes {
            let at = at.index(characters.len() + 1);
            let end = characters.len().min(at + taken);
            characters.splice(at..end, put.chars());
        }
        if let Some(cut) = cut {
            characters.truncate(cut.index(characters.len() + 1));
        }
        characters.into_iter().collect()
    });
    let drawn = vec(select(pieces), 0..40).prop_map(|all| all.concat());
    prop_oneof![6 => changed, 1 => drawn, 1 => any::<String>()]
}

fn documents() -> impl Strategy<Value = String> {
    let good = [
        include_str!("../../web/src/operations.graphql"),
        "query Q($a: [ID!]! = [\"x\"], $b: Boolean!) { nodes(ids: $a) @include(if: $b) { ...F } }
         fragment F on Node { id ... on Seat { event { seats(first: 3) { nodes { label } } } } }",
        "{ __schema { types { name fields { args { name type { ofType { kind } } } } } } }",
        "subscription { seatChanges(eventId: \"a\", since: 3) { __typename } }",
    ];
    near(
        good.map(str::to_owned).to_vec(),
        &[
            "{",
            "}",
            "(",
            ")",
            "[",
            "]",
            "$a",
            ":",
            "!",
            "=",
            "@skip(if: true)",
            "...",
            "\"",
            "\"\"\"",
            "\\",
            "#",
            "...F",
            "... on Seat {",
            "fragment F on Node { ...F }",
            "null",
            "-0",
            "1e9",
            "é",
            "\u{feff}",
            "query Q { viewer { id } }",
            "__typename",
            "__type(name: \"Seat\") {",
        ],
    )
}

fn ids() -> impl Strategy<Value = String> {
    let good =
        ["RXZlbnQ6MQ", "U2VhdDoxOjE2", "Q2F0ZWdvcnk6MTox", "T3JkZXI6MTo5MjIzMzcyMDM2ODU0Nzc1ODA3"];
    let texts = (select(&["Event", "Seat", "Order", "Viewer"][..]), "[:0-9+ -]{0,24}").prop_map(
        |(kind, rest)| {
            use base64::Engine as _;
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("{kind}:{rest}"))
        },
    );
    let near = near(good.map(str::to_owned).to_vec(), &["=", "A", "_", "-", "+", "/", " ", "Og"]);
    prop_oneof![near, texts]
}

/// A WebSocket's bytes: frames in good order and in none, masked with zeros or with anything.
fn frames() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        4 => select(&[0x81, 0x01, 0x80, 0x00, 0x82, 0x88, 0x89, 0x8a, 0xc1, 0x41][..]),
        1 => any::<u8>(),
    ];
    let payload = prop_oneof![
        "[ -~é]{0,60}".prop_map(String::into_bytes),
        vec(any::<u8>(), 0..120),
        // "Hello", compressed.
        Just(vec![0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]),
    ];
    let mask = prop_oneof![Just([0; 4]), any::<[u8; 4]>()];
    let frame = (first, payload, mask, prop::option::weighted(0.1, any::<u8>()));
    let bytes = frame.prop_map(|(first, payload, mask, length)| {
        let length = length.unwrap_or(0x80 | u8::try_from(payload.len()).unwrap_or(125));
        let masked = payload.iter().zip(mask.into_iter().cycle()).map(|(byte, mask)| byte ^ mask);
        [first, length].into_iter().chain(mask).chain(masked).collect::<Vec<_>>()
    });
    vec(bytes, 0..6).prop_map(|frames| frames.concat())
}

fn cursors() -> impl Strategy<Value = String> {
    let numbers = vec(prop_oneof![any::<i64>(), any::<i32>().prop_map(i64::from)], 0..5);
    let texts = prop_oneof![
        numbers.prop_map(|all| all.iter().map(i64::to_string).collect::<Vec<_>>().join(":")),
        "[:0-9+-]{0,30}",
    ];
    let texts = texts.prop_map(|text| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
    });
    prop_oneof![3 => texts, 1 => any::<String>()]
}

fn tokens() -> impl Strategy<Value = String> {
    let good = ["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhIiwiZXhwIjo5OTk5OTk5OTk5fQ.c2ln"];
    near(
        good.map(str::to_owned).to_vec(),
        &[
            ".",
            "..",
            "=",
            "eyJhbGciOiJub25lIn0",
            "eyJhbGciOiJSUzI1NiJ9",
            "e30",
            "alice",
            "guest-",
            "é",
        ],
    )
}

fn messages() -> impl Strategy<Value = String> {
    let good = [
        r#"{"type":"connection_init","payload":{"Authorization":"Bearer x"}}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":"{ a }","variables":{"b":[1,-2.5]}}}"#,
        r#"{"type":"complete","id":"é"}"#,
        r#"{"payload":null,"type":"ping"}"#,
        r#"{"type":"pong","payload":{"a":{"b":[[[{}]]]}}}"#,
    ];
    near(
        good.map(str::to_owned).to_vec(),
        &[
            "{",
            "}",
            "[",
            "]",
            "\"",
            "\\",
            "\\u0000",
            "\\ud800",
            ",",
            ":",
            "null",
            "true",
            "1e308",
            "-0",
            "18446744073709551616",
            "\"id\":\"1\",",
            "\"type\":\"ping\",",
            "[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        ],
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_a_document_or_is_refused(text in documents()) {
        targets::document(&text);
    }

    #[test]
    fn an_id_that_is_read_is_written_the_same(text in ids()) {
        targets::id(&text);
    }

    #[test]
    fn a_cursor_that_is_read_is_where_it_was_before(text in cursors()) {
        targets::cursor(&text);
    }

    #[test]
    fn nothing_is_a_token_but_what_was_signed(text in tokens()) {
        targets::token(&text);
    }

    #[test]
    fn a_message_that_is_read_is_written_the_same(text in messages()) {
        targets::ws_message(&text);
    }

    #[test]
    fn what_is_read_of_frames_does_not_depend_on_the_pieces_they_come_in(bytes in frames()) {
        targets::ws_frames(&bytes);
    }

    #[test]
    fn every_id_names_what_it_was_made_for(
        event in 1..i64::MAX,
        serial in 1..i32::MAX,
        at in 1..i64::MAX,
    ) {
        use grand_arena::domain::{CategoryId, EventId, OrderId, SeatId};
        let event = EventId(event);
        for id in [
            AnyId::Event(event),
            AnyId::Seat(SeatId { event, serial }),
            AnyId::Category(CategoryId { event, serial }),
            AnyId::Order(OrderId { event, number: at }),
        ] {
            prop_assert_eq!(AnyId::decode(&id.encode()), Some(id));
        }
    }
}
