//! What watchers know, made of the messages that each has had.
//!
//! Ten thousand are sent the same. So what a watcher knows is a [`State`], shared by all who know
//! the same. A step from one to the next is made once: whoever gets the same message in the same
//! state takes it from there. Each message is looked at by its bytes, and read once.
//!
//! Invariant: a step is made by what the message says, and by nothing else. Where a watcher misses
//! a message, its state is another than that of the others, and in the end another than the table.

use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher as _;
use std::rc::{Rc, Weak};

use foldhash::fast::FixedState;

use super::update::Update;
use crate::Result;

/// Bytes of the states that are kept for whoever comes to them late. What is gone is made anew.
const KEPT_BYTES: usize = 256 * 1024 * 1024;

/// Steps that are kept in any case.
const FEWEST_KEPT: usize = 64;

/// What a watcher knows.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct State {
    /// Which of all states.
    number: u64,
    pub(super) revision: u64,
    /// In the plan's order; empty as long as nothing is known.
    pub(super) letters: Vec<u8>,
}

/// A message in a state: the state's number, and what the message's bytes come to.
type Step = (u64, u64);

/// See the module's documentation.
pub(super) struct Fold {
    /// Where in the plan a seat is.
    places: HashMap<String, usize>,
    /// States that somebody has, by their revisions and what their letters come to.
    states: HashMap<(u64, u64), Weak<State>>,
    /// What becomes of them, and the steps in the order in which they were made.
    steps: HashMap<Step, Rc<State>>,
    made: VecDeque<Step>,
    /// From how many states on those that nobody has any more are forgotten.
    sweep_above: usize,
    last_number: u64,
    hasher: FixedState,
}

impl Fold {
    /// `plan`: the ids of all seats, in the plan's order.
    pub(super) fn new(plan: impl IntoIterator<Item = String>) -> Self {
        let places = plan.into_iter().enumerate().map(|(place, id)| (id, place)).collect();
        Self {
            places,
            states: HashMap::new(),
            steps: HashMap::new(),
            made: VecDeque::new(),
            sweep_above: FEWEST_KEPT,
            last_number: 0,
            hasher: FixedState::default(),
        }
    }

    /// What is known with so much: the same state for all who know the same.
    pub(super) fn state(&mut self, revision: u64, letters: Vec<u8>) -> Rc<State> {
        let key = (revision, self.hasher.hash_one(&letters));
        if let Some(state) = self.states.get(&key).and_then(Weak::upgrade) {
            return state;
        }
        self.last_number += 1;
        let state = Rc::new(State { number: self.last_number, revision, letters });
        self.states.insert(key, Rc::downgrade(&state));
        state
    }

    /// What a message's bytes come to, without the watcher's own id.
    pub(super) fn hash(&self, before_id: &[u8], after_id: &[u8]) -> u64 {
        self.hasher.hash_one((before_id, after_id))
    }

    /// What becomes of a state by a message, if that was made already.
    pub(super) fn known(&self, state: &State, message: u64) -> Option<Rc<State>> {
        self.steps.get(&(state.number, message)).cloned()
    }

    /// Makes the step from a state by a message.
    pub(super) fn step(
        &mut self,
        from: &Rc<State>,
        message: u64,
        update: Update,
    ) -> Result<Rc<State>> {
        let (revision, letters) = self.applied(from, update)?;
        let to = self.state(revision, letters);
        let step = (from.number, message);
        if self.steps.insert(step, Rc::clone(&to)).is_none() {
            self.made.push_back(step);
        }
        let most = (KEPT_BYTES / self.places.len().max(1)).max(FEWEST_KEPT);
        while self.made.len() > most {
            if let Some(oldest) = self.made.pop_front() {
                self.steps.remove(&oldest);
            }
        }
        if self.states.len() > self.sweep_above {
            self.states.retain(|_, state| state.strong_count() > 0);
            self.sweep_above = 2 * self.states.len() + FEWEST_KEPT;
        }
        Ok(to)
    }

    fn applied(&self, from: &State, update: Update) -> Result<(u64, Vec<u8>)> {
        let seats = self.places.len();
        match update {
            Update::Whole { revision, letters } if letters.len() == seats => {
                Ok((revision, letters))
            }
            Update::Whole { letters, .. } => {
                Err(format!("{} letters for {seats} seats", letters.len()).into())
            }
            Update::Differs { revision, places, letters } => {
                if places.len() != letters.len() || revision <= from.revision {
                    return Err(
                        format!("an odd frame of {revision} after {}", from.revision).into()
                    );
                }
                let mut known = from.letters.clone();
                for (place, letter) in places.into_iter().zip(letters) {
                    *known.get_mut(place).ok_or("a place that is none")? = letter;
                }
                Ok((revision, known))
            }
            Update::Changes { from: first, to, seats } => {
                let is_whole = u64::try_from(seats.len())? == (to + 1).saturating_sub(first);
                if first != from.revision + 1 || !is_whole {
                    let missing = format!("a change is missing: {first} to {to} after");
                    return Err(format!("{missing} {}", from.revision).into());
                }
                Ok((to, self.with(from.letters.clone(), &seats)?))
            }
            Update::Snapshot { revision, seats: told } if told.len() == seats => {
                Ok((revision, self.with(vec![0; seats], &told)?))
            }
            Update::Snapshot { seats: told, .. } => {
                Err(format!("a snapshot of {} seats of {seats}", told.len()).into())
            }
        }
    }

