//! What subscribers were sent.

use serde::{Deserialize, Serialize};

use super::answer::{Held, OrderSeen};
use super::{DbMicros, EventNo, Revision, RunMicros, SeatNo, Viewer};

/// One thing that a subscriber saw.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Frame {
    /// Which subscriber: one client's following of one event, over all of its connections.
    pub stream: u32,
    /// Of which event.
    pub event: EventNo,
    /// When it came.
    pub at: RunMicros,
    /// What.
    pub item: StreamItem,
}

/// Which subscription.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
    /// `seatChanges`.
    Changes {
        /// Whether and from where the client asked to go on.
        since: Option<Revision>,
    },
    /// `seatStatuses`.
    Statuses,
    /// `myReservations`.
    Mine {
        /// Whose.
        viewer: Viewer,
    },
}

/// What a subscriber saw.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamItem {
    /// It connected, anew or again: what it asked for. The stream's first.
    Subscribed(StreamKind),
    /// `SeatChanges`.
    Changes {
        /// `fromRevision`.
        from: Revision,
        /// `toRevision`.
        to: Revision,
        /// The changes.
        changes: Vec<ChangeSeen>,
    },
    /// `SeatSnapshot`.
    Snapshot {
        /// What it is true for.
        revision: Revision,
        /// Why it came.
        reason: SnapshotReason,
        /// A letter for each seat, ascending, as on a map.
        letters: String,
    },
    /// A frame of `seatStatuses`.
    Board {
        /// What it is true for.
        revision: Revision,
        /// From 0, ascending; `None`: all seats.
        places: Option<Vec<usize>>,
        /// A letter for each place.
        letters: String,
    },
    /// An item of `myReservations`.
    Mine {
        /// What it is true for.
        revision: Revision,
        /// What is held.
        held: Vec<Held>,
        /// The viewer's orders.
        orders: Vec<OrderSeen>,
        /// Seats whose hold has run out since the item before.
        expired: Vec<SeatNo>,
    },
    /// The connection ended, whoever ended it.
    Lost,
    /// The run was over, all faults with it, and the subscriber was given as long as the run says
    /// to catch up: it must have done so. The stream's last.
    Settled,
}

/// A change as a subscriber sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ChangeSeen {
    /// Its revision.
    pub revision: Revision,
    /// Which seat.
    pub seat: SeatNo,
    /// A, R or C.
    pub status: char,
    /// Whether it is for sale from now on, if that is said.
    pub for_sale: Option<bool>,
    /// Why.
    pub cause: Cause,
    /// When.
    pub changed_at: DbMicros,
}

/// `SnapshotReason`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the API's schema says what they mean")]
pub enum SnapshotReason {
    Initial,
    LogPruned,
    ClientLagged,
    UnknownRevision,
}

/// `ChangeCause`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the API's schema says what they mean")]
pub enum Cause {
    Reserved,
    Released,
    Expired,
    Confirmed,
    Extended,
    Blocked,
    Unblocked,
    Imported,
    Cancelled,
    Claimed,
    Transferred,
}
