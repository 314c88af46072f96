//! `grand-arena check`

use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::error::CommandError;
use super::with_store::with_store;
use crate::config::DatabaseSettings;
use crate::database::{Database, DatabaseError};
use crate::store::Store;
use crate::store::check::{Finding, Summary};

/// The exit code when something was found.
const EXIT_VIOLATIONS: u8 = 1;

/// How often progress is told, so that nobody wonders whether anything happens.
const PROGRESS_EVERY: Duration = Duration::from_secs(2);

/// Verifies the books of the database. Safe beside running servers.
pub(super) async fn check(settings: DatabaseSettings) -> Result<ExitCode, CommandError> {
    let database = Database::open_existing(&settings).await?.to_look();
    let summary = with_store(&settings, database, async |store| {
        store.check_migrated().await.map_err(DatabaseError::from)?;
        verify(store).await
    })
    .await?;
    let Summary { events, seats, changes, orders, violations, .. } = summary;
    let verdict = if violations == 0 { "right" } else { "wrong" };
    say(&format!(
        "The books are {verdict}. violations: {violations}, events: {events}, seats: {seats}, \
         changes in the logs: {changes}, orders: {orders}"
    ));
    Ok(if violations == 0 { ExitCode::SUCCESS } else { ExitCode::from(EXIT_VIOLATIONS) })
}

/// Says each violation on a line of standard output, and progress on standard error.
async fn verify(store: &Store) -> Result<Summary, CommandError> {
    let mut told = Instant::now();
    let mut written = Ok(());
    let mut tell = |finding| {
        match finding {
            Finding::Violation(violation) => written = writeln!(io::stdout(), "{violation}"),
            Finding::Progress(summary) if told.elapsed() >= PROGRESS_EVERY => {
                told = Instant::now();
                say_progress(&summary);
            }
            Finding::Progress(_) => {}
        }
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let summary = store.check(&mut tell).await?;
    written?;
    Ok(summary)
}

fn say_progress(summary: &Summary) {
    let Summary { events, verified, changes, violations, .. } = summary;
    say(&format!(
        "checked {verified} of {events} events, {changes} changes so far, violations: {violations}"
    ));
}

/// On standard error. If nobody reads it, the check goes on.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
