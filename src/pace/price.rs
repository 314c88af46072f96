//! What a frame costs its event: how long the event then waits for its next ones. Pure.

use std::time::Duration;

/// 30 frames a second look live to the eye.
pub const QUICKEST: Duration = Duration::from_millis(33);

/// A map that is a second late is still one to choose seats by.
pub const SLOWEST: Duration = Duration::from_secs(1);

/// What frames may take of all processors while bookings and requests wait for one. Who reads
/// frames on the same machine takes as much again.
const SHARE_WHILE_OTHERS_WAIT: f64 = 0.1;

/// What they may take of a machine on which nobody waits. The other half is for those whose waits
/// are not seen: PostgreSQL is another process.
const SHARE_OF_AN_IDLE_MACHINE: f64 = 0.5;

/// Bookings and requests wait noticeably if it is this long each time they have something to do. A
/// booking has half a dozen such times.
const NOTICEABLE: Duration = Duration::from_micros(500);

/// How much dearer a frame becomes at a time: a reading may have caught more ticks than there are.
const STEEPEST: f64 = 2.0;

/// How long it takes until a frame costs half, once it could: a rush comes in waves, and what has
/// just been too much should not be tried again with each of them.
const HALF_LIFE: Duration = Duration::from_secs(2);

/// What was measured over a while.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// How long it was measured for.
    pub(super) elapsed: Duration,
    /// What the frame threads took of the processors.
    pub(super) taken: Duration,
    /// How long others waited each time they had something to do; `None` where it cannot be known.
    pub(super) waited: Option<Duration>,
    /// Processors of the machine.
    pub(super) processors: usize,
}

impl Reading {
    /// By how much frames took more than they may: 1 is just as much.
    fn excess(&self) -> f64 {
        let all = self.elapsed.as_secs_f64() * self.processors as f64;
        // Where it is not known who waits, somebody does.
        let is_busy = self.waited.is_none_or(|waited| waited >= NOTICEABLE);
        let share = if is_busy { SHARE_WHILE_OTHERS_WAIT } else { SHARE_OF_AN_IDLE_MACHINE };
        if all > 0.0 { self.taken.as_secs_f64() / all / share } else { 0.0 }
    }
}

/// How long an event waits for each frame that was made of its last tick, in seconds.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug)]
pub(super) struct Price(f64);

impl Price {
    /// The price at which the largest event, with so many frames a tick, is just not slowed down.
    fn lowest(largest: usize) -> f64 {
        QUICKEST.as_secs_f64() / largest.max(1) as f64
    }

    /// What it costs when nothing is known yet.
    pub(super) fn initial() -> Self {
        Self(0.0)
    }

    /// The price after a reading. `largest`: frames in a tick of the event that has most.
    ///
    /// Frames that took too much become dearer at once, by as much; those that did not become
    /// cheaper slowly, and only down to where they would take too much again. So there is nothing
    /// that could swing. A single follower is never made to wait.
    pub(super) fn after(self, reading: &Reading, largest: usize) -> Self {
        let highest = QUICKEST.as_secs_f64();
        let lowest = Self::lowest(largest);
        let price = self.0.clamp(lowest, highest);
        let excess = reading.excess();
        let least = 0.5_f64.powf(reading.elapsed.as_secs_f64() / HALF_LIFE.as_secs_f64());
        Self((price * excess.clamp(least, STEEPEST)).clamp(lowest, highest))
    }

