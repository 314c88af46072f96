//! The books of a simulated sale: what a database holds, and each kind of change.

use std::collections::{BTreeMap, HashMap};

use torture::history::{
    Cause, DbMicros, EventNo, LogRow, NewPrice, OrderId, OrderRow, Revision, SeatNo, Stage, Terms,
    Viewer,
};

use crate::bugs::{Bug, Plant};

/// The types of ticket of each category, in order.
pub(crate) type PriceList = BTreeMap<String, Vec<(String, i64)>>;

/// A seat.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    pub(crate) place: String,
    pub(crate) category: String,
    pub(crate) for_sale: bool,
    pub(crate) state: State,
    pub(crate) revision: Revision,
    /// The price list that it is held or sold by.
    pub(crate) list: usize,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum State {
    Free(Option<Viewer>),
    Held { viewer: Viewer, until: DbMicros, is_extended: bool },
    Sold { viewer: Viewer, order: OrderId },
}

/// The database.
#[derive(Debug)]
pub(crate) struct Db {
    pub(crate) event: EventNo,
    pub(crate) revision: Revision,
    pub(crate) seats: BTreeMap<SeatNo, Seat>,
    pub(crate) log: Vec<LogRow>,
    pub(crate) orders: Vec<OrderRow>,
    pub(crate) keys: HashMap<(Viewer, String), OrderId>,
    pub(crate) terms: Terms,
    /// When they were changed last.
    pub(crate) amended_at: DbMicros,
    pub(crate) lists: Vec<PriceList>,
    pub(crate) plant: Plant,
    pub(crate) rng: fastrand::Rng,
}

/// What the log says of a change.
pub(crate) struct Said {
    pub(crate) cause: Cause,
    pub(crate) viewer: Viewer,
    pub(crate) expires_at: Option<DbMicros>,
    pub(crate) order: Option<OrderId>,
}

impl Said {
    pub(crate) fn of(cause: Cause, viewer: &str) -> Self {
        Self { cause, viewer: viewer.to_owned(), expires_at: None, order: None }
    }
}

impl Seat {
    /// Who holds it.
    pub(crate) fn holder(&self, now: DbMicros) -> Option<&str> {
        match &self.state {
            State::Held { viewer, until, .. } if now < *until => Some(viewer),
            _ => None,
        }
    }

    pub(crate) fn owner(&self) -> Option<(&str, &str)> {
        match &self.state {
            State::Sold { viewer, order } => Some((viewer, order)),
            _ => None,
        }
    }

    pub(crate) fn is_free(&self, now: DbMicros) -> bool {
        self.owner().is_none() && self.holder(now).is_none()
    }

    pub(crate) fn letter(&self, now: DbMicros) -> char {
        match (self.owner(), self.holder(now)) {
            (Some(_), _) => 'C',
            (None, Some(_)) => 'R',
            (None, None) if self.for_sale => 'A',
            (None, None) => 'N',
        }
    }
}

impl Db {
    pub(crate) fn prices(&self, seat: &Seat) -> &[(String, i64)] {
        self.lists[seat.list].get(&seat.category).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.terms.stage == Stage::Cancelled
    }

    pub(crate) fn order(&self, id: &str) -> Option<&OrderRow> {
        self.orders.iter().find(|order| order.id == id)
    }

    /// How many seats a viewer holds and owns.
    pub(crate) fn holdings(&self, viewer: &str, now: DbMicros) -> usize {
        let has = |seat: &&Seat| {
            seat.holder(now) == Some(viewer) || seat.owner().is_some_and(|own| own.0 == viewer)
        };
        self.seats.values().filter(has).count()
    }

    /// Logs a change and makes it.
    pub(crate) fn change(&mut self, no: SeatNo, state: State, said: Said, now: DbMicros) {
        let Some(seat) = self.seats.get_mut(&no) else { return };
        let step = match () {
            () if self.plant.strikes(Bug::SkippedRevision) => 2,
            () if self.revision > 0 && self.plant.strikes(Bug::DoubledRevision) => 0,
            () => 1,
        };
        self.revision += step;
        let Said { cause, viewer, expires_at, order } = said;
        let previous = seat.revision;
        let is_broken = previous > 1 && self.plant.strikes(Bug::BrokenChain);
        let is_off = self.revision > 1 && self.plant.strikes(Bug::ClockOfTheServer);
        self.log.push(LogRow {
            event: self.event,
            revision: self.revision,
            seat: no,
            previous: Some(if is_broken { previous - 1 } else { previous }),
            cause,
            viewer,
            expires_at,
            order,
            changed_at: if is_off { now - 1_500_000 } else { now },
        });
        seat.revision = self.revision;
        seat.state = state;
        match cause {
            Cause::Blocked => seat.for_sale = false,
            Cause::Unblocked => seat.for_sale = true,
            Cause::Reserved => seat.list = self.lists.len() - 1,
            _ => {}
        }
    }

