//! What a frame costs its event: how long the event then waits for its next ones. Pure.

use std::time::Duration;

/// 30 frames a second look live to the eye.
pub const QUICKEST: Duration = Duration::from_millis(33);

/// A map that is a second late is still one to choose seats by.
pub const SLOWEST: Duration = Duration::from_secs(1);

/// What frames may take of all processors while bookings and requests wait for one. With ten
/// thousand watchers on the same two processors a sale then keeps about four fifths of its seats a
/// second.
const SHARE_WHILE_OTHERS_WAIT: f64 = 0.04;

/// What they may take otherwise, at least. It is no more, for those whose waits are not seen:
/// PostgreSQL, and clients on the same machine, are other processes.
const SHARE_OTHERWISE: f64 = 0.08;

/// Where others leave more than this share of the machine, frames may take a part of what is beyond
/// it. It is no more, since who begins to buy finds them at it.
const LEFT_TO_THOSE_WHO_COME: f64 = 0.5;
const PART_OF_THE_REST: f64 = 0.5;

/// Bookings and requests wait noticeably if it is this long each time they have something to do. A
/// booking has half a dozen such times.
const NOTICEABLE: Duration = Duration::from_micros(50);

/// How much dearer a frame becomes at a time: a reading may have caught more ticks than there are.
const STEEPEST: f64 = 4.0;

/// How long it takes until a frame costs half, once it could: a rush comes in waves, and what has
/// just been too much should not be tried again with each of them.
const HALF_LIFE: Duration = Duration::from_secs(1);

/// What was measured over a while.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// How long it was measured for.
    pub(super) elapsed: Duration,
    /// What the frame threads took of the processors.
    pub(super) taken: Duration,
    /// How long others waited each time they had something to do; `None` where it cannot be known.
    pub(super) waited: Option<Duration>,
    /// How long processors had nothing to do, together; `None` where it cannot be known.
    pub(super) idle: Option<Duration>,
    /// Processors of the machine.
    pub(super) processors: usize,
}

/// The frames that a reading is about.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Made {
    /// In all.
    pub(super) frames: usize,
    /// Of events that are not as slow as can be.
    pub(super) quick: usize,
    /// Followers of the event that has most.
    pub(super) largest: usize,
}

impl Made {
    /// What part of them could be fewer.
    fn part_to_slow(&self) -> f64 {
        self.quick as f64 / self.frames.max(1) as f64
    }
}

impl Reading {
    /// By how much frames took more than they may: 1 is just as much.
    fn excess(&self) -> f64 {
        let all = self.elapsed.as_secs_f64() * self.processors as f64;
        let taken = self.taken.as_secs_f64();
        // Where it is not known who waits, somebody does.
        let is_busy = self.waited.is_none_or(|waited| waited >= NOTICEABLE);
        let share = if is_busy { SHARE_WHILE_OTHERS_WAIT } else { SHARE_OTHERWISE };
        let left = self.idle.map_or(0.0, |idle| taken + idle.as_secs_f64());
        let may = (share * all).max(PART_OF_THE_REST * (left - LEFT_TO_THOSE_WHO_COME * all));
        if may > 0.0 { taken / may } else { 0.0 }
    }
}

/// How long an event waits for each frame that was made of its last tick, in seconds.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug)]
pub(super) struct Toll(f64);

impl Toll {
    /// The toll at which an event with so many followers is just not slowed down.
    fn felt_by(followers: usize) -> f64 {
        QUICKEST.as_secs_f64() / followers.max(1) as f64
    }

    /// The toll at which an event with so many followers is just as slow as can be.
    fn slowest_for(followers: usize) -> f64 {
        SLOWEST.as_secs_f64() / followers.max(1) as f64
    }

    /// What it costs when nothing is known yet.
    pub(super) fn initial() -> Self {
        Self(0.0)
    }

