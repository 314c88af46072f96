//! `grand-arena event orders`: an event's orders, newest first.

use std::io::{self, Write as _};

use clap::Args;

use super::error::CommandError;
use super::export_orders::{instant, to_json};
use super::order_sheet::{OrderSheet, sheets};
use super::with_store::with_store;
use crate::config::DatabaseSettings;
use crate::database::{Database, DatabaseError};
use crate::domain::money::fraction_digits;
use crate::domain::{EventId, OrderCode, PaymentReference, ViewerId};
use crate::graphql::ids::AnyId;
use crate::store::Store;
use crate::store::reads::OrderFilter;

/// The most orders that are listed: who wants all of them has the export.
const MOST: i64 = 1_000;

#[derive(Debug, Args)]
pub(super) struct OrdersArguments {
    /// The event: its id or slug.
    event: String,
    /// Only those of this viewer, as tokens name them.
    #[arg(long, value_name = "NAME")]
    viewer: Option<String>,
    /// Only those with this reference for the payment.
    #[arg(long, value_name = "REFERENCE")]
    payment_reference: Option<String>,
    /// How many, 1 to 1000.
    #[arg(long, value_name = "NUMBER", default_value_t = 20,
        value_parser = clap::value_parser!(i64).range(1..=MOST))]
    first: i64,
    /// As JSON, with the seats.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: DatabaseSettings,
}

/// Lists an event's orders.
pub(super) async fn list(arguments: OrdersArguments) -> Result<(), CommandError> {
    let database = Database::open_existing(&arguments.database).await?.to_look();
    with_store(&arguments.database, database, async |store| {
        store.check_migrated().await.map_err(DatabaseError::from)?;
        let event = find_event(store, &arguments.event).await?;
        let filter = filter(&arguments)?;
        let orders = store.event_orders_page(event, &filter, None, arguments.first).await?;
        let slug = store.events(&[event]).await?.pop().map(|event| event.slug).unwrap_or_default();
        let sheets = sheets(store, event, orders).await?;
        if arguments.json { write_json(&slug, &sheets) } else { write_table(&sheets) }
    })
    .await
}

fn filter(arguments: &OrdersArguments) -> Result<OrderFilter, CommandError> {
    let usage = |message: &str| CommandError::Usage(message.to_owned());
    let viewer = arguments.viewer.as_deref().map(ViewerId::new).transpose();
    let reference = arguments.payment_reference.clone();
    let reference = reference.map(|text| {
        PaymentReference::new(text)
            .ok_or_else(|| usage("--payment-reference must have 1 to 255 characters"))
    });
    Ok(OrderFilter {
        viewer: viewer.map_err(|error| usage(&format!("--viewer: {error}")))?,
        payment_reference: reference.transpose()?,
        ..OrderFilter::default()
    })
}

/// The event that somebody names, by its slug or its id.
pub(super) async fn find_event(store: &Store, named: &str) -> Result<EventId, CommandError> {
    let by_slug = store.event_id_by_slug(named).await?;
    let found = by_slug.or_else(|| match AnyId::decode(named) {
        Some(AnyId::Event(event)) => Some(event),
        _ => None,
    });
    let none = || no_event(named);
    let event = found.ok_or_else(none)?;
    store.events(&[event]).await?.pop().map(|event| event.id).ok_or_else(none)
}

pub(super) fn no_event(named: &str) -> CommandError {
    CommandError::Usage(format!("there is no event with the slug or id {named:?}"))
}

/// The order with a code, as a person types it; with its event's slug.
pub(super) async fn find_order(
    store: &Store,
    code: &str,
) -> Result<(String, OrderSheet), CommandError> {
    let none = || CommandError::Usage(format!("there is no order with the code {code:?}"));
    let code = OrderCode::read(code).ok_or_else(none)?;
    let order = store.order_by_code(code).await?.ok_or_else(none)?;
    let event = order.id.event;
    let slug = store.events(&[event]).await?.pop().map(|event| event.slug).unwrap_or_default();
    let sheet = sheets(store, event, vec![order]).await?.pop().ok_or_else(none)?;
    Ok((slug, sheet))
}

fn write_json(slug: &str, sheets: &[OrderSheet]) -> Result<(), CommandError> {
    let orders: Vec<_> = sheets.iter().map(|sheet| to_json(slug, sheet)).collect();
    Ok(writeln!(io::stdout(), "{:#}", serde_json::Value::from(orders))?)
}

fn write_table(sheets: &[OrderSheet]) -> Result<(), CommandError> {
    let mut out = io::stdout().lock();
    let head = ["CODE", "CONFIRMED", "SEATS", "TOTAL", "VIEWER", "PAYMENT"].map(str::to_owned);
    let row = |sheet: &OrderSheet| {
        let order = &sheet.order;
        let reference = order.payment_reference.as_ref();
        [
            order.code.to_string(),
            instant(sheet),
            sheet.seats.len().to_string(),
            amount(order.total_minor, &order.currency),
            order.viewer.as_str().to_owned(),
            reference.map_or_else(|| "-".to_owned(), |reference| reference.as_str().to_owned()),
        ]
    };
    let rows: Vec<_> = std::iter::once(head).chain(sheets.iter().map(row)).collect();
    let widths: Vec<usize> = (0..6)
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

/// An amount as people write it: the point is where ISO 4217 has it.
pub(super) fn amount(minor: i64, currency: &str) -> String {
    let digits = fraction_digits(currency).unwrap_or(2);
    if digits == 0 {
        return format!("{minor} {currency}");
    }
    let unit = 10_i64.pow(digits.into());
    format!("{}.{:0width$} {currency}", minor / unit, minor % unit, width = digits.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_its_point_where_the_currency_has_it() {
        assert_eq!(amount(12_305, "EUR"), "123.05 EUR");
        assert_eq!(amount(5, "KWD"), "0.005 KWD");
        assert_eq!(amount(700, "JPY"), "700 JPY");
        assert_eq!(amount(0, "EUR"), "0.00 EUR");
    }
}
