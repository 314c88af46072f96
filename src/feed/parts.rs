//! Those who follow something, in parts that are told one after another of what there is.
//!
//! Ten thousand who wake at once take all processors for as long as it takes to write to them, and
//! whoever buys then waits. Nobody waits for anybody here: a part that is told wakes those of its
//! followers who sleep, and the others see it when they look.
//!
//! Invariant: a part is told of numbers in order, by one teller.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::pace::PARTS;

/// Followers who are a part: it does not pay to tell fewer on their own. What is made for those who
/// are told together is made once.
const FEW: usize = 50;

/// See the module's documentation. There is at least one part.
#[derive(Debug)]
pub(super) struct Parts(RwLock<Vec<Arc<Part>>>);

#[derive(Debug)]
struct Part {
    followers: AtomicUsize,
    /// The number that it was told of last.
    told: AtomicI64,
    woken: Notify,
}

impl Part {
    fn new(told: i64) -> Self {
        Self { followers: AtomicUsize::new(0), told: told.into(), woken: Notify::new() }
    }

    fn followers(&self) -> usize {
        self.followers.load(Ordering::Relaxed)
    }

    fn tell(&self, number: i64) {
        self.told.store(number, Ordering::Release);
        self.woken.notify_waiters();
    }
}

impl Parts {
    /// Nobody follows yet; who will knows of this number.
    pub(super) fn new(told: i64) -> Self {
        Self(RwLock::new(vec![Arc::new(Part::new(told))]))
    }

    fn parts(&self) -> RwLockReadGuard<'_, Vec<Arc<Part>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many follow.
    pub(super) fn followers(&self) -> usize {
        self.parts().iter().map(|part| part.followers()).sum()
    }

    /// In how many parts somebody follows.
    pub(super) fn occupied(&self) -> usize {
        self.parts().iter().filter(|part| part.followers() > 0).count()
    }

    /// Tells so many parts of a number, in turn from `first` on, those not counted where nobody
    /// follows. Ends with the first that knows of it: then all do.
    pub(super) fn tell(&self, number: i64, first: usize, most: usize) -> Told {
        let mut told = Told { next: first, had: number, followers: 0, is_all: false };
        let parts = self.parts();
        let mut count = 0;
        for _ in 0..parts.len() {
            let part = &parts[told.next];
            let (had, followers) = (part.told.load(Ordering::Relaxed), part.followers());
            if had == number {
                break;
            }
            if followers > 0 {
                if count == most {
                    return told;
                }
                count += 1;
                told.followers += followers;
                told.had = told.had.min(had);
            }
            part.tell(number);
            told.next = (told.next + 1) % parts.len();
        }
        Told { is_all: true, ..told }
    }

    /// Tells all parts of a number, and wakes them whatever they know.
    pub(super) fn tell_all(&self, number: i64) {
        self.parts().iter().for_each(|part| part.tell(number));
    }

    /// A place for one more, where there are fewest.
    pub(super) fn join(&self) -> Place {
        // One at a time: who looks and then makes a part must not find that another has.
        let mut parts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_full = parts.len() >= PARTS;
        let fewest = parts.iter().min_by_key(|part| part.followers());
        let part = match fewest.filter(|part| is_full || part.followers() < FEW) {
            Some(part) => Arc::clone(part),
            None => {
                // The turn comes to it after the last, which knows as much.
                let told = parts.last().map_or(0, |part| part.told.load(Ordering::Relaxed));
                let part = Arc::new(Part::new(told));
                parts.push(Arc::clone(&part));
                part
            }
        };
        part.followers.fetch_add(1, Ordering::Relaxed);
        Place(part)
    }
}

/// What came of telling some.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Told {
    /// The part that comes next.
    pub(super) next: usize,
    /// The earliest number that any of these was told of before.
    pub(super) had: i64,
    /// How many these are.
    pub(super) followers: usize,
    /// Whether everybody knows of it now.
    pub(super) is_all: bool,
}

/// The place of one follower, given back when dropped.
#[derive(Debug)]
pub(super) struct Place(Arc<Part>);

