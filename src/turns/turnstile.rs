//! A turnstile: a few are let in at a time, in turn by lane.
//!
//! No lane is ever given all turns that there are, unless there is but one: somebody else finds one
//! free at once, however much a single one has under way.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::lanes::Lanes;

/// See the module's documentation. `K` says whose a lane is. Copies are the same turnstile.
#[derive(Debug)]
pub struct Turnstile<K: Clone + Eq + Hash>(Arc<Shared<K>>);

/// The right to be inside; given back when dropped.
#[derive(Debug)]
pub struct Turn<K: Clone + Eq + Hash> {
    turnstile: Arc<Shared<K>>,
    /// `None` once it was given back.
    lane: Option<K>,
}

/// As many wait already as may.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full;

#[derive(Debug)]
struct Shared<K: Clone + Eq + Hash> {
    state: Mutex<State<K>>,
    /// Turns that a lane may have at a time.
    share: usize,
    most_waiting: usize,
}

#[derive(Debug)]
struct State<K: Clone + Eq + Hash> {
    free: usize,
    /// How many turns each lane has. While one is free, all who wait have their share.
    taken: HashMap<K, usize>,
    waiting: Lanes<K, Waiter<K>>,
}

#[derive(Debug)]
struct Waiter<K: Clone + Eq + Hash> {
    lane: K,
    turn: oneshot::Sender<Turn<K>>,
}

impl<K: Clone + Eq + Hash> Clone for Turnstile<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Clone + Eq + Hash> Turnstile<K> {
    /// One that lets so many in at a time, at least one, and so many wait.
    pub fn new(turns: usize, most_waiting: usize) -> Self {
        let free = turns.max(1);
        let state = State { free, taken: HashMap::new(), waiting: Lanes::default() };
        let share = (free - 1).max(1);
        Self(Arc::new(Shared { state: Mutex::new(state), share, most_waiting }))
    }

    /// Waits for the lane's turn. Who stops waiting loses their place.
    ///
    /// # Errors
    ///
    /// If as many wait as may, or as many of this lane as its share of the room.
    pub async fn turn(&self, lane: K) -> Result<Turn<K>, Full> {
        let turn = {
            let mut state = self.0.state();
            if state.free > 0 && state.has_less_than(&lane, self.0.share) {
                return Ok(self.0.take(&mut state, lane));
            }
            let (sender, turn) = oneshot::channel();
            let waiter = Waiter { lane: lane.clone(), turn: sender };
            state.waiting.push(lane, waiter, self.0.most_waiting).map_err(|_| Full)?;
            turn
        };
        // The sender is there until it has sent: whoever waits holds the turnstile.
        turn.await.map_err(|_| Full)
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.0.state().waiting.len()
    }
}

impl<K: Clone + Eq + Hash> Shared<K> {
    fn state(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(self: &Arc<Self>, state: &mut State<K>, lane: K) -> Turn<K> {
        state.free -= 1;
        *state.taken.entry(lane.clone()).or_default() += 1;
        Turn { turnstile: Arc::clone(self), lane: Some(lane) }
    }

    /// A turn has ended: whoever is next has theirs.
    fn give_back(self: &Arc<Self>, lane: K) {
        let mut state = self.state();
        state.put_back(lane);
        while let Some(waiter) = state.next(self.share) {
            let turn = self.take(&mut state, waiter.lane);
            // Who has left meanwhile gives it back here, since the state is locked already.
            if let Err(mut turn) = waiter.turn.send(turn)
                && let Some(lane) = turn.lane.take()
            {
                state.put_back(lane);
            }
        }
    }
}

impl<K: Clone + Eq + Hash> State<K> {
    fn has_less_than(&self, lane: &K, share: usize) -> bool {
        self.taken.get(lane).is_none_or(|&taken| taken < share)
    }

    fn put_back(&mut self, lane: K) {
        self.free += 1;
        if let std::collections::hash_map::Entry::Occupied(mut taken) = self.taken.entry(lane) {
            *taken.get_mut() -= 1;
            if *taken.get() == 0 {
                taken.remove();
            }
        }
    }

