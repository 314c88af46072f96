//! Refusals: each is true at some moment of its call.

use super::{Calls, sorted};
use crate::checker::violation::Kind;
use crate::checker::window::Window;
use crate::history::{
    Call, Command, ConfirmLine, DbMicros, Refusal, Revision, RunMicros, SeatNo, Status,
};

/// How long it counts that seats were let go, in microseconds: ten minutes by the API.
const LET_GO_COUNTS: i64 = 600_000_000;

/// How often a viewer may let a seat go in a row at least before others come first.
const HOLDS_IN_A_RUN: usize = 3;

/// A purchase that was asked for.
struct Asked<'h> {
    lines: &'h [ConfirmLine],
    key: &'h str,
    paid: Option<&'h str>,
}

impl<'h> Calls<'h, '_> {
    /// The first position at which a refusal is true.
    pub(super) fn refused(
        &mut self,
        call: &'h Call,
        window: &Window,
        refusal: &'h Refusal,
    ) -> Option<Revision> {
        if is_of_a_sale(refusal) && !self.may_be(call, window, Status::OnSale) {
            return self.untrue(
                call,
                window,
                &[],
                "the event was not on sale, which is said first",
            );
        }
        match (refusal, &call.command) {
            (Refusal::SeatsUnavailable(refused), Command::Reserve { seats }) => {
                self.unavailable(call, window, (seats, refused))
            }
            (Refusal::SeatsNotHeld(refused), command) => {
                self.not_held(call, window, (&named(command), refused))
            }
            (Refusal::SeatsInUse(refused), Command::Block { seats }) => {
                self.in_use(call, window, (seats, refused), false)
            }
            (Refusal::SeatsInUse(refused), Command::Unblock { seats }) => {
                self.in_use(call, window, (seats, refused), true)
            }
            (Refusal::SeatLimitExceeded { limit, held, requested }, _) => {
                self.limit_exceeded(call, window, (*limit, *held, *requested))
            }
            (Refusal::HoldsTooFrequent { .. }, _) => self.too_frequent(call, window),
            (Refusal::SalesClosed { status } | Refusal::StatusRefused { status }, _) => {
                let is_true = self.may_be(call, window, *status);
                self.unless(is_true, call, window, "the event was something else all the time")
            }
            (Refusal::LoneSeatLeft(_), _) => {
                let is_true = self.facts.terms.allows_lone_seats.during(call.start, call.end);
                let is_true = is_true.contains(&&false);
                self.unless(is_true, call, window, "the event allows lone seats")
            }
            (
                Refusal::NoSeatsTogether { largest_block, .. },
                Command::ReserveBest { quantity, .. },
            ) => {
                let is_true = largest_block < quantity;
                self.unless(is_true, call, window, "so many are together, as it says itself")
            }
            (_, Command::Confirm { lines, key, payment_reference, .. }) => {
                let asked = Asked { lines, key, paid: payment_reference.as_deref() };
                self.refused_purchase(call, window, refusal, &asked)
            }
            (Refusal::ExtensionRefused, Command::Extend { seats }) => {
                self.extension_refused(call, window, seats)
            }
            (Refusal::OrderNotFound, Command::Transfer { order, by_admin, .. }) => {
                let position = self.first_without(call, &window.of_read(), order, *by_admin);
                position.or_else(|| self.untrue(call, window, &[], "it was there all the time"))
            }
            (Refusal::OrderOwnerChanged(seen), Command::Transfer { to, by_admin: true, .. })
                if seen.viewer.as_ref() != Some(to) =>
            {
                self.seen_in(call, window, seen)
            }
            (Refusal::Other(_), _) => None,
            _ => self.untrue(call, window, &[], "such a call is never refused so"),
        }
    }

    /// The same of a confirmation, beside seats that are not the viewer's.
    fn refused_purchase(
        &mut self,
        call: &'h Call,
        window: &Window,
        refusal: &'h Refusal,
        asked: &Asked<'h>,
    ) -> Option<Revision> {
        match refusal {
            Refusal::IdempotencyKeyReused => self.key_reused(call, window, asked.lines, asked.key),
            Refusal::TicketTypeUnavailable(seats) => {
                self.no_such_tickets(call, window, asked.lines, seats)
            }
            Refusal::PriceChanged { expected, actual } => {
                self.price_changed(call, window, (*expected, *actual))
            }
            Refusal::AlreadyConfirmed(order) => {
                self.already_confirmed(call, window, order, asked.paid)
            }
            Refusal::LeftToShop => self.left_to_shop(call, window),
            Refusal::Other(_) => None,
            _ => self.untrue(call, window, &[], "a confirmation is never refused so"),
        }
    }

    /// Whether the event may have had a status.
    fn may_be(&self, call: &Call, window: &Window, status: Status) -> bool {
        let times = (window.earliest, window.latest);
        self.facts.terms.may_be(status, (call.start, call.end), times)
    }

    /// Writes down that a refusal is untrue, unless it is true.
    fn unless(
        &mut self,
        is_true: bool,
        call: &Call,
        window: &Window,
        why: &str,
    ) -> Option<Revision> {
        if is_true { Some(window.from) } else { self.untrue(call, window, &[], why) }
    }

    /// The viewer would have more than the event allows.
    fn limit_exceeded(
        &mut self,
        call: &'h Call,
        window: &Window,
        (limit, held, requested): (i64, i64, i64),
    ) -> Option<Revision> {
        let limits = self.facts.terms.limit.during(call.start, call.end);
        if !limits.contains(&&Some(limit)) || held + requested <= limit {
            return self.untrue(call, window, &[], "that is not over the event's limit");
        }
        let book = self.facts.book;
        let viewer = call.viewer.as_str();
        let (asked, best) = match &call.command {
            Command::Reserve { seats } => (sorted(seats), None),
            Command::ReserveBest { quantity, .. } => (Vec::new(), i64::try_from(*quantity).ok()),
            _ => return self.untrue(call, window, &[], "nothing was asked for"),
        };
        let span = (window.from, window.until);
        let mut changes = book.viewer_changes(viewer, span);
        changes.extend(book.seat_changes(asked.iter().copied(), span));
        let position = window.first(self.facts.history, changes, |position, instants| {
            // Seats that are in the way are said first.
            if !self.are_free_for(viewer, &asked, position, instants) {
                return false;
            }
            let (_, owned) = book.counts(viewer, position);
            let holds = book.holds(viewer, position);
            // At each instant at which a hold runs out the count is another.
            let mut ends: Vec<DbMicros> = holds.iter().map(|(_, hold)| hold.until).collect();
            ends.retain(|&end| instants.from < end && end < instants.until);
            ends.push(instants.from);
            ends.sort_unstable();
            let true_at = ends.into_iter().find(|&now| {
                let live = holds.iter().filter(|(_, hold)| now < hold.until);
                let own = live.clone().filter(|(seat, _)| asked.binary_search(seat).is_ok());
                let more = best.unwrap_or_else(|| count(asked.len()) - count(own.count()));
                count(live.count() + owned) == held && more == requested
            });
            instants.from = true_at.unwrap_or(instants.from);
            true_at.is_some()
        });
        position.or_else(|| {
            let (had, owned) = book.counts(viewer, window.from);
            let why = format!("at first {had} are held and {owned} owned");
            self.untrue(call, window, &asked, &why)
        })
    }

    /// The viewer has let many seats go: as many as must be for this answer at least.
    fn too_frequent(&mut self, call: &'h Call, window: &Window) -> Option<Revision> {
        let limits = self.facts.terms.let_go.during(call.start, call.end);
        let Some(limit) = limits.iter().filter_map(|limit| **limit).min() else {
            return self.untrue(call, window, &[], "the event does not mind");
        };
        let book = self.facts.book;
        let moves = book.moves(&call.viewer, window.until);
        let asked = sorted(&named(&call.command));
        let (mut lost, mut in_a_run) = (0_usize, 0_usize);
        let mut held = usize::MAX;
        let is_steady = self.facts.clock.is_steady();
        for made in moves.iter().rev() {
            let at = self.facts.history.row(made.revision).map_or(0, |row| row.changed_at);
            // What ran out and is not logged yet counts too.
            if is_steady && at < window.earliest.saturating_sub(2 * LET_GO_COUNTS) {
                break;
            }
            lost += usize::from(made.held < held);
            in_a_run += usize::from(asked.is_empty() || asked.binary_search(&made.seat).is_ok());
            held = made.held;
        }
        let is_true = count(lost) > limit || in_a_run >= HOLDS_IN_A_RUN;
        self.unless(is_true, call, window, "the viewer has let hardly any seats go")
    }

    /// The key stands for another purchase: of the viewer, or of a guest that was claimed.
    fn key_reused(
        &mut self,
        call: &'h Call,
        window: &Window,
        lines: &[ConfirmLine],
        key: &'h str,
    ) -> Option<Revision> {
        let guests = self.guests.get(call.viewer.as_str()).map_or(&[][..], Vec::as_slice);
        let others = self.purchases.get(key).map_or(&[][..], Vec::as_slice);
        let is_other = |other: &&&Call| {
            let is_own = other.viewer == call.viewer || guests.contains(&other.viewer.as_str());
            let Command::Confirm { lines: named, .. } = &other.command else { return false };
            is_own && other.id != call.id && other.start <= call.end && named != lines
        };
        // Where the first type of ticket is another by now, none being named means another.
        let is_plain = |line: &ConfirmLine| line.ticket.is_none();
        let has_other = others.iter().any(|other| is_other(&other));
        let is_true = has_other || lines.iter().any(is_plain) && others.len() > 1;
        self.unless(is_true, call, window, "nobody used the key for anything else")
    }

    /// An order as it was told with a refusal.
    pub(super) fn seen_in(
        &mut self,
        call: &'h Call,
        window: &Window,
        seen: &'h crate::history::OrderSeen,
    ) -> Option<Revision> {
        let Some(sold) = self.facts.book.orders.get(seen.id.as_str()) else {
            let what = format!("saw order {}, which the log does not have", seen.id);
            return self.wrong(Kind::OrderLost, call, &what);
        };
        let owners = sold.owners.iter().map(|owner| owner.0).chain([sold.last]).collect();
        let position = window.first(self.facts.history, owners, |position, _| {
            let owner = sold.owner(position).filter(|_| sold.last <= position);
            owner.is_some() && seen.viewer.as_deref().is_none_or(|viewer| owner == Some(viewer))
        });
        match position {
            Some(position) => self.seen(call, seen, position),
            None => self.untrue(call, window, &[], "the order was another's all the time"),
        }
    }
}

/// Whether it is said of a reservation only where the event is on sale.
fn is_of_a_sale(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::SeatsUnavailable(_)
            | Refusal::SeatLimitExceeded { .. }
            | Refusal::HoldsTooFrequent { .. }
            | Refusal::LoneSeatLeft(_)
            | Refusal::NoSeatsTogether { .. }
    )
}

/// The seats that a command names.
pub(super) fn named(command: &Command) -> Vec<SeatNo> {
    match command {
        Command::Reserve { seats } | Command::Release { seats } | Command::Extend { seats } => {
            seats.clone()
        }
        Command::Block { seats } | Command::Unblock { seats } => seats.clone(),
        Command::Confirm { lines, .. } => lines.iter().map(|line| line.seat).collect(),
        _ => Vec::new(),
    }
}

fn count(of: usize) -> i64 {
    RunMicros::try_from(of).unwrap_or(i64::MAX)
}
