//! What was there before a sale, and the tables after it.

use std::collections::BTreeMap;

use torture::history::{
    Call, Command, EventNo, EventRow, EventSetup, KeyRow, Outcome, SeatNo, SeatRow, SeatSetup,
    Stage, Terms, Viewer,
};

use super::db::{Db, PriceList, Seat, State};
use super::world::{AHEAD, Size, World};
use crate::bugs::Bug;

impl World {
    /// The tables.
    pub(super) fn finish(&mut self) {
        self.settle_streams();
        let event = self.db.event;
        let plant = &mut self.db.plant;
        self.history.events.push(EventRow {
            event,
            revision: self.db.revision,
            terms: self.db.terms.clone(),
            read_at: self.now + AHEAD,
        });
        let rows = self.db.seats.iter().map(|(&no, seat)| seat_row(event, no, seat));
        self.history.seats = rows.collect();
        if let Some(row) = self.history.seats.iter_mut().find(|row| row.status != 'A')
            && plant.strikes(Bug::TableNotFolded)
        {
            (row.status, row.viewer, row.order, row.expires_at) = ('A', None, None, None);
        }
        self.history.orders.clone_from(&self.db.orders);
        if self.history.orders.len() > 1 && plant.strikes(Bug::LostOrder) {
            self.history.orders.remove(self.history.orders.len() / 2);
        }
        let other = self.history.orders.first_mut();
        if let Some(order) = other.filter(|_| plant.bug == Some(Bug::OwnerWithoutTransfer)) {
            plant.strikes(Bug::OwnerWithoutTransfer);
            order.viewer = format!("not {}", order.viewer);
        }
        self.history.log.clone_from(&self.db.log);
        let plant = &mut self.db.plant;
        if let Some(row) = self.history.log.last_mut()
            && plant.strikes(Bug::StrangeSeat)
        {
            row.seat += 1_000;
        }
        let mut releases = self.history.calls.iter().filter(|call| {
            let is_release = matches!(call.command, Command::Release { .. });
            is_release && matches!(call.outcome, Outcome::Answered(_))
        });
        if let Some(release) = releases.next().cloned()
            && plant.strikes(Bug::AnsweredTwice)
        {
            let (id, client) = (release.id + 1_000_000, release.client + 100);
            self.history.calls.push(Call { id, client, ..release });
        }
        let key = |((viewer, key), order): (&(Viewer, String), &String)| KeyRow {
            event,
            viewer: viewer.clone(),
            key: key.clone(),
            order: order.clone(),
        };
        self.history.keys = self.db.keys.iter().map(key).collect();
    }
}

fn seat_row(event: EventNo, no: SeatNo, seat: &Seat) -> SeatRow {
    let (status, viewer, expires_at, order) = match &seat.state {
        State::Free(_) => ('A', None, None, None),
        State::Held { viewer, until, .. } => ('R', Some(viewer.clone()), Some(*until), None),
        State::Sold { viewer, order } => ('C', Some(viewer.clone()), None, Some(order.clone())),
    };
    SeatRow {
        event,
        seat: no,
        place: seat.place.clone(),
        category: seat.category.clone(),
        for_sale: seat.for_sale,
        status,
        viewer,
        expires_at,
        order,
        revision: seat.revision,
    }
}

/// The event before the sale.
pub(super) fn setup(rng: &mut fastrand::Rng, size: Size) -> EventSetup {
    let seats = (1..=size.seats).map(|seat| SeatSetup {
        seat,
        place: format!("101/A/{seat}"),
        category: if seat % 3 == 0 { "Back" } else { "Front" }.to_owned(),
        for_sale: rng.f32() > 0.1,
    });
    let list: PriceList = BTreeMap::from([
        ("Front".to_owned(), vec![("Full".to_owned(), 9_000), ("Child".to_owned(), 4_000)]),
        ("Back".to_owned(), vec![("Standard".to_owned(), 2_000)]),
    ]);
    EventSetup {
        event: 7,
        revision: 0,
        seats: seats.collect(),
        prices: Db::new_prices(&list),
        terms: Terms {
            stage: Stage::Published,
            sales_open_at: None,
            sales_close_at: AHEAD + 3_600_000_000,
            hold_seconds: 2,
            hold_extension_seconds: 1,
            max_seats_per_viewer: Some(6),
            max_seats_let_go: None,
            allows_lone_seats: true,
            buyers_confirm: true,
        },
    }
}
