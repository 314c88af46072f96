//! Reserving, prolonging and releasing in a simulated sale.

use torture::history::{
    Answer, Cause, DbMicros, Outcome, Reason, Refusal, RefusedSeat, SeatNo, Stage, Status,
};

use super::db::{Db, Said, State};
use crate::bugs::Bug;

impl Db {
    pub(crate) fn status(&self, now: DbMicros) -> Status {
        match self.terms.stage {
            Stage::Draft => Status::Draft,
            Stage::Closed => Status::Closed,
            Stage::Cancelled => Status::Cancelled,
            Stage::Published if self.terms.sales_close_at <= now => Status::Closed,
            Stage::Published if self.terms.sales_open_at.is_some_and(|at| now < at) => {
                Status::Upcoming
            }
            Stage::Published => Status::OnSale,
        }
    }

    fn sales_closed(&mut self, now: DbMicros) -> Option<Outcome> {
        let status = self.status(now);
        // Before that nobody can tell which came first.
        let is_long = self.amended_at + 500_000 < now;
        if status == Status::OnSale || is_long && self.plant.strikes(Bug::ClosedSells) {
            return None;
        }
        Some(Outcome::Refused(Refusal::SalesClosed { status }))
    }

    pub(crate) fn reserve(&mut self, viewer: &str, seats: &[SeatNo], now: DbMicros) -> Outcome {
        let seats = sorted(seats);
        let (mut wanted, mut refused) = (Vec::new(), Vec::new());
        for &no in &seats {
            match self.cannot_be_reserved(no, viewer, now) {
                Some(Reason::ReservedByAnother) if self.plant.strikes(Bug::TwoOwners) => {
                    wanted.push(no);
                }
                Some(Reason::NotForSale) if self.plant.strikes(Bug::BlockedSold) => wanted.push(no),
                Some(reason) => refused.push(RefusedSeat { seat: no, reason }),
                None if self.seats[&no].holder(now) == Some(viewer) && !self.is_cancelled() => {}
                None => wanted.push(no),
            }
        }
        if !(wanted.is_empty() && refused.is_empty())
            && let Some(closed) = self.sales_closed(now)
        {
            return closed;
        }
        if refused.is_empty() && !wanted.is_empty() && self.plant.strikes(Bug::FalseRefusal) {
            let seat = wanted[0];
            refused.push(RefusedSeat { seat, reason: Reason::ReservedByAnother });
        }
        if refused.len() > 1 && self.plant.strikes(Bug::HalfRefusal) {
            refused.pop();
        }
        if !refused.is_empty() {
            return Outcome::Refused(Refusal::SeatsUnavailable(refused));
        }
        if let Some(over) = self.limit_exceeded(viewer, wanted.len(), now) {
            return over;
        }
        if wanted.len() > 1 && self.plant.strikes(Bug::HalfReserved) {
            wanted.pop();
        }
        if !wanted.is_empty() && self.plant.strikes(Bug::DoneAndRefused) {
            wanted.iter().for_each(|&no| self.take(no, viewer, now));
            let reason = Reason::ReservedByAnother;
            let refused = wanted.iter().map(|&seat| RefusedSeat { seat, reason }).collect();
            return Outcome::Refused(Refusal::SeatsUnavailable(refused));
        }
        wanted.iter().for_each(|&no| self.take(no, viewer, now));
        self.held(&seats, now)
    }

    fn limit_exceeded(&mut self, viewer: &str, wanted: usize, now: DbMicros) -> Option<Outcome> {
        let limit = self.terms.max_seats_per_viewer?;
        let held = i64::try_from(self.holdings(viewer, now)).unwrap_or(i64::MAX);
        let requested = i64::try_from(wanted).unwrap_or(i64::MAX);
        if wanted == 0 {
            return None;
        }
        if held + requested > limit {
            let refusal = Refusal::SeatLimitExceeded { limit, held, requested };
            return (!self.plant.strikes(Bug::LimitRace)).then_some(Outcome::Refused(refusal));
        }
        let refusal = Refusal::SeatLimitExceeded { limit, held: limit, requested };
        self.plant.strikes(Bug::FalseLimit).then_some(Outcome::Refused(refusal))
    }

    fn cannot_be_reserved(&self, no: SeatNo, viewer: &str, now: DbMicros) -> Option<Reason> {
        let Some(seat) = self.seats.get(&no) else { return Some(Reason::NotFound) };
        // A cancelled event has no holds; but it says first that it is not on sale.
        match seat.holder(now) {
            _ if seat.owner().is_some() => Some(Reason::Confirmed),
            Some(holder) if holder == viewer && !self.is_cancelled() => None,
            Some(_) if !self.is_cancelled() => Some(Reason::ReservedByAnother),
            _ => (!seat.for_sale).then_some(Reason::NotForSale),
        }
    }

