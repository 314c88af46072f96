//! When frames are due, and how many are told of them at a time.

use std::time::Duration;

use crate::pace::{QUICKEST, SLOWEST};

/// What a watcher is sent at most, in bytes a second: a house of 20,000 whole takes 20 KB, and is
/// sent whole when most of it has changed. (A larger house takes more when it is sent whole.)
const BYTES_A_SECOND: u32 = 25_000;

/// How often some are told, at most: of ten thousand, a hundred at the slowest pace. Their frames
/// take a millisecond to write, which is what somebody who buys has to wait for them.
const TURN: Duration = Duration::from_millis(10);

/// Parts of an event's followers, at the most: so many turns has the slowest pace.
pub(super) const PARTS: usize = 100;

/// How long a watcher waits for its next frame after one that took so many bytes.
pub(super) fn paid_by(bytes: usize) -> Duration {
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    let paid = Duration::from_secs(1).saturating_mul(bytes) / BYTES_A_SECOND;
    paid.clamp(QUICKEST, SLOWEST)
}

/// How long to wait until the next are told, so that each of so many parts is told once within
/// `time`.
pub(super) fn until_next(parts: usize, time: Duration) -> Duration {
    let turns = usize::try_from(time.as_nanos() / TURN.as_nanos()).unwrap_or(usize::MAX);
    let parts = parts.clamp(1, PARTS);
    let count = |parts| u32::try_from(parts).unwrap_or(1);
    time * count(parts.div_ceil(turns.max(1))) / count(parts)
}

/// How many of them are to be told so long after the last: after a pause, all.
pub(super) fn due_after(since: Duration, parts: usize, time: Duration) -> usize {
    // What was rounded down is not to be waited for again.
    let since = since + Duration::from_micros(1);
    let due = since.as_nanos() * parts as u128 / time.as_nanos().max(1);
    usize::try_from(due).unwrap_or(usize::MAX).clamp(1, PARTS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_frame_is_paid_for_by_a_pause_and_no_pause_is_longer_than_a_second() {
        let pause = |bytes| paid_by(bytes).as_millis();
        assert_eq!([0, 200, 5_000, 20_000, 200_000].map(pause), [33, 33, 200, 800, 1_000]);
        assert_eq!(pause(usize::MAX), 1_000);
    }

    #[test]
    fn many_parts_are_told_one_after_another_and_a_single_one_waits_for_the_whole_pace() {
        let told = |parts, pace| {
            let wait = until_next(parts, pace);
            (wait.as_millis(), due_after(wait, parts, pace))
        };
        assert_eq!(told(1, SLOWEST), (1_000, 1));
        assert_eq!(told(4, SLOWEST), (250, 1));
        assert_eq!(told(PARTS, SLOWEST), (10, 1));
        assert_eq!(told(PARTS, QUICKEST), (11, PARTS.div_ceil(3)));
        assert_eq!(due_after(SLOWEST * 5, PARTS, SLOWEST), PARTS, "after a pause");
    }

    proptest! {
        /// Whatever the pace is: within it each part is told once.
        #[test]
        fn in_the_time_of_a_pace_each_part_is_told_once(
            parts in 1..=PARTS, pace_us in 33_000_u64..=1_000_000,
        ) {
            let pace = Duration::from_micros(pace_us);
            let wait = until_next(parts, pace);
            prop_assert!((TURN..=pace).contains(&wait), "{wait:?}");
            let turns = parts.div_ceil(due_after(wait, parts, pace));
            let round = wait * u32::try_from(turns).unwrap();
            prop_assert!((pace - Duration::from_micros(1)..=pace + wait).contains(&round));
        }
    }
}
