//! The reader of one watched event: follows its log, and adds what it finds to the watch.
//!
//! What this server has committed the reader is told; what others have, it looks up. A look-up is
//! under way beside what is told and does not hold it up, however long the database takes.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::batch::{Batch, MAX_BATCH_CHANGES, bytes};
use super::bounds::Bounds;
use super::pace::{due_after, until_next};
use super::watch::Watch;
use crate::clock::wall_clock;
use crate::domain::{Change, EventId, Revision};
use crate::metrics::Histogram;
use crate::pace::FrameThreads;
use crate::store::{Store, StoreError};

/// How often readers look at the log although nothing woke them: what a lost wake-up costs at most.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Changes read from the log at a time.
const READ_AT_ONCE: usize = MAX_BATCH_CHANGES;

/// Of the time until the next batches, the part in which followers are told of these. The longer it
/// is, the less of a wave they are to those who buy, and the later they come.
const TOLD_WITHIN_PART: u32 = 2;

/// Starts the reader of a watch, which ends with it, from a revision that the log had reached.
pub(super) fn start(
    watch: &Arc<Watch>,
    store: Store,
    (threads, age): (Arc<FrameThreads>, Histogram),
    newest: Revision,
) {
    let watching = Arc::downgrade(watch);
    let reader = Reader {
        watch: watching,
        store,
        threads: Arc::clone(&threads),
        age,
        position: newest,
        look: None,
    };
    watch.set_reader(threads.spawn(reader.read()).abort_handle());
}

/// The watch is gone.
struct Ended;

struct Reader {
    watch: Weak<Watch>,
    store: Store,
    threads: Arc<FrameThreads>,
    /// How old changes are when they are told.
    age: Histogram,
    position: Revision,
    /// A look at the log that is under way.
    look: Option<BoxFuture<'static, Result<Seen, StoreError>>>,
}

/// What a look at the log has shown.
enum Seen {
    /// Changes after the position that it began at; there may be more.
    Changes(Vec<Change>),
    /// There are none.
    Nothing,
    /// The log ends before that position.
    Rewound(Revision),
}

/// What came of adding changes.
enum Added {
    Some,
    /// There were none.
    Nothing,
    /// The log has a hole. It is looked at again within a second.
    Unreadable,
}

/// What a reader waits for.
enum Happened {
    /// Something was told.
    Woken,
    TimeToLook,
    Looked(Result<Seen, StoreError>),
}

