//! Clients, and what they know.

use torture::history::{Answer, Call, Command, OrderId, Outcome, Refusal, SeatNo, Viewer};

/// What kind of client it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Buyer,
    Shop,
    Admin,
}

/// A client.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) viewer: Viewer,
    pub(crate) role: Role,
    /// What it thinks that its viewer holds.
    pub(crate) held: Vec<SeatNo>,
    pub(crate) orders: Vec<OrderId>,
    /// What it asks again.
    pub(crate) again: Option<(Viewer, Command)>,
    /// Confirmations that were answered.
    pub(crate) bought: Vec<Command>,
}

impl Client {
    /// So many clients: buyers with two pages open, guests, a shop and an organiser.
    pub(crate) fn all(count: u32) -> Vec<Self> {
        let client = |(index, role)| {
            let viewer = match (role, index) {
                (Role::Admin, _) => "admin".to_owned(),
                (Role::Shop, _) => "shop".to_owned(),
                (Role::Buyer, index) if index < 2 => format!("guest-{index}"),
                (Role::Buyer, index) => format!("viewer-{}", index / 2),
            };
            let (held, orders, bought) = (Vec::new(), Vec::new(), Vec::new());
            Self { viewer, role, held, orders, again: None, bought }
        };
        let roles = (0..count).map(|index| match count - index {
            1 => (index, Role::Admin),
            2 => (index, Role::Shop),
            _ => (index, Role::Buyer),
        });
        roles.map(client).collect()
    }

    /// Takes in what became of a call.
    pub(crate) fn learn(&mut self, call: &Call, rng: &mut fastrand::Rng) {
        match &call.outcome {
            Outcome::Answered(answer) => self.learn_answer(call, answer),
            Outcome::Refused(Refusal::SeatsNotHeld(refused)) => {
                self.held.retain(|held| refused.iter().all(|seat| seat.seat != *held));
            }
            Outcome::Unclear(_) if rng.f32() < 0.7 => {
                self.again = Some((call.viewer.clone(), call.command.clone()));
            }
            Outcome::Refused(_) | Outcome::Rejected(_) | Outcome::Unclear(_) => {}
        }
    }

    fn learn_answer(&mut self, call: &Call, answer: &Answer) {
        match answer {
            Answer::Held { seats, .. } => {
                self.held.extend(seats);
                self.held.sort_unstable();
                self.held.dedup();
            }
            Answer::Released { seats, .. } => self.held.retain(|held| !seats.contains(held)),
            Answer::Confirmed { order, .. } => {
                self.held.retain(|held| order.lines.iter().all(|line| line.seat != *held));
                self.orders.push(order.id.clone());
                self.bought.push(call.command.clone());
            }
            Answer::Mine { held } => self.held = held.iter().map(|hold| hold.seat).collect(),
            _ => {}
        }
    }
}
