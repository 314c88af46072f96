//! How fast a database answers, how its clock goes, and whether a NOTIFY arrives.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sqlx::postgres::PgListener;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};

use super::{StoreError, WakeUp};
use crate::random;
use crate::store::sql::statement;

/// How often something is timed, for a median that one slow moment does not move.
const TIMES: usize = 15;

/// How long a NOTIFY may take to arrive: it takes milliseconds where nothing is in between.
const ARRIVES_WITHIN: Duration = Duration::from_secs(2);

/// Nobody else uses it.
const CHANNEL: &str = "grand_arena_doctor";

pub(super) async fn round_trip(database: &DatabaseConnection) -> Result<Duration, StoreError> {
    Ok(median(database, "SELECT 1").await?)
}

/// An empty message in the WAL, which nobody decodes, and its commit. Not every relative of
/// PostgreSQL has it.
pub(super) async fn commit(database: &DatabaseConnection) -> Option<Duration> {
    const COMMIT: &str = "SELECT pg_logical_emit_message(true, 'grand-arena doctor', '')::text";
    median(database, COMMIT).await.ok()
}

async fn median(database: &DatabaseConnection, sql: &'static str) -> Result<Duration, DbErr> {
    // It is prepared once.
    database.query_one_raw(statement(sql, [])).await?;
    let mut took = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let started = Instant::now();
        database.query_one_raw(statement(sql, [])).await?;
        took.push(started.elapsed());
    }
    took.sort();
    Ok(took[TIMES / 2])
}

/// How far the database's clock is ahead, and how far that may be wrong: half of the quickest round
/// trip.
pub(super) async fn clock_ahead(
    database: &DatabaseConnection,
    clock: fn() -> DateTime<Utc>,
) -> Result<(TimeDelta, TimeDelta), StoreError> {
    let mut best: Option<(TimeDelta, TimeDelta)> = None;
    for _ in 0..TIMES {
        let before = clock();
        let row = database.query_one_raw(statement("SELECT clock_timestamp() AS now", [])).await?;
        let half = (clock() - before) / 2;
        let Some(row) = row else { continue };
        let there: DateTime<Utc> = row.try_get("", "now")?;
        if best.is_none_or(|(_, error)| half < error) {
            best = Some((there - (before + half), half));
        }
    }
    best.ok_or(StoreError::Corrupt("no time of the database's clock"))
}

/// Whether what is sent by one connection is heard by the other.
pub(super) async fn wake_up(
    from: &DatabaseConnection,
    to: &DatabaseConnection,
) -> Result<WakeUp, StoreError> {
    const NOTIFY: &str = "SELECT pg_notify($1, $2)::text";
    let payload = random::hex::<8>().map_err(StoreError::NoRandomness)?;
    let mut listener = match PgListener::connect_with(to.get_postgres_connection_pool()).await {
        Ok(listener) => listener,
        Err(error) => return Ok(WakeUp::Deaf(error.to_string())),
    };
    if let Err(error) = listener.listen(CHANNEL).await {
        return Ok(WakeUp::Deaf(error.to_string()));
    }
    let values = [CHANNEL.into(), payload.as_str().into()];
    from.query_one_raw(statement(NOTIFY, values)).await?;
    let heard = async {
        // Somebody else may look at the same time.
        while let Ok(heard) = listener.recv().await {
            if heard.payload() == payload {
                return true;
            }
        }
        false
    };
    let is_heard = tokio::time::timeout(ARRIVES_WITHIN, heard).await.unwrap_or_default();
    Ok(if is_heard { WakeUp::Heard } else { WakeUp::Lost })
}
