//! Documents against the schema that this server has. (The differential test against the reference
//! implementation is tests/judge.)

use std::sync::LazyLock;

use async_graphql::parser::types::{Selection, SelectionSet};
use async_graphql::{ServerError, Variables};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::error::MAX_ERRORS;
use super::lexical::tests::any_text;
use super::{DocumentError, DocumentReader, MAX_DOCUMENT_BYTES};
use crate::memory::Allowance;

static READER: LazyLock<DocumentReader> =
    LazyLock::new(|| DocumentReader::new(&crate::graphql::sdl()).unwrap());

/// The operation in its normal form, and the values of its variables.
fn prepare(
    text: &str,
    name: Option<&str>,
    given: &Json,
) -> Result<(String, Json), Vec<DocumentError>> {
    let document = READER.read(text)?;
    let given = Variables::from_json(given.clone());
    let prepared = READER.operation(&document, name, given).map_err(|error| vec![error])?;
    let (_, definition) = prepared.operation.executable.operations.iter().next().unwrap();
    let form = written(&definition.node.selection_set.node);
    let variables = serde_json::to_value(&prepared.variables).unwrap();
    Ok((form, variables))
}

fn form(text: &str) -> String {
    prepare(text, None, &json!({})).unwrap().0
}

fn written(selections: &SelectionSet) -> String {
    let all: Vec<String> = selections.items.iter().map(|item| one(&item.node)).collect();
    all.join(" ")
}

fn one(selection: &Selection) -> String {
    match selection {
        Selection::Field(field) => {
            let field = &field.node;
            let alias = field.alias.as_ref().map(|alias| format!("{}: ", alias.node));
            let arguments: Vec<_> = field
                .arguments
                .iter()
                .map(|(name, value)| format!("{}: {}", name.node, value.node))
                .collect();
            let arguments = if arguments.is_empty() {
                String::new()
            } else {
                format!("({})", arguments.join(", "))
            };
            let inner = written(&field.selection_set.node);
            let inner = if inner.is_empty() { inner } else { format!(" {{ {inner} }}") };
            format!("{}{}{arguments}{inner}", alias.unwrap_or_default(), field.name.node)
        }
        Selection::InlineFragment(fragment) => {
            let condition = &fragment.node.type_condition.as_ref().unwrap().node.on.node;
            format!("... on {condition} {{ {} }}", written(&fragment.node.selection_set.node))
        }
        Selection::FragmentSpread(_) => unreachable!("fragments are written out"),
    }
}

fn message(text: &str, given: &Json) -> String {
    let refused = prepare(text, None, given).expect_err("it is refused");
    refused.into_iter().next().unwrap().into_server_error().message
}

#[test]
fn repeated_fields_are_one_with_the_selections_of_all() {
    assert_eq!(
        form("{ event(id: \"a\") { id } event(id: \"a\") { name id } }"),
        "event(id: \"a\") { id name }"
    );
    assert_eq!(
        form(
            "mutation { startGuestSession { token } ...G }
             fragment G on Mutation { startGuestSession { viewer { id } token } }"
        ),
        "startGuestSession { token viewer { id } }"
    );
}

#[test]
fn fragments_are_written_out_where_they_apply() {
    assert_eq!(
        form(
            "{ node(id: \"a\") { ... on Event { name } ...N ... on Order { code id } } }
             fragment N on Node { __typename id }"
        ),
        "node(id: \"a\") { ... on Category { __typename id } ... on Event { name __typename id } \
         ... on Order { __typename id code } ... on Seat { __typename id } \
         ... on Viewer { __typename id } }"
    );
    assert_eq!(
        form(
            "subscription { ...F }
             fragment F on Subscription { seatChanges(eventId: \"a\") { __typename } }"
        ),
        "seatChanges(eventId: \"a\") { __typename }"
    );
}

#[test]
fn what_all_objects_begin_with_is_written_once() {
    assert_eq!(
        form(
            "{ node(id: \"a\") { __typename id ... on Seat { label id } ... on Order { code } } }"
        ),
        "node(id: \"a\") { __typename id ... on Order { code } ... on Seat { label } }"
    );
    assert_eq!(
        form("{ node(id: \"a\") { ... on Event { name } __typename id } }"),
        "node(id: \"a\") { ... on Category { __typename id } ... on Event { name __typename id } \
         ... on Order { __typename id } ... on Seat { __typename id } \
         ... on Viewer { __typename id } }"
    );
}

#[test]
fn what_the_objects_of_an_interface_begin_with_is_written_once() {
    assert_eq!(
        form(
            "mutation { reserveSeats(input: { eventId: \"a\", seatIds: [] }) { __typename
               ... on ReserveSeatsSuccess { revision }
               ... on SeatsUnavailable { message seats { reason } }
               ... on UserError { message } } }"
        ),
        "reserveSeats(input: {eventId: \"a\", seatIds: []}) { __typename \
         ... on UserError { message } ... on ReserveSeatsSuccess { revision } \
         ... on SeatsUnavailable { seats { reason } } }"
    );
}

