//! What a process of watchers is asked, and what it answers: a line of JSON each.

use serde::{Deserialize, Serialize};

/// What a process of watchers is asked.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(super) enum Ask {
    /// What was counted since the last look.
    Look,
    /// What all of them know.
    Groups,
    /// To note from now on who reaches a revision.
    Expect(u64),
    /// To say when all have reached it, waiting for so many seconds at most.
    Reached(u64),
    /// To let those who have lost their connections come back, or to hold them.
    Gate(bool),
    /// To have the sleepers read nothing for so many seconds.
    Sleep(u64),
    /// To have all come through the door.
    Arrive,
}

/// What all of them were sent since the last look.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Look {
    pub(super) frames: u64,
    /// On the wire.
    pub(super) bytes: u64,
    /// Connections that ended, or could not be made.
    pub(super) lost: u64,
    /// Attempts to watch that were put off.
    pub(super) refused: u64,
    /// When frames came to some of them.
    pub(super) arrivals: Vec<Arrival>,
}

/// A frame that has come to somebody: it spans these revisions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub(super) struct Arrival {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) at_us: i64,
}

/// Watchers that know the same.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Group {
    pub(super) watchers: usize,
    pub(super) revision: u64,
    pub(super) letters: String,
}

/// Everything that came of it: of each who came, in microseconds from when it was to come.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Came {
    /// To the map: the plan, and how its seats are.
    pub(super) map_us: Vec<i64>,
    /// To the first frame.
    pub(super) first_us: Vec<i64>,
    /// To the answer.
    pub(super) answer_us: Vec<i64>,
    /// Requests that were put off, and connections that broke.
    pub(super) refused: u64,
    pub(super) broken: u64,
    /// Seats reserved; others may have been there before.
    pub(super) reserved: u64,
    /// Bytes of a plan and of statuses, as they came.
    pub(super) plan_bytes: usize,
    pub(super) statuses_bytes: usize,
}
