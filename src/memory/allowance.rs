//! How many bytes a store may take, and how many it does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use bytes::Bytes;

/// How many bytes a store may take. Shared by the store and by all that it is charged for.
#[derive(Debug)]
pub struct Allowance {
    store: &'static str,
    limit: usize,
    used: AtomicUsize,
    evictions: AtomicU64,
    refusals: AtomicU64,
}

/// There is no room for so much now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no room for it in this server's memory now; try again in a moment")]
pub struct Full;

/// Bytes that are in use until this is dropped.
#[derive(Debug)]
#[must_use]
pub struct Charge {
    of: Arc<Allowance>,
    bytes: usize,
}

impl Allowance {
    /// So many bytes for a store of this name, as it is called in the metrics. Several parts of a
    /// store may each have one: they are added up there.
    pub fn new(store: &'static str, limit: usize) -> Arc<Self> {
        let (used, evictions, refusals) = Default::default();
        Arc::new(Self { store, limit, used, evictions, refusals })
    }

    /// The store's name.
    pub fn store(&self) -> &'static str {
        self.store
    }

    /// The bound, in bytes.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Bytes in use.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// How many things the store has let go of to make room.
    pub fn evictions(&self) -> u64 {
        self.evictions.load(Ordering::Relaxed)
    }

    /// How many things there was no room for.
    pub fn refusals(&self) -> u64 {
        self.refusals.load(Ordering::Relaxed)
    }

    /// Whether more is in use than may be, which `anyway` can bring about.
    pub fn is_exceeded(&self) -> bool {
        self.used() > self.limit
    }

    /// Lets go of things, one at a time, until no more is in use than may be.
    pub fn settle(&self, mut evict: impl FnMut() -> bool) {
        while self.is_exceeded() && evict() {
            self.evictions.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Takes bytes.
    ///
    /// # Errors
    ///
    /// If there are not so many left.
    pub fn charge(self: &Arc<Self>, bytes: usize) -> Result<Charge, Full> {
        self.make_room(bytes, || false)
    }

    /// Takes bytes, after `evict` has let go of as many things as it takes, one at a time. It says
    /// whether there was one.
    ///
    /// # Errors
    ///
    /// If there is nothing left to let go of.
    pub fn make_room(
        self: &Arc<Self>,
        bytes: usize,
        mut evict: impl FnMut() -> bool,
    ) -> Result<Charge, Full> {
        while !self.take(bytes) {
            if bytes > self.limit || !evict() {
                self.refusals.fetch_add(1, Ordering::Relaxed);
                return Err(Full);
            }
            self.evictions.fetch_add(1, Ordering::Relaxed);
        }
        Ok(Charge { of: Arc::clone(self), bytes })
    }

    /// Takes bytes even if there are not so many left: for what cannot be refused any more.
    pub fn charge_anyway(self: &Arc<Self>, bytes: usize) -> Charge {
        let mut charge = Charge { of: Arc::clone(self), bytes: 0 };
        charge.grow_anyway(bytes);
        charge
    }

    fn take(&self, bytes: usize) -> bool {
        let take = |used: usize| used.checked_add(bytes).filter(|used| *used <= self.limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

impl Charge {
    /// The bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The allowance that it is of.
    pub fn of(&self) -> &Arc<Allowance> {
        &self.of
    }

    /// Takes more.
    ///
    /// # Errors
    ///
    /// If there are not so many left. What it has it keeps.
    pub fn grow(&mut self, more: usize) -> Result<(), Full> {
        let mut grown = self.of.charge(more)?;
        self.bytes += std::mem::take(&mut grown.bytes);
        Ok(())
    }

    /// Takes more even if there are not so many left.
    pub fn grow_anyway(&mut self, more: usize) {
        self.of.used.fetch_add(more, Ordering::Relaxed);
        self.bytes += more;
    }

    /// Shared bytes that give this back when their last copy is dropped.
    pub fn hold(self, bytes: Vec<u8>) -> Bytes {
        // What was reserved beyond it would not be counted.
        Bytes::from_owner(Held { bytes: bytes.into_boxed_slice(), _charge: self })
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.of.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// See [`Charge::hold`].
struct Held {
    bytes: Box<[u8]>,
    _charge: Charge,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alive_is_counted_and_nothing_goes_beyond_the_limit() {
        let allowance = Allowance::new("things", 10);
        let mut first = allowance.charge(4).unwrap();
        let second = allowance.charge(6).unwrap();
        assert_eq!(allowance.charge(1).unwrap_err(), Full);
        assert_eq!((first.grow(1), first.bytes()), (Err(Full), 4));
        drop(second);
        assert_eq!((first.grow(6), allowance.used()), (Ok(()), 10));
        first.grow_anyway(1);
        assert_eq!(allowance.charge_anyway(5).bytes(), 5);
        assert!(allowance.is_exceeded());
        drop(first);
        assert_eq!((allowance.used(), allowance.refusals(), allowance.evictions()), (0, 2, 0));
        assert_eq!(allowance.charge(usize::MAX).unwrap_err(), Full);
    }

    #[test]
    fn room_is_made_one_thing_at_a_time_and_no_more_than_is_needed() {
        let allowance = Allowance::new("things", 10);
        let mut kept: Vec<_> = (0..5).map(|_| allowance.charge(2).unwrap()).collect();
        let charge = allowance.make_room(3, || kept.pop().is_some()).unwrap();
        assert_eq!((kept.len(), allowance.used(), allowance.evictions()), (3, 9, 2));
        assert!(allowance.make_room(11, || kept.pop().is_some()).is_err());
        assert_eq!(kept.len(), 3, "for what never fits nothing is let go of");
        assert!(allowance.make_room(8, || kept.pop().is_some()).is_err());
        assert_eq!((kept.len(), allowance.used()), (0, charge.bytes()));
    }

    #[test]
    fn what_has_grown_beyond_the_limit_is_made_up_for() {
        let allowance = Allowance::new("things", 10);
        let mut kept: Vec<_> = (0..5).map(|_| allowance.charge(2).unwrap()).collect();
        kept[0].grow_anyway(3);
        allowance.settle(|| kept.pop().is_some());
        assert_eq!((kept.len(), allowance.used(), allowance.evictions()), (3, 9, 2));
    }

    #[test]
    fn shared_bytes_are_counted_until_the_last_copy_is_gone() {
        let allowance = Allowance::new("frames", 10);
        let bytes = allowance.charge(3).unwrap().hold(b"abc".to_vec());
        let (copy, part) = (bytes.clone(), bytes.slice(1..2));
        drop(bytes);
        drop(copy);
        assert_eq!((allowance.used(), &part[..]), (3, &b"b"[..]));
        drop(part);
        assert_eq!(allowance.used(), 0);
    }
}
