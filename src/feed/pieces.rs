//! Pieces of an event's log, each read once for all who catch up.
//!
//! The log is cut at fixed revisions. Whoever is behind what the watch keeps is given the rest of
//! the piece it stands in, then whole ones. After a restart thousands come back within seconds.
//! The first who needs a piece has it read, and all others wait for that or find it read.
//!
//! A reading goes on although whoever began it is gone. One that has failed has failed for all who
//! waited for it; the next who asks begins another.
//!
//! Invariants: one reading of a piece at a time. What is handed out has the change that follows the
//! position, or says that there is none.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::batch::Batch;
use super::shared_look_up::{SharedLookUp, shared};
use crate::domain::Revision;
use crate::store::StoreError;

/// Changes of a piece: a frame of 80 KB, and a read of some milliseconds. Who is a single change
/// behind has one piece read.
pub(super) const PIECE_CHANGES: i64 = 512;

/// How long a piece is kept that nobody asks for: clients come back over some seconds.
const KEPT_FOR: Duration = Duration::from_secs(10);

/// What the log has of a piece.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    /// What comes next.
    Changes(Batch),
    /// The change that is needed is no longer there.
    Missing,
    /// There is no room for it now.
    NoRoom,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// By their number in the log.
    kept: Mutex<HashMap<i64, Kept>>,
}

#[derive(Debug)]
struct Kept {
    asked_at: Instant,
    reading: SharedLookUp<Piece>,
}

impl Kept {
    /// Whether it has, or may turn out to have, what comes after a position. The last piece of a
    /// log may have grown since.
    fn may_serve(&self, position: Revision) -> bool {
        match self.reading.peek() {
            None => true,
            Some(Ok(Piece::Changes(batch))) => batch.to() > position,
            Some(_) => false,
        }
    }
}

impl Pieces {
    /// What comes after a position. `read` reads the piece that follows a revision.
    ///
    /// # Errors
    ///
    /// If the log could not be read.
    pub(super) async fn after<R>(
        &self,
        position: Revision,
        read: impl Fn(Revision) -> R,
    ) -> Result<Piece, Arc<StoreError>>
    where
        R: Future<Output = Result<Piece, StoreError>> + Send + 'static,
    {
        loop {
            let (reading, is_new) = self.reading(position, &read);
            return Ok(match reading.await? {
                Piece::Changes(batch) if batch.to() > position => {
                    let is_next = batch.from() <= position.next();
                    if is_next { Piece::Changes(batch.after(position)) } else { Piece::Missing }
                }
                // It may have been read before there was any more.
                Piece::Changes(_) | Piece::Missing if !is_new => continue,
                Piece::Changes(_) | Piece::Missing => Piece::Missing,
                Piece::NoRoom => Piece::NoRoom,
            });
        }
    }

    /// The reading of the piece that a position stands in, and whether it begins just now.
    fn reading<R>(
        &self,
        position: Revision,
        read: impl Fn(Revision) -> R,
    ) -> (SharedLookUp<Piece>, bool)
    where
        R: Future<Output = Result<Piece, StoreError>> + Send + 'static,
    {
        let number = position.0.div_euclid(PIECE_CHANGES);
        let asked_at = Instant::now();
        let mut kept = self.kept();
        if let Some(piece) = kept.get_mut(&number).filter(|piece| piece.may_serve(position)) {
            piece.asked_at = asked_at;
            return (piece.reading.clone(), false);
        }
        let reading = shared(read(Revision(number * PIECE_CHANGES)));
        kept.insert(number, Kept { asked_at, reading: reading.clone() });
        (reading, true)
    }

    /// Lets go of the piece that was asked for longest ago, of those that are read; whether there
    /// was one.
    pub(super) fn forget_oldest(&self) -> bool {
        let mut kept = self.kept();
        let read = kept.iter().filter(|(_, piece)| piece.reading.peek().is_some());
        let oldest = read.min_by_key(|(_, piece)| piece.asked_at).map(|(number, _)| *number);
        oldest.and_then(|number| kept.remove(&number)).is_some()
    }

    /// Lets go of those that nobody has asked for of late.
    pub(super) fn forget_unused(&self) {
        self.kept().retain(|_, piece| piece.asked_at.elapsed() < KEPT_FOR);
    }

    /// Lets go of all: the log is another one.
    pub(super) fn forget_all(&self) {
        self.kept().clear();
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<i64, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