    /// Logs the end of a hold that is over.
    pub(crate) fn settle(&mut self, no: SeatNo, now: DbMicros) -> bool {
        let Some(State::Held { viewer, until, .. }) = self.seats.get(&no).map(|seat| &seat.state)
        else {
            return false;
        };
        let cause = match () {
            () if *until <= now => Cause::Expired,
            () if self.is_cancelled() => Cause::Cancelled,
            () => return false,
        };
        let viewer = viewer.clone();
        let said = Said::of(cause, &viewer);
        self.change(no, State::Free(Some(viewer)), said, now);
        true
    }

    /// Takes a free seat.
    pub(crate) fn take(&mut self, no: SeatNo, viewer: &str, now: DbMicros) {
        self.settle(no, now);
        let mut hold = self.terms.hold_seconds * 1_000_000;
        if self.plant.strikes(Bug::HoldTooLong) {
            hold *= 2;
        }
        if self.plant.strikes(Bug::HoldTooShort) {
            hold /= 2;
        }
        let until = now + hold;
        let said = Said { expires_at: Some(until), ..Said::of(Cause::Reserved, viewer) };
        let state = State::Held { viewer: viewer.to_owned(), until, is_extended: false };
        self.change(no, state, said, now);
    }

    /// Gives an order and its seats to somebody else.
    pub(crate) fn hand_over(&mut self, id: &str, to: &str, now: DbMicros) {
        let Some(index) = self.orders.iter().position(|order| order.id == id) else { return };
        self.orders[index].viewer = to.to_owned();
        let seats: Vec<SeatNo> = self.orders[index].lines.iter().map(|line| line.seat).collect();
        for no in seats {
            let said = Said { order: Some(id.to_owned()), ..Said::of(Cause::Transferred, to) };
            let state = State::Sold { viewer: to.to_owned(), order: id.to_owned() };
            self.change(no, state, said, now);
        }
    }

    /// What is due to be freed.
    pub(crate) fn due(&self, now: DbMicros) -> Vec<SeatNo> {
        let is_due = |seat: &Seat| match &seat.state {
            State::Held { until, .. } => *until <= now || self.is_cancelled(),
            _ => false,
        };
        self.seats.iter().filter(|(_, seat)| is_due(seat)).map(|(&no, _)| no).collect()
    }

    /// The cleaner.
    pub(crate) fn clean(&mut self, list: &[SeatNo], now: DbMicros) {
        for &no in list {
            let Some(seat) = self.seats.get(&no) else { continue };
            let is_live = seat.holder(now).is_some() && !self.is_cancelled();
            let viewer = match &seat.state {
                State::Held { viewer, .. } | State::Sold { viewer, .. } => viewer.clone(),
                State::Free(_) => continue,
            };
            let is_wrong = seat.owner().is_some() || is_live;
            if is_wrong && self.plant.strikes(Bug::CleanerWithoutLock) {
                let said = Said::of(Cause::Expired, &viewer);
                self.change(no, State::Free(Some(viewer)), said, now);
            } else {
                self.settle(no, now);
            }
        }
    }

    /// Ends a hold that is there.
    pub(crate) fn clean_early(&mut self, no: SeatNo, now: DbMicros) {
        let Some(viewer) = self.seats.get(&no).and_then(|seat| seat.holder(now)) else { return };
        let viewer = viewer.to_owned();
        let said = Said::of(Cause::Expired, &viewer);
        self.change(no, State::Free(Some(viewer)), said, now);
    }

    /// All types of ticket, as a history has them.
    pub(crate) fn new_prices(list: &PriceList) -> Vec<NewPrice> {
        let of = |(category, types): (&String, &Vec<(String, i64)>)| {
            let category = category.clone();
            let price = move |(ticket, amount): &(String, i64)| NewPrice {
                category: category.clone(),
                ticket: ticket.clone(),
                amount_minor: *amount,
            };
            types.iter().map(price).collect::<Vec<_>>()
        };
        list.iter().flat_map(of).collect()
    }
}