impl Reader {
    /// Follows the log until the watch is gone.
    async fn read(mut self) {
        let Some(woken) = self.watch.upgrade().map(|watch| watch.woken()) else { return };
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let happened = tokio::select! {
                () = woken.notified() => Happened::Woken,
                _ = look.tick() => Happened::TimeToLook,
                seen = looked(&mut self.look) => Happened::Looked(seen),
            };
            if let Err(Ended) = self.go_on(happened).await {
                return;
            }
        }
    }

    /// Adds what has been told or found, and whatever is told meanwhile; then looks at the log, if
    /// there is something to be found.
    async fn go_on(&mut self, happened: Happened) -> Result<(), Ended> {
        let watch = self.watch.upgrade().ok_or(Ended)?;
        let (mut found, mut may_look) = (Vec::new(), true);
        match happened {
            Happened::Woken => {}
            Happened::TimeToLook => {
                watch.heard().must_look = true;
                watch.shrink();
            }
            Happened::Looked(seen) => {
                (found, may_look) = self.take(&watch, seen);
            }
        }
        drop(watch);
        loop {
            match self.add(std::mem::take(&mut found)).await? {
                Added::Some => {}
                Added::Nothing => break,
                Added::Unreadable => return Ok(()),
            }
        }
        if may_look && self.look.is_none() {
            self.begin_to_look()?;
        }
        Ok(())
    }

    /// The changes of a look, and whether to look again at once: a look that failed or that showed
    /// nothing is made up for by the next, within a second.
    fn take(&mut self, watch: &Watch, seen: Result<Seen, StoreError>) -> (Vec<Change>, bool) {
        self.look = None;
        let event = watch.event().0;
        if seen.is_ok() {
            watch.note_look();
        }
        match seen {
            Ok(Seen::Changes(found)) => return (found, true),
            Ok(Seen::Nothing) => {}
            Ok(Seen::Rewound(newest)) => {
                let from = self.position.0;
                tracing::error!(event, from, to = newest.0, "the log was rewound");
                self.position = newest;
                watch.rewind(newest);
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(event, error, "the change log cannot be read; will look again");
            }
        }
        (Vec::new(), false)
    }

    /// Adds what was found and what was told after it, and waits until it is time for more.
    async fn add(&mut self, mut changes: Vec<Change>) -> Result<Added, Ended> {
        let started = Instant::now();
        let watch = self.watch.upgrade().ok_or(Ended)?;
        // While the log was looked at, more was told.
        changes.retain(|change| change.revision > self.position);
        while changes.len() < READ_AT_ONCE {
            let end = changes.last().map_or(self.position, |change| change.revision);
            let told = watch.heard().after(end);
            if told.is_empty() {
                break;
            }
            changes.extend(told);
        }
        let batches = match batches(changes, watch.bounds()) {
            Ok(batches) => batches,
            Err(error) => {
                let (event, error) = (watch.event().0, &error as &dyn std::error::Error);
                tracing::warn!(event, error, "the change log cannot be read; will look again");
                return Ok(Added::Unreadable);
            }
        };
        if batches.is_empty() {
            return Ok(Added::Nothing);
        }
        let newest = batches.last().and_then(|batch| batch.changes().last());
        // By two clocks, of which the database's may be ahead.
        let age = newest.map(|change| wall_clock() - change.changed_at);
        self.age.observe(age.and_then(|age| age.to_std().ok()).unwrap_or_default());
        for batch in batches {
            self.position = batch.to();
            watch.add(batch);
        }
        watch.note_look();
        let followers = watch.parts().followers();
        let (event, to) = (watch.event().0, self.position.0);
        tracing::trace!(event, to, followers, "followers are told");
        drop(watch);
        let pace = self.threads.pace(followers, followers);
        self.tell(pace / TOLD_WITHIN_PART).await?;
        self.threads.next_tick(started, pace).await;
        Ok(Added::Some)
    }

    /// Tells the followers how far they can go, one part after another within a time.
    async fn tell(&mut self, within: Duration) -> Result<(), Ended> {
        let mut turn = 0;
        loop {
            let watch = self.watch.upgrade().ok_or(Ended)?;
            let occupied = watch.parts().occupied();
            let wait = until_next(occupied, within);
            let told = watch.parts().tell(self.position.0, turn, due_after(wait, occupied, within));
            if told.is_all {
                return Ok(());
            }
            turn = told.next;
            drop(watch);
            tokio::time::sleep(wait).await;
        }
    }

    /// Begins to look at the log, if anybody said that there is more in it, or nobody knows.
    fn begin_to_look(&mut self) -> Result<(), Ended> {
        let watch = self.watch.upgrade().ok_or(Ended)?;
        let (position, event, store) = (self.position, watch.event(), self.store.clone());
        let mut heard = watch.heard();
        let has_gap = heard.gap_after(position).is_some();
        if !has_gap && heard.reached <= position && !heard.must_look {
            return Ok(());
        }
        let watching = Weak::clone(&self.watch);
        self.look = Some(if has_gap {
            Box::pin(fill(watching, store, position))
        } else {
            let must_look = std::mem::take(&mut heard.must_look);
            Box::pin(look(watching, store, event, position, must_look))
        });
        Ok(())
    }
}

/// What others have committed between changes that were told, and those: nobody can have these
/// before. All of that has been committed, since revisions are in the order of commits.
async fn fill(watching: Weak<Watch>, store: Store, position: Revision) -> Result<Seen, StoreError> {
    let (mut changes, mut end) = (Vec::new(), position);
    while changes.len() < READ_AT_ONCE {
        let Some(watch) = watching.upgrade() else { break };
        let event = watch.event();
        let gap = {
            let mut heard = watch.heard();
            changes.extend(heard.after(end));
            end = changes.last().map_or(position, |change: &Change| change.revision);
            heard.gap_after(end)
        };
        let Some(gap) = gap else { break };
        let missing = store.changes_after(event, end, gap.min(READ_AT_ONCE)).await?;
        let Some(last) = missing.last() else { break };
        end = last.revision;
        changes.extend(missing);
    }
    Ok(if changes.is_empty() { Seen::Nothing } else { Seen::Changes(changes) })
}

/// What there is after a position.
async fn look(
    watching: Weak<Watch>,
    store: Store,
    event: EventId,
    position: Revision,
    must_look: bool,
) -> Result<Seen, StoreError> {
    let changes = store.changes_after(event, position, READ_AT_ONCE).await?;
    if !changes.is_empty() {
        // There may be more.
        if must_look && let Some(watch) = watching.upgrade() {
            watch.heard().must_look = true;
        }
        return Ok(Seen::Changes(changes));
    }
    if must_look
        && let Some(extent) = store.log_extent(event).await?
        && extent.newest < position
    {
        return Ok(Seen::Rewound(extent.newest));
    }
    Ok(Seen::Nothing)
}

/// What a look at the log shows; for ever, if none is under way. Safe to cancel.
async fn looked(
    look: &mut Option<BoxFuture<'static, Result<Seen, StoreError>>>,
) -> Result<Seen, StoreError> {
    match look {
        Some(look) => look.await,
        None => std::future::pending().await,
    }
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
