//! What the database has of an event, to hold against what watchers have.

use std::collections::HashMap;

use sqlx::{Connection as _, PgConnection};

use crate::Result;
use crate::rush::stage::Event;

/// An event's change log.
#[derive(Clone, Copy)]
pub(super) struct EventLog<'a> {
    pub(super) database_url: &'a str,
    pub(super) event: Event,
}

impl EventLog<'_> {
    /// The newest revision.
    pub(super) async fn revision(self) -> Result<u64> {
        let mut sql = PgConnection::connect(self.database_url).await?;
        let revision: i64 = sqlx::query_scalar("SELECT revision FROM events WHERE id = $1")
            .bind(self.event.id.0)
            .fetch_one(&mut sql)
            .await?;
        sql.close().await?;
        Ok(u64::try_from(revision)?)
    }

    /// The letters that a map has to show, by the ids of seats.
    pub(super) async fn table(self) -> Result<HashMap<String, u8>> {
        let mut sql = PgConnection::connect(self.database_url).await?;
        let seats: Vec<(i32, i16)> =
            sqlx::query_as("SELECT id, status FROM seats WHERE event_id = $1")
                .bind(self.event.id.0)
                .fetch_all(&mut sql)
                .await?;
        sql.close().await?;
        // By the numbers of `SeatStatus`; there is nothing here that is not for sale.
        let letter = |status: i16| b"ARC"[usize::from(status.unsigned_abs())];
        Ok(seats.into_iter().map(|(id, status)| (self.event.seat(id), letter(status))).collect())
    }
}
