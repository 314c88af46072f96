//! Keeps the board of one event current, and makes its frames.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::Instant;

use super::board::{Board, Outdated};
use super::follower::{Follower, Step};
use super::pace::next_frame;
use super::status_frame::StatusFrame;
use super::status_watch::StatusWatch;
use crate::backoff::waits;
use crate::domain::EventId;
use crate::pace::FrameThreads;
use crate::store::{ReadLane, Store, StoreError};

/// The waits between attempts to read the board: quickly at first, then without hammering a
/// database that is down.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Starts what keeps a watch's board current, which ends with the watch. The follower is one of the
/// event's log, wherever it stands.
pub(super) fn start(
    watch: &Arc<StatusWatch>,
    store: Store,
    threads: Arc<FrameThreads>,
    follower: Follower,
) {
    let teller =
        Teller { watch: Arc::downgrade(watch), store, threads: Arc::clone(&threads), follower };
    watch.set_teller(threads.spawn(teller.tell()).abort_handle());
}

/// Nobody watches any more, or there is nothing more to tell.
struct Ended;

struct Teller {
    watch: Weak<StatusWatch>,
    store: Store,
    threads: Arc<FrameThreads>,
    follower: Follower,
}

impl Teller {
    async fn tell(mut self) {
        while let Ok(()) = self.tell_from_anew().await {}
        // The event is gone: whoever waits is told so.
        if let Some(watch) = self.watch.upgrade() {
            watch.end();
        }
    }

    /// Reads the board and keeps it current until that is no longer possible.
    async fn tell_from_anew(&mut self) -> Result<(), Ended> {
        let mut board = self.read().await?;
        let boards = Arc::clone(&self.watch.upgrade().ok_or(Ended)?.bounds().boards);
        // Those who wait for it cannot be refused any more: who comes for another event is.
        let _taken = boards.charge_anyway(board.bytes());
        self.follower.move_to(board.revision());
        let mut tick = self.publish(&board, IsRead::Anew)?;
        loop {
            // The first change after a pause is told at once; what comes until a frame is due is
            // gathered.
            let mut gone_on = self.go_on(&mut board).await;
            while gone_on.is_ok() {
                if Instant::now() >= tick.due {
                    let Some(later) = self.threads.put_off(tick.began) else { break };
                    tick.due = later;
                }
                let going_on = tokio::time::timeout_at(tick.due, self.go_on(&mut board));
                if let Ok(further) = going_on.await {
                    gone_on = further;
                }
            }
            if gone_on.is_err() {
                // Frames have their pace, whatever the log is like.
                tokio::time::sleep_until(tick.due).await;
                return Ok(());
            }
            tick = self.publish(&board, IsRead::Already)?;
        }
    }

    /// Goes on by the next changes. Safe to cancel: nothing is awaited after they have come.
    async fn go_on(&mut self, board: &mut Board) -> Result<(), Outdated> {
        match self.follower.next().await {
            Ok(Step::Changes(batch)) => {
                batch.changes().iter().try_for_each(|change| board.apply(change))
            }
            Ok(Step::Lost(_)) => Err(Outdated),
            Err(error) => {
                let (event, error) = (self.event().0, &error as &dyn std::error::Error);
                tracing::warn!(event, error, "the change log cannot be followed; reading the map");
                Err(Outdated)
            }
        }
    }

    /// Makes a frame; says when the next is due.
    fn publish(&self, board: &Board, is_read: IsRead) -> Result<Tick, Ended> {
        let watch = self.watch.upgrade().ok_or(Ended)?;
        let (before, frames) = (watch.newest(), &watch.bounds().frames);
        let frame = match (before, is_read) {
            (Some(before), IsRead::Already) => before.next(board, frames),
            // One number is left out, so that nobody has the frame before.
            (Some(before), IsRead::Anew) => StatusFrame::first(board, before.number() + 2, frames),
            (None, _) => StatusFrame::first(board, 0, frames),
        };
        let began = Instant::now();
        let due = next_frame(began, frame.bytes()).max(self.threads.due(began, watch.followers()));
        watch.show(frame);
        Ok(Tick { began, due })
    }

    /// Reads the board, for as long as it takes.
    async fn read(&self) -> Result<Board, Ended> {
        let mut next_waits = waits(FIRST_WAIT, LONGEST_WAIT);
        loop {
            match read(&self.store, self.event()).await {
                Ok(board) => return board.ok_or(Ended),
                Err(error) => {
                    let (event, error) = (self.event().0, &error as &dyn std::error::Error);
                    tracing::warn!(event, error, "a map cannot be read; will try again");
                }
            }
            tokio::time::sleep(next_waits.next().unwrap_or(LONGEST_WAIT)).await;
        }
    }

    fn event(&self) -> EventId {
        self.follower.event()
    }
}

/// A frame that was made, and when the next is due.
struct Tick {
    began: Instant,
    due: Instant,
}

/// Whether a board was just read, or has been kept current since the frame before.
enum IsRead {
    Anew,
    Already,
}

async fn read(store: &Store, event: EventId) -> Result<Option<Board>, StoreError> {
    let reader = store.clone();
    let look_up = async move { reader.seat_letters(event).await };
    Ok(store.look_up_map_in_turn(ReadLane::Maps, look_up).await?.map(Board::new))
}
