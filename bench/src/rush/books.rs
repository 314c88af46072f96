//! Whether the books are right after a run. If they are not, its figures mean nothing.

use std::ops::ControlFlow;

use grand_arena::domain::Cause;
use grand_arena::store::check::Finding;
use grand_arena::store::{ConnectSettings, Store};
use sqlx::{Connection as _, PgConnection};

use super::load::Counts;
use crate::Result;

/// Violations that are told where there are many.
const TOLD: usize = 5;

/// Ends the run if there is anything in the database that must never be. The beginning of a log may
/// have been pruned.
pub(crate) async fn check_pruned(database_url: &str) -> Result<()> {
    let url = database_url.to_owned();
    let settings = ConnectSettings { url, booking_connections: 1, reading_connections: 1 };
    let store = Store::connect(&settings).await?;
    let mut told = Vec::new();
    let mut tell = |finding| {
        if let Finding::Violation(violation) = finding
            && told.len() < TOLD
        {
            told.push(violation.to_string());
        }
        ControlFlow::Continue(())
    };
    let violations = store.check(&mut tell).await?.violations;
    store.close().await;
    if violations != 0 {
        let told = told.join("\n");
        return Err(format!("the run is void, {violations} violations, such as\n{told}").into());
    }
    Ok(())
}

/// Ends the run as well if the database is not what the load generator was told.
pub(crate) async fn check(database_url: &str, counts: Counts) -> Result<()> {
    check_pruned(database_url).await?;
    let mut sql = PgConnection::connect(database_url).await?;
    let told = [
        ("reserved", Cause::Reserved, counts.reserved),
        ("given back", Cause::Released, counts.returned),
        ("bought", Cause::Confirmed, counts.bought),
    ];
    for (what, cause, told) in told {
        let logged: i64 = sqlx::query_scalar("SELECT count(*) FROM seat_changes WHERE cause = $1")
            .bind(cause.code())
            .fetch_one(&mut sql)
            .await?;
        if u64::try_from(logged)? != told {
            return Err(format!(
                "the run is void: {told} seats were {what}, and the log has {logged}"
            )
            .into());
        }
    }
    Ok(sql.close().await?)
}
