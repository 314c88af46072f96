//! What clients ask for.

use torture::history::{
    Command, ConfirmLine, EventPatch, ImportedSeat, NewPrice, SeatNo, Stage, Viewer,
};

use super::clients::Role;
use super::db::State;
use super::world::{Next, World};
use crate::bugs::Bug;

impl World {
    /// A client asks for something; unless the sale is over.
    pub(super) fn ask(&mut self, client: usize) {
        if self.now > self.ends_at() {
            return;
        }
        if let Some((viewer, command)) = self.clients[client].again.take() {
            return self.send(client, viewer, command);
        }
        let viewer = self.clients[client].viewer.clone();
        let asked = match self.clients[client].role {
            Role::Buyer => Some((viewer, self.of_buyer(client))),
            Role::Shop if self.size.buys => self.of_shop(),
            Role::Shop => None,
            Role::Admin => Some((viewer, self.of_admin())),
        };
        match asked {
            Some((viewer, command)) => self.send(client, viewer, command),
            None => self.at(self.now + 20_000, Next::Ask(client)),
        }
    }

    fn any_seats(&mut self, most: usize) -> Vec<SeatNo> {
        let last = self.db.seats.keys().last().copied().unwrap_or(1);
        let count = self.rng.usize(1..=most);
        let unknown = self.rng.f32() < 0.01;
        let one = |rng: &mut fastrand::Rng| rng.i32(1..=last).min(rng.i32(1..=last));
        let seats = (0..count).map(|_| if unknown { last + 50 } else { one(&mut self.rng) });
        seats.collect()
    }

    fn of_buyer(&mut self, client: usize) -> Command {
        let held = self.clients[client].held.clone();
        let some = |rng: &mut fastrand::Rng| {
            let mut some = held.clone();
            rng.shuffle(&mut some);
            some.truncate(rng.usize(1..=3));
            some
        };
        match self.rng.u32(0..100) {
            0..30 => Command::Reserve { seats: self.any_seats(3) },
            30..38 => {
                let categories = if self.rng.bool() { vec!["Back".to_owned()] } else { Vec::new() };
                Command::ReserveBest { quantity: self.rng.usize(1..=3), categories }
            }
            38..46 if !held.is_empty() && self.size.buys => self.purchase(&some, client),
            46..52 if !held.is_empty() => Command::Release { seats: some(&mut self.rng) },
            64..70 if !held.is_empty() => Command::Extend { seats: some(&mut self.rng) },
            70..78 => Command::ReadMap,
            78..84 => Command::ReadStatuses,
            84..92 => Command::ReadMine,
            92..95 => self.of_order(client),
            95..97 if !self.clients[client].viewer.starts_with("guest") => {
                Command::Claim { guest: format!("guest-{}", self.rng.u32(0..2)) }
            }
            97 => Command::Release { seats: self.any_seats(2) },
            _ => Command::Reserve { seats: if held.is_empty() { vec![1] } else { held } },
        }
    }

    fn purchase(
        &mut self,
        some: &impl Fn(&mut fastrand::Rng) -> Vec<SeatNo>,
        client: usize,
    ) -> Command {
        let known = self.clients[client].bought.clone();
        let choice = self.rng.u32(0..20);
        let mut seats = some(&mut self.rng);
        seats.sort_unstable();
        let again = if known.is_empty() { None } else { self.rng.choice(known.iter()).cloned() };
        match again {
            // The page was reloaded, and the button pressed again.
            Some(again) if choice == 0 => return again,
            Some(Command::Confirm { key, .. }) if choice == 1 => return self.confirm(seats, key),
            Some(Command::Confirm { lines, by_shop, .. }) if choice == 2 => {
                let (key, payment_reference) = (self.new_key(), Some("other".to_owned()));
                let expected_total = None;
                return Command::Confirm { lines, key, by_shop, payment_reference, expected_total };
            }
            _ => {}
        }
        let key = self.new_key();
        self.confirm(seats, key)
    }

    fn new_key(&mut self) -> String {
        format!("key-{:x}", self.rng.u64(..))
    }

    fn confirm(&mut self, seats: Vec<SeatNo>, key: String) -> Command {
        let total = self.total(&seats).filter(|_| self.rng.bool());
        let line = |seat| {
            let chosen = self.rng.f32() < 0.1;
            ConfirmLine { seat, ticket: chosen.then(|| "Full".to_owned()) }
        };
        let lines = seats.into_iter().map(line).collect::<Vec<_>>();
        let is_plain = lines.iter().all(|line| line.ticket.is_none());
        let expected_total = total.filter(|_| is_plain);
        let payment_reference = self.rng.bool().then(|| format!("pay-{key}"));
        Command::Confirm { lines, key, by_shop: false, payment_reference, expected_total }
    }

    /// What the client was shown that seats cost.
    fn total(&self, seats: &[SeatNo]) -> Option<i64> {
        let price = |no| Some(self.db.prices(self.db.seats.get(no)?).first()?.1);
        seats.iter().map(price).sum()
    }

