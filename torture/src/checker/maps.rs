//! Whole maps: whether each is what the log says at its revision.
//!
//! All of them are gone through with the log once, in the order of their revisions.

use super::book::{Book, Moment, State};
use super::calls::Facts;
use super::violation::{Findings, Kind, Pointer};
use crate::history::{
    Answer, Call, Command, DbMicros, Frame, Outcome, Revision, SeatNo, Stage, StreamItem,
};

/// How long a whole map may be kept for others, in microseconds.
const MAPS_KEPT: i64 = 250_000;

/// A map that somebody was shown.
struct Look<'h> {
    revision: Revision,
    letters: &'h str,
    /// When it was read, by the database's clock.
    times: Times,
    /// What the viewer was told to have.
    mine: Option<(&'h str, &'h [SeatNo])>,
    kind: Kind,
    entry: Pointer,
}

/// When something was read, by the database's clock: at the earliest and at the latest; and whether
/// the event may have been cancelled by then, and holds over with that.
#[derive(Clone, Copy)]
pub(super) struct Times {
    pub(super) from: DbMicros,
    pub(super) until: DbMicros,
    pub(super) may_be_cancelled: bool,
}

/// Whether a map may show a seat so.
pub(super) fn may_show(moment: &Moment<'_>, letter: char, times: Times) -> bool {
    let free = if moment.for_sale { 'A' } else { 'N' };
    match moment.state {
        State::Free { .. } => letter == free,
        State::Sold { .. } => letter == 'C',
        State::Held(hold) => {
            let may_be_over = hold.until <= times.until || times.may_be_cancelled;
            letter == 'R' && times.from < hold.until || letter == free && may_be_over
        }
    }
}

/// Holds every whole map against the log.
pub(super) fn check(facts: &Facts<'_, '_>, findings: &mut Findings) {
    let mut looks: Vec<Look<'_>> =
        facts.history.calls.iter().filter_map(|&call| of_call(facts, call)).collect();
    for (&stream, frames) in &facts.history.streams {
        looks.extend(frames.iter().filter_map(|&frame| of_frame(facts, stream, frame)));
    }
    looks.sort_by_key(|look| look.revision);
    let book = facts.book;
    let mut seats: Vec<(SeatNo, Option<&Moment<'_>>)> =
        book.plan.iter().map(|&(seat, _)| (seat, None)).collect();
    let mut at = facts.history.setup.revision;
    for seat in &mut seats {
        seat.1 = book.seat(seat.0, at);
    }
    let mut rows = facts.history.rows.iter().peekable();
    for look in &looks {
        while let Some(row) = rows.next_if(|row| row.revision <= look.revision) {
            at = row.revision;
            if let Ok(index) = seats.binary_search_by_key(&row.seat, |seat| seat.0) {
                seats[index].1 = book.seat(row.seat, at);
            }
        }
        if let Some(what) = difference(look, &seats) {
            let sentence = format!("a map as of revision {}: {what}", look.revision);
            findings.add(look.kind, vec![look.entry.clone()], sentence);
        }
    }
}

fn of_call<'h>(facts: &Facts<'h, '_>, call: &'h Call) -> Option<Look<'h>> {
    let Outcome::Answered(answer) = &call.outcome else { return None };
    let may_be_cancelled = may_be_cancelled(facts, call.start, call.end);
    let look = |revision, letters, (from, until), mine| Look {
        revision,
        letters,
        times: Times { from, until, may_be_cancelled },
        mine,
        kind: Kind::ReadWrong,
        entry: Pointer::Call(call.id),
    };
    match (&call.command, answer) {
        (Command::ReadMap, Answer::Map { revision, server_time, letters, mine }) => {
            let mine = Some((call.viewer.as_str(), mine.as_slice()));
            Some(look(*revision, letters, (*server_time, *server_time), mine))
        }
        (Command::ReadStatuses, Answer::Statuses { revision, letters }) => {
            let times = facts.clock.between(call.start.saturating_sub(MAPS_KEPT), call.end);
            Some(look(*revision, letters, times, None))
        }
        _ => None,
    }
}

fn of_frame<'h>(facts: &Facts<'h, '_>, stream: u32, frame: &'h Frame) -> Option<Look<'h>> {
    let (revision, letters, kind) = match &frame.item {
        StreamItem::Snapshot { revision, letters, .. } => (revision, letters, Kind::SnapshotWrong),
        StreamItem::Board { revision, places: None, letters } => {
            (revision, letters, Kind::BoardWrong)
        }
        _ => return None,
    };
    let times = times_of_frame(facts, frame.at);
    let entry = Pointer::Stream(stream);
    Some(Look { revision: *revision, letters, times, mine: None, kind, entry })
}

/// When something was read that came with a frame: at the latest when that came. A stream tells the
/// end of a hold within moments, not at once, so a hold that is over may be shown until then.
pub(super) fn times_of_frame(facts: &Facts<'_, '_>, at: i64) -> Times {
    Times {
        from: DbMicros::MIN,
        until: facts.clock.between(at, at).1,
        may_be_cancelled: may_be_cancelled(facts, at, at),
    }
}

fn may_be_cancelled(facts: &Facts<'_, '_>, start: i64, end: i64) -> bool {
    facts.terms.stage.during(start, end).contains(&&Stage::Cancelled)
}

/// What is different between a map and the log.
fn difference(look: &Look<'_>, seats: &[(SeatNo, Option<&Moment<'_>>)]) -> Option<String> {
    let there = || seats.iter().filter_map(|&(seat, moment)| Some((seat, moment?)));
    let (shown, count) = (look.letters.chars().count(), there().count());
    if shown != count {
        return Some(format!("it has {shown} seats, and the plan {count}"));
    }
    let mut pairs = look.letters.chars().zip(there());
    if let Some((letter, (seat, moment))) =
        pairs.find(|(letter, (_, moment))| !may_show(moment, *letter, look.times))
    {
        return Some(format!("it shows {letter} for seat {seat}, which is {:?}", moment.state));
    }
    let (viewer, mine) = look.mine?;
    let is_mine = |moment: &Moment<'_>| match moment.state {
        State::Held(hold) => hold.viewer == viewer && look.times.from < hold.until,
        state => state.viewer() == Some(viewer),
    };
    let told = |seat| mine.contains(&seat);
    // Of what is cancelled holds are nobody's, whoever logs that.
    let mut wrong = there().filter(|(seat, moment)| {
        let may_differ = look.times.may_be_cancelled && matches!(moment.state, State::Held(_));
        told(*seat) != is_mine(moment) && !may_differ
    });
    let (seat, moment) = wrong.next()?;
    Some(format!("it is wrong about whether seat {seat} is {viewer}'s: {:?}", moment.state))
}

impl Book<'_> {
    /// The seats that changed after a revision and up to another.
    pub(super) fn place_of(&self, seat: SeatNo) -> Option<usize> {
        self.plan.binary_search_by_key(&seat, |known| known.0).ok()
    }
}
