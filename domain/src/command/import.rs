//! Bringing seats into the plan of an event that is there.
//!
//! New seats come last in the plan's order. Of those that are there, the free ones take the
//! category and the place that are given; those that somebody holds or owns are left alone, and
//! named where something was to change. So the same import may be repeated.

use super::decide::{Command, Needs};
use super::reserve::UnavailableReason;
use crate::audit::{AuditAction, AuditEntry};
use crate::ids::{CategoryId, Revision, SeatId, ViewerId};
use crate::ledger::Ledger;
use crate::plan::{CategoryName, PartProblem, PlanPart, PlannedSeat};
use crate::seat::SeatStatus;

/// Brings all of the seats in; or none, if something is wrong with one of them.
#[derive(Clone, Debug)]
pub struct Import {
    /// Who does.
    pub by: ViewerId,
    /// The seats.
    pub part: PlanPart,
}

/// What has become of the seats.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Imported {
    /// How many are new.
    pub created: usize,
    /// How many were there and have changed.
    pub changed: usize,
    /// How many were there and are as they were to be.
    pub unchanged: usize,
    /// Those that were to change and did not, because somebody has them; in the order given.
    pub left_alone: Vec<(SeatId, UnavailableReason)>,
    /// The version of the plan.
    pub plan_version: i32,
    /// The event's revision.
    pub revision: Revision,
}

impl Command for Import {
    type Outcome = Result<Imported, Vec<PartProblem>>;

    fn needs(&self) -> Needs<'_> {
        Needs { part: Some(&self.part), ..Needs::default() }
    }

    fn decide(&self, ledger: &mut Ledger) -> Self::Outcome {
        ledger.check_part(&self.part)?;
        let mut imported = Imported {
            created: 0,
            changed: 0,
            unchanged: 0,
            left_alone: Vec::new(),
            plan_version: 0,
            revision: Revision::ZERO,
        };
        for seat in self.part.seats() {
            let seat = ledger.on_floor(seat);
            self.import(&seat, ledger, &mut imported);
        }
        imported.plan_version = ledger.plan_version();
        imported.revision = ledger.revision();
        let entry = AuditEntry::new(&self.by, AuditAction::ImportSeats)
            .with("created", imported.created)
            .with("changed", imported.changed)
            .with("unchanged", imported.unchanged)
            .with("leftAlone", imported.left_alone.len())
            .with("revision", imported.revision);
        ledger.note(entry);
        Ok(imported)
    }
}

impl Import {
    fn import(&self, seat: &PlannedSeat, ledger: &mut Ledger, imported: &mut Imported) {
        let name = &self.part.named()[seat.category];
        let known = ledger.plan().and_then(|plan| plan.places.get(&seat.name()).cloned());
        let count = match known {
            None => &mut imported.created,
            Some((id, facts)) if facts == seat.facts() && has_category(ledger, id, name) => {
                imported.unchanged += 1;
                return;
            }
            Some((id, _)) => match why_not(ledger, id) {
                Some(reason) => {
                    imported.left_alone.push((id, reason));
                    return;
                }
                None => &mut imported.changed,
            },
        };
        *count += 1;
        let category = ledger
            .category(name, self.part.categories())
            .expect("each category was seen to be known or offered on this ledger");
        ledger
            .bring_in(seat, category, &self.by)
            .expect("the seat was seen to be new or free on this ledger");
    }
}

fn has_category(ledger: &Ledger, id: SeatId, name: &CategoryName) -> bool {
    let is_named = |category: CategoryId| {
        let categories = ledger.plan().map(|plan| plan.categories.as_slice()).unwrap_or_default();
        categories.iter().any(|(known, known_name)| *known == category && known_name == name)
    };
    ledger.seat(id).is_some_and(|seat| is_named(seat.category))
}

/// Why a seat that is there cannot change.
fn why_not(ledger: &Ledger, id: SeatId) -> Option<UnavailableReason> {
    match ledger.seat(id).map(|seat| seat.state.status(ledger.now())) {
        Some(SeatStatus::Available) => None,
        Some(SeatStatus::Reserved) => Some(UnavailableReason::ReservedByAnother),
        Some(SeatStatus::Confirmed) => Some(UnavailableReason::Confirmed),
        None => Some(UnavailableReason::NotFound),
    }
}
