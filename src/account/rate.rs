//! So much a minute.

use std::num::NonZero;
use std::time::{Duration, Instant};

use governor::clock::Clock;
use governor::nanos::Nanos;
use governor::{Quota, RateLimiter};

use super::buckets::Buckets;
use super::exceeded::{Exceeded, Limited, WINDOW};
use super::name::Account;

/// So much a minute for each account. A whole minute's share may be spent at once; it is restored
/// evenly.
#[derive(Debug)]
pub struct Rate<C: Clock<Instant = Nanos> = SinceStart> {
    of: Limited,
    quota: NonZero<u32>,
    limiter: RateLimiter<Account, Buckets<C>, C>,
}

/// The time since the server started.
#[derive(Clone, Copy, Debug)]
pub struct SinceStart(Instant);

impl Clock for SinceStart {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.elapsed().into()
    }
}

impl Rate {
    /// Each account has this much a minute, at least 1.
    pub fn new(of: Limited, quota: u32) -> Self {
        Self::with_clock(of, quota, SinceStart(Instant::now()))
    }
}

impl<C: Clock<Instant = Nanos> + Clone> Rate<C> {
    fn with_clock(of: Limited, quota: u32, clock: C) -> Self {
        let quota = NonZero::new(quota).unwrap_or(NonZero::<u32>::MIN);
        let buckets = Buckets::new(clock.clone());
        Self { of, quota, limiter: RateLimiter::new(Quota::per_minute(quota), buckets, clock) }
    }

    /// Spends some of an account's share. What costs more than the whole share takes all of it.
    ///
    /// # Errors
    ///
    /// If there is not as much left; then nothing is spent.
    pub fn spend(&self, account: &Account, amount: u32) -> Result<(), Exceeded> {
        let quota = self.quota.get();
        let amount = NonZero::new(amount.min(quota)).unwrap_or(NonZero::<u32>::MIN);
        // It is never more than there can be.
        let Ok(Err(refused)) = self.limiter.check_key_n(account, amount) else { return Ok(()) };
        let wait = refused.wait_time_from(self.limiter.clock().now());
        // As much as is restored in that time is missing.
        let missing = (wait.as_nanos() * u128::from(quota)).div_ceil(WINDOW.as_nanos());
        let left = u128::from(amount.get()).saturating_sub(missing);
        Err(Exceeded {
            of: self.of,
            quota,
            left: u32::try_from(left).unwrap_or_default(),
            wait: whole_milliseconds(wait),
        })
    }
}

/// Not a moment too early for whoever waits for so many milliseconds.
fn whole_milliseconds(wait: Duration) -> Duration {
    let milliseconds = wait.as_nanos().div_ceil(1_000_000);
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use governor::clock::{FakeRelativeClock, Reference as _};
    use proptest::prelude::*;

    use super::*;
    use crate::domain::ViewerId;

    fn rate(quota: u32) -> (Rate<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        clock.advance(Duration::from_secs(1));
        (Rate::with_clock(Limited::Points, quota, clock.clone()), clock)
    }

    fn viewer(name: &str) -> Account {
        Account::Viewer(ViewerId::new(name).unwrap())
    }

    #[test]
    fn a_minutes_share_may_be_spent_at_once_and_is_restored_evenly() {
        let (rate, clock) = rate(60);
        let alice = viewer("alice");
        for _ in 0..12 {
            rate.spend(&alice, 5).unwrap();
        }
        let refused = rate.spend(&alice, 5).unwrap_err();
        assert_eq!((refused.quota, refused.left), (60, 0));
        assert_eq!(refused.wait, Duration::from_secs(5));
        clock.advance(Duration::from_secs(3));
        let refused = rate.spend(&alice, 5).unwrap_err();
        assert_eq!((refused.left, refused.wait), (3, Duration::from_secs(2)));
        clock.advance(refused.wait);
        rate.spend(&alice, 5).unwrap();
    }

    #[test]
    fn what_one_account_spends_no_other_lacks() {
        let (rate, _) = rate(5);
        rate.spend(&viewer("alice"), 5).unwrap();
        assert!(rate.spend(&viewer("alice"), 1).is_err());
        rate.spend(&viewer("bob"), 5).unwrap();
        rate.spend(&Account::at("192.0.2.1".parse().unwrap()), 5).unwrap();
    }

    #[test]
    fn what_costs_more_than_a_whole_share_takes_all_of_it() {
        let (rate, clock) = rate(60);
        rate.spend(&viewer("alice"), u32::MAX).unwrap();
        let refused = rate.spend(&viewer("alice"), u32::MAX).unwrap_err();
        assert_eq!(refused.wait, Duration::from_secs(60));
        clock.advance(refused.wait);
        rate.spend(&viewer("alice"), u32::MAX).unwrap();
    }

    proptest! {
        #[test]
        fn whoever_waits_as_told_is_served_and_nobody_is_served_more_than_their_share(
            quota in 1..2_000_u32,
            asks in prop::collection::vec((0..300_u32, 0..30_000_u64), 1..60),
        ) {
            let (rate, clock) = rate(quota);
            let (alice, mut spent) = (viewer("alice"), 0_u64);
            let started = clock.now();
            for (amount, pause) in asks {
                clock.advance(Duration::from_millis(pause));
                let amount = amount.clamp(1, quota);
                if let Err(refused) = rate.spend(&alice, amount) {
                    prop_assert!(refused.left < amount);
                    clock.advance(refused.wait);
                    prop_assert_eq!(rate.spend(&alice, amount), Ok(()));
                }
                spent += u64::from(amount);
                let elapsed: Duration = clock.now().duration_since(started).into();
                let restored = elapsed.as_secs_f64() / 60.0 * f64::from(quota);
                prop_assert!(spent as f64 <= f64::from(quota) + restored + 1.0);
            }
        }
    }
}
