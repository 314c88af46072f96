//! Taking seats off sale, and putting them on sale again: all of them, or none.
//!
//! Seats that somebody holds or owns are in the way. Whoever asks again is told the same, and
//! nothing more changes: so a request whose answer was lost may be repeated.

use super::decide::{Command, Needs};
use super::reserve::UnavailableReason;
use super::seat_set::SeatSet;
use crate::audit::{AuditAction, AuditEntry};
use crate::block::SeatBlock;
use crate::ids::{Revision, SeatId, ViewerId};
use crate::ledger::Ledger;
use crate::seat::{Seat, SeatStatus};
use chrono::{DateTime, Utc};

/// The most seats that are blocked at a time: a block of a stand. A batch takes a few of them.
pub const MAX_SEATS_PER_BLOCK: usize = 1_000;

/// Takes all of the seats off sale, or none.
#[derive(Clone, Debug)]
pub struct Block {
    /// Who does.
    pub by: ViewerId,
    /// Which seats.
    pub seats: SeatSet,
    /// Why. Of a seat that is blocked already, from now on.
    pub block: SeatBlock,
}

/// Puts all of the seats on sale again, or none.
#[derive(Clone, Debug)]
pub struct Unblock {
    /// Who does.
    pub by: ViewerId,
    /// Which seats.
    pub seats: SeatSet,
    /// Why; for the audit log alone.
    pub why: Option<SeatBlock>,
}

/// The seats are off sale, or on sale.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blocked {
    /// The seats as they are now, ascending.
    pub seats: Vec<Seat>,
    /// The instant of the decision.
    pub now: DateTime<Utc>,
    /// The revision of the last change of one of them.
    pub revision: Revision,
}

/// The seats that are in the way: every one of them, with its reason.
type InTheWay = Vec<(SeatId, UnavailableReason)>;

impl Command for Block {
    type Outcome = Result<Blocked, InTheWay>;

    fn needs(&self) -> Needs<'_> {
        Needs { seats: self.seats.as_slice(), ..Needs::default() }
    }

    fn decide(&self, ledger: &mut Ledger) -> Self::Outcome {
        check(ledger, &self.seats, |_| false)?;
        for &id in self.seats.as_slice() {
            ledger
                .block(id, &self.by, &self.block)
                .expect("each of these seats was seen to be free on this ledger");
        }
        let blocked = Blocked::read(ledger, &self.seats);
        note(ledger, AuditAction::BlockSeats, &self.by, Some(&self.block), &blocked);
        Ok(blocked)
    }
}

impl Command for Unblock {
    type Outcome = Result<Blocked, InTheWay>;

    fn needs(&self) -> Needs<'_> {
        Needs { seats: self.seats.as_slice(), ..Needs::default() }
    }

    fn decide(&self, ledger: &mut Ledger) -> Self::Outcome {
        // Somebody may have taken it since it was put on sale.
        check(ledger, &self.seats, |seat| seat.for_sale)?;
        for &id in self.seats.as_slice() {
            if ledger.seat(id).is_some_and(|seat| !seat.for_sale) {
                ledger
                    .unblock(id, &self.by)
                    .expect("each of these seats was seen to be free on this ledger");
            }
        }
        let blocked = Blocked::read(ledger, &self.seats);
        note(ledger, AuditAction::UnblockSeats, &self.by, self.why.as_ref(), &blocked);
        Ok(blocked)
    }
}

/// Which seats they were, the log says up to this revision.
fn note(
    ledger: &mut Ledger,
    action: AuditAction,
    by: &ViewerId,
    why: Option<&SeatBlock>,
    blocked: &Blocked,
) {
    let mut entry = AuditEntry::new(by, action).with("seats", blocked.seats.len());
    if let Some(why) = why {
        entry = entry.with("reason", why.reason);
        if let Some(label) = &why.label {
            entry = entry.with("label", label);
        }
    }
    ledger.note(entry.with("revision", blocked.revision));
}

/// Names all seats that are not free, but for those that are as they are to be.
fn check(
    ledger: &Ledger,
    seats: &SeatSet,
    is_done: impl Fn(&Seat) -> bool,
) -> Result<(), InTheWay> {
    let why_not = |&id: &SeatId| {
        let Some(seat) = ledger.seat(id) else { return Some((id, UnavailableReason::NotFound)) };
        if is_done(seat) {
            return None;
        }
        match seat.state.status(ledger.now()) {
            SeatStatus::Available => None,
            SeatStatus::Reserved => Some((id, UnavailableReason::ReservedByAnother)),
            SeatStatus::Confirmed => Some((id, UnavailableReason::Confirmed)),
        }
    };
    let in_the_way: Vec<_> = seats.as_slice().iter().filter_map(why_not).collect();
    if in_the_way.is_empty() { Ok(()) } else { Err(in_the_way) }
}

impl Blocked {
    fn read(ledger: &Ledger, seats: &SeatSet) -> Self {
        let seats = seats.as_slice().iter().filter_map(|&id| ledger.seat(id)).cloned();
        let seats: Vec<_> = seats.collect();
        let revision = seats.iter().map(|seat| seat.revision).max().unwrap_or_default();
        Self { seats, now: ledger.now(), revision }
    }
}
