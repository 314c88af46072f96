//! The plan on a ledger: which seats go by the names at hand, and seats that come in.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Entry, Ledger};
use crate::change::Cause;
use crate::ids::{CategoryId, PriceVersion, Revision, SeatId, ViewerId};
use crate::plan::{
    CategoryName, FloorName, MAX_CATEGORIES, MAX_FLOORS, MAX_SEATS, PALETTE, PartProblem,
    PlaceFacts, PlaceName, PlanPart, PlannedCategory, PlannedSeat, RowName, SectionName,
};
use crate::prices::TicketType;
use crate::seat::{IllegalTransition, Seat, SeatState};

/// What the store read of an event's plan.
#[derive(Clone, PartialEq, Debug)]
pub struct OpenPlan {
    /// Which of the event's plans it is.
    pub version: i32,
    /// The serial number of the event's last seat: they count from 1 without a hole.
    pub last_seat: i32,
    /// The event's categories, in the order of their numbers, which count from 1 likewise.
    pub categories: Vec<(CategoryId, CategoryName)>,
    /// The seats that go by the names at hand. They are on the ledger.
    pub places: HashMap<PlaceName, (SeatId, PlaceFacts)>,
    /// How sections are written that go by the names at hand.
    pub sections: HashMap<SectionName, String>,
    /// The same of rows.
    pub rows: HashMap<RowName, String>,
    /// The same of all floors.
    pub floors: HashMap<FloorName, String>,
}

/// What the store has to write of a plan.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PlanChange {
    /// New categories.
    pub categories: Vec<(CategoryId, PlannedCategory)>,
    /// Seats that are new or changed.
    pub places: BTreeMap<SeatId, PlaceChange>,
}

/// A seat that is new, or has changed.
#[derive(Clone, PartialEq, Debug)]
pub struct PlaceChange {
    /// Whether there was none. Of one that there was, the labels stay as they are.
    pub is_new: bool,
    /// Its category.
    pub category: CategoryId,
    /// The seat as it is now; its `category` is of no meaning here.
    pub seat: PlannedSeat,
}

impl Ledger {
    /// The plan, if a command has said that it needs it.
    pub(crate) fn plan(&self) -> Option<&OpenPlan> {
        self.plan.as_ref()
    }

    /// The version of the plan, counting what was decided so far.
    pub(crate) fn plan_version(&self) -> i32 {
        let version = self.plan.as_ref().map_or(0, |plan| plan.version);
        version + i32::from(!self.closing.plan.places.is_empty())
    }

    /// Why the seats cannot all come in, if so: a category that nobody knows, or too much of it.
    pub(crate) fn check_part(&self, part: &PlanPart) -> Result<(), Vec<PartProblem>> {
        let Some(plan) = &self.plan else { return Ok(()) };
        let known: HashSet<_> = plan.categories.iter().map(|(_, name)| name).collect();
        let offered: HashSet<_> =
            part.categories().iter().map(|category| CategoryName::of(&category.name)).collect();
        let problem = |field, index, message: String| vec![PartProblem { field, index, message }];
        let strange = |name: &CategoryName| !known.contains(name) && !offered.contains(name);
        let unknown = part
            .seats()
            .iter()
            .enumerate()
            .filter(|(_, seat)| part.named().get(seat.category).is_none_or(strange));
        let unknown = unknown.map(|(index, _)| PartProblem {
            field: "seats.category",
            index,
            message: "the event has no such category; give it with its price in `categories`"
                .to_owned(),
        });
        let unknown: Vec<_> = unknown.take(crate::plan::MAX_PROBLEMS).collect();
        if !unknown.is_empty() {
            return Err(unknown);
        }
        let new = part.named().iter().filter(|name| !known.contains(name)).count();
        if plan.categories.len() + new > MAX_CATEGORIES {
            let message = format!("an event has up to {MAX_CATEGORIES} categories");
            return Err(problem("categories", 0, message));
        }
        let floors = part.seats().iter().filter_map(|seat| seat.traits.floor.as_deref());
        let floors: HashSet<_> = floors.map(FloorName::of).collect();
        let new = floors.iter().filter(|name| !plan.floors.contains_key(name)).count();
        if plan.floors.len() + new > MAX_FLOORS {
            let message = format!("an event has up to {MAX_FLOORS} floors");
            return Err(problem("seats", 0, message));
        }
        let is_new = |seat: &&PlannedSeat| !plan.places.contains_key(&seat.name());
        let seats = part.seats().iter().filter(is_new).count();
        if usize::try_from(plan.last_seat).unwrap_or(MAX_SEATS) + seats > MAX_SEATS {
            let message =
                format!("an event has up to {MAX_SEATS} seats; this one has {}", plan.last_seat);
            return Err(problem("seats", 0, message));
        }
        Ok(())
    }

