//! Keeps the board of one event current, and makes its frames.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::Instant;

use super::board::{Board, Outdated};
use super::follower::{Follower, Step};
use super::pace::{PARTS, due_after, paid_by, until_next};
use super::status_frame::{StatusFrame, Statuses};
use super::status_watch::StatusWatch;
use crate::backoff::waits;
use crate::domain::EventId;
use crate::pace::{FrameThreads, QUICKEST};
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
    let teller = Teller {
        watch: Arc::downgrade(watch),
        store,
        threads: Arc::clone(&threads),
        follower,
        pace: QUICKEST,
        turn: 0,
        told_at: None,
    };
    watch.set_teller(threads.spawn(teller.tell()).abort_handle());
}

/// Nobody watches any more, or there is nothing more to tell.
struct Ended;

struct Teller {
    watch: Weak<StatusWatch>,
    store: Store,
    threads: Arc<FrameThreads>,
    follower: Follower,
    /// How long a follower waits for its next frame.
    pace: Duration,
    /// The part whose turn it is.
    turn: usize,
    told_at: Option<Instant>,
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
        self.follower.move_to(board.end());
        let mut tick = self.publish(&board, IsRead::Anew)?;
        while self.gather(&mut board, &tick).await.is_ok() {
            tick = self.publish(&board, IsRead::Already)?;
        }
        // Frames have their pace, whatever the log is like.
        tokio::time::sleep_until(tick.due).await;
        Ok(())
    }

    /// Goes on by what comes until somebody is to be told. The first change after a pause is told
    /// at once.
    async fn gather(&mut self, board: &mut Board, tick: &Tick) -> Result<(), Outdated> {
        if tick.is_all_told {
            self.go_on(board).await?;
        }
        let mut due = tick.due;
        loop {
            if Instant::now() >= due {
                let Some(later) = self.threads.put_off(tick.began) else { return Ok(()) };
                due = later;
            }
            if let Ok(gone_on) = tokio::time::timeout_at(due, self.go_on(board)).await {
                gone_on?;
            }
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

    /// Makes a frame, if there is something new, and tells of it those whose turn it is.
    fn publish(&mut self, board: &Board, is_read: IsRead) -> Result<Tick, Ended> {
        let watch = self.watch.upgrade().ok_or(Ended)?;
        let (before, frames) = (watch.newest(), &watch.bounds().frames);
        let frame = match (before, is_read) {
            (Some(before), IsRead::Already) if before.revision() == board.revision() => before,
            (Some(before), IsRead::Already) => Arc::new(before.next(board, frames)),
            // One number is left out, so that nobody has the frame before.
            (Some(before), IsRead::Anew) => {
                Arc::new(StatusFrame::first(board, before.number() + 2, frames))
            }
            (None, _) => Arc::new(StatusFrame::first(board, 1, frames)),
        };
        watch.show(Arc::clone(&frame));
        let (began, parts) = (Instant::now(), watch.parts());
        let (followers, occupied) = (parts.followers(), parts.occupied());
        // Whoever waits for the first one is told at once.
        let due = self.told_at.replace(began).map_or(PARTS, |told_at| {
            due_after(began.saturating_duration_since(told_at), occupied, self.pace)
        });
        let told = parts.tell(frame.number(), self.turn, due);
        self.turn = told.next;
        // Number 0 is of no frame.
        let bytes = Statuses::of(frame, (told.had > 0).then_some(told.had)).bytes();
        self.pace = self.threads.pace(followers, told.followers).max(paid_by(bytes));
        let due = began + until_next(occupied, self.pace);
        Ok(Tick { began, due, is_all_told: told.is_all })
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

/// Some were told of a frame.
struct Tick {
    began: Instant,
    /// When the next are to be told, if there is something to tell.
    due: Instant,
    /// Whether everybody has what there is.
    is_all_told: bool,
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
