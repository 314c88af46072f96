//! Whether a subscription is delivered by its own stream, or apart from it; and from where on.
//!
//! `seatChanges` and `seatStatuses` hold nothing that depends on the viewer, so their frames are
//! shared. An operation
//! is started like any other, and the schema checks and resolves it; but with a
//! [`Delivery::HandOver`] in its data the resolver hands its follower over instead of a stream. A
//! batch is executed with [`Delivery::Render`].

use std::sync::{Arc, Mutex, PoisonError};

use super::log_cursor;
use super::types::{SeatStatuses, SeatStreamItem};
use crate::domain::LogPoint;
use crate::feed::{Follower, StatusFollower};

/// After which position `seatChanges` goes on, whatever its document says: the transport knows
/// better what the client has. Goes into a request's data.
#[derive(Clone, Copy, Debug)]
pub struct ResumeAfter(pub(super) LogPoint);

impl ResumeAfter {
    /// Reads the id of a frame; `None` if it was not sent by us.
    pub fn read(id: &str) -> Option<Self> {
        log_cursor::decode(id).map(Self)
    }
}

/// Whether and how a subscription is delivered apart from its own stream; goes into a request's
/// data.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// The resolver leaves its follower here, and its stream is empty.
    HandOver(Handed),
    /// The stream has this one item.
    Render(LiveItem),
}

/// One item of a stream whose frames are shared.
#[derive(Clone, Debug)]
pub enum LiveItem {
    /// Of `seatChanges`.
    Changes(SeatStreamItem),
    /// Of `seatStatuses`.
    Statuses(SeatStatuses),
}

/// Who follows an event for a stream whose frames are shared.
#[derive(Debug)]
pub enum LiveFollower {
    /// For `seatChanges`.
    Changes(Follower),
    /// For `seatStatuses`.
    Statuses(StatusFollower),
}

/// Where a resolver leaves its follower.
#[derive(Clone, Debug, Default)]
pub struct Handed(Arc<Mutex<Option<LiveFollower>>>);

impl Handed {
    /// Leaves a follower.
    pub(super) fn leave(&self, follower: LiveFollower) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(follower);
    }

    /// Takes the follower, if one was left.
    pub fn take(&self) -> Option<LiveFollower> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
