//! The frames of a subscription that was handed over: each made once for all who ask the same.

use std::sync::Arc;

use futures_util::stream::{self, Stream};

use super::delivery::{LiveFollower, LiveItem};
use super::error::Fault;
use super::log_cursor;
use super::schema::ArenaSchema;
use super::shared_operation::SharedOperation;
use super::types::{SeatChanges, SeatSnapshot, SeatStatuses, SeatStreamItem};
use crate::domain::LogPoint;
use crate::feed::{Follower, Payload, StatusFollower, Step};

/// A frame: the payload of a `next` message, shared by all who ask the same.
#[derive(Clone, Debug)]
pub struct Frame {
    /// As JSON.
    pub payload: Payload,
    /// What a client that has it names to go on after it.
    pub id: Arc<str>,
}

/// An operation that was handed over: its frames.
#[derive(Debug)]
pub struct LiveFrames {
    follower: LiveFollower,
    operation: Arc<SharedOperation>,
}

impl LiveFrames {
    /// Goes on where the resolver left the follower.
    pub fn new(follower: LiveFollower, operation: Arc<SharedOperation>) -> Self {
        Self { follower, operation }
    }

    /// The frames. An error is the end.
    pub fn into_stream(
        self,
        schema: ArenaSchema,
    ) -> impl Stream<Item = Result<Frame, Fault>> + Send {
        stream::try_unfold(self, move |mut live| {
            let schema = schema.clone();
            async move {
                let frame = live.next(&schema).await?;
                Ok(Some((frame, live)))
            }
        })
    }

    async fn next(&mut self, schema: &ArenaSchema) -> Result<Frame, Fault> {
        match &mut self.follower {
            LiveFollower::Changes(follower) => {
                next_changes(follower, &self.operation, schema).await
            }
            LiveFollower::Statuses(follower) => {
                next_statuses(follower, &self.operation, schema).await
            }
        }
    }
}

async fn next_changes(
    follower: &mut Follower,
    operation: &SharedOperation,
    schema: &ArenaSchema,
) -> Result<Frame, Fault> {
    let render = |item| operation.render(schema, LiveItem::Changes(item));
    match follower.next().await? {
        Step::Changes(batch) => {
            let payload = batch.rendered().form(operation.number(), || {
                render(SeatStreamItem::Changes(SeatChanges(batch.clone())))
            })?;
            let end = || LogPoint::ZERO.after(batch.changes());
            let id = batch.rendered().name(|| log_cursor::encode(end()));
            Ok(Frame { payload, id })
        }
        Step::Lost(why) => {
            // Boxed: it is rare, and a subscription that waits should be small.
            let shared = Box::pin(follower.snapshot()).await?;
            let snapshot =
                SeatSnapshot { snapshot: Arc::clone(&shared.snapshot), reason: why.into() };
            let payload = shared
                .rendered(why)
                .form(operation.number(), || render(SeatStreamItem::Snapshot(snapshot)))?;
            let end = shared.snapshot.end;
            Ok(Frame { payload, id: shared.rendered(why).name(|| log_cursor::encode(end)) })
        }
    }
}

async fn next_statuses(
    follower: &mut StatusFollower,
    operation: &SharedOperation,
    schema: &ArenaSchema,
) -> Result<Frame, Fault> {
    let statuses = follower.next().await?;
    let payload = statuses.rendered().form(operation.number(), || {
        operation.render(schema, LiveItem::Statuses(SeatStatuses::from(&statuses)))
    })?;
    let id = statuses.rendered().name(|| statuses.revision().to_string());
    Ok(Frame { payload, id })
}