    /// Who goes next, if a turn is free for them.
    fn next(&mut self, share: usize) -> Option<Waiter<K>> {
        if self.free == 0 {
            return None;
        }
        let taken = &self.taken;
        let may_go = |lane: &K| taken.get(lane).is_none_or(|&taken| taken < share);
        self.waiting.next(may_go, |waiter| (!waiter.turn.is_closed()).then_some(1))
    }
}

impl<K: Clone + Eq + Hash> Drop for Turn<K> {
    fn drop(&mut self) {
        if let Some(lane) = self.lane.take() {
            self.turnstile.give_back(lane);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    /// Asks for a turn; what is given has got as far as it gets.
    fn ask(
        turnstile: &Turnstile<&'static str>,
        lane: &'static str,
    ) -> impl Future<Output = Result<Turn<&'static str>, Full>> + Unpin + use<> {
        let turnstile = turnstile.clone();
        let mut asking = async move { turnstile.turn(lane).await }.boxed();
        let ended = (&mut asking).now_or_never();
        async move { if let Some(ended) = ended { ended } else { asking.await } }.boxed()
    }

    #[test]
    fn a_single_lane_leaves_a_turn_for_others_and_has_all_but_that() {
        let turnstile = Turnstile::new(3, 100);
        let mut hog: Vec<_> = (0..10).map(|_| ask(&turnstile, "hog")).collect();
        let mut inside: Vec<_> = hog.drain(..2).map(|turn| turn.now_or_never()).collect();
        assert!(inside.iter().all(Option::is_some));
        assert_eq!(turnstile.waiting(), 8, "it does not get the last one");
        let other = ask(&turnstile, "other").now_or_never();
        assert!(other.is_some(), "another lane does");
        let last = ask(&turnstile, "last");
        inside.pop();
        assert_eq!(turnstile.waiting(), 8, "the hog's next");
        drop(other);
        assert!(last.now_or_never().is_some(), "and then another's");
    }

    #[test]
    fn nobody_waits_behind_more_than_one_turn_of_anybody_else() {
        let turnstile = Turnstile::new(1, 100);
        let inside = ask(&turnstile, "first").now_or_never();
        let mut hogs: Vec<_> =
            ["a", "b", "a", "a", "b", "b"].iter().map(|lane| ask(&turnstile, lane)).collect();
        let late = ask(&turnstile, "late");
        drop(inside);
        for index in [0, 1] {
            let turn = hogs.remove(0).now_or_never();
            assert!(turn.is_some(), "turn {index}");
        }
        assert!(late.now_or_never().is_some());
        assert_eq!(turnstile.waiting(), 3, "the next of a, since the last turn has ended");
    }

    #[test]
    fn who_has_left_is_passed_over_and_a_turn_that_nobody_took_goes_on() {
        let turnstile = Turnstile::new(1, 10_000);
        let inside = ask(&turnstile, "first").now_or_never();
        let gone: Vec<_> = (0..4_000).map(|_| ask(&turnstile, "gone")).collect();
        let (leaving, staying) = (ask(&turnstile, "leaving"), ask(&turnstile, "staying"));
        drop(gone);
        drop(inside);
        // It was given a turn, and leaves without having looked.
        drop(leaving);
        assert!(staying.now_or_never().is_some());
        assert_eq!(turnstile.waiting(), 0);
        assert!(ask(&turnstile, "anybody").now_or_never().is_some_and(|turn| turn.is_ok()));
    }

    #[test]
    fn beyond_its_room_a_lane_is_refused_and_others_are_not() {
        let turnstile = Turnstile::new(1, 8);
        let _inside = ask(&turnstile, "first").now_or_never();
        let hog: Vec<_> = (0..10).map(|_| ask(&turnstile, "hog")).collect();
        assert_eq!(turnstile.waiting(), 4, "half of the room is its own");
        let refused = hog.into_iter().filter_map(|turn| turn.now_or_never()).count();
        assert_eq!(refused, 6);
        let _other = ask(&turnstile, "other");
        assert_eq!(turnstile.waiting(), 5);
    }
}
