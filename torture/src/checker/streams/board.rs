//! `seatStatuses`: whoever puts the frames together has the map.
//!
//! Whole frames are held against the log with all other maps. Of the others it is enough to look at
//! the places that they name and at those that have changed since the frame before.

use super::Told;
use crate::checker::calls::Facts;
use crate::checker::maps::{Times, may_show, times_of_frame};
use crate::checker::violation::Kind;
use crate::history::{DbMicros, Frame, Revision, SeatNo, StreamItem};

/// What a subscriber shows.
struct Board {
    revision: Revision,
    letters: Vec<char>,
}

pub(super) fn check(facts: &Facts<'_, '_>, frames: &[&Frame], told: &mut Told<'_>) {
    let mut board: Option<Board> = None;
    for frame in frames {
        match &frame.item {
            StreamItem::Subscribed(_) => board = None,
            StreamItem::Board { revision, places, letters } => {
                if facts.origins.latest_at(frame.at) < *revision {
                    let what = format!("was sent a board of {revision} before that was there");
                    told.add(Kind::FrameEarly, frame, &what);
                }
                if board.as_ref().is_some_and(|board| *revision < board.revision) {
                    let what = format!("was sent a board of {revision} after a later one");
                    told.add(Kind::FrameReordered, frame, &what);
                }
                let letters: Vec<char> = letters.chars().collect();
                board = match (places, board.take()) {
                    (None, _) => Some(Board { revision: *revision, letters }),
                    (Some(places), Some(board)) => {
                        Some(board.with(facts, frame, (*revision, places, &letters), told))
                    }
                    (Some(_), None) => {
                        told.add(Kind::BoardWrong, frame, "was sent places of no board");
                        None
                    }
                };
            }
            StreamItem::Settled => settled(facts, frame, board.as_ref(), told),
            StreamItem::Lost => {}
            item => told.add(Kind::FrameWrong, frame, &format!("was sent {item:?}")),
        }
    }
}

impl Board {
    /// The board with some places put in; those must be as the log says, and no other may have
    /// changed.
    fn with(
        mut self,
        facts: &Facts<'_, '_>,
        frame: &Frame,
        (revision, places, letters): (Revision, &[usize], &[char]),
        told: &mut Told<'_>,
    ) -> Self {
        let is_good = places.len() == letters.len()
            && places.is_sorted()
            && places.last().is_none_or(|&last| last < self.letters.len());
        if !is_good {
            told.add(Kind::BoardWrong, frame, "was sent places that a board does not have");
            return self;
        }
        for (&place, &letter) in places.iter().zip(letters) {
            self.letters[place] = letter;
        }
        let rows = &facts.history.rows;
        let first = rows.partition_point(|row| row.revision <= self.revision);
        let end = rows.partition_point(|row| row.revision <= revision);
        let changed = rows[first..end.max(first)].iter();
        let changed = changed.filter_map(|row| facts.book.place_of(row.seat));
        let times = times_of_frame(facts, frame.at);
        self.revision = self.revision.max(revision);
        for place in changed.chain(places.iter().copied()) {
            if let Some(what) = self.wrong_at(facts, place, revision, times) {
                told.add(Kind::BoardWrong, frame, &what);
                break;
            }
        }
        self
    }

    fn wrong_at(
        &self,
        facts: &Facts<'_, '_>,
        place: usize,
        revision: Revision,
        times: Times,
    ) -> Option<String> {
        let seat: SeatNo = facts.book.plan.get(place)?.0;
        let moment = facts.book.seat(seat, revision)?;
        let letter = self.letters.get(place).copied().unwrap_or(' ');
        (!may_show(moment, letter, times)).then(|| {
            let state = moment.state;
            format!("has {letter} for seat {seat}, which at revision {revision} is {state:?}")
        })
    }
}

/// The last frame is always the truth.
fn settled(facts: &Facts<'_, '_>, frame: &Frame, board: Option<&Board>, told: &mut Told<'_>) {
    let Some(board) = board else {
        told.add(Kind::StreamBehind, frame, "has no board in the end");
        return;
    };
    let last = facts.history.last();
    let read_at = facts.history.end.map_or(DbMicros::MAX, |end| end.read_at);
    let times = Times { until: read_at, ..times_of_frame(facts, frame.at) };
    let wrong =
        (0..facts.book.plan.len()).find_map(|place| board.wrong_at(facts, place, last, times));
    if let Some(what) = wrong {
        told.add(Kind::StreamBehind, frame, &format!("in the end {what}"));
    }
}
