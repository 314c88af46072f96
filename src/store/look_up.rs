//! Look-ups that no socket can hold up, in tasks of their own; those for clients wait for their
//! turns.
//!
//! They run where the store was opened. Who asks may be on a thread that comes after others; a
//! connection that was opened there would be served there, also for those who come first.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::error::StoreError;
use super::pools::Store;
use super::read_turns::{MapTurns, ReadLane, ReadTurn};
use crate::trace::carried;

impl Store {
    /// Looks something up in a task of its own. A follower is polled by the socket it serves, and a
    /// socket that cannot write does not poll: what others wait for (a connection, a lock) must not
    /// be in its hands meanwhile. Nor is it dropped with whoever asked, in the middle of a
    /// transaction.
    ///
    /// # Errors
    ///
    /// Those of the look-up.
    pub async fn apart<T: Send + 'static>(
        &self,
        look_up: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.runtime.spawn(carried(look_up)).await.unwrap_or(Err(StoreError::Interrupted))
    }

    /// Waits for a turn to read. Hold it while reading, and take no other meanwhile.
    ///
    /// # Errors
    ///
    /// If too many wait, or it takes too long.
    pub async fn read_turn(&self, lane: ReadLane) -> Result<ReadTurn, StoreError> {
        self.read_turns.read(lane).await
    }

    /// Waits for a turn to read a whole map, likewise.
    pub(super) async fn map_turn(&self, lane: ReadLane) -> Result<MapTurns, StoreError> {
        self.read_turns.map(lane).await
    }

    /// How many look-ups wait for a turn to read.
    pub fn waiting_reads(&self) -> usize {
        self.read_turns.waiting()
    }

    /// Looks something up when it is the lane's turn, in a task of its own: a connection must not
    /// be in the hands of somebody who may leave, or may not be asked to go on for a while.
    ///
    /// # Errors
    ///
    /// Those of the look-up, and those of [`Store::read_turn`]. Of somebody who leaves before the
    /// turn, nothing is looked up.
    pub async fn look_up_in_turn<T: Send + 'static>(
        &self,
        lane: ReadLane,
        look_up: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turns = Arc::clone(&self.read_turns);
        self.after(async move { turns.read(lane).await }, look_up).await
    }

    /// Looks up what has a whole map in it, likewise.
    ///
    /// # Errors
    ///
    /// As [`Store::look_up_in_turn`].
    pub async fn look_up_map_in_turn<T: Send + 'static>(
        &self,
        lane: ReadLane,
        look_up: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turns = Arc::clone(&self.read_turns);
        self.after(async move { turns.map(lane).await }, look_up).await
    }

    /// Looks something up once there is a turn for it, in a task of its own; not at all if nobody
    /// waits for it by then.
    async fn after<R: Send, T: Send + 'static>(
        &self,
        turn: impl Future<Output = Result<R, StoreError>> + Send + 'static,
        look_up: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (mut reply, answer) = oneshot::channel();
        self.runtime.spawn(carried(async move {
            let turn = tokio::select! {
                turn = turn => turn,
                () = reply.closed() => return,
            };
            let found = match turn {
                Ok(_turn) => look_up.await,
                Err(error) => Err(error),
            };
            // Who asked may have left.
            let _ = reply.send(found);
        }));
        answer.await.unwrap_or(Err(StoreError::Interrupted))
    }
}
