//! docs/venue.schema.json says what documents may have, as far as a schema can.

use std::sync::LazyLock;

use boon::{Compiler, SchemaIndex, Schemas};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::strategies::any_venue;
use super::{parse, refusal};
use crate::import::written_as_json;

static SCHEMA: LazyLock<(Schemas, SchemaIndex)> = LazyLock::new(|| {
    let schema: Value =
        serde_json::from_str(include_str!("../../../docs/venue.schema.json")).unwrap();
    let id = schema["$id"].as_str().unwrap().to_owned();
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource(&id, schema).unwrap();
    let index = compiler.compile(&id, &mut schemas).unwrap();
    (schemas, index)
});

/// What the schema has against a document.
fn objection(document: &Value) -> Option<String> {
    let (schemas, index) = &*SCHEMA;
    schemas.validate(document, *index).err().map(|error| format!("{error:#}"))
}

#[test]
fn the_documents_that_ship_and_the_one_that_is_shown_keep_to_the_schema() {
    let shown = include_str!("../../../docs/venue-format.md");
    let shown = shown.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(parse(shown.as_bytes()).unwrap().seats().len(), 3 + 3 + 40 + 4);
    for text in [
        shown,
        include_str!("../../../venues/concert.json"),
        include_str!("../../../venues/theatre.json"),
        include_str!("../../../venues/festival.json"),
    ] {
        assert_eq!(objection(&serde_json::from_str(text).unwrap()), None);
        parse(text.as_bytes()).unwrap();
    }
}

/// So that neither of both forgets a rule: each change is refused by the schema and by us.
#[test]
fn what_the_schema_refuses_is_refused() {
    let good = json!({
        "format": "grand-arena-venue", "version": 1, "currency": "EUR",
        "event": { "slug": "a", "holdSeconds": 9, "maxSeatsPerViewer": null },
        "categories": [
            { "name": "Gold", "priceMinor": 1, "color": "#0072b2" },
            { "name": "Silver", "tickets": [{ "name": "Adult", "priceMinor": 2 }] },
        ],
        "shapes": [{ "kind": "LABEL", "label": "Bar", "points": [[0, 1.5]] }],
        "sections": [{
            "name": "A", "category": "Gold", "floor": null,
            "rows": [{ "name": "1", "seats": ["1", { "number": "2", "rank": 1, "at": null }] }],
            "standingAreas": [{ "name": "P", "capacity": 2, "positions": [[0, 0], [1, 1]] }],
        }],
    });
    assert_eq!(objection(&good), None);
    parse(good.to_string().as_bytes()).unwrap();
    for (pointer, bad) in [
        ("/format", json!("seats")),
        ("/version", json!(2)),
        ("/currency", json!("euro")),
        ("/sections", json!([])),
        ("/sections/0/name", json!(7)),
        ("/sections/0/seats", json!([])),
        ("/sections/0/rows/0/seats/0", json!(1)),
        ("/sections/0/rows/0/seats/1/rank", json!(-1)),
        ("/sections/0/rows/0/seats/1/at", json!([1])),
        ("/sections/0/rows/0/seats/1/accessible", json!("yes")),
        ("/sections/0/standingAreas/0/places", json!([])),
        ("/sections/0/standingAreas/0/capacity", json!(0)),
        ("/categories/0/priceMinor", json!(1.5)),
        ("/categories/0/priceMinor", json!(null)),
        ("/categories/0/tickets", json!([{ "name": "Adult", "priceMinor": 1 }])),
        ("/categories/1/tickets", json!([])),
        ("/categories/1/tickets/0/priceMinor", json!(-1)),
        ("/categories/0/color", json!("red")),
        ("/shapes/0/kind", json!("BAR")),
        ("/shapes/0/label", json!(null)),
        ("/shapes/0/points", json!([[0, 0], [1, 1]])),
        ("/event/confirmedBy", json!("me")),
        ("/event/holdSeconds", json!(-1)),
        ("/event/startsAt", json!("soon")),
        ("/focalPoint", json!([0, 1e9])),
    ] {
        let mut changed = good.clone();
        let (above, field) = pointer.rsplit_once('/').unwrap();
        let above = changed.pointer_mut(above).unwrap();
        match field.parse::<usize>() {
            Ok(index) => above[index] = bad,
            Err(_) => above[field] = bad,
        }
        assert!(objection(&changed).is_some(), "{pointer}");
        refusal(changed.to_string());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_written_keeps_to_the_schema(venue in any_venue()) {
        let written = serde_json::from_str(&written_as_json(None, &venue)).unwrap();
        prop_assert_eq!(objection(&written), None);
    }
}