    fn with(&self, mut letters: Vec<u8>, seats: &[(String, u8)]) -> Result<Vec<u8>> {
        for (seat, letter) in seats {
            let place = *self.places.get(seat).ok_or_else(|| format!("no seat is {seat}"))?;
            *letters.get_mut(place).ok_or("a change before anything was known")? = *letter;
        }
        Ok(letters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold() -> Fold {
        Fold::new(["a", "b", "c"].map(str::to_owned))
    }

    fn change(revision: u64, seat: &str, letter: u8) -> Update {
        Update::Changes { from: revision, to: revision, seats: vec![(seat.to_owned(), letter)] }
    }

    #[test]
    fn whoever_has_had_the_same_has_the_same_state_and_it_is_made_once() {
        let mut fold = fold();
        let begin = fold.state(5, b"AAA".to_vec());
        let one = fold.step(&begin, 1, change(6, "b", b'R')).unwrap();
        assert_eq!((one.revision, one.letters.as_slice()), (6, b"ARA".as_slice()));
        assert!(Rc::ptr_eq(&fold.known(&begin, 1).unwrap(), &one));
        assert!(fold.known(&begin, 2).is_none());
        // By other messages to the same.
        let seats = vec![0, 1, 2];
        let letters = b"ARA".to_vec();
        let differs = Update::Differs { revision: 6, places: seats, letters };
        assert!(Rc::ptr_eq(&fold.step(&begin, 2, differs).unwrap(), &one));
        let seats = [("a", b'A'), ("c", b'A'), ("b", b'R')].map(|(id, of)| (id.to_owned(), of));
        let snapshot = Update::Snapshot { revision: 6, seats: seats.to_vec() };
        assert!(Rc::ptr_eq(&fold.step(&begin, 3, snapshot).unwrap(), &one));
    }

    #[test]
    fn what_is_missing_or_odd_is_an_error() {
        let mut fold = fold();
        let begin = fold.state(5, b"AAA".to_vec());
        let nothing = fold.state(0, Vec::new());
        let whole = |letters: &[u8]| Update::Whole { revision: 9, letters: letters.to_vec() };
        let differs = |revision, place| Update::Differs {
            revision,
            places: vec![place],
            letters: vec![b'R'],
        };
        for (what, from, update) in [
            ("a gap", &begin, change(7, "a", b'R')),
            ("a repeat", &begin, change(5, "a", b'R')),
            ("a seat of another event", &begin, change(6, "d", b'R')),
            ("two revisions, one change", &begin, {
                Update::Changes { from: 6, to: 7, seats: vec![("a".to_owned(), b'R')] }
            }),
            ("too few letters", &begin, whole(b"AA")),
            ("a place beyond the last", &begin, differs(6, 3)),
            ("an older revision", &begin, differs(5, 0)),
            ("a difference to nothing", &nothing, differs(6, 0)),
            ("a snapshot of a part", &begin, Update::Snapshot { revision: 6, seats: Vec::new() }),
        ] {
            assert!(fold.step(from, 1, update).is_err(), "{what}");
        }
        assert_eq!(fold.step(&nothing, 1, whole(b"ARC")).unwrap().letters, b"ARC");
    }

    #[test]
    fn whoever_misses_a_message_has_another_state() {
        let mut fold = fold();
        let begin = fold.state(5, b"AAA".to_vec());
        let differs = |revision, place| Update::Differs {
            revision,
            places: vec![place],
            letters: vec![b'R'],
        };
        let one = fold.step(&begin, 1, differs(6, 0)).unwrap();
        let both = fold.step(&one, 2, differs(7, 1)).unwrap();
        let second_alone = fold.step(&begin, 2, differs(7, 1)).unwrap();
        assert_ne!(both, second_alone);
    }

    #[test]
    fn bytes_are_told_apart_and_an_id_is_not_among_them() {
        let fold = fold();
        assert_eq!(fold.hash(b"before", b"after"), fold.hash(b"before", b"after"));
        assert_ne!(fold.hash(b"before", b"after"), fold.hash(b"before", b"aftes"));
        assert_ne!(fold.hash(b"ab", b"c"), fold.hash(b"a", b"bc"));
    }
}
