//! Reservations, prolongations and releases.

use super::{Calls, same_seats};
use crate::checker::book::{Moment, State};
use crate::checker::violation::Kind;
use crate::checker::window::Window;
use crate::history::{Answer, Call, Cause, Command, DbMicros, Revision, SeatNo};

impl<'h> Calls<'h, '_> {
    /// The viewer holds all of the seats.
    pub(super) fn held(
        &mut self,
        call: &'h Call,
        window: &Window,
        answer: &Answer,
    ) -> Option<Revision> {
        let Answer::Held { seats, expires_at, server_time, revision } = answer else { return None };
        if !self.is_there(call, window, *revision) || !self.is_as_asked(call, seats, *revision) {
            return None;
        }
        let position = window.from.max(*revision);
        let Some(holds) = self.holds_at(call, seats, *revision, position) else {
            let is_old = self.holds_at(call, seats, *revision, *revision).is_some();
            let kind = if is_old { Kind::AnswerStale } else { Kind::AnswerLost };
            let what = format!(
                "holds seats {seats:?} as of revision {revision}; the log has {:?} at {position}",
                self.states(seats, position)
            );
            return self.wrong(kind, call, &what);
        };
        let ends = holds.iter().filter_map(|seat| match seat.state {
            State::Held(hold) => Some(hold.until),
            State::Free { .. } | State::Sold { .. } => None,
        });
        let first_end = ends.min().unwrap_or(DbMicros::MAX);
        if first_end != *expires_at {
            let what =
                format!("was told that the holds end at {expires_at}, and it is {first_end}");
            return self.wrong(Kind::AnswerWrong, call, &what);
        }
        if !self.has_good_time(window, (*revision, position), (*server_time, first_end)) {
            let what = format!(
                "was decided at {server_time} by the server's clock, not between {} and {} or not \
                 at revision {revision}",
                window.earliest, window.latest
            );
            return self.wrong(Kind::AnswerWrong, call, &what);
        }
        let cause = match call.command {
            Command::ReserveBest { .. } => Cause::Reserved,
            Command::Extend { .. } => Cause::Extended,
            _ => return Some(position),
        };
        self.made(call, window, (seats, cause), *revision)
    }

    /// The seats are free again.
    pub(super) fn released(
        &mut self,
        call: &'h Call,
        window: &Window,
        (asked, seats): (&[SeatNo], &[SeatNo]),
        revision: Revision,
    ) -> Option<Revision> {
        if !self.is_there(call, window, revision) {
            return None;
        }
        if !same_seats(asked, seats) {
            return self.wrong(Kind::AnswerWrong, call, &format!("was answered with {seats:?}"));
        }
        self.made(call, window, (seats, Cause::Released), revision)
    }

    /// The rows of these seats, one after the other up to a revision; ends that had to be logged
    /// first may lie between.
    fn made(
        &mut self,
        call: &Call,
        window: &Window,
        (seats, cause): (&[SeatNo], Cause),
        revision: Revision,
    ) -> Option<Revision> {
        let history = self.facts.history;
        let (mut rows, mut missing) = (Vec::new(), super::sorted(seats));
        let end = history.rows.partition_point(|row| row.revision <= revision);
        for row in history.rows[..end].iter().rev() {
            let is_own = row.cause == cause && row.viewer == call.viewer;
            if let Some(index) = missing.iter().position(|&seat| is_own && seat == row.seat) {
                missing.swap_remove(index);
                rows.push(row.revision);
            } else if row.cause != Cause::Expired {
                break;
            }
            if missing.is_empty() {
                break;
            }
        }
        if !missing.is_empty() || rows.first() != Some(&revision) {
            let what = format!(
                "was answered with revision {revision}, and the log does not have seats {seats:?} \
                 {cause:?} up to there"
            );
            return self.wrong(Kind::AnswerLost, call, &what);
        }
        self.make(call, window, &rows).then_some(revision)
    }

    /// Whether the seats are those that were asked for, or so many.
    fn is_as_asked(&mut self, call: &Call, seats: &[SeatNo], revision: Revision) -> bool {
        let is_good = match &call.command {
            Command::Reserve { seats: asked } | Command::Extend { seats: asked } => {
                same_seats(asked, seats)
            }
            Command::ReserveBest { quantity, categories } => {
                let is_asked = |&seat: &SeatNo| {
                    let seat = self.facts.book.seat(seat, revision);
                    let category = seat.and_then(|seat| seat.category);
                    categories.is_empty()
                        || category.is_none_or(|name| categories.iter().any(|known| known == name))
                };
                super::sorted(seats).len() == *quantity && seats.iter().all(is_asked)
            }
            _ => true,
        };
        if !is_good {
            self.wrong(Kind::AnswerWrong, call, &format!("was answered with seats {seats:?}"));
        }
        is_good
    }

    /// The seats at a position, if the viewer holds all of them, and the last of these holds is of
    /// this revision.
    fn holds_at(
        &self,
        call: &Call,
        seats: &[SeatNo],
        revision: Revision,
        position: Revision,
    ) -> Option<Vec<Moment<'h>>> {
        let book = self.facts.book;
        let held = |seat: &Moment<'_>| match seat.state {
            State::Held(hold) => hold.viewer == call.viewer,
            _ => false,
        };
        let at = |&seat: &SeatNo| book.seat(seat, position).copied().filter(held);
        let holds: Vec<_> = seats.iter().map(at).collect::<Option<_>>()?;
        let last = holds.iter().map(|seat| seat.revision).max();
        (last == Some(revision)).then_some(holds)
    }

    /// Seats at a position, for people.
    pub(super) fn states(&self, seats: &[SeatNo], position: Revision) -> Vec<Option<State<'h>>> {
        let book = self.facts.book;
        seats.iter().map(|&seat| book.seat(seat, position).map(|seat| seat.state)).collect()
    }

    /// Whether it was decided when the server says: within the call, when the holds were there, and
    /// not before what it is based on.
    fn has_good_time(
        &self,
        window: &Window,
        (revision, position): (Revision, Revision),
        (server_time, first_end): (DbMicros, DbMicros),
    ) -> bool {
        let history = self.facts.history;
        let based_on = history.row(position).map_or(DbMicros::MIN, |row| row.changed_at);
        let is_new = revision > window.from;
        let made_at = history.row(revision).map_or(server_time, |row| row.changed_at);
        if !self.facts.clock.is_steady() {
            return server_time < first_end;
        }
        server_time < first_end
            && based_on <= server_time
            && (window.earliest..=window.latest).contains(&server_time)
            && (!is_new || made_at <= server_time)
    }
}
