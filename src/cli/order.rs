//! `grand-arena order show CODE`

use std::io::{self, Write as _};

use clap::{Args, Subcommand};

use super::error::CommandError;
use super::export_orders::{instant, to_json};
use super::order_sheet::OrderSheet;
use super::orders::{amount, find_order};
use super::with_store::with_store;
use crate::config::DatabaseSettings;
use crate::database::{Database, DatabaseError};

#[derive(Debug, Args)]
pub(super) struct OrderArguments {
    #[command(subcommand)]
    command: OrderCommand,
}

#[derive(Debug, Subcommand)]
enum OrderCommand {
    /// Shows one order with its seats.
    Show(ShowArguments),
}

#[derive(Debug, Args)]
struct ShowArguments {
    /// The order's code: in either case, with or without hyphen.
    code: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: DatabaseSettings,
}

/// Shows orders.
pub(super) async fn show(arguments: OrderArguments) -> Result<(), CommandError> {
    match arguments.command {
        OrderCommand::Show(arguments) => show_one(arguments).await,
    }
}

async fn show_one(arguments: ShowArguments) -> Result<(), CommandError> {
    let database = Database::open_existing(&arguments.database).await?.to_look();
    with_store(&arguments.database, database, async |store| {
        store.check_migrated().await.map_err(DatabaseError::from)?;
        let (slug, sheet) = find_order(store, &arguments.code).await?;
        let mut out = io::stdout().lock();
        if arguments.json {
            return Ok(writeln!(out, "{:#}", to_json(&slug, &sheet))?);
        }
        Ok(out.write_all(table(&slug, &sheet).as_bytes())?)
    })
    .await
}

fn table(slug: &str, sheet: &OrderSheet) -> String {
    let order = &sheet.order;
    let reference = order.payment_reference.as_ref().map_or("-", |reference| reference.as_str());
    let mut lines = vec![
        format!("order      {}", order.code),
        format!("event      {slug}"),
        format!("viewer     {}", order.viewer.as_str()),
        format!("confirmed  {}", instant(sheet)),
        format!("payment    {reference}"),
        format!("total      {}", amount(order.total_minor, &order.currency)),
        String::new(),
    ];
    lines.extend(sheet.seats.iter().map(|seat| {
        let price = amount(seat.price_minor, &order.currency);
        let (section, row, number) = (&seat.section, &seat.row, &seat.number);
        format!("{section}, row {row}, seat {number}  {}  {price}", seat.category)
    }));
    lines.push(String::new());
    lines.join("\n")
}
