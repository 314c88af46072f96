//! What organisers do in a simulated sale.

use torture::history::{
    Answer, Cause, DbMicros, EventPatch, ImportedSeat, NewPrice, Outcome, Reason, Refusal,
    RefusedSeat, SeatNo, Stage,
};

use super::db::{Db, PriceList, Said, Seat, State};
use super::taking::sorted;
use crate::bugs::Bug;

impl Db {
    pub(crate) fn block(
        &mut self,
        by: &str,
        (seats, unblocks): (&[SeatNo], bool),
        now: DbMicros,
    ) -> Outcome {
        let seats = sorted(seats);
        let why_not = |&no: &SeatNo| {
            let reason = self.in_use(no, unblocks, now)?;
            Some(RefusedSeat { seat: no, reason })
        };
        let refused: Vec<_> = seats.iter().filter_map(why_not).collect();
        let is_held = |refused: &RefusedSeat| refused.reason == Reason::ReservedByAnother;
        let blocks = !unblocks && refused.iter().all(is_held) && !refused.is_empty();
        if blocks && self.plant.strikes(Bug::BlockedUnderHold) {
            for seat in &refused {
                let said = Said::of(Cause::Blocked, by);
                self.change(seat.seat, State::Free(None), said, now);
            }
        } else if !refused.is_empty() {
            return Outcome::Refused(Refusal::SeatsInUse(refused));
        }
        for &no in &seats {
            if self.seats[&no].for_sale != unblocks {
                self.settle(no, now);
                let cause = if unblocks { Cause::Unblocked } else { Cause::Blocked };
                self.change(no, State::Free(None), Said::of(cause, by), now);
            }
        }
        let revision = seats.iter().map(|no| self.seats[no].revision).max().unwrap_or(0);
        Outcome::Answered(Answer::Blocked { seats, revision })
    }

    fn in_use(&self, no: SeatNo, unblocks: bool, now: DbMicros) -> Option<Reason> {
        let Some(seat) = self.seats.get(&no) else { return Some(Reason::NotFound) };
        match () {
            () if unblocks && seat.for_sale => None,
            () if seat.owner().is_some() => Some(Reason::Confirmed),
            () => seat.holder(now).map(|_| Reason::ReservedByAnother),
        }
    }

    pub(crate) fn import(
        &mut self,
        by: &str,
        (seats, categories): (&[ImportedSeat], &[NewPrice]),
        now: DbMicros,
    ) -> Outcome {
        for new in categories {
            for list in &mut self.lists {
                let types = vec![(new.ticket.clone(), new.amount_minor)];
                list.entry(new.category.clone()).or_insert(types);
            }
        }
        let (mut created, mut changed, mut unchanged) = (0, 0, 0);
        let mut left_alone = Vec::new();
        for new in seats {
            let known = self.seats.iter().find(|(_, seat)| seat.place == new.place);
            let no = match known {
                None => {
                    created += 1;
                    self.newcomer(new)
                }
                Some((_, seat)) if seat.category == new.category => {
                    unchanged += 1;
                    continue;
                }
                Some((&no, _)) => match self.in_use(no, false, now) {
                    Some(reason) => {
                        left_alone.push(RefusedSeat { seat: no, reason });
                        continue;
                    }
                    None => {
                        changed += 1;
                        no
                    }
                },
            };
            self.settle(no, now);
            if let Some(seat) = self.seats.get_mut(&no) {
                seat.category.clone_from(&new.category);
            }
            self.change(no, State::Free(None), Said::of(Cause::Imported, by), now);
        }
        let revision = self.revision;
        Outcome::Answered(Answer::Imported { created, changed, unchanged, left_alone, revision })
    }

    fn newcomer(&mut self, new: &ImportedSeat) -> SeatNo {
        let no = self.seats.keys().last().copied().unwrap_or(0) + 1;
        let seat = Seat {
            place: new.place.clone(),
            category: new.category.clone(),
            for_sale: true,
            state: State::Free(None),
            revision: 0,
            list: 0,
        };
        self.seats.insert(no, seat);
        no
    }

    pub(crate) fn set_prices(&mut self, prices: &[NewPrice]) -> Outcome {
        let Some(current) = self.lists.last() else {
            return Outcome::Rejected("no prices".to_owned());
        };
        let mut named = PriceList::new();
        for price in prices {
            let types = named.entry(price.category.clone()).or_default();
            types.push((price.ticket.clone(), price.amount_minor));
        }
        let mut next = current.clone();
        next.extend(named);
        let changed = next != *current;
        if changed {
            self.lists.push(next);
        }
        Outcome::Answered(Answer::PricesSet { changed })
    }

    pub(crate) fn update(&mut self, patch: &EventPatch, now: DbMicros) -> Outcome {
        let status = self.status(now);
        let may_become = match (self.terms.stage, patch.stage) {
            (_, None | Some(Stage::Cancelled)) => true,
            (Stage::Cancelled, _) | (_, Some(Stage::Draft)) => false,
            (stage, Some(Stage::Closed)) => stage != Stage::Draft,
            (_, Some(Stage::Published)) => true,
        };
        if !may_become {
            return Outcome::Refused(Refusal::StatusRefused { status });
        }
        if patch.max_seats_per_viewer.is_some_and(|most| most != self.terms.max_seats_per_viewer)
            && self.plant.strikes(Bug::UpdateLost)
        {
            return Outcome::Answered(Answer::Updated { status });
        }
        self.amended_at = now;
        let terms = &mut self.terms;
        set(&mut terms.stage, patch.stage);
        set(&mut terms.sales_open_at, patch.sales_open_at);
        set(&mut terms.sales_close_at, patch.sales_close_at);
        set(&mut terms.hold_seconds, patch.hold_seconds);
        set(&mut terms.hold_extension_seconds, patch.hold_extension_seconds);
        set(&mut terms.max_seats_per_viewer, patch.max_seats_per_viewer);
        set(&mut terms.buyers_confirm, patch.buyers_confirm);
        Outcome::Answered(Answer::Updated { status: self.status(now) })
    }
}

fn set<V>(field: &mut V, value: Option<V>) {
    if let Some(value) = value {
        *field = value;
    }
}
