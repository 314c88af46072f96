//! Which seatings are kept, and for how long.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Mutex as AsyncMutex;

use crate::domain::best::Seating;
use crate::domain::{Change, EventId, LogPoint};
use crate::memory::{Allowance, Charge, Full};

/// Bytes of all seatings: those of fifty arenas of 20,000 seats, or of five of the largest events.
/// For what does not fit, the one goes that was asked for least lately.
const SEATINGS_BYTES: usize = 64 << 20;

/// What plan a seating is of: its version, and where everybody looks.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct PlanStamp {
    pub(super) version: i32,
    /// Tells it from another of that version, in a history that is lost.
    pub(super) mark: Option<i64>,
    pub(super) focal_point: Option<(f64, f64)>,
}

/// A seating, and what it is true for.
#[derive(Debug)]
pub(super) struct KeptSeating {
    pub(super) seating: Seating,
    pub(super) plan: PlanStamp,
    /// How far it has followed the log.
    pub(super) at: LogPoint,
    /// `None`: it is used once, and not kept.
    pub(super) charge: Option<Charge>,
}

/// Where an event's seating is while nobody has it.
pub(super) type Slot = Arc<AsyncMutex<Option<KeptSeating>>>;

/// An event's seating.
#[derive(Debug, Default)]
struct Kept {
    slot: Slot,
    /// Whoever reads the seating anew: one at a time.
    loading: Arc<AsyncMutex<()>>,
    /// The larger, the later.
    used: u64,
}

/// The seatings that are kept.
#[derive(Debug)]
pub(in crate::store) struct Seatings {
    events: Mutex<Events>,
    allowance: Arc<Allowance>,
}

#[derive(Debug, Default)]
struct Events {
    kept: HashMap<EventId, Kept>,
    uses: u64,
}

impl Default for Seatings {
    fn default() -> Self {
        Self { events: Mutex::default(), allowance: Allowance::new("seatings", SEATINGS_BYTES) }
    }
}

impl Seatings {
    pub(in crate::store) fn allowance(&self) -> &Arc<Allowance> {
        &self.allowance
    }

    /// Where the event's seating is, or is to be; and whom to wait for before it is read anew.
    pub(super) fn of(&self, event: EventId) -> (Slot, Arc<AsyncMutex<()>>) {
        let mut events = self.events();
        events.uses += 1;
        let used = events.uses;
        let kept = events.kept.entry(event).or_default();
        kept.used = used;
        (Arc::clone(&kept.slot), Arc::clone(&kept.loading))
    }

    /// These changes of an event, which follow one another and lead from one position to another,
    /// were committed by a booking that had no seating. A seating that is in use, or has not seen
    /// what was before, will look at the log.
    pub(in crate::store) fn follow(
        &self,
        event: EventId,
        (after, end): (LogPoint, LogPoint),
        changes: &[Change],
    ) {
        let slot = match self.events().kept.get(&event) {
            Some(kept) => Arc::clone(&kept.slot),
            None => return,
        };
        let Ok(mut slot) = slot.try_lock() else { return };
        let Some(kept) = slot.as_mut() else { return };
        if kept.at != after || after.mark.is_none() {
            return;
        }
        for change in changes {
            kept.seating.apply(change.seat, change.cause, change.expires_at);
        }
        kept.at = end;
    }

    /// Room for another seating. Those that are in use stay.
    pub(super) fn make_room(&self, bytes: usize) -> Result<Charge, Full> {
        self.allowance.make_room(bytes, || self.evict())
    }

    /// Lets go of the seating that was asked for least lately; whether there was one.
    fn evict(&self) -> bool {
        let mut events = self.events();
        let mut by_use: Vec<_> = events.kept.iter().map(|(event, it)| (it.used, *event)).collect();
        by_use.sort_unstable();
        let oldest = by_use.into_iter().find(|(_, event)| {
            let kept = events.kept.get(event);
            kept.is_some_and(|it| it.slot.try_lock().is_ok_and(|seating| seating.is_some()))
        });
        oldest.is_some_and(|(_, event)| events.kept.remove(&event).is_some())
    }

    fn events(&self) -> std::sync::MutexGuard<'_, Events> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
