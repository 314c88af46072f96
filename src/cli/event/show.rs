//! Events as the shell shows them: tables for people, JSON for programs.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::cli::error::CommandError;
use crate::domain::EventId;
use crate::graphql::ids::AnyId;
use crate::store::Store;
use crate::store::reads::{Counts, EventRecord};

/// Events read at a time.
const PAGE: u64 = 500;

/// Every event, by its start.
pub(super) async fn list(store: &Store, as_json: bool) -> Result<String, CommandError> {
    let (mut events, mut after) = (Vec::new(), None);
    loop {
        let page = store.events_page(after, true, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.starts_at, last.id));
        events.extend(page);
    }
    let ids: Vec<EventId> = events.iter().map(|event| event.id).collect();
    let counts = store.counts(&ids).await?;
    let of = |event: &EventRecord| counts.get(&event.id).copied().unwrap_or_default();
    let all = || events.iter().map(|event| facts(event, of(event)));
    if as_json {
        let objects = all().map(|facts| Value::Object(facts.into_iter().collect()));
        return Ok(format!("{:#}\n", Value::Array(objects.collect())));
    }
    let columns =
        ["slug", "status", "startsAt", "available", "reserved", "confirmed", "name", "venue"];
    let row = |facts: Vec<(String, Value)>| {
        let value = |column: &&str| facts.iter().find(|(name, _)| name == column);
        columns
            .iter()
            .map(|column| value(column).map_or_else(String::new, |it| text(&it.1)))
            .collect()
    };
    let head = columns.iter().map(|column| (*column).to_owned()).collect();
    Ok(table(std::iter::once(head).chain(all().map(row)).collect()))
}

/// An event, with everything about it.
pub(super) async fn show(
    store: &Store,
    id: EventId,
    as_json: bool,
) -> Result<String, CommandError> {
    let events = store.events(&[id]).await?;
    let gone = || CommandError::Event("the event is there no longer".to_owned());
    let event = events.first().ok_or_else(gone)?;
    let counts = store.counts(&[id]).await?.get(&id).copied().unwrap_or_default();
    let facts = facts(event, counts);
    if as_json {
        return Ok(format!("{:#}\n", Value::Object(facts.into_iter().collect())));
    }
    Ok(table(facts.into_iter().map(|(name, value)| vec![name, text(&value)]).collect()))
}

/// All there is, by the names of the API.
fn facts(event: &EventRecord, counts: Counts) -> Vec<(String, Value)> {
    let instant = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let terms = &event.terms;
    [
        ("id", json!(*AnyId::Event(event.id).encode())),
        ("slug", json!(event.slug)),
        ("name", json!(event.name)),
        ("venue", json!(event.venue)),
        ("startsAt", json!(instant(event.starts_at))),
        ("timeZone", json!(event.time_zone)),
        ("status", json!(event.status().to_string())),
        ("version", json!(event.version)),
        ("salesOpenAt", json!(terms.sales_open_at.map(instant))),
        ("salesCloseAt", json!(instant(terms.sales_close_at))),
        ("holdSeconds", json!(terms.hold.num_seconds())),
        ("holdExtensionSeconds", json!(terms.hold_extension.num_seconds())),
        ("maxSeatsPerViewer", json!(terms.max_seats_per_viewer)),
        ("maxSeatsLetGo", json!(terms.max_seats_let_go)),
        ("confirmedBy", json!(terms.confirmed_by.to_string())),
        ("currency", json!(terms.currency)),
        ("available", json!(counts.available)),
        ("reserved", json!(counts.reserved)),
        ("confirmed", json!(counts.confirmed)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// Rows with their columns one below the other.
fn table(rows: Vec<Vec<String>>) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}
