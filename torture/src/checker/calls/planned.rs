//! Blocks and imports.

use super::{Calls, same_seats, sorted};
use crate::checker::book::State;
use crate::checker::violation::Kind;
use crate::checker::window::Window;
use crate::history::{Answer, Call, Cause, ImportedSeat, Reason, RefusedSeat, Revision, SeatNo};

impl<'h> Calls<'h, '_> {
    /// The seats are off sale, or on sale.
    pub(super) fn blocked(
        &mut self,
        call: &'h Call,
        window: &Window,
        (asked, seats): (&[SeatNo], &[SeatNo]),
        (revision, for_sale): (Revision, bool),
    ) -> Option<Revision> {
        if !self.is_there(call, window, revision) {
            return None;
        }
        if !same_seats(asked, seats) {
            return self.wrong(Kind::AnswerWrong, call, &format!("was answered with {seats:?}"));
        }
        let position = window.from.max(revision);
        if self.is_offered(seats, for_sale, revision, position) {
            return Some(position);
        }
        let was = self.is_offered(seats, for_sale, revision, revision);
        let kind = if was { Kind::AnswerStale } else { Kind::AnswerLost };
        let what = format!(
            "left seats {seats:?} with for_sale {for_sale} as of revision {revision}; the log does \
             not have that at {position}"
        );
        self.wrong(kind, call, &what)
    }

    /// Whether all of the seats are for sale, or not, and the last change of one is of a revision.
    fn is_offered(
        &self,
        seats: &[SeatNo],
        for_sale: bool,
        revision: Revision,
        position: Revision,
    ) -> bool {
        let (book, first) = (self.facts.book, self.facts.history.setup.revision);
        let at = |&seat: &SeatNo| book.seat(seat, position);
        let Some(seats) = seats.iter().map(at).collect::<Option<Vec<_>>>() else { return false };
        let last = seats.iter().map(|seat| seat.revision).max();
        // What was before the run has a revision that nobody knows.
        let is_last = last == Some(revision) || last <= Some(first) && revision <= first;
        is_last && seats.iter().all(|seat| seat.for_sale == for_sale)
    }

    /// Seats were brought into the plan.
    pub(super) fn imported(
        &mut self,
        call: &'h Call,
        window: &Window,
        seats: &[ImportedSeat],
        answer: &Answer,
    ) -> Option<Revision> {
        let Answer::Imported { created, changed, unchanged, left_alone, revision } = answer else {
            return None;
        };
        if !self.is_there(call, window, *revision) {
            return None;
        }
        let counted = created + changed + unchanged + left_alone.len();
        if counted != seats.len() {
            let what = format!("was told of {counted} seats, and has {}", seats.len());
            return self.wrong(Kind::AnswerWrong, call, &what);
        }
        if let Some(untrue) = left_alone.iter().find(|seat| !self.is_in_use(seat, *revision)) {
            let what = format!("left {untrue:?} alone, which is not so at revision {revision}");
            return self.wrong(Kind::RefusalUntrue, call, &what);
        }
        let rows = self.imported_rows(call, *revision, created + changed);
        if rows.len() != created + changed {
            let what = format!(
                "changed {} seats up to revision {revision}, and the log has {}",
                created + changed,
                rows.len()
            );
            return self.wrong(Kind::AnswerLost, call, &what);
        }
        let places: Vec<&str> = seats.iter().map(|seat| seat.place.as_str()).collect();
        let named = |row: &&Revision| {
            let seat = self.facts.history.row(**row).map(|row| row.seat);
            let story = seat.and_then(|seat| self.facts.book.seats.get(&seat));
            story.is_some_and(|story| places.contains(&story.place))
        };
        if rows.iter().filter(named).count() != rows.len() {
            let what = format!("changed seats that it does not name, up to revision {revision}");
            return self.wrong(Kind::AnswerLost, call, &what);
        }
        if rows.is_empty() && *revision < window.from {
            let what = format!("is as of revision {revision}, when {} was known", window.from);
            return self.wrong(Kind::AnswerStale, call, &what);
        }
        self.make(call, window, &rows).then_some(*revision)
    }

    /// So many rows of an import, one after the other up to a revision; ends that had to be logged
    /// first may lie between.
    fn imported_rows(&self, call: &Call, revision: Revision, most: usize) -> Vec<Revision> {
        let rows = &self.facts.history.rows;
        let end = rows.partition_point(|row| row.revision <= revision);
        let own = rows[..end].iter().rev();
        let own = own.take_while(|row| match row.cause {
            Cause::Imported => row.viewer == call.viewer,
            cause => cause == Cause::Expired,
        });
        let own = own.filter(|row| row.cause == Cause::Imported).map(|row| row.revision);
        own.take(most).collect()
    }

    fn is_in_use(&self, refused: &RefusedSeat, position: Revision) -> bool {
        let state = self.facts.book.seat(refused.seat, position).map(|seat| seat.state);
        match refused.reason {
            Reason::ReservedByAnother => matches!(state, Some(State::Held(_))),
            Reason::Confirmed => matches!(state, Some(State::Sold { .. })),
            _ => false,
        }
    }

    /// Seats that cannot be blocked or unblocked, all of them.
    pub(super) fn in_use(
        &mut self,
        call: &'h Call,
        window: &Window,
        (asked, refused): (&[SeatNo], &[RefusedSeat]),
        unblocks: bool,
    ) -> Option<Revision> {
        let book = self.facts.book;
        let asked = sorted(asked);
        let span = (window.from, window.until);
        let changes = book.seat_changes(asked.iter().copied(), span);
        let position = window.first(self.facts.history, changes, |position, instants| {
            asked.iter().all(|&seat| {
                let said = refused.iter().find(|refused| refused.seat == seat);
                let said = said.map(|refused| refused.reason);
                let Some(moment) = book.seat(seat, position) else {
                    return said == Some(Reason::NotFound);
                };
                let is_done = unblocks && moment.for_sale;
                match (moment.state, said) {
                    (State::Held(hold), Some(Reason::ReservedByAnother)) => {
                        !is_done && instants.live(hold.until)
                    }
                    (State::Sold { .. }, Some(Reason::Confirmed)) => !is_done,
                    (State::Held(hold), None) => is_done || instants.over(hold.until),
                    (State::Sold { .. }, None) => is_done,
                    (State::Free { .. }, None) => true,
                    _ => false,
                }
            })
        });
        position.or_else(|| self.untrue(call, window, &asked, "the seats in the way are others"))
    }

    /// Writes down that a refusal was true at no moment of its call.
    pub(super) fn untrue(
        &mut self,
        call: &Call,
        window: &Window,
        seats: &[SeatNo],
        why: &str,
    ) -> Option<Revision> {
        let what = format!(
            "was refused with {:?}, which is true at no revision from {} to {}: {why}; the log has \
             {:?} for seats {seats:?} at first",
            call.outcome,
            window.from,
            window.until,
            self.states(seats, window.from)
        );
        self.wrong(Kind::RefusalUntrue, call, &what)
    }
}
