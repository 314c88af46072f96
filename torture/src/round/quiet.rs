//! Whether everything comes to rest: servers are ready, holds end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tokio::time::sleep;
use torture::history::RunMicros;

use crate::Result;
use crate::load::Notes;
use crate::server;
use crate::stage::Stage;
use crate::tools::Tools;

/// How long after the last fault all servers may take to be ready.
const READY_MAX: Duration = Duration::from_secs(30);

/// How long after that all holds may last: the longest of them with its extension, and as much as
/// the cleaner may take.
const HOLDS_MAX: Duration = Duration::from_secs(20);

/// How often servers are asked whether they are ready.
const EVERY: Duration = Duration::from_millis(200);

/// When servers were asked, and whether all were ready.
type Seen = Mutex<Vec<(RunMicros, bool)>>;

/// When all servers were ready.
pub(super) struct Health {
    seen: Arc<Seen>,
    task: JoinHandle<()>,
}

impl Health {
    /// Asks them again and again until dropped.
    pub(super) fn watch(stage: &Stage, notes: Arc<Notes>) -> Self {
        let seen = Arc::<Seen>::default();
        let (addresses, told) = (stage.own_addresses.clone(), Arc::clone(&seen));
        let http = reqwest::Client::new();
        let task = tokio::spawn(async move {
            loop {
                let asked = notes.now();
                let mut all = true;
                for address in &addresses {
                    all &= server::is_ready(&http, *address).await;
                }
                locked(&told).push((asked, all));
                sleep(EVERY).await;
            }
        });
        Self { seen, task }
    }

    /// The first instant from then on at which all were.
    pub(super) fn ready_after(&self, at: RunMicros) -> Option<RunMicros> {
        let seen = locked(&self.seen);
        let well = seen.iter().find(|(asked, all)| *asked >= at && *all);
        well.map(|(asked, _)| *asked)
    }
}

fn locked(seen: &Seen) -> MutexGuard<'_, Vec<(RunMicros, bool)>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Health {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Waits until all servers are ready; a line for each that is not.
pub(super) async fn all_ready(stage: &Stage, tools: &Tools) -> Vec<String> {
    let mut late = Vec::new();
    for (number, address) in stage.own_addresses.iter().enumerate() {
        if let Err(error) = server::ready(&tools.http, *address, READY_MAX).await {
            late.push(format!("server {number} after all faults: {error}"));
        }
    }
    late
}

/// Waits until nothing is held any more; the events' revisions then, and a line if holds last too
/// long. A clock that was set back may have made them last.
pub(super) async fn holds_end(
    stage: &Stage,
    is_clock_moved: bool,
) -> Result<(Vec<i64>, Option<String>)> {
    const HELD: &str = "SELECT count(*)::text FROM seats WHERE expires_at IS NOT NULL";
    const REVISIONS: &str = "SELECT string_agg(revision::text, ' ' ORDER BY id) FROM events";
    let began = Instant::now();
    let mut pair = stage.pair.lock().await;
    let late = loop {
        let held = pair.primary().ask(HELD).await?;
        if held == "0" {
            break None;
        }
        if began.elapsed() > HOLDS_MAX {
            let seconds = HOLDS_MAX.as_secs();
            let line = format!("{held} seats are still held {seconds} s after the last request");
            break Some(line).filter(|_| !is_clock_moved);
        }
        sleep(Duration::from_millis(100)).await;
    };
    let revisions = pair.primary().ask(REVISIONS).await?;
    let revisions = revisions.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    Ok((revisions, late))
}