    /// The category that goes by a name; if there is none, the one that is offered comes in.
    pub(crate) fn category(
        &mut self,
        name: &CategoryName,
        offered: &[PlannedCategory],
    ) -> Option<CategoryId> {
        let event = self.event;
        let plan = self.plan.as_mut()?;
        if let Some((id, _)) = plan.categories.iter().find(|(_, known)| known == name) {
            return Some(*id);
        }
        let offered = offered.iter().find(|offered| CategoryName::of(&offered.name) == *name)?;
        let index = plan.categories.len();
        let id = CategoryId { event, serial: i32::try_from(index + 1).ok()? };
        let color = offered.color.as_deref().unwrap_or(PALETTE[index % PALETTE.len()]);
        let category = PlannedCategory { color: Some(color.to_owned()), ..offered.clone() };
        plan.categories.push((id, name.clone()));
        self.prices.add(self.price_list, id, TicketType::standard(category.prices.default_minor()));
        self.closing.plan.categories.push((id, category));
        Some(id)
    }

    /// The seat on its floor as that is written already: whoever writes it otherwise means the one
    /// that is there.
    pub(crate) fn on_floor(&mut self, seat: &PlannedSeat) -> PlannedSeat {
        let mut seat = seat.clone();
        if let (Some(floor), Some(plan)) = (seat.traits.floor.take(), &mut self.plan) {
            let known = plan.floors.entry(FloorName::of(&floor)).or_insert(floor);
            seat.traits.floor = Some(known.clone());
        }
        seat
    }

    /// Brings a seat in, or changes one that is free.
    pub(crate) fn bring_in(
        &mut self,
        seat: &PlannedSeat,
        category: CategoryId,
        by: &ViewerId,
    ) -> Result<(), IllegalTransition> {
        let plan = self.plan.as_mut().ok_or(IllegalTransition)?;
        let (name, facts) = (seat.name(), seat.facts());
        let known = plan.places.get(&name).map(|(id, _)| *id);
        let id = known.unwrap_or_else(|| {
            plan.last_seat += 1;
            SeatId { event: self.event, serial: plan.last_seat }
        });
        plan.places.insert(name, (id, facts));
        let mut seat = seat.clone();
        if known.is_none() {
            // Whoever writes a section otherwise means the one that is there.
            let row = plan.rows.entry(RowName::of(&seat.section, &seat.row));
            seat.row = row.or_insert(seat.row).clone();
            let section = plan.sections.entry(SectionName::of(&seat.section));
            seat.section = section.or_insert(seat.section).clone();
            let (state, revision) = (SeatState::Available { lapsed: None }, Revision::ZERO);
            let price_list = PriceVersion::FIRST;
            let new = Seat { id, category, for_sale: true, state, price_list, revision };
            self.seats.insert(id, new);
        }
        self.settle(id);
        let entry = Entry::of(Cause::Imported, by);
        self.change(id, SeatState::stay_free, entry)?;
        if let Some(row) = self.seats.get_mut(&id) {
            row.category = category;
        }
        let was_new = self.closing.plan.places.get(&id).is_some_and(|change| change.is_new);
        let is_new = known.is_none() || was_new;
        self.closing.plan.places.insert(id, PlaceChange { is_new, category, seat });
        Ok(())
    }
}