    fn of_order(&mut self, client: usize) -> Command {
        let orders = &self.clients[client].orders;
        let Some(order) = self.rng.choice(orders.iter()).cloned() else { return Command::ReadMine };
        if self.rng.f32() < 0.6 {
            // Somebody else's now and then.
            let any = self.rng.choice(self.db.orders.iter()).map(|order| order.id.clone());
            let is_any = self.rng.f32() < 0.3;
            let order = any.filter(|_| is_any).unwrap_or(order);
            return Command::ReadOrder { order, by_admin: false };
        }
        let to = format!("viewer-{}", self.rng.u32(1..4));
        let any = self.rng.choice(self.db.orders.iter()).map(|order| order.id.clone());
        let is_any = self.rng.f32() < 0.3;
        let order = any.filter(|_| is_any).unwrap_or(order);
        Command::Transfer { order, to, by_admin: false }
    }

    /// The shop confirms what somebody holds.
    fn of_shop(&mut self) -> Option<(Viewer, Command)> {
        let holders = self.db.seats.iter().filter_map(|(&no, seat)| match &seat.state {
            State::Held { viewer, .. } => Some((no, viewer.clone())),
            _ => None,
        });
        let holders: Vec<_> = holders.collect();
        let (_, viewer) = self.rng.choice(holders.iter()).cloned()?;
        let own = holders.iter().filter(|(_, holder)| *holder == viewer).map(|(no, _)| *no);
        let seats: Vec<SeatNo> = own.take(2).collect();
        let key = self.new_key();
        let Command::Confirm { lines, key, payment_reference, expected_total, .. } =
            self.confirm(seats, key)
        else {
            return None;
        };
        let by_shop = true;
        Some((viewer, Command::Confirm { lines, key, by_shop, payment_reference, expected_total }))
    }

    fn of_admin(&mut self) -> Command {
        let is_late = self.now > self.ends_at() * 9 / 10;
        let needs = [Some(Bug::CancelledSells), Some(Bug::CancelForgotten)];
        let cancels = self.history.run.seed.is_multiple_of(3) || needs.contains(&self.db.plant.bug);
        if is_late && cancels {
            let stage = Some(Stage::Cancelled);
            return Command::UpdateEvent(EventPatch { stage, ..EventPatch::default() });
        }
        match self.rng.u32(0..12) {
            0..2 => Command::Block { seats: self.any_seats(3) },
            2..5 => Command::Unblock { seats: self.any_seats(3) },
            5 => self.import(),
            6..8 => self.set_prices(),
            8 => Command::ReadMap,
            9 => {
                let any = self.rng.choice(self.db.orders.iter()).map(|order| order.id.clone());
                match any {
                    Some(order) => Command::ReadOrder { order, by_admin: true },
                    None => Command::ReadStatuses,
                }
            }
            10 => self.patch(),
            _ => {
                let any = self.rng.choice(self.db.orders.iter()).map(|order| order.id.clone());
                match any {
                    Some(order) => {
                        let to = format!("viewer-{}", self.rng.u32(1..4));
                        Command::Transfer { order, to, by_admin: true }
                    }
                    None => Command::ReadMine,
                }
            }
        }
    }

    fn import(&mut self) -> Command {
        let mut seats = Vec::new();
        for no in self.any_seats(2) {
            let category = if self.rng.bool() { "Front" } else { "Back" };
            let place = format!("101/A/{no}");
            seats.push(ImportedSeat { place, category: category.to_owned() });
        }
        seats.dedup_by(|one, other| one.place == other.place);
        if self.db.seats.len() < 60 && self.rng.bool() {
            let place = format!("102/B/{}", self.rng.u32(0..1000));
            seats.push(ImportedSeat { place, category: "Box".to_owned() });
        }
        let (category, ticket) = ("Box".to_owned(), "Standard".to_owned());
        let categories = vec![NewPrice { category, ticket, amount_minor: 15_000 }];
        Command::Import { seats, categories }
    }

    fn set_prices(&mut self) -> Command {
        let category = if self.rng.bool() { "Front" } else { "Back" };
        let mut tickets = vec!["Full", "Child"];
        tickets.truncate(self.rng.usize(1..=2));
        let price = |ticket: &&str| NewPrice {
            category: category.to_owned(),
            ticket: (*ticket).to_owned(),
            amount_minor: self.rng.i64(1..100) * 100,
        };
        Command::SetPrices { prices: tickets.iter().map(price).collect() }
    }

    fn patch(&mut self) -> Command {
        let mut patch = EventPatch::default();
        match self.rng.u32(0..5) {
            0 => patch.max_seats_per_viewer = Some(Some(self.rng.i64(4..12))),
            1 => patch.hold_seconds = Some(self.rng.i64(1..4)),
            2 => patch.hold_extension_seconds = Some(self.rng.i64(0..2)),
            3 => patch.buyers_confirm = Some(self.rng.f32() < 0.7),
            _ => {
                let is_open = self.db.terms.stage != Stage::Published || self.rng.f32() < 0.6;
                patch.stage = Some(if is_open { Stage::Published } else { Stage::Closed });
            }
        }
        Command::UpdateEvent(patch)
    }
}
