//! When a board's next frame is due, and who is told of it.

use std::time::Duration;

use crate::pace::{QUICKEST, SLOWEST};

/// What a watcher is sent at most, in bytes a second: a house of 20,000 whole takes 20 KB, and is
/// sent whole when most of it has changed. (A larger house takes more when it is sent whole.)
const BYTES_A_SECOND: u32 = 25_000;

/// Parts that followers are told in, one after another.
pub(super) const PARTS: usize = 100;

/// How often some of them are told, at most. A hundred frames take a millisecond to write, which is
/// what somebody who buys has to wait for them.
const TURN: Duration = Duration::from_millis(10);

/// Followers who are not told one after another: what they are told is made once for all of them.
const FEW: usize = 100;

/// How long a watcher waits for its next frame after one that took so many bytes.
pub(super) fn paid_by(bytes: usize) -> Duration {
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    let paid = Duration::from_secs(1).saturating_mul(bytes) / BYTES_A_SECOND;
    paid.clamp(QUICKEST, SLOWEST)
}

/// How long to wait until the next are told, so that each of so many followers, in so many parts,
/// has a frame once in `pace`.
pub(super) fn until_next(followers: usize, parts: usize, pace: Duration) -> Duration {
    let turns = usize::try_from(pace.as_nanos() / TURN.as_nanos()).unwrap_or(usize::MAX);
    let (parts, turns) = (parts.clamp(1, PARTS), turns.min(followers / FEW).max(1));
    let count = |parts| u32::try_from(parts).unwrap_or(1);
    pace * count(parts.div_ceil(turns)) / count(parts)
}

/// How many parts are to be told so long after the last: after a pause, all.
pub(super) fn due_after(since: Duration, parts: usize, pace: Duration) -> usize {
    // What was rounded down is not to be waited for again.
    let since = since + Duration::from_micros(1);
    let due = since.as_nanos() * parts as u128 / pace.as_nanos().max(1);
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
    fn few_are_told_at_once_and_very_many_a_part_at_a_time() {
        let told = |followers: usize, pace| {
            let parts = followers.min(PARTS);
            let wait = until_next(followers, parts, pace);
            (wait.as_millis(), due_after(wait, parts, pace))
        };
        assert_eq!([1, 199].map(|few| told(few, SLOWEST)), [(1_000, 1), (1_000, PARTS)]);
        assert_eq!(told(400, SLOWEST), (250, PARTS / 4));
        assert_eq!(told(10_000, SLOWEST), (10, 1));
        assert_eq!(told(10_000, QUICKEST), (11, PARTS.div_ceil(3)));
        assert_eq!(due_after(SLOWEST * 5, PARTS, SLOWEST), PARTS, "after a pause");
    }

    proptest! {
        /// Whatever the pace is: within it each part is told once.
        #[test]
        fn in_the_time_of_a_pace_each_part_is_told_once(
            followers in 1_usize..100_000, pace_us in 33_000_u64..=1_000_000,
        ) {
            let (pace, parts) = (Duration::from_micros(pace_us), followers.min(PARTS));
            let wait = until_next(followers, parts, pace);
            prop_assert!((TURN..=pace).contains(&wait), "{wait:?}");
            let turns = parts.div_ceil(due_after(wait, parts, pace));
            let round = wait * u32::try_from(turns).unwrap();
            prop_assert!((pace - Duration::from_micros(1)..=pace + wait).contains(&round));
        }
    }
}
