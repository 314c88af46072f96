//! What can be asked: the document and variables of each command, and the same in a history's
//! words.

use serde_json::{Value, json};
use torture::history::{Command, ConfirmLine, EventPatch, ImportedSeat, NewPrice};

use super::words;
use crate::translate::{Names, order_id};

/// A command, with everything by the ids that clients have.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Ask {
    Reserve { seats: Vec<String> },
    ReserveBest { quantity: usize },
    Confirm(Purchase),
    Release { seats: Vec<String> },
    Extend { seats: Vec<String> },
    Claim { token: String, guest: String },
    Transfer { code: String, to: String, by_admin: bool },
    Block { seats: Vec<String> },
    Unblock { seats: Vec<String> },
    Import { number: String, category: String },
    SetPrices { category: String, category_id: String, prices: Vec<(String, i64)> },
    Update { input: Value, patch: EventPatch },
    ReadMap,
    ReadStatuses,
    ReadMine,
    ReadOrder { code: String, by_admin: bool },
}

/// What is bought, and how.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Purchase {
    pub(crate) lines: Vec<Line>,
    pub(crate) key: String,
    /// For whom a shop asks, by id.
    pub(crate) buyer: Option<String>,
    pub(crate) payment_reference: Option<String>,
    pub(crate) expected_total: Option<i64>,
}

/// A seat to buy.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Line {
    pub(crate) seat: String,
    /// As what; the first type there is, if nothing is said.
    pub(crate) ticket: Option<Ticket>,
}

/// A type of ticket of a seat.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Ticket {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) amount: i64,
}

/// Where seats go that are brought in.
const NEW_SECTION: &str = "new";
const NEW_ROW: &str = "1";

impl Ask {
    /// The field that answers it.
    pub(crate) fn field(&self) -> &'static str {
        match self {
            Self::Reserve { .. } => "reserveSeats",
            Self::ReserveBest { .. } => "reserveBestAvailable",
            Self::Confirm(_) => "confirmSeats",
            Self::Release { .. } => "releaseSeats",
            Self::Extend { .. } => "extendHolds",
            Self::Claim { .. } => "claimGuestSession",
            Self::Transfer { .. } => "transferOrder",
            Self::Block { .. } => "blockSeats",
            Self::Unblock { .. } => "unblockSeats",
            Self::Import { .. } => "importSeats",
            Self::SetPrices { .. } => "setPrices",
            Self::Update { .. } => "updateEvent",
            Self::ReadMap => "seatMap",
            Self::ReadStatuses => "seatStatuses",
            Self::ReadMine => "viewer",
            Self::ReadOrder { .. } => "order",
        }
    }

    /// The document.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Reserve { .. } => words::reserve(),
            Self::ReserveBest { .. } => words::reserve_best(),
            Self::Confirm(_) => words::confirm(),
            Self::Release { .. } => words::release(),
            Self::Extend { .. } => words::extend(),
            Self::Claim { .. } => words::claim(),
            Self::Transfer { .. } => words::transfer(),
            Self::Block { .. } | Self::Unblock { .. } => words::block(self.field()),
            Self::Import { .. } => words::import(),
            Self::SetPrices { .. } => words::set_prices(),
            Self::Update { .. } => words::update(),
            Self::ReadMap => words::map(),
            Self::ReadStatuses => words::statuses(),
            Self::ReadMine => words::mine(),
            Self::ReadOrder { .. } => words::order(),
        }
    }

    /// The variables, for an event by its id.
    pub(super) fn variables(&self, event: &str) -> Value {
        let input = match self {
            Self::ReadMap | Self::ReadStatuses | Self::ReadMine => {
                return json!({ "event": event });
            }
            Self::ReadOrder { code, .. } => return json!({ "code": code }),
            Self::Reserve { seats } | Self::Release { seats } | Self::Extend { seats } => {
                json!({ "eventId": event, "seatIds": seats })
            }
            Self::Block { seats } => {
                json!({ "eventId": event, "seatIds": seats, "reason": "HOUSE" })
            }
            Self::Unblock { seats } => json!({ "eventId": event, "seatIds": seats }),
            Self::ReserveBest { quantity } => {
                json!({ "eventId": event, "quantity": quantity, "adjacency": "PREFERRED" })
            }
            Self::Confirm(purchase) => purchase.input(event),
            Self::Claim { token, .. } => json!({ "guestToken": token }),
            Self::Transfer { code, to, .. } => json!({ "code": code, "toViewerId": to }),
            Self::Import { number, category } => {
                let seat = json!({ "section": NEW_SECTION, "row": NEW_ROW, "number": number,
                    "category": category });
                json!({ "eventId": event, "seats": [seat] })
            }
            Self::SetPrices { category_id, prices, .. } => {
                let types: Vec<Value> = prices
                    .iter()
                    .map(|(name, amount)| json!({ "name": name, "price": money(*amount) }))
                    .collect();
                let category = json!({ "categoryId": category_id, "ticketTypes": types });
                json!({ "eventId": event, "categories": [category] })
            }
            Self::Update { input, .. } => {
                let mut input = input.clone();
                input["eventId"] = json!(event);
                input
            }
        };
        json!({ "input": input })
    }

    /// The same in a history's words.
    pub(crate) fn command(&self, names: &Names) -> Command {
        match self {
            Self::Reserve { seats } => Command::Reserve { seats: names.seats(seats) },
            Self::ReserveBest { quantity } => {
                Command::ReserveBest { quantity: *quantity, categories: Vec::new() }
            }
            Self::Confirm(purchase) => purchase.command(names),
            Self::Release { seats } => Command::Release { seats: names.seats(seats) },
            Self::Extend { seats } => Command::Extend { seats: names.seats(seats) },
            Self::Claim { guest, .. } => Command::Claim { guest: guest.clone() },
            Self::Transfer { code, to, by_admin } => Command::Transfer {
                order: order_id(code),
                to: names.viewer(to),
                by_admin: *by_admin,
            },
            Self::Block { seats } => Command::Block { seats: names.seats(seats) },
            Self::Unblock { seats } => Command::Unblock { seats: names.seats(seats) },
            Self::Import { number, category } => {
                let place = place(NEW_SECTION, NEW_ROW, number);
                let seats = vec![ImportedSeat { place, category: category.clone() }];
                Command::Import { seats, categories: Vec::new() }
            }
            Self::SetPrices { category, prices, .. } => {
                let price = |(ticket, amount): &(String, i64)| NewPrice {
                    category: category.clone(),
                    ticket: ticket.clone(),
                    amount_minor: *amount,
                };
                Command::SetPrices { prices: prices.iter().map(price).collect() }
            }
            Self::Update { patch, .. } => Command::UpdateEvent(patch.clone()),
            Self::ReadMap => Command::ReadMap,
            Self::ReadStatuses => Command::ReadStatuses,
            Self::ReadMine => Command::ReadMine,
            Self::ReadOrder { code, by_admin } => {
                Command::ReadOrder { order: order_id(code), by_admin: *by_admin }
            }
        }
    }

    /// What to do when nobody knows what became of it: most may be repeated; where that would do
    /// more, the client looks instead.
    pub(super) fn again(&self) -> Self {
        match self {
            Self::ReserveBest { .. } | Self::Extend { .. } => Self::ReadMine,
            _ => self.clone(),
        }
    }
}

