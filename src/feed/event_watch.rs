//! One event that somebody follows for itself: its row, each time that its version has grown or
//! the time has made it something else.
//!
//! One look-up is for all who follow it. It is made when somebody says that there is a new version,
//! and once a second anyway: wake-ups may be lost, and sales open and close by the clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::MissedTickBehavior;

use super::error::FeedError;
use super::permit::SubscriptionPermit;
use crate::domain::EventId;
use crate::pace::FrameThreads;
use crate::pulse::Pulse;
use crate::store::Store;
use crate::store::reads::EventRecord;

/// How often to look although nothing woke us: what a lost wake-up costs at most, and how late a
/// sale may be told to have opened.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// See the module's documentation. Its reader runs for as long as somebody holds the watch.
#[derive(Debug)]
pub(super) struct EventWatch {
    shown: watch::Sender<Shown>,
    /// The newest version that anybody has spoken of.
    reached: AtomicI64,
    /// Apart from the watch, so that the reader can wait without keeping the watch alive.
    woken: Arc<Notify>,
    reader: OnceLock<AbortHandle>,
    looked: Pulse,
}

/// What is known of the event.
#[derive(Clone, Debug)]
enum Shown {
    /// Nothing yet.
    Nothing,
    Event(Arc<EventRecord>),
    /// It is there no longer.
    End,
}

impl EventWatch {
    /// A watch of an event, with its reader.
    pub(super) fn start(event: EventId, store: Store, threads: &FrameThreads) -> Arc<Self> {
        let watch = Arc::new(Self {
            shown: watch::Sender::new(Shown::Nothing),
            reached: AtomicI64::new(0),
            woken: Arc::default(),
            reader: OnceLock::new(),
            looked: Pulse::default(),
        });
        let (watching, woken) = (Arc::downgrade(&watch), Arc::clone(&watch.woken));
        let reader = threads.spawn(read(watching, woken, event, store));
        // It is set once.
        let _ = watch.reader.set(reader.abort_handle());
        watch
    }

    /// Somebody says that the event has come to a version.
    pub(super) fn reach(&self, version: i64) {
        if self.reached.fetch_max(version, Ordering::SeqCst) < version {
            self.woken.notify_one();
        }
    }

    /// How long ago its reader got something from the database.
    pub(super) fn looked_ago(&self) -> Duration {
        self.looked.age()
    }

    /// Nobody knows what the event has come to.
    pub(super) fn wake_to_look(&self) {
        self.woken.notify_one();
    }

    /// Shows what was read, if it is news. A version that was spoken of before the look, and is not
    /// there, was one of a database that is there no longer.
    fn show(&self, record: EventRecord, spoken_of: i64) {
        if record.version < spoken_of {
            let (expected, version) = (spoken_of, record.version);
            // Somebody may have spoken of another since.
            let _ = self.reached.compare_exchange(
                expected,
                version,
                Ordering::SeqCst,
                Ordering::SeqCst,
            );
        }
        self.shown.send_if_modified(|shown| {
            let is_news = match &*shown {
                Shown::Event(known) => is_other(known, &record),
                Shown::Nothing | Shown::End => true,
            };
            if is_news {
                *shown = Shown::Event(Arc::new(record));
            }
            is_news
        });
    }
}

fn is_other(known: &EventRecord, read: &EventRecord) -> bool {
    (known.version, known.status()) != (read.version, read.status())
}

impl Drop for EventWatch {
    fn drop(&mut self) {
        if let Some(reader) = self.reader.get() {
            reader.abort();
        }
    }
}

/// Looks at the event again and again, until it is gone.
async fn read(watching: Weak<EventWatch>, woken: Arc<Notify>, event: EventId, store: Store) {
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = woken.notified() => {}
            _ = look.tick() => {}
        }
        let Some(watch) = watching.upgrade() else { return };
        let spoken_of = watch.reached.load(Ordering::SeqCst);
        drop(watch);
        let read = store.event_now(event).await;
        let Some(watch) = watching.upgrade() else { return };
        if read.is_ok() {
            watch.looked.beat();
        }
        match read {
            Ok(Some(record)) => watch.show(record, spoken_of),
            Ok(None) => {
                watch.shown.send_replace(Shown::End);
                return;
            }
            Err(error) => {
                let (event, error) = (event.0, &error as &dyn std::error::Error);
                tracing::warn!(event, error, "an event cannot be read; will look again");
            }
        }
    }
}

/// One who follows an event for itself. Ends its watch when it is the last one.
#[derive(Debug)]
pub struct EventFollower {
    watch: Arc<EventWatch>,
    shown: watch::Receiver<Shown>,
    _permit: SubscriptionPermit,
}

impl EventFollower {
    pub(super) fn new(watch: Arc<EventWatch>, permit: SubscriptionPermit) -> Self {
        let mut shown = watch.shown.subscribe();
        // Whatever is there is new to it.
        shown.mark_changed();
        Self { watch, shown, _permit: permit }
    }

    /// The event, once it is another than was given last; at once if none was. Never older than
    /// what this server has committed before the call. Safe to cancel.
    ///
    /// # Errors
    ///
    /// If there is no such event any more.
    pub async fn next(&mut self) -> Result<Arc<EventRecord>, FeedError> {
        loop {
            // The watch has the sender: it is there.
            let _ = self.shown.changed().await;
            let reached = self.watch.reached.load(Ordering::SeqCst);
            match &*self.shown.borrow_and_update() {
                Shown::Event(record) if record.version >= reached => return Ok(Arc::clone(record)),
                Shown::Event(_) | Shown::Nothing => {}
                Shown::End => return Err(FeedError::NoSuchEvent),
            }
        }
    }
}
