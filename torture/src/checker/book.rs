//! An event's seats at each revision of its log, and what each viewer had.

use std::collections::HashMap;

use crate::history::{DbMicros, Revision, SeatNo};

/// See the module's documentation. Viewers, orders, places and categories are the history's words.
#[derive(Debug, Default)]
pub(super) struct Book<'h> {
    pub(super) seats: HashMap<SeatNo, SeatStory<'h>>,
    pub(super) viewers: HashMap<&'h str, Vec<Move>>,
    pub(super) orders: HashMap<&'h str, Sold<'h>>,
    /// Every seat that there is, ascending, with the revision that it came with.
    pub(super) plan: Vec<(SeatNo, Revision)>,
}

/// What became of a seat.
#[derive(Debug)]
pub(super) struct SeatStory<'h> {
    pub(super) place: &'h str,
    /// Ascending; the first is as it was before the run, or as it came into the plan.
    pub(super) moments: Vec<Moment<'h>>,
}

/// A seat from a revision on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment<'h> {
    /// Of its last change.
    pub(super) revision: Revision,
    pub(super) state: State<'h>,
    pub(super) for_sale: bool,
    /// `None` where more than one is possible.
    pub(super) category: Option<&'h str>,
}

/// What a seat is, as the log last said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State<'h> {
    Free {
        /// Whose hold ended last by itself, if nobody has held it since.
        lapsed: Option<&'h str>,
    },
    Held(Hold<'h>),
    Sold {
        viewer: &'h str,
        order: &'h str,
        /// When the hold began that it was sold from.
        since: Revision,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Hold<'h> {
    pub(super) viewer: &'h str,
    /// The first instant at which it is over.
    pub(super) until: DbMicros,
    pub(super) is_extended: bool,
    /// The revision by which the seat was taken.
    pub(super) since: Revision,
}

/// A viewer got or lost a seat.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    pub(super) revision: Revision,
    pub(super) seat: SeatNo,
    /// How many the viewer holds after it, over or not, and how many the viewer owns.
    pub(super) held: usize,
    pub(super) owned: usize,
}

/// An order as the log has it.
#[derive(Clone, Debug)]
pub(super) struct Sold<'h> {
    pub(super) buyer: &'h str,
    /// In the order of the log, which is ascending where all is well.
    pub(super) seats: Vec<SeatNo>,
    pub(super) first: Revision,
    pub(super) last: Revision,
    pub(super) at: DbMicros,
    /// From which revision on whose it is.
    pub(super) owners: Vec<(Revision, &'h str)>,
}

impl<'h> State<'h> {
    /// Who has the seat, as the log last said.
    pub(super) fn viewer(self) -> Option<&'h str> {
        match self {
            Self::Free { .. } => None,
            Self::Held(hold) => Some(hold.viewer),
            Self::Sold { viewer, .. } => Some(viewer),
        }
    }
}

impl<'h> SeatStory<'h> {
    /// The seat at a revision; `None` before it came.
    pub(super) fn at(&self, revision: Revision) -> Option<&Moment<'h>> {
        let index = self.moments.partition_point(|moment| moment.revision <= revision);
        index.checked_sub(1).map(|index| &self.moments[index])
    }

    /// The revisions after one at which something changed, up to another.
    pub(super) fn changes(
        &self,
        after: Revision,
        until: Revision,
    ) -> impl Iterator<Item = Revision> {
        let from = self.moments.partition_point(|moment| moment.revision <= after);
        let later = self.moments[from..].iter().map(|moment| moment.revision);
        later.take_while(move |&revision| revision <= until)
    }
}

impl Sold<'_> {
    /// Whose it was at a revision.
    pub(super) fn owner(&self, revision: Revision) -> Option<&str> {
        let index = self.owners.partition_point(|&(since, _)| since <= revision);
        index.checked_sub(1).map(|index| self.owners[index].1)
    }
}

impl<'h> Book<'h> {
    /// A seat at a revision; `None` if it was not there.
    pub(super) fn seat(&self, seat: SeatNo, revision: Revision) -> Option<&Moment<'h>> {
        self.seats.get(&seat)?.at(revision)
    }

    /// How many seats a viewer held, over or not, and owned at a revision.
    pub(super) fn counts(&self, viewer: &str, revision: Revision) -> (usize, usize) {
        let last = self.moves(viewer, revision).last();
        last.map_or((0, 0), |last| (last.held, last.owned))
    }

    /// The moves of a viewer up to a revision.
    pub(super) fn moves(&self, viewer: &str, revision: Revision) -> &[Move] {
        let moves = self.viewers.get(viewer).map_or(&[][..], Vec::as_slice);
        &moves[..moves.partition_point(|made| made.revision <= revision)]
    }

    /// The revisions at which a viewer got or lost a seat.
    pub(super) fn viewer_changes(
        &self,
        viewer: &str,
        (from, until): (Revision, Revision),
    ) -> Vec<Revision> {
        let moves = self.moves(viewer, until);
        let first = moves.partition_point(|made| made.revision <= from);
        moves[first..].iter().map(|made| made.revision).collect()
    }

    /// The revisions at which one of these seats changed.
    pub(super) fn seat_changes(
        &self,
        seats: impl IntoIterator<Item = SeatNo>,
        (from, until): (Revision, Revision),
    ) -> Vec<Revision> {
        let stories = seats.into_iter().filter_map(|seat| self.seats.get(&seat));
        stories.flat_map(|story| story.changes(from, until)).collect()
    }

    /// What a viewer held at a revision, over or not.
    pub(super) fn holds(&self, viewer: &str, revision: Revision) -> Vec<(SeatNo, Hold<'h>)> {
        let moves = self.moves(viewer, revision);
        let count = moves.last().map_or(0, |last| last.held);
        let mut found: Vec<(SeatNo, Hold<'h>)> = Vec::with_capacity(count);
        for made in moves.iter().rev() {
            if found.len() == count {
                break;
            }
            let Some(State::Held(hold)) = self.seat(made.seat, revision).map(|seat| seat.state)
            else {
                continue;
            };
            let is_new = found.iter().all(|&(seat, _)| seat != made.seat);
            if hold.viewer == viewer && is_new {
                found.push((made.seat, hold));
            }
        }
        found.sort_unstable_by_key(|&(seat, _)| seat);
        found
    }

    /// The seats that there were at a revision, ascending.
    pub(super) fn plan_at(&self, revision: Revision) -> impl Iterator<Item = SeatNo> {
        self.plan.iter().filter(move |(_, since)| *since <= revision).map(|&(seat, _)| seat)
    }
}
