//! A frame for eyes: what a map shows as of a revision, and what of it is new.
//!
//! A frame knows what the frames before it have changed, as far back as all of them together are
//! shorter than a whole one. So somebody who has missed some is told what differs from what they
//! have, and somebody who has missed more is told the whole: nobody is sent more than if they had
//! missed none.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, OnceLock};

use super::board::Board;
use super::rendered::{Frames, Rendered};
use crate::domain::{Letter, Revision};

/// What a frame takes beside places and letters, in bytes: the revision, the plan's version, the
/// names of the fields, and what a transport puts around a payload.
const ENVELOPE_BYTES: usize = 160;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct StatusFrame {
    number: u64,
    revision: Revision,
    plan_version: i32,
    letters: Box<[Letter]>,
    /// What the newest frames have changed, the newest last: that is this one.
    news: VecDeque<Arc<News>>,
    whole: Arc<Rendered>,
    /// What differs from the frame before, from the one before that, and so on: worked out for the
    /// first who needs it.
    differences: Box<[OnceLock<Difference>]>,
}

/// What a frame has changed.
#[derive(Debug)]
struct News {
    /// Places, ascending, with the letters that they had before.
    before: Box<[(i32, Letter)]>,
    /// What the frame takes on its way to each who has the one before.
    bytes: usize,
}

/// What differs from an earlier frame.
#[derive(Debug)]
struct Difference {
    /// Ascending.
    places: Box<[i32]>,
    rendered: Arc<Rendered>,
}

impl StatusFrame {
    /// The first frame of a board, or the first after it was read anew: everybody is told the
    /// whole.
    pub(super) fn first(board: &Board, number: u64, frames: &Arc<Frames>) -> Self {
        Self::of(board, number, VecDeque::new(), frames)
    }

    /// The frame after this one. The board has been kept current since.
    pub(super) fn next(&self, board: &Board, frames: &Arc<Frames>) -> Self {
        let pairs = self.letters.iter().zip(board.letters());
        let changed = (0..).zip(pairs).filter(|(_, (before, now))| before != now);
        let before: Box<[_]> = changed.map(|(place, (before, _))| (place, *before)).collect();
        let bytes =
            ENVELOPE_BYTES + before.iter().map(|(place, _)| bytes_of(*place)).sum::<usize>();
        let mut news = self.news.clone();
        news.push_back(Arc::new(News { before, bytes }));
        let mut together = news.iter().map(|news| news.bytes).sum::<usize>();
        while together >= bytes_of_whole(board.letters()) {
            let Some(oldest) = news.pop_front() else { break };
            together -= oldest.bytes;
        }
        Self::of(board, self.number + 1, news, frames)
    }

    fn of(board: &Board, number: u64, news: VecDeque<Arc<News>>, frames: &Arc<Frames>) -> Self {
        Self {
            number,
            revision: board.revision(),
            plan_version: board.plan_version(),
            letters: board.letters().into(),
            whole: Rendered::new(frames),
            differences: news.iter().map(|_| OnceLock::new()).collect(),
            news,
        }
    }

    /// Counts the frames of a board.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Bytes that it takes on its way to each who has the frame before: the one place where they
    /// are worked out.
    pub(super) fn bytes(&self) -> usize {
        self.news.back().map_or(bytes_of_whole(&self.letters), |news| news.bytes)
    }

    /// What differs from so many frames before.
    fn difference(&self, distance: usize) -> Option<&Difference> {
        let first = self.news.len().checked_sub(distance)?;
        let work_out = || {
            let mut before = BTreeMap::new();
            for (place, letter) in self.news.range(first..).flat_map(|news| &news.before) {
                before.entry(*place).or_insert(*letter);
            }
            let differs = |(place, before)| (self.letter(place) != Some(before)).then_some(place);
            let places = before.into_iter().filter_map(differs).collect();
            Difference { places, rendered: self.whole.anew() }
        };
        Some(self.differences.get(distance.checked_sub(1)?)?.get_or_init(work_out))
    }

    fn letter(&self, place: i32) -> Option<Letter> {
        self.letters.get(usize::try_from(place).ok()?).copied()
    }
}

fn bytes_of_whole(letters: &[Letter]) -> usize {
    ENVELOPE_BYTES + letters.len()
}

/// Bytes that a place takes as JSON: digits, a comma, and its letter.
fn bytes_of(place: i32) -> usize {
    let digits = place.checked_ilog10().map_or(1, |log| log + 1);
    usize::try_from(digits).unwrap_or_default() + 2
}

/// A frame as one follower is given it: the whole, or what differs from the frame that it has.
#[derive(Clone, Debug)]
pub struct Statuses {
    frame: Arc<StatusFrame>,
    /// How many frames before this one it has; `None`: none that counts.
    distance: Option<usize>,
}

impl Statuses {
    /// A frame for somebody who has the one with this number, or none.
    pub(super) fn of(frame: Arc<StatusFrame>, has: Option<u64>) -> Self {
        let distance = has.and_then(|has| frame.number.checked_sub(has));
        let distance = distance.and_then(|distance| usize::try_from(distance).ok());
        Self { frame, distance }
    }

    fn difference(&self) -> Option<&Difference> {
        self.frame.difference(self.distance?)
    }

    /// The revision that it is true for.
    pub fn revision(&self) -> Revision {
        self.frame.revision
    }

    /// The plan in whose order places are counted.
    pub fn plan_version(&self) -> i32 {
        self.frame.plan_version
    }

    /// The places that letters are told of, ascending from 0; `None`: of all.
    pub fn places(&self) -> Option<&[i32]> {
        Some(&self.difference()?.places)
    }

    /// A letter for each of those places.
    pub fn letters(&self) -> String {
        match self.places() {
            Some(places) => {
                let letters = places.iter().filter_map(|place| self.frame.letter(*place));
                letters.map(Letter::as_char).collect()
            }
            None => self.frame.letters.iter().map(|letter| letter.as_char()).collect(),
        }
    }

    /// What was made of it, for all who are given the same.
    pub fn rendered(&self) -> &Arc<Rendered> {
        self.difference().map_or(&self.frame.whole, |difference| &difference.rendered)
    }
}

#[cfg(test)]
mod tests;
