//! What rates remember of accounts: a table of a fixed size.
//!
//! A bucket is the instant at which an account has its whole share again, in nanoseconds. Once that
//! has passed there is nothing to remember, and the bucket is the next newcomer's. So a newcomer
//! takes nothing from anybody, and the table needs no sweeping.
//!
//! An account has its bucket in one set of eight. Where all eight are taken by accounts that have
//! spent something, a newcomer shares one of them. It is found by a keyed hash, so that nobody can
//! choose whose it is. To get there somebody has to spend from 131,072 networks at once, and faster
//! than their shares are restored.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use governor::clock::Clock;
use governor::nanos::Nanos;
use governor::state::StateStore;

use super::name::Account;

/// Buckets of one set: two lines of a processor's cache.
const WAYS: usize = 8;

/// Sets of a table: 131,072 accounts that have all spent something at the same time, in 2 MiB.
const SETS: usize = 16 * 1024;

/// Nobody's.
const NOBODY: u64 = 0;

/// What is remembered of one account.
#[derive(Debug, Default)]
struct Bucket {
    /// The hash of whose it is.
    owner: AtomicU64,
    /// When it is full again.
    full_at: AtomicU64,
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Buckets<C> {
    sets: Box<[[Bucket; WAYS]]>,
    hasher: RandomState,
    clock: C,
}

impl<C: Clock<Instant = Nanos>> Buckets<C> {
    pub(super) fn new(clock: C) -> Self {
        Self::of_size(SETS, clock)
    }

    fn of_size(sets: usize, clock: C) -> Self {
        let sets = (0..sets).map(|_| Default::default()).collect();
        Self { sets, hasher: RandomState::new(), clock }
    }

    /// The account's bucket.
    fn of(&self, account: &Account) -> &Bucket {
        let hash = self.hasher.hash_one(account).max(NOBODY + 1);
        // The upper bits choose the set, the lower ones the bucket that is shared in need.
        let index = usize::try_from(hash >> 32).unwrap_or_default() % self.sets.len();
        let set = &self.sets[index];
        if let Some(own) = set.iter().find(|bucket| bucket.owner.load(Ordering::Acquire) == hash) {
            return own;
        }
        let now = self.clock.now().as_u64();
        let shared = &set[usize::try_from(hash % WAYS as u64).unwrap_or_default()];
        set.iter().find(|bucket| bucket.is_taken_by(hash, now)).unwrap_or(shared)
    }
}

impl Bucket {
    /// Takes the bucket for a newcomer, if there is nothing in it to remember. Whoever has had it
    /// may be about to spend from it: then the newcomer has spent that.
    fn is_taken_by(&self, hash: u64, now: u64) -> bool {
        let owner = self.owner.load(Ordering::Relaxed);
        self.full_at.load(Ordering::Relaxed) <= now
            && self.owner.compare_exchange(owner, hash, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }
}

impl<C: Clock<Instant = Nanos>> StateStore for Buckets<C> {
    type Key = Account;

    fn measure_and_replace<T, F, E>(&self, account: &Account, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let full_at = &self.of(account).full_at;
        let mut seen = full_at.load(Ordering::Acquire);
        loop {
            let (measured, next) = measure((seen > 0).then(|| seen.into()))?;
            let replaced = full_at.compare_exchange_weak(
                seen,
                next.into(),
                Ordering::AcqRel,
                Ordering::Acquire,
            );
            match replaced {
                Ok(_) => return Ok(measured),
                Err(newer) => seen = newer,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;

    use super::*;

    fn account(number: u32) -> Account {
        Account::at(std::net::Ipv4Addr::from(number).into())
    }

    /// Spends so many nanoseconds of an account's bucket; when it was full before.
    fn spend<C: Clock<Instant = Nanos>>(table: &Buckets<C>, number: u32, nanos: u64) -> u64 {
        let now = table.clock.now().as_u64();
        let measure = |full_at: Option<Nanos>| {
            let before = full_at.map_or(0, Nanos::as_u64);
            Ok::<_, ()>((before, (before.max(now) + nanos).into()))
        };
        table.measure_and_replace(&account(number), measure).unwrap()
    }

    #[test]
    fn newcomers_neither_take_the_buckets_of_those_who_have_spent_nor_grow_the_table() {
        let clock = FakeRelativeClock::default();
        clock.advance(Duration::from_nanos(1));
        let table = Buckets::of_size(64, clock.clone());
        let (few, flood) = (0..20, 100..100_000);
        for number in few.clone() {
            assert_eq!(spend(&table, number, 1_000), 0, "everybody begins with a whole share");
        }
        for number in flood {
            spend(&table, number, 1);
        }
        for number in few {
            assert!(spend(&table, number, 1_000) >= 1_001, "what was spent is remembered");
        }
        assert_eq!(table.sets.len(), 64);
    }

    #[test]
    fn a_bucket_that_is_full_again_is_the_next_ones_who_begins_with_a_whole_share() {
        let clock = FakeRelativeClock::default();
        clock.advance(Duration::from_nanos(1));
        let table = Buckets::of_size(1, clock.clone());
        for number in 0..WAYS as u32 {
            spend(&table, number, 10);
        }
        assert_eq!(spend(&table, 100, 10), 11, "there is no room, so that one is shared");
        clock.advance(Duration::from_nanos(30));
        let owners = || table.sets[0].each_ref().map(|bucket| bucket.owner.load(Ordering::Relaxed));
        let before = owners();
        assert!(spend(&table, 101, 10) <= table.clock.now().as_u64());
        assert_eq!(owners().iter().zip(&before).filter(|(now, then)| now != then).count(), 1);
    }
}
