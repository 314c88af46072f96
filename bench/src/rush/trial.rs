//! Servers on a database, and what is demanded of them.

use std::sync::Arc;
use std::time::Duration;

use super::books;
use super::load::{self, Counts, Demand, Pace, Plan, Tally, Wish};
use super::stage::{Event, Events, Stage};
use crate::Result;
use crate::arena::Program;
use crate::subscribers::{MAP_WORDS, Subscribers};
use crate::usage::{cpu_seconds, resident_bytes};

/// Subscribers that watch the hot event.
pub(crate) const WATCHING: usize = 100;

/// Who warms the servers up, asking for seats of another event: as many as will ask at most.
const WARMING: usize = 1024;

/// Servers that have warmed up, with the feed on and subscribers who watch the hot event.
pub(crate) struct Trial {
    database_url: String,
    servers: Vec<Program>,
    watching: Option<Subscribers>,
    tokens: Arc<Vec<String>>,
    counts: Counts,
}

/// What the servers of a trial are like.
pub(crate) struct Terms<'a> {
    pub(crate) servers: usize,
    pub(crate) watching: usize,
    pub(crate) arguments: &'a [&'a str],
}

impl Default for Terms<'_> {
    fn default() -> Self {
        Self { servers: 1, watching: WATCHING, arguments: &[] }
    }
}

/// CPU seconds used so far by servers, PostgreSQL, and us.
pub(crate) type Cpu = [f64; 3];

impl Trial {
    /// Starts servers on a database.
    pub(crate) async fn open(
        database_url: String,
        tokens: &Arc<Vec<String>>,
        terms: Terms<'_>,
    ) -> Result<Self> {
        let mut servers = Vec::new();
        for _ in 0..terms.servers {
            servers.push(Program::server(&database_url, terms.arguments).await?);
        }
        let tokens = Arc::clone(tokens);
        let mut trial =
            Self { database_url, servers, watching: None, tokens, counts: Counts::default() };
        trial.watching = match terms.watching {
            0 => None,
            count => Some(trial.subscribe(count).await?),
        };
        let known = Events::known();
        trial
            .run(
                Plan::Return,
                singles(&[known.warm]),
                WARMING,
                Pace::Closed,
                Duration::from_secs(2),
            )
            .await?;
        Ok(trial)
    }

    async fn subscribe(&self, count: usize) -> Result<Subscribers> {
        let (event, since) = (Events::known().hot.global_id(), 0);
        Subscribers::open(&self.servers[0].address, count, Some((MAP_WORDS, &event, since))).await
    }

    /// Makes a demand.
    pub(crate) async fn run(
        &mut self,
        plan: Plan,
        wishes: Vec<Wish>,
        connections: usize,
        pace: Pace,
        duration: Duration,
    ) -> Result<Tally> {
        let tokens = Arc::clone(&self.tokens);
        let addresses = self.servers.iter().map(|server| server.address.clone()).collect();
        let tally =
            load::make(Demand { plan, wishes, tokens, addresses, connections, pace, duration })
                .await?;
        self.counts += tally.counts;
        Ok(tally)
    }

    /// Has other viewers ask from now on; those who did so far.
    pub(crate) fn change_viewers(&mut self, tokens: Arc<Vec<String>>) -> Arc<Vec<String>> {
        std::mem::replace(&mut self.tokens, tokens)
    }

    pub(crate) fn cpu(&self, stage: &Stage) -> Result<Cpu> {
        let servers = self.pids()?.into_iter().map(cpu_seconds).sum::<Result<f64>>()?;
        Ok([servers, stage.cpu_seconds()?, cpu_seconds(std::process::id())?])
    }

    /// The servers' processes.
    pub(crate) fn pids(&self) -> Result<Vec<u32>> {
        self.servers.iter().map(Program::pid).collect()
    }

    /// Resident memory of the servers, in MiB.
    pub(crate) fn resident_mib(&self) -> Result<f64> {
        resident_mib(&self.pids()?)
    }

    /// Counts what was done by others than us.
    pub(crate) fn count(&mut self, counts: Counts) {
        self.counts += counts;
    }

    /// The first server, as host:port.
    pub(crate) fn address(&self) -> &str {
        &self.servers[0].address
    }

    pub(crate) fn database_url(&self) -> &str {
        &self.database_url
    }

    /// The subscribers, if there are any.
    pub(crate) fn watching(&self) -> Option<&Subscribers> {
        self.watching.as_ref()
    }

    /// Stops the servers. The books are not checked yet.
    pub(crate) fn close(mut self) -> Result<(String, Counts)> {
        self.watching.as_mut().map_or(Ok(()), Subscribers::check)?;
        Ok((self.database_url, self.counts))
    }

    /// Stops the servers, checks the books and removes the database.
    pub(crate) async fn settle(self, stage: &Stage) -> Result<()> {
        let (database_url, counts) = self.close()?;
        books::check(&database_url, counts).await?;
        stage.drop_database(&database_url).await
    }
}

/// Each seat of the events once, in random order.
pub(crate) fn singles(events: &[Event]) -> Vec<Wish> {
    let mut wishes: Vec<Wish> = events
        .iter()
        .flat_map(|&event| (1..=event.seats).map(move |first| Wish { event, first, count: 1 }))
        .collect();
    fastrand::shuffle(&mut wishes);
    wishes
}

/// Resident memory of these processes, in MiB.
pub(crate) fn resident_mib(pids: &[u32]) -> Result<f64> {
    let bytes = pids.iter().map(|&pid| resident_bytes(pid)).sum::<Result<f64>>()?;
    Ok(bytes / (1024.0 * 1024.0))
}
