//! What subscriptions deliver.

use std::sync::Arc;

use async_graphql::{Enum, ID, Object, SimpleObject, Union};

use super::change_cause::ChangeCause;
use super::{Order, Seat, SeatStatus};
use crate::domain::{self, LogPoint};
use crate::feed::{Batch, Lost};
use crate::graphql::ids::AnyId;
use crate::graphql::log_cursor;
use crate::graphql::scalars::{DateTime, Revision};
use crate::graphql::serial::SerialList;
use crate::store::reads::{PublicState, Snapshot};

/// One frame of seatChanges.
#[derive(Clone, Debug, Union)]
pub enum SeatStreamItem {
    /// Every seat's state: forget what you knew.
    Snapshot(SeatSnapshot),
    /// What has changed since the frame before.
    Changes(SeatChanges),
}

/// Every seat's state as of one revision.
#[derive(Clone, Debug)]
pub struct SeatSnapshot {
    /// What was read.
    pub snapshot: Arc<Snapshot>,
    /// Why it is sent.
    pub reason: SnapshotReason,
}

/// Every seat's state as of one revision.
#[Object(serial)]
impl SeatSnapshot {
    /// The revision that the whole snapshot is true for; changes go on after it.
    async fn revision(&self) -> Revision {
        Revision(self.snapshot.end.revision)
    }

    /// The place in the log that this is true for: pass it as `after` to go on.
    async fn cursor(&self) -> String {
        log_cursor::encode(self.snapshot.end)
    }

    /// Why a snapshot is sent instead of changes.
    async fn reason(&self) -> SnapshotReason {
        self.reason
    }

    /// Every seat, in the order of the seat plan.
    async fn seats(&self) -> SerialList<SeatState> {
        SerialList(self.snapshot.seats.iter().map(SeatState::from).collect())
    }
}

/// Why a snapshot is sent instead of changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
pub enum SnapshotReason {
    /// The subscription began without `since` and `after`.
    Initial,
    /// The changes that the client has missed are no longer kept.
    LogPruned,
    /// The client is so far behind that the changes would be more than this snapshot. It has been
    /// away for long, or reads too slowly.
    ClientLagged,
    /// `since` or `after` is none of this event's: it has not got there, or its database was put
    /// back meanwhile to an earlier state, and what the client has may never have been.
    UnknownRevision,
}

impl From<Lost> for SnapshotReason {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::NoPosition => Self::Initial,
            Lost::Pruned => Self::LogPruned,
            Lost::Lagged => Self::ClientLagged,
            Lost::UnknownRevision => Self::UnknownRevision,
        }
    }
}

/// A seat's state as of a snapshot's revision.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct SeatState {
    /// Which seat.
    seat_id: ID,
    /// Its status. A hold that had run out reads AVAILABLE.
    status: SeatStatus,
    /// Always null.
    #[graphql(
        deprecation = "it would help snipers; myReservations tells when one's own holds end"
    )]
    reservation_expires_at: Option<DateTime>,
    /// Whether it is offered at all.
    for_sale: bool,
    /// The revision of its last change; 0 if it never changed.
    revision: Revision,
}

impl From<&PublicState> for SeatState {
    fn from(state: &PublicState) -> Self {
        Self {
            seat_id: AnyId::Seat(state.seat).encode(),
            status: state.status.into(),
            reservation_expires_at: None,
            for_sale: state.for_sale,
            revision: Revision(state.revision),
        }
    }
}

/// Consecutive changes: the first has revision `fromRevision`, the last `toRevision`.
#[derive(Clone, Debug)]
pub struct SeatChanges(pub Batch);

/// Consecutive changes: the first has revision `fromRevision`, the last `toRevision`.
#[Object(serial)]
impl SeatChanges {
    /// The revision of the first change: one more than the last revision of the frame before.
    async fn from_revision(&self) -> Revision {
        Revision(self.0.from())
    }

    /// The revision of the last change.
    async fn to_revision(&self) -> Revision {
        Revision(self.0.to())
    }

    /// The place in the log after the last change: pass it as `after` to go on after a lost
    /// connection.
    async fn cursor(&self) -> String {
        log_cursor::encode(LogPoint::ZERO.after(self.0.changes()))
    }

    /// The changes, in order; at least one.
    async fn changes(&self) -> SerialList<SeatChange> {
        SerialList(self.0.changes().iter().map(SeatChange::from).collect())
    }
}

/// One change of one seat.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct SeatChange {
    /// Which seat.
    seat_id: ID,
    /// The status it has after the change.
    status: SeatStatus,
    /// Always null.
    #[graphql(
        deprecation = "it would help snipers; myReservations tells when one's own holds end"
    )]
    reservation_expires_at: Option<DateTime>,
    /// Whether it is offered at all from now on; null: as before, which for a new seat is that it
    /// is.
    for_sale: Option<bool>,
    /// Why it changed.
    cause: ChangeCause,
    /// The change's revision: one more than that of the change before.
    revision: Revision,
    /// When it was decided.
    changed_at: DateTime,
}

impl From<&domain::Change> for SeatChange {
    fn from(change: &domain::Change) -> Self {
        Self {
            seat_id: AnyId::Seat(change.seat).encode(),
            status: change.cause.status().into(),
            reservation_expires_at: None,
            for_sale: change.cause.for_sale(),
            cause: change.cause.into(),
            revision: Revision(change.revision),
            changed_at: DateTime(change.changed_at),
        }
    }
}

/// What the viewer holds and owns in one event, after something of it has changed.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct MyReservations {
    /// The revision that this is true for.
    pub revision: Revision,
    /// The seats the viewer holds, in the order of the seat plan.
    pub held: Vec<Seat>,
    /// The viewer's orders in this event, oldest first.
    pub orders: Vec<Order>,
    /// Seats whose hold has run out since the item before, or has ended because the event is
    /// cancelled; empty in the first.
    pub expired: Vec<ID>,
}