#[test]
fn conditions_are_decided_and_the_order_is_that_of_what_is_left() {
    let text = "query ($a: Boolean!) {
        event(id: \"x\") { id @include(if: $a) name id ... @skip(if: $a) { slug } } }";
    let with = |a| prepare(text, None, &json!({ "a": a })).unwrap().0;
    assert_eq!(with(true), "event(id: \"x\") { id name }");
    assert_eq!(with(false), "event(id: \"x\") { name id slug }");
    assert_eq!(form("{ event(id: \"x\") { id @skip(if: true) } }"), "event(id: \"x\")");
}

#[test]
fn a_form_is_made_once_for_all_who_agree_in_what_decides() {
    let text = "query ($a: Boolean!, $id: ID!) { event(id: $id) { id name @skip(if: $a) } }";
    let document = READER.read(text).unwrap();
    document.keep_at(Allowance::new("documents", 0).charge(0).unwrap());
    let form = |a: bool, id: &str| {
        let given = Variables::from_json(json!({ "a": a, "id": id }));
        READER.operation(&document, None, given).unwrap().operation
    };
    assert!(std::sync::Arc::ptr_eq(&form(true, "x"), &form(true, "y")));
    assert!(!std::sync::Arc::ptr_eq(&form(true, "x"), &form(false, "x")));
}

#[test]
fn neighbouring_operations_have_variables_of_their_own() {
    let text = "query A($v: ID!) { event(id: $v) { id } }
                query B($v: Boolean!) { viewer { id @include(if: $v) } }";
    assert_eq!(prepare(text, Some("B"), &json!({ "v": true })).unwrap().0, "viewer { id }");
    assert_eq!(prepare(text, Some("A"), &json!({ "v": "x" })).unwrap().0, "event(id: $v) { id }");
    let text = "query A($v: ID!) { event(id: $v) { id } }
                query B($v: Boolean!) { ...F }
                fragment F on Query { viewer { id @include(if: $v) } }";
    assert_eq!(prepare(text, Some("A"), &json!({ "v": "x" })).unwrap().0, "event(id: $v) { id }");
}

#[test]
fn values_are_brought_into_their_types() {
    let text = "query ($ids: SeatFilter, $first: Int = 7, $event: ID!, $more: String) {
        seats(eventId: $event, filter: $ids, first: $first, after: $more) { __typename } }";
    let given = json!({
        "event": 5, "ids": { "sections": "A", "status": "RESERVED" }, "first": 3.0,
    });
    assert_eq!(
        prepare(text, None, &given).unwrap().1,
        json!({ "event": "5", "ids": { "status": "RESERVED", "sections": ["A"] }, "first": 3 })
    );
    let changes = "subscription ($since: Revision) {
        seatChanges(eventId: \"a\", since: $since) { __typename } }";
    let since = |since: Json| prepare(changes, None, &json!({ "since": since })).unwrap().1;
    assert_eq!(since(json!(1.0)), json!({ "since": 1 }));
    assert_eq!(since(json!(null)), json!({ "since": null }));
    let null = "query ($n: Int = null) { events(first: $n) { __typename } }";
    assert_eq!(prepare(null, None, &json!({})).unwrap().1, json!({ "n": null }));
    assert_eq!(prepare(null, None, &json!({ "n": 2 })).unwrap().1, json!({ "n": 2 }));
    let defaults = prepare(text, None, &json!({ "event": "e" })).unwrap().1;
    assert_eq!(defaults, json!({ "event": "e", "first": 7 }));
}

#[test]
fn values_that_do_not_fit_are_refused_with_the_way_to_them() {
    let text = "mutation ($in: ReserveSeatsInput!) { reserveSeats(input: $in) { __typename } }";
    for (given, expected) in [
        (json!({}), "the variable `$in` needs a value"),
        (json!({ "in": null }), "the variable `$in` must not be null"),
        (json!({ "in": { "eventId": "a" } }), "the variable `$in` needs the field `seatIds`"),
        (
            json!({ "in": { "eventId": "a", "seatIds": ["b", null] } }),
            "the variable `$in`, at seatIds[1], must not be null",
        ),
        (
            json!({ "in": { "eventId": true, "seatIds": [] } }),
            "the variable `$in`, at eventId, must be an id: a string, or a whole number",
        ),
        (
            json!({ "in": { "eventId": "a", "seatIds": [], "seats": 1 } }),
            "the variable `$in` has the field `seats`, which ReserveSeatsInput has not",
        ),
    ] {
        assert_eq!(message(text, &given), expected);
    }
    let since = |value: &str| {
        format!("subscription {{ seatChanges(eventId: \"a\", since: {value}) {{ __typename }} }}")
    };
    assert!(prepare(&since("9007199254740991"), None, &json!({})).is_ok());
    for value in ["9007199254740992", "-1", "1.5", "\"1\"", "true"] {
        assert!(message(&since(value), &json!({})).starts_with("the argument `since` is refused"));
    }
}

#[test]
fn the_rules_of_validation_are_the_specifications() {
    let refused = [
        "{ event(id: \"a\") { id: name id } }",
        "query ($a: ID) { event(id: $a) { id } }",
        "query ($a: Int!) { event(id: $a) { id } }",
        "{ seats(eventId: \"a\", filter: { status: \"RESERVED\" }) { __typename } }",
        "{ seats(eventId: \"a\", filter: { accessible: true accessible: true }) { __typename } }",
        "query ($a: ID = null) { event(id: $a) { id } }",
        "query ($a: ID!) { seats(eventId: \"a\", filter: { categoryIds: $a }) { __typename } }",
        "query ($a: ID) { seats(eventId: \"a\", filter: { categoryIds: [$a] }) { __typename } }",
        "query ($a: ID) { nodes(ids: [$a]) { __typename } }",
        "{ nodes(ids: [\"a\"]) { id } nodes(ids: [\"a\", \"b\"]) { id } }",
        "{ event(id: \"a\", slug) { id } }",
        "query ($n: Int! = null) { events(first: $n) { __typename } }",
        "{ viewer @unknown { id } }",
        "subscription { __typename }",
        "subscription {
            a: seatChanges(eventId: \"a\") { __typename }
            seatChanges(eventId: \"a\") { __typename } }",
        "{ viewer { id } } fragment Unused on Viewer { id }",
        "{ viewer }",
        "{ viewer { id { x } } }",
        "type T { a: Int }",
        "",
    ];
    for text in refused {
        assert!(READER.read(text).is_err(), "{text}");
    }
    let valid = [
        "subscription {
            seatChanges(eventId: \"a\") { __typename }
            seatChanges(eventId: \"a\") { __typename } }",
        r#"{ event(id: "\u{1F4BA}\uD83D\uDCBA") { id } }"#,
        "\"Who asks\" query Q { viewer { id } }",
        "query ($n: Int = null) { events(first: $n) { __typename } }",
        "query ($a: ID = 1) { seats(eventId: $a, filter: { categoryIds: [$a] }) { __typename } }",
        "query ($a: [ID!]) { seats(eventId: \"a\", filter: { categoryIds: $a }) { __typename } }",
    ];
    for text in valid {
        assert!(READER.read(text).is_ok(), "{text}");
    }
}

#[test]
fn the_schema_describes_itself_as_it_is_given_out() {
    let text = "query ($name: String!) {
        __typename s: __schema { queryType { name } } viewer { id }
        __type(name: $name) { ...T interfaces { name } } }
        fragment T on __Type { kind isOneOf fields { type { one: isOneOf } } }";
    let document = READER.read(text).unwrap();
    let given = Variables::from_json(json!({ "name": "Node" }));
    let prepared = READER.operation(&document, None, given).unwrap();
    let (_, definition) = prepared.operation.executable.operations.iter().next().unwrap();
    assert_eq!(
        written(&definition.node.selection_set.node),
        "__typename s: __introspected viewer { id } __type: __introspected"
    );
    let introspected = prepared.introspected.unwrap();
    let field = |key| introspected.field(key).unwrap().unwrap().into_json().unwrap();
    assert_eq!(field("s"), json!({ "queryType": { "name": "Query" } }));
    assert_eq!(
        field("__type"),
        json!({
            "kind": "INTERFACE", "isOneOf": null, "fields": [{ "type": { "one": null } }],
            "interfaces": [],
        })
    );
    let document = READER.read("{ __type(name: \"SeatFilter\") { isOneOf } }").unwrap();
    let prepared = READER.operation(&document, None, Variables::default()).unwrap();
    let field =
        prepared.introspected.unwrap().field("__type").unwrap().unwrap().into_json().unwrap();
    assert_eq!(field, json!({ "isOneOf": false }));
    assert!(READER.read("{ __introspected }").is_err(), "nobody can ask for it");
}

#[test]
fn variables_that_the_operation_does_not_declare_are_neither_given_nor_used() {
    let text = "query A($id: ID!) { event(id: $id) { id } } query B { viewer { id } }";
    let given = json!({ "id": "x" });
    assert!(prepare(text, Some("A"), &given).is_ok());
    let refused = prepare(text, Some("B"), &given).unwrap_err().remove(0).into_server_error();
    assert_eq!(
        refused.message,
        "the variable `$id` is given, and the operation does not declare it"
    );
    assert_eq!(code(&refused), "BAD_USER_INPUT");
    let long = prepare(text, Some("B"), &json!({ "x".repeat(129): 1 })).unwrap_err().remove(0);
    assert_eq!(
        long.into_server_error().message,
        "a variable is given whose name is longer than 128 bytes"
    );
    let refused = READER.read("query ($a: ID!) { event(id: $b) { id } node(id: $a) { id } }");
    let refused = refused.unwrap_err().remove(0).into_server_error();
    assert_eq!(refused.message, "variable `$b` is not defined");
    assert_eq!(code(&refused), "GRAPHQL_VALIDATION_FAILED");
}

#[test]
fn values_may_be_as_long_as_the_document() {
    let digits = "9".repeat(30_000);
    for value in [&*digits, &format!("-{digits}.{digits}e{digits}")[..30_000]] {
        for field in ["event(id: VALUE) { id }", "events(first: VALUE) { __typename }"] {
            let text = format!("{{ {} }}", field.replace("VALUE", value));
            if let Err(refused) = prepare(&text, None, &json!({})) {
                assert_eq!(code(&refused[0].clone().into_server_error()), INVALID, "{field}");
            }
        }
    }
    let text = format!("{{ event(id: \"{}\") {{ id }} }}", "\\u{1F4BA}".repeat(3_000));
    assert!(prepare(&text, None, &json!({})).is_ok());
}

const INVALID: &str = "GRAPHQL_VALIDATION_FAILED";

fn code(error: &ServerError) -> String {
    let code = error.extensions.as_ref().and_then(|all| all.get("code")).unwrap();
    code.clone().into_json().unwrap().as_str().unwrap().to_owned()
}

#[test]
fn brackets_without_end_are_refused_and_not_followed() {
    for depth in [64, 2_000, 15_000] {
        for (open, close) in [("[", "]"), ("{a:", "}")] {
            let nested = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let text = format!("{{ seat(id: {nested}) {{ id }} }}");
            let most = if text.len() > MAX_DOCUMENT_BYTES { "bytes" } else { "brackets" };
            assert!(message(&text, &json!({})).contains(most));
        }
        for text in ["{a".repeat(depth), "{ ...".repeat(depth), "{ a(b:".repeat(depth)] {
            assert!(READER.read(&text).is_err());
        }
        let text = format!("query ($a: {}ID{}) {{ a }}", "[".repeat(depth), "]".repeat(depth));
        assert!(message(&text, &json!({})).starts_with("at most"), "{depth}");
    }
}

proptest! {
    #[test]
    fn whatever_is_sent_is_a_document_or_is_refused_with_a_reason(text in any_text()) {
        if let Err(refused) = READER.read(&text) {
            prop_assert!((1..=MAX_ERRORS).contains(&refused.len()));
        }
    }
}