    /// The toll after a reading.
    ///
    /// Frames that took too much become dearer at once, by as much; those that did not become
    /// cheaper slowly, and only down to where they would take too much again. So there is nothing
    /// that could swing. Events that are as slow as can be are not slowed by a higher toll: only
    /// what the others take can raise it, so that these need not pay for one that is wild. Nor does
    /// what is above that keep a toll up: where all events are as slow, it falls as far as the
    /// largest feels it. A single follower is never made to wait.
    pub(super) fn after(self, reading: &Reading, made: &Made) -> Self {
        let excess = reading.excess();
        let toll = if excess < 1.0 {
            let least = 0.5_f64.powf(reading.elapsed.as_secs_f64() / HALF_LIFE.as_secs_f64());
            let unfelt = Self::slowest_for(made.largest) * excess;
            let fallen =
                if made.quick == 0 { unfelt.min(self.0 * excess) } else { self.0 * excess };
            fallen.max(self.0 * least)
        } else {
            let begun = self.0.max(Self::felt_by(made.largest));
            begun * (excess * made.part_to_slow()).clamp(1.0, STEEPEST)
        };
        Self(toll.min(QUICKEST.as_secs_f64()))
    }

    /// How long each of so many followers of an event waits for its next frame.
    pub(super) fn pace(self, followers: usize) -> Duration {
        let seconds = self.0 * followers as f64;
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
            idle: None,
            processors: 2,
        }
    }

    fn readings() -> impl Strategy<Value = Reading> {
        let waited = proptest::option::of((0_u64..5_000).prop_map(Duration::from_micros));
        let idle = proptest::option::of((0_u64..6_000_000).prop_map(Duration::from_micros));
        (1_u64..3_000, 0_u64..6_000_000, waited, idle).prop_map(|(elapsed, taken, waited, idle)| {
            Reading { idle, ..reading(elapsed, taken, waited) }
        })
    }

    fn made() -> impl Strategy<Value = Made> {
        let made = (0_usize..60_000, 0_usize..600_000, 0.0_f64..=1.0);
        made.prop_map(|(largest, frames, part)| {
            let quick = (frames as f64 * part) as usize;
            Made { frames, quick, largest }
        })
    }

    /// What was measured and made, again and again.
    fn past() -> impl Strategy<Value = Toll> {
        proptest::collection::vec((readings(), made()), 0..30).prop_map(|past| {
            past.iter().fold(Toll::initial(), |toll, (reading, made)| toll.after(reading, made))
        })
    }

    /// One event on a machine where each frame takes as long and others take this share, for a
    /// hundred readings of two ticks. The pace in the end, and what share its frames take then.
    fn settled(
        mut toll: Toll,
        (frames, frame_us): (usize, f64),
        waited: Option<Duration>,
        others: f64,
    ) -> (Duration, f64) {
        let tick = frames as f64 * frame_us / 1e6;
        for _ in 0..100 {
            let pace = toll.pace(frames);
            let taken = Duration::from_secs_f64(tick * 2.0);
            let left = (pace * 2).mul_f64(2.0 * (1.0 - others));
            let idle = Some(left.saturating_sub(taken));
            let reading = Reading { elapsed: pace * 2, taken, waited, idle, processors: 2 };
            let quick = if pace < SLOWEST { frames } else { 0 };
            toll = toll.after(&reading, &Made { frames, quick, largest: frames });
        }
        let pace = toll.pace(frames);
        (pace, tick / pace.as_secs_f64() / 2.0)
    }

    proptest! {
        #[test]
        fn a_pace_lies_between_33_ms_and_a_second_whatever_was_measured(
            toll in past(),
            frames in 0_usize..1_000_000,
        ) {
            prop_assert!((QUICKEST..=SLOWEST).contains(&toll.pace(frames)));
            prop_assert_eq!(toll.pace(1), QUICKEST, "a single follower");
        }

        #[test]
        fn who_takes_or_waits_more_is_never_the_quicker_for_it(
            before in past(), now in readings(), made in made(),
            more_us in 0_u64..1_000_000, frames in 1_usize..60_000,
        ) {
            // Others take as much as before.
            let more = Duration::from_micros(more_us).min(now.idle.unwrap_or(Duration::MAX));
            let idle = now.idle.map(|idle| idle - more);
            let taking = Reading { taken: now.taken + more, idle, ..now };
            let waiting = Reading { waited: WAITING, ..now };
            let toll = before.after(&now, &made);
            for more in [taking, waiting] {
                prop_assert!(before.after(&more, &made) >= toll);
            }
            prop_assert!(toll.pace(frames) <= toll.pace(frames + 1), "who has more frames");
        }

        #[test]
        fn frames_take_what_they_may_and_no_more_however_it_began(
            from in past(), frames in 31_usize..60_000, frame_us in 1.0_f64..40.0,
        ) {
            let (pace, share) = settled(from, (frames, frame_us), WAITING, 0.9);
            let (least, most) = (0.95 * SHARE_WHILE_OTHERS_WAIT, 1.05 * SHARE_WHILE_OTHERS_WAIT);
            let is_right = match pace {
                QUICKEST => share < most,
                SLOWEST => share > least,
                _ => (least..most).contains(&share),
            };
            prop_assert!(is_right, "{pace:?}, {share}");
        }

        #[test]
        fn everybody_is_quick_again_a_while_after_the_wildest_rush(
            mut toll in past(), frames in 1_usize..60_000, every_ms in 100_u64..2_000,
        ) {
            let made = Made { frames, quick: frames, largest: frames };
            for _ in 0..=20_000 / every_ms {
                toll = toll.after(&reading(every_ms, 0, CALM), &made);
            }
            prop_assert_eq!(toll.pace(frames), QUICKEST);
        }
    }

    #[test]
    fn a_quiet_event_stays_quick_beside_one_that_ten_thousand_follow() {
        let (busy, mut toll) = (reading(2_000, 4_000_000, WAITING), Toll::initial());
        for _ in 0..20 {
            let quick = if toll.pace(10_000) < SLOWEST { 10_000 } else { 0 };
            toll = toll.after(&busy, &Made { frames: 10_000, quick, largest: 10_000 });
        }
        assert_eq!((toll.pace(10_000), toll.pace(100)), (SLOWEST, QUICKEST));
    }

    #[test]
    fn an_event_that_comes_after_quiet_hours_begins_quick_however_many_follow_it() {
        let few = Made { frames: 20, quick: 20, largest: 10 };
        let toll = (0..100).fold(Toll::initial(), |it, _| it.after(&reading(100, 0, CALM), &few));
        assert_eq!(toll.pace(50_000), QUICKEST);
    }

    #[test]
    fn many_small_events_that_take_too_much_together_are_slowed_beside_a_large_one() {
        let (busy, mut toll) = (reading(2_000, 4_000_000, WAITING), Toll::initial());
        for _ in 0..20 {
            let quick = if toll.pace(100) < SLOWEST { 90_000 } else { 0 };
            toll = toll.after(&busy, &Made { frames: 100_000, quick, largest: 10_000 });
        }
        assert_eq!(toll.pace(100), SLOWEST);
    }

    #[test]
    fn where_nobody_waits_frames_may_take_twice_as_much_and_more_of_an_idle_machine() {
        let share = |waited, others| settled(Toll::initial(), (2_000, 20.0), waited, others).1;
        assert!((0.07..0.09).contains(&share(CALM, 0.9)), "{}", share(CALM, 0.9));
        for waited in [CALM, WAITING] {
            let share = share(waited, 0.06);
            assert!((0.21..0.23).contains(&share), "half of what is beyond a half: {share}");
        }
        let unknown = share(None, 0.9);
        assert!((0.035..0.045).contains(&unknown), "where it is not known who waits: {unknown}");
    }
}
