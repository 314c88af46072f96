//! Answers under way that take much memory: all together no more than the largest one may.
//!
//! What an answer takes is known before it is executed. A large one waits for its room, in the
//! order of asking. What has room keeps it until its answer is written.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Request, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::request_error::fault_response;
use crate::graphql::ArenaSchema;
use crate::graphql::cost::Cost;
use crate::graphql::error::Fault;
use crate::memory::{Allowance, Charge, Full};

/// Bytes that a value takes until its answer is written: 450 MB of a map with 2.6 million, what was
/// read for it and the JSON included.
const BYTES_A_NODE: u64 = 175;

/// Answers up to this size need no room: some thousand values, as most answers have.
const SMALL_BYTES: u64 = 1024 * 1024;

/// What large answers may take together: the largest one, or sixteen maps of 20,000 seats.
const MAX_BYTES: usize = 576 * 1024 * 1024;

/// What room is given out in, in bytes: the semaphore counts in 32 bits.
const UNIT_BYTES: u64 = 1024;

/// How long an answer waits for its room before the client is told to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// See the module's documentation.
#[derive(Debug)]
pub struct LargeAnswers {
    room: Arc<Semaphore>,
    allowance: Arc<Allowance>,
    patience: Duration,
}

/// What an answer takes, until this is dropped. Small ones have none.
#[must_use]
pub(super) struct Room {
    _held: Option<Box<(OwnedSemaphorePermit, Charge)>>,
}

impl Default for LargeAnswers {
    fn default() -> Self {
        Self::with(MAX_BYTES, PATIENCE)
    }
}

impl LargeAnswers {
    fn with(bytes: usize, patience: Duration) -> Self {
        let units = units(u64::try_from(bytes).unwrap_or(u64::MAX));
        let room = Semaphore::new(usize::try_from(units).unwrap_or(Semaphore::MAX_PERMITS));
        Self { room: Arc::new(room), allowance: Allowance::new("answers", bytes), patience }
    }

    /// What bounds it.
    pub fn allowance(&self) -> &Arc<Allowance> {
        &self.allowance
    }

    /// Executes what costs so much, once there is room for its answer. The room is to be held until
    /// the answer is written.
    pub(super) async fn execute(
        &self,
        schema: &ArenaSchema,
        request: Request,
        cost: Cost,
    ) -> (Response, Room) {
        match self.room_for(cost).await {
            Ok(room) => (schema.execute(request).await, room),
            Err(full) => (fault_response(Fault::from(full)), Room { _held: None }),
        }
    }

    /// Room for an answer that costs so much; waits a while for it.
    pub(super) async fn room_for(&self, cost: Cost) -> Result<Room, Full> {
        let bytes = cost.nodes.saturating_mul(BYTES_A_NODE);
        if bytes <= SMALL_BYTES {
            return Ok(Room { _held: None });
        }
        let permit = Arc::clone(&self.room).acquire_many_owned(units(bytes));
        let permit = tokio::time::timeout(self.patience, permit).await;
        let permit = permit.ok().and_then(Result::ok).ok_or(Full)?;
        let charge = self.allowance.charge_anyway(usize::try_from(bytes).unwrap_or(usize::MAX));
        Ok(Room { _held: Some(Box::new((permit, charge))) })
    }
}

fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::graphql::cost::MAX_NODES;

    fn of(nodes: u64) -> Cost {
        Cost { nodes, ..Cost::default() }
    }

    #[tokio::test]
    async fn the_largest_answer_has_room_and_another_waits_for_it() {
        let answers = LargeAnswers::default();
        let largest = answers.room_for(of(MAX_NODES)).await.unwrap();
        assert!(answers.allowance.used() > 500_000_000 && !answers.allowance.is_exceeded());
        assert!(answers.room_for(of(5_000)).now_or_never().is_some(), "it is small");
        let mut next = Box::pin(answers.room_for(of(1_000_000)));
        assert!(next.as_mut().now_or_never().is_none());
        drop(largest);
        assert!(next.await.is_ok());
        assert_eq!(answers.allowance.used(), 0);
    }

    #[tokio::test]
    async fn who_waits_for_too_long_is_told_to_come_back() {
        let answers = LargeAnswers::with(MAX_BYTES, Duration::ZERO);
        let _largest = answers.room_for(of(MAX_NODES)).await.unwrap();
        assert!(answers.room_for(of(1_000_000)).await.is_err());
    }
}
