//! Very many watchers, in a process of their own, so that what they cost is told apart.
//!
//! The process is started with what is watched. It says so once all have subscribed, and answers
//! each line of its input with a line of what was seen since the one before.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::watcher::{Seen, Watcher};
use crate::Result;
use crate::usage::percentile;

/// Watchers that look at each change, for how late it is.
const TIMED: usize = 20;

/// Connections being opened at a time.
const OPENING_AT_ONCE: usize = 200;

/// What is watched, by how many.
#[derive(Clone, Debug, Args)]
pub(crate) struct Watching {
    /// The server, as host:port.
    #[arg(long)]
    pub(super) address: String,
    /// The event's id.
    #[arg(long)]
    pub(super) event: String,
    /// The revision that they have already.
    #[arg(long)]
    pub(super) since: i64,
    /// How many watch.
    #[arg(long)]
    pub(super) count: usize,
}

/// What all of them were sent since the last look.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Look {
    pub(super) frames: u64,
    /// On the wire.
    pub(super) bytes: u64,
    pub(super) snapshots: u64,
    /// The revision that all of them have reached; the largest there is, if there are none.
    pub(super) reached: u64,
    /// From the decision to the arrival of a change, in milliseconds; nothing if nothing came.
    pub(super) lag_p50_ms: Option<f64>,
    pub(super) lag_p99_ms: Option<f64>,
}

/// The process: watches, and tells on request. Ends with its input, or when a watcher finds that
/// something is missing.
pub(crate) async fn serve(watching: Watching) -> Result<()> {
    let seen = Arc::new(Seen::default());
    let reached: Vec<Arc<AtomicU64>> = (0..watching.count).map(|_| Arc::default()).collect();
    let mut watchers = open(&watching, &seen, &reached).await?;
    let mut out = tokio::io::stdout();
    let mut asked = BufReader::new(tokio::io::stdin()).lines();
    out.write_all(b"watching\n").await?;
    loop {
        out.flush().await?;
        tokio::select! {
            line = asked.next_line() => if line?.is_none() { return Ok(()) },
            Some(ended) = watchers.join_next() => return ended?,
        }
        let line = serde_json::to_string(&look(&seen, &reached)?)?;
        out.write_all(format!("{line}\n").as_bytes()).await?;
    }
}

async fn open(
    watching: &Watching,
    seen: &Arc<Seen>,
    reached: &[Arc<AtomicU64>],
) -> Result<JoinSet<Result<()>>> {
    let (opening, ready) = (Arc::new(Semaphore::new(OPENING_AT_ONCE)), Arc::new(Semaphore::new(0)));
    let mut watchers = JoinSet::new();
    for (number, reached) in reached.iter().enumerate() {
        let (watching, seen, reached) = (watching.clone(), Arc::clone(seen), Arc::clone(reached));
        let (opening, ready) = (Arc::clone(&opening), Arc::clone(&ready));
        watchers.spawn(async move {
            let permit = opening.acquire_owned().await?;
            let Watching { address, event, since, .. } = &watching;
            let is_timed = number < TIMED;
            let watcher = Watcher::open(address, event, *since, is_timed, seen, reached).await?;
            drop(permit);
            ready.add_permits(1);
            watcher.watch().await
        });
    }
    let all = u32::try_from(watching.count)?;
    tokio::select! {
        permits = ready.acquire_many(all) => permits?.forget(),
        Some(ended) = watchers.join_next(), if all > 0 => ended??,
    }
    // What the last of them asked for is on its way.
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok(watchers)
}

fn look(seen: &Seen, reached: &[Arc<AtomicU64>]) -> Result<Look> {
    let lags = std::mem::take(&mut *seen.lags_us.lock().map_err(|_| "poisoned")?);
    let lags: Vec<f64> = lags.into_iter().map(|us| f64::from(us) / 1e3).collect();
    let part = |part| (!lags.is_empty()).then(|| percentile(&lags, part));
    let all_reached = reached.iter().map(|reached| reached.load(Ordering::Relaxed)).min();
    Ok(Look {
        frames: seen.frames.swap(0, Ordering::Relaxed),
        bytes: seen.bytes.swap(0, Ordering::Relaxed),
        snapshots: seen.snapshots.swap(0, Ordering::Relaxed),
        reached: all_reached.unwrap_or(u64::MAX),
        lag_p50_ms: part(0.5),
        lag_p99_ms: part(0.99),
    })
}

/// The process, as whoever started it sees it; killed when dropped.
pub(super) struct Watchers {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Watchers {
    /// Starts the process, and waits until all have subscribed.
    pub(super) async fn open(watching: &Watching) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("watchers").args(["--address", &watching.address]);
        command.args(["--event", &watching.event]);
        command.args(["--since", &watching.since.to_string()]);
        command.args(["--count", &watching.count.to_string()]).kill_on_drop(true);
        let pipe = std::process::Stdio::piped;
        let mut child = command.stdin(pipe()).stdout(pipe()).spawn()?;
        let input = child.stdin.take().ok_or("no input")?;
        let output = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let mut watchers = Self { child, input, output };
        watchers.line().await?;
        Ok(watchers)
    }

    /// What was seen since the last look.
    pub(super) async fn look(&mut self) -> Result<Look> {
        self.input.write_all(b"look\n").await?;
        Ok(serde_json::from_str(&self.line().await?)?)
    }

    /// Waits until all of them have reached a revision, and gives how long that took.
    pub(super) async fn reach(&mut self, revision: u64) -> Result<Duration> {
        const PATIENCE: Duration = Duration::from_secs(60);
        let started = std::time::Instant::now();
        while self.look().await?.reached < revision {
            if started.elapsed() > PATIENCE {
                return Err(format!("not everybody has reached {revision} in a minute").into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(started.elapsed())
    }

    pub(super) fn pid(&self) -> Result<u32> {
        self.child.id().ok_or_else(|| "the watchers have ended".into())
    }

    async fn line(&mut self) -> Result<String> {
        let line = self.output.next_line().await?;
        line.ok_or_else(|| "the watchers have ended; what they say is above".into())
    }
}
