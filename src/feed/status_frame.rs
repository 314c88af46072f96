//! A frame for eyes: what a map shows as of a revision, and what of it is new.
//!
//! A frame knows what the frames before it have changed. So somebody who has missed some is told
//! what differs from what they have. Somebody who has missed more than it knows of is told the
//! whole. Nobody is sent more than if they had missed none.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use super::board::{Board, KNOWN_OF_A_PLACE};
use super::pace::PARTS;
use super::rendered::{Frames, Rendered};
use crate::domain::{Letter, Revision};

/// What a frame takes beside places and letters, in bytes: the revision, the plan's version, the
/// names of the fields, and what a transport puts around a payload.
const ENVELOPE_BYTES: usize = 160;

/// Frames that it is known of what they have changed, at least: those of two rounds at the slowest
/// pace, in which each follower is told once and may be late.
const FRAMES_KNOWN: usize = 2 * PARTS;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct StatusFrame {
    number: i64,
    revision: Revision,
    plan_version: i32,
    letters: Box<[Letter]>,
    /// What the newest frames have changed, the newest last: that is this one.
    news: VecDeque<Arc<News>>,
    whole: Arc<Rendered>,
    /// What differs from the frame before, from the one before that, and so on: worked out for the
    /// first who needs it. `None` where the whole is shorter.
    differences: Box<[OnceLock<Option<Difference>>]>,
}

/// What a frame has changed.
#[derive(Debug)]
struct News {
    places: Box<[i32]>,
    /// The letters that they had before.
    before: Box<[Letter]>,
    /// What the frame takes on its way to each who has the one before.
    bytes: usize,
}

/// What differs from an earlier frame.
#[derive(Debug)]
struct Difference {
    /// Ascending.
    places: Box<[i32]>,
    bytes: usize,
    rendered: Arc<Rendered>,
}

impl StatusFrame {
    /// The first frame of a board, or the first after it was read anew: everybody is told the
    /// whole.
    pub(super) fn first(board: &Board, number: i64, frames: &Arc<Frames>) -> Self {
        Self::of(board, number, VecDeque::new(), frames)
    }

    /// The frame after this one. The board has been kept current since.
    pub(super) fn next(&self, board: &Board, frames: &Arc<Frames>) -> Self {
        let places = differing(&self.letters, board.letters());
        let before = places.iter().filter_map(|place| self.letter(*place)).collect();
        let bytes = bytes_of(&places);
        let mut news = self.news.clone();
        news.push_back(Arc::new(News { places, before, bytes }));
        let mut changed = news.iter().map(|news| news.places.len()).sum::<usize>();
        let mut together = news.iter().map(|news| news.bytes).sum::<usize>();
        // Who has missed as much as a whole frame is sent no more by that.
        while changed > KNOWN_OF_A_PLACE * self.letters.len()
            || (news.len() > FRAMES_KNOWN && together >= bytes_of_whole(board.letters()))
        {
            let Some(oldest) = news.pop_front() else { break };
            changed -= oldest.places.len();
            together -= oldest.bytes;
        }
        Self::of(board, self.number + 1, news, frames)
    }

    fn of(board: &Board, number: i64, news: VecDeque<Arc<News>>, frames: &Arc<Frames>) -> Self {
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
    pub(super) fn number(&self) -> i64 {
        self.number
    }

    /// The revision that it is true for.
    pub(super) fn revision(&self) -> Revision {
        self.revision
    }

    /// What differs from so many frames before; `None` if that is not known or not shorter.
    fn difference(&self, distance: usize) -> Option<&Difference> {
        let first = self.news.len().checked_sub(distance)?;
        let known = self.differences.get(distance.checked_sub(1)?)?;
        known.get_or_init(|| self.work_out(first)).as_ref()
    }

    /// What differs from the frame before a known one.
    fn work_out(&self, first: usize) -> Option<Difference> {
        let mut letters = self.letters.clone();
        for news in self.news.range(first..).rev() {
            news.undo(&mut letters);
        }
        let places = differing(&letters, &self.letters);
        let bytes = bytes_of(&places);
        let is_shorter = bytes < bytes_of_whole(&self.letters);
        is_shorter.then(|| Difference { places, bytes, rendered: self.whole.anew() })
    }

    fn letter(&self, place: i32) -> Option<Letter> {
        self.letters.get(usize::try_from(place).ok()?).copied()
    }
}

impl News {
    /// Puts back the letters that there were before.
    fn undo(&self, letters: &mut [Letter]) {
        for (place, before) in self.places.iter().zip(&self.before) {
            let place = usize::try_from(*place).ok().and_then(|place| letters.get_mut(place));
            place.into_iter().for_each(|letter| *letter = *before);
        }
    }
}

fn bytes_of_whole(letters: &[Letter]) -> usize {
    ENVELOPE_BYTES + letters.len()
}

/// Bytes of a frame that tells of these places. As JSON one takes its digits, a comma, and its
/// letter.
fn bytes_of(places: &[i32]) -> usize {
    let digits = |place: &i32| place.checked_ilog10().map_or(1, |log| log as usize + 1);
    ENVELOPE_BYTES + places.iter().map(|place| digits(place) + 2).sum::<usize>()
}

/// The places whose letters differ, ascending.
fn differing(before: &[Letter], now: &[Letter]) -> Box<[i32]> {
    let pairs = (0..).zip(before.iter().zip(now));
    pairs.filter(|(_, (before, now))| before != now).map(|(place, _)| place).collect()
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
    pub(super) fn of(frame: Arc<StatusFrame>, has: Option<i64>) -> Self {
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

    /// Bytes that it takes on its way to its follower: the one place where they are worked out.
    pub(super) fn bytes(&self) -> usize {
        let whole = || bytes_of_whole(&self.frame.letters);
        self.difference().map_or_else(whole, |difference| difference.bytes)
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
