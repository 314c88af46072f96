//! What every part of the night stands on: a fresh database with an event, a server, and whether
//! all is right in the end.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection as _, PgConnection};

use super::log::EventLog;
use super::process::Watchers;
use super::watching::{Stream, Watching, load};
use crate::Result;
use crate::rush::load::{Pace, Plan};
use crate::rush::stage::{Event, Events, Stage, WARM_SEATS, make_event};
use crate::rush::trial::{Terms, Trial, singles};

/// Seats that are taken in the end and not given back, so that the table has something to tell.
const TAKEN_IN_THE_END: usize = 500;

/// See the module's documentation.
pub(super) struct Ground {
    pub(super) trial: Trial,
    pub(super) event: Event,
}

/// A database with an event of so many seats on sale.
pub(super) async fn database(stage: &mut Stage, seats: i32) -> Result<(String, Event)> {
    let url = stage.database().await?;
    if seats == WARM_SEATS {
        return Ok((url, Events::known().warm));
    }
    let mut sql = PgConnection::connect(&url).await?;
    let event = make_event(&mut sql, "night", seats).await?;
    sqlx::query("VACUUM (FREEZE, ANALYZE)").execute(&mut sql).await?;
    sql.close().await?;
    stage.checkpoint().await?;
    Ok((url, event))
}

impl Ground {
    /// A server that has warmed up, with an event of so many seats.
    pub(super) async fn open(
        stage: &mut Stage,
        tokens: &Arc<Vec<String>>,
        seats: i32,
    ) -> Result<Self> {
        let (url, event) = database(stage, seats).await?;
        let terms = Terms { watching: 0, ..Terms::default() };
        Ok(Self { trial: Trial::open(url, tokens, terms).await?, event })
    }

    pub(super) fn log(&self) -> EventLog<'_> {
        EventLog { database_url: self.trial.database_url(), event: self.event }
    }

    /// What so many watchers look at.
    pub(super) fn watching(&self, stream: Stream, deflate: bool, count: usize) -> Watching {
        Watching {
            address: self.trial.address().to_owned(),
            event: self.event.global_id(),
            stream,
            deflate,
            count,
            door: None,
        }
    }

    /// Takes some seats for good, so that the table has something to tell. All have to be free.
    pub(super) async fn take_some(&mut self) -> Result<()> {
        let mut wishes = singles(&[self.event]);
        wishes.truncate(TAKEN_IN_THE_END);
        let time = Duration::from_secs(60);
        self.trial.run(Plan::Reserve, wishes, 16, Pace::Closed, time).await?;
        Ok(())
    }

    /// Waits until all watchers have all there is, and looks whether it is what the table has.
    pub(super) async fn verify(&self, watchers: &mut Watchers) -> Result<()> {
        verify(self.log(), &self.watching(Stream::Statuses, false, 0), watchers).await
    }

    /// Stops the server, checks the books and removes the database.
    pub(super) async fn settle(self, stage: &Stage) -> Result<()> {
        self.trial.settle(stage).await
    }
}

/// Waits until all watchers have all there is, and looks whether it is what the table has.
pub(super) async fn verify(
    log: EventLog<'_>,
    watching: &Watching,
    watchers: &mut Watchers,
) -> Result<()> {
    let revision = log.revision().await?;
    watchers.expect(revision).await?;
    watchers.reached().await?;
    let (table, (plan, _)) = (log.table().await?, load(watching).await?);
    let letters: Option<Vec<u8>> = plan.iter().map(|seat| table.get(seat).copied()).collect();
    let letters = String::from_utf8(letters.ok_or("a seat of the plan is not in the table")?)?;
    for group in watchers.groups().await? {
        if group.revision != revision || group.letters != letters {
            let differ = group.letters.bytes().zip(letters.bytes()).filter(|(a, b)| a != b).count();
            return Err(format!(
                "the run is void: {} watchers have revision {} instead of {revision}, and {differ} \
                 seats of theirs are not as in the table",
                group.watchers, group.revision
            )
            .into());
        }
    }
    Ok(())
}
