//! What waits, in lanes that are served in turn.
//!
//! ```text
//!   round 0: the one that is served   lane of carol ▶ lane of bob ▶ …       ◀── a lane's first
//!   round 1: the next                 lane of alice ▶ lane of dave ▶ …          goes to the end of
//!   …                                                                           the next round
//!   round 15
//! ```
//!
//! - A lane is a queue: what waits in it keeps its order. It is there while something waits in it.
//! - A lane stands in one round, once. With its turn it gives one thing, and goes on to a later
//!   round: to the next, or past as many as what it gave is worth turns.
//! - So nobody waits behind more than one turn of anybody else, however much that one has waiting.
//!   And where everybody has one thing waiting, they are served in the order they came.
//! - A lane may be as long as there is room left. A few who send without a pause leave room for
//!   others, and thousands with one thing each fill everything.
//!
//! Adding and taking are one hash look-up each. Nothing is allocated for a lane that was not before
//! for another.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::Hash;

/// Rounds that are told apart: what is worth more turns than these counts as one less.
const ROUNDS: usize = 16;

/// A lane that grew longer than this gives its room back when it ends.
const KEPT_LENGTH: usize = 16;

/// See the module's documentation. `K` says whose a lane is, `T` is what waits.
pub struct Lanes<K, T> {
    /// The lanes, and between them those that ended, for others to use.
    lanes: Vec<Lane<K, T>>,
    ended: Vec<usize>,
    lane_of: HashMap<K, usize>,
    /// A ring: the round that is served is the one at `now`.
    rounds: [VecDeque<usize>; ROUNDS],
    now: usize,
    waiting: usize,
}

struct Lane<K, T> {
    /// `None` once it has ended.
    owner: Option<K>,
    waiting: VecDeque<T>,
}

impl<K, T> Default for Lanes<K, T> {
    fn default() -> Self {
        Self {
            lanes: Vec::new(),
            ended: Vec::new(),
            lane_of: HashMap::new(),
            rounds: Default::default(),
            now: 0,
            waiting: 0,
        }
    }
}

impl<K: Clone + Eq + Hash, T> Lanes<K, T> {
    /// How much waits in all lanes.
    pub fn len(&self) -> usize {
        self.waiting
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Puts something at the end of its owner's lane.
    ///
    /// # Errors
    ///
    /// Gives it back if there is no more room for it, of `capacity` in all; or not more than the
    /// lane has taken already.
    pub fn push(&mut self, owner: K, item: T, capacity: usize) -> Result<(), T> {
        let room = capacity.saturating_sub(self.waiting);
        match self.lane_of.entry(owner) {
            Entry::Occupied(lane) => {
                let waiting = &mut self.lanes[*lane.get()].waiting;
                if waiting.len() >= room {
                    return Err(item);
                }
                waiting.push_back(item);
            }
            Entry::Vacant(_) if room == 0 => return Err(item),
            Entry::Vacant(place) => {
                let index = self.ended.pop().unwrap_or(self.lanes.len());
                if index == self.lanes.len() {
                    self.lanes.push(Lane { owner: None, waiting: VecDeque::new() });
                }
                let lane = &mut self.lanes[index];
                lane.owner = Some(place.key().clone());
                lane.waiting.push_back(item);
                place.insert(index);
                self.rounds[(self.now + 1) % ROUNDS].push_back(index);
            }
        }
        self.waiting += 1;
        Ok(())
    }

    /// Takes what is next in turn of those whose owners may go now; the others keep their turn.
    /// `worth` says how many turns something is worth, 1 or more; `None` if nobody waits for it any
    /// more, and it is dropped without having had a turn.
    pub fn next(
        &mut self,
        may_go: impl Fn(&K) -> bool,
        worth: impl Fn(&T) -> Option<usize>,
    ) -> Option<T> {
        let mut passed_over = Vec::new();
        let taken = loop {
            let Some(index) = self.next_lane() else { break None };
            let lane = &mut self.lanes[index];
            if !lane.owner.as_ref().is_some_and(&may_go) {
                passed_over.push(index);
                continue;
            }
            let mut taken = None;
            while let Some(item) = lane.waiting.pop_front() {
                self.waiting -= 1;
                if let Some(turns) = worth(&item) {
                    taken = Some((item, turns));
                    break;
                }
            }
            if lane.waiting.is_empty() {
                self.end(index);
            } else if let Some((_, turns)) = taken {
                self.rounds[(self.now + turns.clamp(1, ROUNDS - 1)) % ROUNDS].push_back(index);
            }
            if let Some((item, _)) = taken {
                break Some(item);
            }
        };
        for index in passed_over.into_iter().rev() {
            self.rounds[self.now].push_front(index);
        }
        taken
    }

    /// Takes the lane whose turn it is out of its round; moves on to later rounds if need be.
    fn next_lane(&mut self) -> Option<usize> {
        for _ in 0..ROUNDS {
            if let Some(index) = self.rounds[self.now].pop_front() {
                return Some(index);
            }
            self.now = (self.now + 1) % ROUNDS;
        }
        None
    }

    fn end(&mut self, index: usize) {
        let lane = &mut self.lanes[index];
        if lane.waiting.capacity() > KEPT_LENGTH {
            lane.waiting = VecDeque::new();
        }
        if let Some(owner) = lane.owner.take() {
            self.lane_of.remove(&owner);
        }
        self.ended.push(index);
    }
}

impl<K, T> fmt::Debug for Lanes<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lanes({} waiting in {} lanes)", self.waiting, self.lane_of.len())
    }
}

#[cfg(test)]
mod tests;
