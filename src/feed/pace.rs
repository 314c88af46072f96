//! When a board's next frame is due.

use std::time::Duration;

use tokio::time::Instant;

use crate::pace::{QUICKEST, SLOWEST};

/// What a watcher is sent at most, in bytes a second: a house of 20,000 whole takes 20 KB, and is
/// sent whole when most of it has changed. (A larger house takes more when it is sent whole.)
const BYTES_A_SECOND: u32 = 25_000;

/// When the next frame is due after one that left at `last` and took so many bytes.
pub(super) fn next_frame(last: Instant, bytes: usize) -> Instant {
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    let paid = Duration::from_secs(1).saturating_mul(bytes) / BYTES_A_SECOND;
    last + paid.clamp(QUICKEST, SLOWEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_paid_for_by_a_pause_and_no_pause_is_longer_than_a_second() {
        let start = Instant::now();
        let pause = |bytes| (next_frame(start, bytes) - start).as_millis();
        assert_eq!([0, 200, 5_000, 20_000, 200_000].map(pause), [33, 33, 200, 800, 1_000]);
        assert_eq!(pause(usize::MAX), 1_000);
    }
}