impl Purchase {
    fn input(&self, event: &str) -> Value {
        // Half of them in the short form, where it says the same.
        let (short, long): (Vec<&Line>, Vec<&Line>) =
            self.lines.iter().partition(|line| line.ticket.is_none());
        let seats: Vec<&str> = short.iter().map(|line| line.seat.as_str()).collect();
        let lines: Vec<Value> = long
            .iter()
            .map(|line| {
                let ticket = line.ticket.as_ref().map(|ticket| &ticket.id);
                json!({ "seatId": line.seat, "ticketTypeId": ticket })
            })
            .collect();
        let mut input = json!({ "eventId": event, "seatIds": seats, "lines": lines,
            "idempotencyKey": self.key });
        if let Some(buyer) = &self.buyer {
            input["viewerId"] = json!(buyer);
        }
        if let Some(reference) = &self.payment_reference {
            input["paymentReference"] = json!(reference);
        }
        if let Some(total) = self.expected_total {
            input["expectedTotal"] = money(total);
        }
        input
    }

    fn command(&self, names: &Names) -> Command {
        let line = |line: &Line| ConfirmLine {
            seat: names.seat(&line.seat),
            ticket: line.ticket.as_ref().map(|ticket| ticket.name.clone()),
        };
        Command::Confirm {
            lines: self.lines.iter().map(line).collect(),
            key: self.key.clone(),
            by_shop: self.buyer.is_some(),
            payment_reference: self.payment_reference.clone(),
            expected_total: self.expected_total,
        }
    }
}

fn money(amount: i64) -> Value {
    json!({ "amountMinor": amount, "currency": "EUR" })
}

/// A place in a history's words.
pub(crate) fn place(section: &str, row: &str, number: &str) -> String {
    format!("{section}/{row}/{number}")
}
