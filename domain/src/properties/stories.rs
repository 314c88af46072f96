//! The holds of a sale as the log tells them, and who is refused for letting seats go: once more in
//! plain words, from the log and from who was refused what.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::churn::WINDOW;
use crate::ledger::Terms;
use crate::{Cause, Change, Revision, SeatId, ViewerId};

/// A hold from its beginning to its end.
#[derive(Clone, Debug)]
pub(super) struct Story {
    pub(super) viewer: ViewerId,
    pub(super) seat: SeatId,
    pub(super) from: DateTime<Utc>,
    /// When it was given back or ran out; `None` while it is there, and where it was bought.
    pub(super) let_go_at: Option<DateTime<Utc>>,
    is_asked_for: bool,
}

impl Story {
    fn kept(&self) -> TimeDelta {
        self.let_go_at.map_or(TimeDelta::zero(), |at| (at - self.from).max(TimeDelta::zero()))
    }
}

/// All holds at `now`, in the order in which they began; each is of whoever had it last. Others
/// asked for those whose first revision is in `asked_for`, with who had it then.
pub(super) fn stories(
    log: &[Change],
    asked_for: &BTreeSet<(Revision, ViewerId)>,
    now: DateTime<Utc>,
) -> Vec<Story> {
    let tell = |(index, begin): (usize, &Change)| {
        let of_seat = || log[index..].iter().filter(|change| change.seat == begin.seat);
        let is_end = |change: &&Change| {
            !matches!(change.cause, Cause::Reserved | Cause::Extended | Cause::Claimed)
        };
        let end = of_seat().find(is_end);
        let last = of_seat().take_while(|change| !is_end(change)).last().unwrap();
        let (until, viewer) = (last.expires_at, last.viewer.clone());
        let let_go_at = match end.map(|end| end.cause) {
            Some(Cause::Confirmed) => None,
            Some(Cause::Released) => end.map(|end| end.changed_at),
            Some(_) => until,
            None => until.filter(|&until| until <= now),
        };
        Story {
            seat: begin.seat,
            from: begin.changed_at,
            let_go_at,
            is_asked_for: asked_for.contains(&(begin.revision, viewer.clone())),
            viewer,
        }
    };
    let is_begin = |(_, change): &(usize, &Change)| change.cause == Cause::Reserved;
    log.iter().enumerate().filter(is_begin).map(tell).collect()
}

/// The instants at which the viewer let seats go, the last first, as far as they count at `now`.
pub(super) fn let_go(
    stories: &[Story],
    viewer: &ViewerId,
    now: DateTime<Utc>,
) -> Vec<DateTime<Utc>> {
    let own = stories.iter().filter(|story| story.viewer == *viewer);
    let mut instants: Vec<_> =
        own.filter_map(|story| story.let_go_at).filter(|&at| now < at + WINDOW).collect();
    instants.sort_unstable_by(|a, b| b.cmp(a));
    instants
}

/// The holds of the viewer on the seat that followed each other up to the last that was let go,
/// this one first; none if somebody else held it last.
pub(super) fn run<'a>(stories: &'a [Story], viewer: &ViewerId, seat: SeatId) -> Vec<&'a Story> {
    let mut run: Vec<&Story> = Vec::new();
    let of_seat = stories.iter().rev().filter(|story| story.seat == seat);
    for story in of_seat.skip_while(|story| story.let_go_at.is_none()) {
        let goes_on = run.last().is_none_or(|next| next.from < story.let_go_at.unwrap() + WINDOW);
        if story.viewer != *viewer || !goes_on {
            break;
        }
        run.push(story);
    }
    run
}

/// From when the viewer may take these free seats, if not `now`.
pub(super) fn refused_until(
    stories: &[Story],
    terms: &Terms,
    viewer: &ViewerId,
    seats: &[SeatId],
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let max = usize::try_from(terms.max_seats_let_go?).unwrap();
    let too_many = let_go(stories, viewer, now).get(max).map(|&at| at + WINDOW);
    let too_often = seats.iter().filter_map(|&seat| {
        let run = run(stories, viewer, seat);
        let kept: TimeDelta = run.iter().map(|story| story.kept()).sum();
        let (_, again) = run.split_last()?;
        let asked_for = again.iter().any(|story| story.is_asked_for);
        let is_over = run.len() >= 3 && (asked_for || kept > terms.hold + terms.hold);
        is_over.then(|| run[0].let_go_at.unwrap() + WINDOW).filter(|&until| now < until)
    });
    too_many.into_iter().chain(too_often).max()
}
