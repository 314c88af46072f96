//! The reader of one watched event: follows its log, and adds what it finds to the watch.

use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::Instant;

use super::batch::{Batch, MAX_BATCH_CHANGES, bytes};
use super::bounds::Bounds;
use super::watch::Watch;
use crate::domain::{Change, Revision};
use crate::pace::FrameThreads;
use crate::store::{Store, StoreError};

/// How often readers look at the log although nothing woke them: what a lost wake-up costs at most.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Changes read from the log at a time.
const READ_AT_ONCE: usize = MAX_BATCH_CHANGES;

/// Starts the reader of a watch, which ends with it, from a revision that the log had reached.
pub(super) fn start(
    watch: &Arc<Watch>,
    store: Store,
    threads: Arc<FrameThreads>,
    newest: Revision,
) {
    let reading = read(Arc::downgrade(watch), store, Arc::clone(&threads), newest);
    watch.set_reader(threads.spawn(reading).abort_handle());
}

/// Follows the log until the watch is gone. Batches follow each other at the pace of frames: a rush
/// makes them larger instead of more. The first change after a pause is not delayed.
async fn read(
    watch: Weak<Watch>,
    store: Store,
    threads: Arc<FrameThreads>,
    mut position: Revision,
) {
    let Some(woken) = watch.upgrade().map(|watch| watch.woken()) else { return };
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let is_time_to_look = tokio::select! {
            () = woken.notified() => false,
            _ = look.tick() => true,
        };
        if is_time_to_look && let Some(watch) = watch.upgrade() {
            watch.heard().must_look = true;
            watch.shrink();
        }
        loop {
            let started = Instant::now();
            let Some(watch) = watch.upgrade() else { return };
            match next_batches(&watch, &store, position).await {
                Ok(batches) if batches.is_empty() => break,
                Ok(batches) => {
                    for batch in batches {
                        position = batch.to();
                        watch.add(batch);
                    }
                }
                Err(NoBatch::Rewound(newest)) => {
                    let event = watch.event().0;
                    tracing::error!(event, from = position.0, to = newest.0, "the log was rewound");
                    position = newest;
                    watch.rewind(position);
                    break;
                }
                Err(NoBatch::Unread(error)) => {
                    let (event, error) = (watch.event().0, &error as &dyn std::error::Error);
                    tracing::warn!(event, error, "the change log cannot be read; will look again");
                    break;
                }
            }
            let followers = watch.followers();
            drop(watch);
            threads.next_tick(started, followers).await;
        }
    }
}

/// Why there are no next batches.
enum NoBatch {
    /// The log ends before the reader's position.
    Rewound(Revision),
    Unread(StoreError),
}

impl From<StoreError> for NoBatch {
    fn from(error: StoreError) -> Self {
        Self::Unread(error)
    }
}

/// What comes after the reader's position: what was told, and from the log what other servers
/// have committed before that; if nothing was told, what the log has.
async fn next_batches(
    watch: &Watch,
    store: &Store,
    position: Revision,
) -> Result<Vec<Batch>, NoBatch> {
    let (mut changes, mut end) = (Vec::new(), position);
    while changes.len() < READ_AT_ONCE {
        let gap = {
            let mut heard = watch.heard();
            changes.extend(heard.after(end));
            end = changes.last().map_or(position, |change: &Change| change.revision);
            heard.gap_after(end)
        };
        // What lies between has been committed, since revisions are in the order of commits.
        let Some(gap) = gap else { break };
        let missing = store.changes_after(watch.event(), end, gap.min(READ_AT_ONCE)).await?;
        let Some(last) = missing.last() else { break };
        end = last.revision;
        changes.extend(missing);
    }
    if !changes.is_empty() {
        return Ok(batches(changes, watch.bounds())?);
    }
    let (reached, must_look) = {
        let mut heard = watch.heard();
        // A look that fails is made up for by the next, within a second.
        (heard.reached, std::mem::take(&mut heard.must_look))
    };
    if reached <= position && !must_look {
        return Ok(Vec::new());
    }
    let changes = store.changes_after(watch.event(), position, READ_AT_ONCE).await?;
    if !changes.is_empty() {
        // There may be more.
        watch.heard().must_look |= must_look;
        return Ok(batches(changes, watch.bounds())?);
    }
    if must_look
        && let Some(extent) = store.log_extent(watch.event()).await?
        && extent.newest < position
    {
        return Err(NoBatch::Rewound(extent.newest));
    }
    Ok(Vec::new())
}

/// All of these changes, in as many batches as it takes.
fn batches(mut changes: Vec<Change>, bounds: &Bounds) -> Result<Vec<Batch>, StoreError> {
    let mut batches = Vec::new();
    while !changes.is_empty() {
        let rest = changes.split_off(changes.len().min(MAX_BATCH_CHANGES));
        let next = std::mem::replace(&mut changes, rest);
        // What is new is wanted by everybody: the watch lets go of older ones for it.
        let charge = bounds.changes.charge_anyway(bytes(&next));
        let batch = Batch::new(next, charge, &bounds.frames);
        batches.push(batch.ok_or(StoreError::Corrupt("a change log with a hole in it"))?);
    }
    Ok(batches)
}