impl Place {
    /// The number that its part was told of last.
    pub(super) fn told(&self) -> i64 {
        self.0.told.load(Ordering::Acquire)
    }

    /// Ends when its part is told again: also if that happens between this call and the first look.
    pub(super) fn woken(&self) -> Notified<'_> {
        self.0.woken.notified()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.followers.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many full parts.
    fn full(parts: &Parts, count: usize) -> Vec<Place> {
        (0..count * FEW).map(|_| parts.join()).collect()
    }

    fn numbers(parts: &Parts) -> Vec<i64> {
        parts.parts().iter().map(|part| part.told.load(Ordering::Relaxed)).collect()
    }

    #[test]
    fn each_part_is_told_once_in_turn() {
        let parts = Parts::new(0);
        let places = full(&parts, 7);
        assert_eq!((parts.followers(), parts.occupied()), (7 * FEW, 7));
        let told = parts.tell(3, 0, 5);
        assert_eq!(told, Told { next: 5, had: 0, followers: 5 * FEW, is_all: false });
        let told = parts.tell(4, told.next, 5);
        assert_eq!((told.next, told.had, told.is_all), (3, 0, false));
        assert_eq!(numbers(&parts), [4, 4, 4, 3, 3, 4, 4]);
        let told = parts.tell(4, told.next, 5);
        assert_eq!((told.had, told.followers, told.is_all), (3, 2 * FEW, true));
        assert_eq!(parts.tell(4, told.next, 5).followers, 0, "all know");
        drop(places);
        assert_eq!((parts.followers(), parts.occupied()), (0, 0));
        let told = parts.tell(5, told.next, 1);
        assert!(told.is_all && told.followers == 0, "where nobody follows it costs no turn");
    }

    /// Whoever comes in the middle of a round, in a part of their own.
    #[test]
    fn a_part_that_is_new_is_told_like_the_last() {
        let parts = Parts::new(1);
        let mut places = full(&parts, 3);
        let told = parts.tell(2, 0, 1);
        places.extend(full(&parts, 1));
        assert_eq!(numbers(&parts), [2, 1, 1, 1]);
        assert!(parts.tell(2, told.next, PARTS).is_all);
        places.extend(full(&parts, 1));
        assert_eq!(numbers(&parts), [2; 5]);
        drop(places);
    }

    #[test]
    fn who_comes_is_placed_where_there_are_fewest_and_there_are_no_more_parts_than_turns() {
        let parts = Parts::new(0);
        let places = full(&parts, PARTS + 1);
        let counts = || parts.parts().iter().map(|part| part.followers()).collect::<Vec<_>>();
        assert_eq!(counts().len(), PARTS);
        assert!(counts().iter().all(|count| (FEW..=FEW + 1).contains(count)), "{:?}", counts());
        drop(places);
        let _places = full(&parts, 1);
        assert!(counts().iter().all(|count| *count <= 1), "{:?}", counts());
    }

    #[test]
    fn however_many_come_at_once_the_parts_are_full_and_no_more_than_there_may_be() {
        let (parts, gate) = (Parts::new(0), std::sync::Barrier::new(8));
        let come = || {
            gate.wait();
            full(&parts, PARTS / 4)
        };
        let places: Vec<_> = std::thread::scope(|scope| {
            let coming: Vec<_> = (0..8).map(|_| scope.spawn(come)).collect();
            coming.into_iter().flat_map(|come| come.join().unwrap()).collect()
        });
        assert_eq!((parts.parts().len(), places.len()), (PARTS, PARTS * FEW * 2));
        assert!(parts.parts().iter().all(|part| part.followers() == FEW * 2));
    }

    #[tokio::test]
    async fn who_looks_away_while_its_part_is_told_is_woken_all_the_same() {
        let parts = Parts::new(1);
        let place = parts.join();
        let woken = place.woken();
        parts.tell(2, 0, PARTS);
        woken.await;
        assert_eq!(place.told(), 2);
        let woken = place.woken();
        parts.tell_all(2);
        woken.await;
    }
}
