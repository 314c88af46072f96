//! Where seats are, and which categories imports gave them.

use std::collections::HashMap;

use super::event_history::EventHistory;
use super::knowledge::{Knowledge, revision_of};
use crate::history::{Call, Command, LogRow, Outcome, Revision, SeatNo};

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Places<'h> {
    places: HashMap<SeatNo, &'h str>,
    imports: HashMap<&'h str, Vec<Import<'h>>>,
}

/// A call that named a place.
#[derive(Debug)]
struct Import<'h> {
    by: &'h str,
    category: &'h str,
    after: Revision,
    until: Option<Revision>,
}

impl<'h> Places<'h> {
    pub(super) fn of(history: &EventHistory<'h>, knowledge: &Knowledge) -> Self {
        let in_the_end = history.seats.iter().map(|row| (row.seat, row.place.as_str()));
        let before = history.setup.seats.iter().map(|seat| (seat.seat, seat.place.as_str()));
        let mut places = Self { places: in_the_end.chain(before).collect(), ..Self::default() };
        for &call in &history.calls {
            places.add(call, knowledge);
        }
        places
    }

    fn add(&mut self, call: &'h Call, knowledge: &Knowledge) {
        let Command::Import { seats, .. } = &call.command else { return };
        if !matches!(call.outcome, Outcome::Answered(_) | Outcome::Unclear(_)) {
            return;
        }
        for seat in seats {
            let import = Import {
                by: &call.viewer,
                category: &seat.category,
                after: knowledge.before(call.start),
                until: revision_of(call),
            };
            self.imports.entry(&seat.place).or_default().push(import);
        }
    }

    /// Where a seat is.
    pub(super) fn place(&self, seat: SeatNo) -> Option<&'h str> {
        self.places.get(&seat).copied()
    }

    /// The category that a seat has by an import; `None` where it may be one of several.
    pub(super) fn category(&self, row: &LogRow) -> Option<&'h str> {
        let imports = self.imports.get(self.place(row.seat)?)?;
        let mut named = imports.iter().filter(|import| {
            let may_be = import.until.is_none_or(|until| row.revision <= until);
            import.by == row.viewer && import.after < row.revision && may_be
        });
        let category = named.next()?.category;
        named.all(|import| import.category == category).then_some(category)
    }
}
