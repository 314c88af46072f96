//! `grand-arena export EVENT --orders`: every order of an event, as CSV or JSON.
//!
//! Orders are read and written a page at a time: what it takes does not grow with the event. A sale
//! may go on meanwhile; what is sold then comes last.
//!
//! CSV has a line for each seat, so that sums and pivots need no second file. What comes from
//! strangers may begin like a formula, which a spreadsheet would carry out: such a cell gets an
//! apostrophe before it, as spreadsheets have it.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::error::CommandError;
use super::order_sheet::{OrderSheet, SoldSeat, sheets};
use crate::domain::EventId;
use crate::store::Store;

/// Orders that are read at a time: ten thousand seats at most.
const ORDERS_AT_ONCE: i64 = 100;

/// The names of the columns, in order.
const COLUMNS: [&str; 14] = [
    "code",
    "viewer",
    "confirmed_at",
    "payment_reference",
    "order_total_minor",
    "currency",
    "seats",
    "section",
    "row",
    "number",
    "category",
    "ticket_type",
    "price_minor",
    "event",
];

/// Writes every order of an event.
pub(super) async fn write(
    store: &Store,
    event: EventId,
    is_csv: bool,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let slug = store.events(&[event]).await?.pop().map(|event| event.slug).unwrap_or_default();
    if is_csv {
        out.write_all(&line(&COLUMNS.map(str::to_owned))?)?;
    } else {
        write!(out, "[")?;
    }
    let (mut after, mut is_first) = (None, true);
    loop {
        let orders = store.event_orders_after(event, after, ORDERS_AT_ONCE).await?;
        let Some(last) = orders.last() else { break };
        after = Some(last.id);
        for sheet in sheets(store, event, orders).await? {
            if is_csv {
                for seat in &sheet.seats {
                    out.write_all(&line(&cells(&slug, &sheet, seat))?)?;
                }
            } else {
                let comma = if is_first { "\n" } else { ",\n" };
                write!(out, "{comma}{}", to_json(&slug, &sheet))?;
            }
            is_first = false;
        }
    }
    if !is_csv {
        writeln!(out, "{}]", if is_first { "" } else { "\n" })?;
    }
    Ok(out.flush()?)
}

/// An order as JSON.
pub(super) fn to_json(slug: &str, sheet: &OrderSheet) -> Value {
    let seat = |seat: &SoldSeat| {
        json!({ "section": seat.section, "row": seat.row, "number": seat.number,
            "category": seat.category, "ticketType": seat.ticket_type,
            "priceMinor": seat.price_minor })
    };
    let OrderSheet { order, seats } = sheet;
    let fields = [
        ("event", json!(slug)),
        ("code", json!(order.code.to_string())),
        ("viewer", json!(order.viewer.as_str())),
        ("confirmedAt", json!(instant(sheet))),
        ("paymentReference", json!(reference(sheet))),
        ("totalMinor", json!(order.total_minor)),
        ("currency", json!(order.currency)),
        ("seats", seats.iter().map(seat).collect()),
    ];
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
    Value::Object(fields.collect::<Map<_, _>>())
}

fn reference(sheet: &OrderSheet) -> Option<&str> {
    sheet.order.payment_reference.as_ref().map(|reference| reference.as_str())
}

pub(super) fn instant(sheet: &OrderSheet) -> String {
    sheet.order.confirmed_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

fn cells(slug: &str, sheet: &OrderSheet, seat: &SoldSeat) -> [String; COLUMNS.len()] {
    let OrderSheet { order, seats } = sheet;
    [
        order.code.to_string(),
        plain(order.viewer.as_str()),
        instant(sheet),
        plain(reference(sheet).unwrap_or_default()),
        order.total_minor.to_string(),
        plain(&order.currency),
        seats.len().to_string(),
        plain(&seat.section),
        plain(&seat.row),
        plain(&seat.number),
        plain(&seat.category),
        plain(&seat.ticket_type),
        seat.price_minor.to_string(),
        slug.to_owned(),
    ]
}

/// A text that no spreadsheet takes for a formula.
fn plain(text: &str) -> String {
    /// What formulas begin with, in one spreadsheet or another.
    const BEGINNINGS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
    if text.starts_with(BEGINNINGS) { format!("'{text}") } else { text.to_owned() }
}

/// A line of CSV, quoted where it needs to be.
fn line(cells: &[String]) -> Result<Vec<u8>, CommandError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells).map_err(std::io::Error::other)?;
    Ok(writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_a_text() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1"] {
            assert_eq!(plain(formula), format!("'{formula}"));
        }
        for text in ["", "alice", "1-2", "'=1", "a=b"] {
            assert_eq!(plain(text), text);
        }
        let cells = ["a,b".to_owned(), "say \"x\"".to_owned(), "two\nlines".to_owned()];
        assert_eq!(line(&cells).unwrap(), b"\"a,b\",\"say \"\"x\"\"\",\"two\nlines\"\n");
    }
}
