//! What bounds all watches together: their memory, and what they ask of the database.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::last_seen::LastSeen;
use super::rendered::Frames;
use crate::memory::Allowance;

/// What the changes take together, in bytes: those that are kept at hand for followers, and the
/// pieces of logs that were read for others. A dozen events that sell out, each with all that is
/// worth keeping.
const CHANGES_BYTES: usize = 128 * 1024 * 1024;

/// What the maps take together that are looked at, in bytes: eight of the largest houses, or
/// eighty of 20,000 seats.
const BOARDS_BYTES: usize = 30 * 1024 * 1024;

/// Pieces of logs read at a time: half of the connections that keep the server going. The others
/// are for what follows the logs live.
const READINGS_AT_ONCE: usize = 2;

/// See the module's documentation. Copies share everything.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    pub(super) frames: Arc<Frames>,
    pub(super) changes: Arc<Allowance>,
    pub(super) boards: Arc<Allowance>,
    pub(super) readings: Arc<Semaphore>,
    /// Where logs ended whose watches are gone.
    pub(super) last_seen: Arc<LastSeen>,
}

impl Default for Bounds {
    fn default() -> Self {
        let changes = Allowance::new("changes", CHANGES_BYTES);
        let boards = Allowance::new("boards", BOARDS_BYTES);
        let readings = Arc::new(Semaphore::new(READINGS_AT_ONCE));
        let (frames, last_seen) = (Arc::default(), Arc::default());
        Self { frames, changes, boards, readings, last_seen }
    }
}
