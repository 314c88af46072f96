//! A history, event by event.

use std::collections::{BTreeMap, HashMap};

use crate::history::{
    Call, EventNo, EventRow, EventSetup, Fault, Frame, History, KeyRow, LogRow, OrderRow, Revision,
    Run, SeatRow,
};

/// What a history says of one event.
#[derive(Debug)]
pub(super) struct EventHistory<'h> {
    pub(super) run: &'h Run,
    pub(super) faults: &'h [Fault],
    pub(super) setup: &'h EventSetup,
    /// By their start; those that are of all events are in each.
    pub(super) calls: Vec<&'h Call>,
    /// By stream, and within it in the order in which they came.
    pub(super) streams: BTreeMap<u32, Vec<&'h Frame>>,
    /// Ascending.
    pub(super) rows: Vec<&'h LogRow>,
    pub(super) end: Option<&'h EventRow>,
    /// Ascending.
    pub(super) seats: Vec<&'h SeatRow>,
    pub(super) orders: Vec<&'h OrderRow>,
    pub(super) keys: Vec<&'h KeyRow>,
}

impl<'h> EventHistory<'h> {
    /// All events of a history that are set up; what is of others is passed over.
    pub(super) fn all(history: &'h History) -> Vec<Self> {
        let empty = |setup: &'h EventSetup| Self {
            run: &history.run,
            faults: &history.faults,
            setup,
            calls: Vec::new(),
            streams: BTreeMap::new(),
            rows: Vec::new(),
            end: None,
            seats: Vec::new(),
            orders: Vec::new(),
            keys: Vec::new(),
        };
        let events: Vec<EventNo> = history.setups.iter().map(|setup| setup.event).collect();
        let mut all: HashMap<EventNo, Self> =
            history.setups.iter().map(|setup| (setup.event, empty(setup))).collect();
        for call in &history.calls {
            match call.event {
                Some(event) => all.get_mut(&event).into_iter().for_each(|of| of.calls.push(call)),
                None => all.values_mut().for_each(|of| of.calls.push(call)),
            }
        }
        for frame in &history.frames {
            if let Some(of) = all.get_mut(&frame.event) {
                of.streams.entry(frame.stream).or_default().push(frame);
            }
        }
        for row in &history.log {
            all.get_mut(&row.event).into_iter().for_each(|of| of.rows.push(row));
        }
        for row in &history.events {
            all.get_mut(&row.event).into_iter().for_each(|of| of.end = Some(row));
        }
        for row in &history.seats {
            all.get_mut(&row.event).into_iter().for_each(|of| of.seats.push(row));
        }
        for row in &history.orders {
            all.get_mut(&row.event).into_iter().for_each(|of| of.orders.push(row));
        }
        for row in &history.keys {
            all.get_mut(&row.event).into_iter().for_each(|of| of.keys.push(row));
        }
        let sorted = events.iter().filter_map(|event| all.remove(event));
        sorted.map(Self::sorted).collect()
    }

    fn sorted(mut self) -> Self {
        self.calls.sort_by_key(|call| (call.start, call.id));
        self.rows.sort_by_key(|row| row.revision);
        self.seats.sort_by_key(|row| row.seat);
        self
    }

    /// The last revision of the log.
    pub(super) fn last(&self) -> Revision {
        self.rows.last().map_or(self.setup.revision, |row| row.revision)
    }

    /// A row of the log.
    pub(super) fn row(&self, revision: Revision) -> Option<&'h LogRow> {
        let index = self.rows.partition_point(|row| row.revision < revision);
        self.rows.get(index).copied().filter(|row| row.revision == revision)
    }

    /// The first row at or after a revision.
    pub(super) fn row_from(&self, revision: Revision) -> Option<&'h LogRow> {
        let index = self.rows.partition_point(|row| row.revision < revision);
        self.rows.get(index).copied()
    }
}
