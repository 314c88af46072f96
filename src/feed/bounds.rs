//! What bounds the memory of all watches together.

use std::sync::Arc;

use super::rendered::Frames;
use crate::memory::Allowance;

/// What the changes take together that are kept at hand for followers, and those that followers
/// read who catch up, in bytes: a dozen events that sell out, each with all that is worth keeping.
const CHANGES_BYTES: usize = 128 * 1024 * 1024;

/// What the maps take together that are looked at, in bytes: ten of the largest houses, or a
/// hundred of 20,000 seats.
const BOARDS_BYTES: usize = 24 * 1024 * 1024;

/// See the module's documentation. Copies share everything.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    pub(super) frames: Arc<Frames>,
    pub(super) changes: Arc<Allowance>,
    pub(super) boards: Arc<Allowance>,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            frames: Arc::default(),
            changes: Allowance::new("changes", CHANGES_BYTES),
            boards: Allowance::new("boards", BOARDS_BYTES),
        }
    }
}