    /// How long an event with so many frames a tick waits for its next.
    pub(super) fn pace(self, frames: usize) -> Duration {
        let seconds = self.0 * frames as f64;
        Duration::from_secs_f64(seconds.clamp(QUICKEST.as_secs_f64(), SLOWEST.as_secs_f64()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WAITING: Option<Duration> = Some(Duration::from_millis(2));
    const CALM: Option<Duration> = Some(Duration::ZERO);

    fn reading(elapsed_ms: u64, taken_us: u64, waited: Option<Duration>) -> Reading {
        Reading {
            elapsed: Duration::from_millis(elapsed_ms),
            taken: Duration::from_micros(taken_us),
            waited,
            processors: 2,
        }
    }

    fn readings() -> impl Strategy<Value = Reading> {
        let waited = proptest::option::of((0_u64..5_000).prop_map(Duration::from_micros));
        (1_u64..3_000, 0_u64..6_000_000, waited)
            .prop_map(|(elapsed, taken, waited)| reading(elapsed, taken, waited))
    }

    /// A machine on which each frame takes as long, watched for a while at its own pace: the pace
    /// in the end, and what share frames then take.
    fn settled(
        from: Price,
        frames: usize,
        frame_us: f64,
        waited: Option<Duration>,
    ) -> (Duration, f64) {
        let mut price = from;
        for _ in 0..200 {
            let pace = price.pace(frames);
            let ticks = 2.0_f64.max(0.1 / pace.as_secs_f64());
            let elapsed = pace.mul_f64(ticks);
            let taken = Duration::from_secs_f64(ticks * frames as f64 * frame_us / 1e6);
            price = price.after(&Reading { elapsed, taken, waited, processors: 2 }, frames);
        }
        let pace = price.pace(frames);
        (pace, frames as f64 * frame_us / 1e6 / pace.as_secs_f64() / 2.0)
    }

    proptest! {
        #[test]
        fn a_pace_lies_between_33_ms_and_a_second_whatever_was_measured(
            readings in proptest::collection::vec((readings(), 0_usize..60_000), 0..50),
            frames in 0_usize..1_000_000,
        ) {
            let price = readings.iter().fold(Price::initial(), |price, (it, most)| price.after(it, *most));
            prop_assert!((QUICKEST..=SLOWEST).contains(&price.pace(frames)));
            prop_assert_eq!(price.pace(1), QUICKEST, "a single follower");
        }

        #[test]
        fn who_takes_or_waits_more_is_never_the_quicker_for_it(
            before in readings(), now in readings(), more_us in 0_u64..1_000_000,
            most in 1_usize..60_000, frames in 1_usize..60_000,
        ) {
            let price = Price::initial().after(&before, most).after(&before, most);
            let taking = Reading { taken: now.taken + Duration::from_micros(more_us), ..now };
            let waiting = Reading { waited: WAITING, ..now };
            for more in [taking, waiting] {
                prop_assert!(price.after(&more, most) >= price.after(&now, most));
            }
            let pace = price.after(&now, most).pace(frames);
            prop_assert!(pace <= price.after(&now, most).pace(frames + 1), "who has more frames");
        }

        #[test]
        fn frames_take_what_they_may_and_no_more_however_it_began(
            readings in proptest::collection::vec(readings(), 0..20),
            frames in 1_usize..60_000, frame_us in 1.0_f64..40.0,
        ) {
            let from = readings.iter().fold(Price::initial(), |price, it| price.after(it, frames));
            let (pace, share) = settled(from, frames, frame_us, WAITING);
            let near = 0.95 * SHARE_WHILE_OTHERS_WAIT..1.05 * SHARE_WHILE_OTHERS_WAIT;
            prop_assert!(
                near.contains(&share) || (pace == QUICKEST && share < near.end)
                    || pace == SLOWEST || frames < 30,
                "{pace:?} {share}"
            );
        }

        #[test]
        fn everybody_is_quick_again_ten_seconds_after_a_rush(
            readings in proptest::collection::vec(readings(), 0..20),
            most in 1_usize..60_000, every_ms in 100_u64..2_000,
        ) {
            let mut price = readings.iter().fold(Price::initial(), |price, it| price.after(it, most));
            let mut left = 12_000;
            while left > 0 {
                price = price.after(&reading(every_ms, 0, CALM), most);
                left -= i64::try_from(every_ms).unwrap();
            }
            prop_assert_eq!(price.pace(most), QUICKEST);
        }
    }

    #[test]
    fn a_quiet_event_stays_quick_beside_one_that_ten_thousand_follow() {
        let busy = reading(2_000, 4_000_000, WAITING);
        let price = (0..20).fold(Price::initial(), |price, _| price.after(&busy, 10_000));
        assert_eq!((price.pace(10_000), price.pace(1)), (SLOWEST, QUICKEST));
    }

    #[test]
    fn on_a_machine_where_nobody_waits_frames_may_take_half_of_it() {
        let (pace, share) = settled(Price::initial(), 5_000, 20.0, CALM);
        assert!((0.45..0.55).contains(&share), "{pace:?} {share}");
        let (_, share) = settled(Price::initial(), 5_000, 20.0, None);
        assert!((0.09..0.11).contains(&share), "where it is not known who waits: {share}");
    }
}
