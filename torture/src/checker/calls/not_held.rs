//! Refusals about seats that are in the way of a reservation, or not the viewer's.

use super::{Calls, sorted};
use crate::checker::book::{Moment, State};
use crate::checker::window::{Instants, Window};
use crate::history::{Call, Reason, RefusedSeat, Revision, SeatNo, Stage};

impl<'h> Calls<'h, '_> {
    /// Seats that cannot be reserved: every one of those asked for, with its reason.
    pub(super) fn unavailable(
        &mut self,
        call: &'h Call,
        window: &Window,
        (asked, refused): (&[SeatNo], &[RefusedSeat]),
    ) -> Option<Revision> {
        let viewer = call.viewer.as_str();
        let asked = sorted(asked);
        let why = if refused.is_empty() { "it names none" } else { "the seats are otherwise" };
        if refused.is_empty() {
            return self.untrue(call, window, &asked, why);
        }
        let position = self.first_with(window, &asked, refused, |moment, said, instants| {
            cannot_be_reserved(moment, said, viewer, instants)
        });
        position.or_else(|| self.untrue(call, window, &asked, why))
    }

    /// Seats that are not the viewer's: every one of those named, with its reason.
    pub(super) fn not_held(
        &mut self,
        call: &'h Call,
        window: &Window,
        (asked, refused): (&[SeatNo], &[RefusedSeat]),
    ) -> Option<Revision> {
        let viewer = call.viewer.as_str();
        let asked = sorted(asked);
        // Of what is cancelled no hold counts, whoever logs its end.
        let stages = self.facts.terms.stage.during(call.start, call.end);
        let may_be_cancelled = stages.contains(&&Stage::Cancelled);
        let may_be_on = stages.iter().any(|&&stage| stage != Stage::Cancelled);
        let mut position = None;
        if may_be_on && !refused.is_empty() {
            position = self.first_with(window, &asked, refused, |moment, said, instants| {
                is_not_held(moment, said, viewer, instants)
            });
        }
        if may_be_cancelled && !refused.is_empty() {
            let cancelled = self.first_with(window, &asked, refused, |moment, said, instants| {
                let state = match moment.state {
                    State::Held(hold) => State::Free { lapsed: Some(hold.viewer) },
                    state => state,
                };
                is_not_held(&Moment { state, ..*moment }, said, viewer, instants)
            });
            position = match (position, cancelled) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        position.or_else(|| self.untrue(call, window, &asked, "the seats are otherwise"))
    }

    /// The first position at which all of the seats are as a refusal says, or not in the way.
    fn first_with(
        &self,
        window: &Window,
        asked: &[SeatNo],
        refused: &[RefusedSeat],
        is_so: impl Fn(&Moment<'h>, Option<Reason>, &mut Instants) -> bool,
    ) -> Option<Revision> {
        let book = self.facts.book;
        let is_named = |refused: &RefusedSeat| asked.binary_search(&refused.seat).is_ok();
        if !refused.iter().all(is_named) {
            return None;
        }
        let changes = book.seat_changes(asked.iter().copied(), (window.from, window.until));
        window.first(self.facts.history, changes, |position, instants| {
            asked.iter().all(|&seat| {
                let said = refused.iter().find(|refused| refused.seat == seat);
                let said = said.map(|refused| refused.reason);
                match book.seat(seat, position) {
                    Some(moment) => is_so(moment, said, instants),
                    None => said == Some(Reason::NotFound),
                }
            })
        })
    }

    /// Whether none of these seats is in the way of a viewer at a position.
    pub(super) fn are_free_for(
        &self,
        viewer: &str,
        seats: &[SeatNo],
        position: Revision,
        instants: &mut Instants,
    ) -> bool {
        let book = self.facts.book;
        seats.iter().all(|&seat| {
            let moment = book.seat(seat, position);
            moment.is_some_and(|moment| cannot_be_reserved(moment, None, viewer, instants))
        })
    }

    /// Whether a viewer holds all of these seats at a position.
    pub(super) fn holds_all(
        &self,
        viewer: &str,
        seats: &[SeatNo],
        position: Revision,
        instants: &mut Instants,
    ) -> bool {
        let state = |seat| self.facts.book.seat(seat, position).map(|seat| seat.state);
        seats.iter().all(|&seat| match state(seat) {
            Some(State::Held(hold)) => hold.viewer == viewer && instants.live(hold.until),
            Some(State::Free { .. } | State::Sold { .. }) | None => false,
        })
    }
}

/// Whether a seat cannot be reserved for the reason that is said, or can if none is.
fn cannot_be_reserved(
    moment: &Moment<'_>,
    said: Option<Reason>,
    viewer: &str,
    instants: &mut Instants,
) -> bool {
    let free = if moment.for_sale { None } else { Some(Reason::NotForSale) };
    match moment.state {
        State::Sold { .. } => said == Some(Reason::Confirmed),
        State::Free { .. } => said == free,
        State::Held(hold) => match said {
            Some(Reason::ReservedByAnother) => hold.viewer != viewer && instants.live(hold.until),
            // One's own hold is never in the way.
            None if hold.viewer == viewer && free.is_none() => true,
            None if hold.viewer == viewer => instants.live(hold.until),
            said => said == free && instants.over(hold.until),
        },
    }
}

/// Whether a seat is not the viewer's for the reason that is said, or is if none is.
fn is_not_held(
    moment: &Moment<'_>,
    said: Option<Reason>,
    viewer: &str,
    instants: &mut Instants,
) -> bool {
    let free = |lapsed: Option<&str>| {
        if lapsed == Some(viewer) { Reason::HoldExpired } else { Reason::NeverHeld }
    };
    match moment.state {
        State::Sold { viewer: owner, .. } if owner == viewer => {
            said == Some(Reason::AlreadyConfirmed)
        }
        State::Sold { .. } => said == Some(Reason::ConfirmedToAnother),
        State::Free { lapsed } => said == Some(free(lapsed)),
        State::Held(hold) => match said {
            None => hold.viewer == viewer && instants.live(hold.until),
            Some(Reason::HeldByAnother) => hold.viewer != viewer && instants.live(hold.until),
            said => said == Some(free(Some(hold.viewer))) && instants.over(hold.until),
        },
    }
}