    pub(crate) fn reserve_best(
        &mut self,
        viewer: &str,
        (quantity, categories): (usize, &[String]),
        now: DbMicros,
    ) -> Outcome {
        if let Some(closed) = self.sales_closed(now) {
            return closed;
        }
        if let Some(over) = self.limit_exceeded(viewer, quantity, now) {
            return over;
        }
        let is_good = |no: &SeatNo| {
            let seat = &self.seats[no];
            let is_asked = categories.is_empty() || categories.contains(&seat.category);
            is_asked && seat.for_sale && seat.is_free(now)
        };
        let free: Vec<SeatNo> = self.seats.keys().copied().filter(is_good).collect();
        if free.len() < quantity {
            let refusal =
                Refusal::NoSeatsTogether { largest_block: free.len(), available: free.len() };
            return Outcome::Refused(refusal);
        }
        let seats = &free[..quantity];
        seats.iter().for_each(|&no| self.take(no, viewer, now));
        self.held(seats, now)
    }

    /// The answer that the viewer holds these seats.
    pub(crate) fn held(&self, seats: &[SeatNo], now: DbMicros) -> Outcome {
        let ends = seats.iter().filter_map(|no| match self.seats[no].state {
            State::Held { until, .. } => Some(until),
            _ => None,
        });
        let revision = seats.iter().map(|no| self.seats[no].revision).max().unwrap_or(0);
        Outcome::Answered(Answer::Held {
            seats: seats.to_vec(),
            expires_at: ends.min().unwrap_or(now),
            server_time: now,
            revision,
        })
    }

    /// Every seat that is not the viewer's, with its reason.
    pub(crate) fn not_held(
        &mut self,
        viewer: &str,
        seats: &[SeatNo],
        now: DbMicros,
    ) -> Option<Outcome> {
        let mut refused = Vec::new();
        for &no in seats {
            if let Some(reason) = self.why_not_held(viewer, no, now) {
                refused.push(RefusedSeat { seat: no, reason });
            }
        }
        if refused.is_empty() && !self.is_cancelled() && self.plant.strikes(Bug::FalseNotHeld) {
            refused.push(RefusedSeat { seat: seats[0], reason: Reason::HoldExpired });
        }
        (!refused.is_empty()).then_some(Outcome::Refused(Refusal::SeatsNotHeld(refused)))
    }

    fn why_not_held(&mut self, viewer: &str, no: SeatNo, now: DbMicros) -> Option<Reason> {
        let Some(seat) = self.seats.get(&no) else { return Some(Reason::NotFound) };
        let is_cancelled = self.is_cancelled();
        match &seat.state {
            State::Sold { viewer: owner, .. } if owner == viewer => Some(Reason::AlreadyConfirmed),
            State::Sold { .. } => Some(Reason::ConfirmedToAnother),
            State::Held { viewer: holder, until, .. } => {
                let is_over = *until <= now || is_cancelled;
                let is_own = holder == viewer;
                match (is_own, is_over) {
                    (true, true) if is_cancelled && self.plant.strikes(Bug::CancelledSells) => None,
                    (true, true)
                        if !is_cancelled && self.plant.strikes(Bug::ExpiredHoldConfirmed) =>
                    {
                        None
                    }
                    (true, true) => Some(Reason::HoldExpired),
                    (true, false) => None,
                    (false, true) => Some(Reason::NeverHeld),
                    (false, false) => Some(Reason::HeldByAnother),
                }
            }
            State::Free(lapsed) if lapsed.as_deref() == Some(viewer) => Some(Reason::HoldExpired),
            State::Free(_) => Some(Reason::NeverHeld),
        }
    }

    pub(crate) fn release(&mut self, viewer: &str, seats: &[SeatNo], now: DbMicros) -> Outcome {
        let seats = sorted(seats);
        let sold = |no: &SeatNo| self.seats.get(no).is_some_and(|seat| seat.owner().is_some());
        let frees = seats.iter().all(sold) && self.plant.strikes(Bug::ConfirmedFreed);
        if !frees && let Some(refused) = self.not_held(viewer, &seats, now) {
            return refused;
        }
        if self.plant.strikes(Bug::LostRelease) {
            return Outcome::Answered(Answer::Released { seats, revision: self.revision });
        }
        for &no in &seats {
            self.change(no, State::Free(None), Said::of(Cause::Released, viewer), now);
        }
        Outcome::Answered(Answer::Released { seats, revision: self.revision })
    }

    pub(crate) fn extend(&mut self, viewer: &str, seats: &[SeatNo], now: DbMicros) -> Outcome {
        let seats = sorted(seats);
        if self.terms.hold_extension_seconds == 0 {
            return Outcome::Refused(Refusal::ExtensionRefused);
        }
        if let Some(refused) = self.not_held(viewer, &seats, now) {
            return refused;
        }
        let is_extended =
            |no: &SeatNo| matches!(self.seats[no].state, State::Held { is_extended: true, .. });
        if seats.iter().any(is_extended) && !self.plant.strikes(Bug::ExtendedTwice) {
            return Outcome::Refused(Refusal::ExtensionRefused);
        }
        let by = self.terms.hold_extension_seconds * 1_000_000;
        for &no in &seats {
            let State::Held { until, .. } = self.seats[&no].state else { continue };
            let until = until + by;
            let said = Said { expires_at: Some(until), ..Said::of(Cause::Extended, viewer) };
            let state = State::Held { viewer: viewer.to_owned(), until, is_extended: true };
            self.change(no, state, said, now);
        }
        self.held(&seats, now)
    }
}

pub(crate) fn sorted(seats: &[SeatNo]) -> Vec<SeatNo> {
    let mut seats = seats.to_vec();
    seats.sort_unstable();
    seats.dedup();
    seats
}
