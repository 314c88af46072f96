//! Calls: what a client asked, when, and what became of it.

use serde::{Deserialize, Serialize};

use super::answer::{Answer, Refusal};
use super::setup::{NewPrice, Stage};
use super::{DbMicros, EventNo, OrderId, RunMicros, SeatNo, Viewer};

/// A call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Call {
    /// A number of its own in the history: what violations name.
    pub id: u64,
    /// Which client.
    pub client: u32,
    /// Which server it was sent to, as far as that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<u32>,
    /// In whose name: of a shop that confirms for a viewer, that viewer.
    pub viewer: Viewer,
    /// Of which event; `None` for what is done in all events (a claim).
    pub event: Option<EventNo>,
    /// What was asked.
    pub command: Command,
    /// Just before the first byte was sent.
    pub start: RunMicros,
    /// Just after the last byte had come, or when the client gave up.
    pub end: RunMicros,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Answered(Answer),
    /// It was refused for a reason that has to be true.
    Refused(Refusal),
    /// Not carried out for sure, for a reason that is none of the sale's: too busy, too many
    /// requests, a bad token. The error's code.
    Rejected(String),
    /// Nobody knows: no answer, UNAVAILABLE, INTERNAL, a lost connection. In words for people.
    Unclear(String),
}

/// What was asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// `reserveSeats`.
    Reserve {
        /// Which.
        seats: Vec<SeatNo>,
    },
    /// `reserveBestAvailable`.
    ReserveBest {
        /// How many.
        quantity: usize,
        /// Only of these categories, by name; empty: of any.
        categories: Vec<String>,
    },
    /// `confirmSeats`.
    Confirm {
        /// Which seats, as what.
        lines: Vec<ConfirmLine>,
        /// The idempotency key.
        key: String,
        /// Whether a shop asks for the viewer.
        by_shop: bool,
        /// The shop's reference.
        payment_reference: Option<String>,
        /// What it must cost.
        expected_total: Option<i64>,
    },
    /// `releaseSeats`.
    Release {
        /// Which.
        seats: Vec<SeatNo>,
    },
    /// `extendHolds`.
    Extend {
        /// Which.
        seats: Vec<SeatNo>,
    },
    /// `claimGuestSession`: in the name of who signs in.
    Claim {
        /// Whose holds and orders are claimed.
        guest: Viewer,
    },
    /// `transferOrder`: in the name of the owner, or of an admin.
    Transfer {
        /// Which.
        order: OrderId,
        /// To whom.
        to: Viewer,
        /// Whether an admin does it, who may do it with anybody's.
        by_admin: bool,
    },
    /// `blockSeats`.
    Block {
        /// Which.
        seats: Vec<SeatNo>,
    },
    /// `unblockSeats`.
    Unblock {
        /// Which.
        seats: Vec<SeatNo>,
    },
    /// `importSeats`.
    Import {
        /// Which.
        seats: Vec<ImportedSeat>,
        /// Categories that may be new, one type of ticket each.
        categories: Vec<NewPrice>,
    },
    /// `setPrices`: all types of ticket of each category that is named.
    SetPrices {
        /// What they cost, category by category.
        prices: Vec<NewPrice>,
    },
    /// `updateEvent`.
    UpdateEvent(EventPatch),
    /// `seatMap`, or all pages of `seats` as of one revision.
    ReadMap,
    /// `seatStatuses`, the query.
    ReadStatuses,
    /// `Viewer.reservations` with `reservationExpiresAt`.
    ReadMine,
    /// `order` by its code, or `node` by its id.
    ReadOrder {
        /// Which.
        order: OrderId,
        /// Whether an admin or a shop asks, who may see anybody's.
        by_admin: bool,
    },
}

/// A seat to buy.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ConfirmLine {
    /// Which.
    pub seat: SeatNo,
    /// As which type of ticket, by its name; `None`: the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
}

/// A seat to bring in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImportedSeat {
    /// Its place, as in [`SeatSetup::place`](super::SeatSetup::place).
    pub place: String,
    /// The name of its category.
    pub category: String,
}

/// What is to be different of an event; what is `None` stays. `Some(None)` clears.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EventPatch {
    /// What is decided of it.
    pub stage: Option<Stage>,
    /// From when it is on sale.
    #[serde(with = "super::lines::nullable", skip_serializing_if = "Option::is_none")]
    pub sales_open_at: Option<Option<DbMicros>>,
    /// Until when it is on sale.
    pub sales_close_at: Option<DbMicros>,
    /// How long holds last.
    pub hold_seconds: Option<i64>,
    /// By how much they can be prolonged.
    pub hold_extension_seconds: Option<i64>,
    /// How many seats a viewer may hold and own.
    #[serde(with = "super::lines::nullable", skip_serializing_if = "Option::is_none")]
    pub max_seats_per_viewer: Option<Option<i64>>,
    /// How many seats a viewer may let go.
    #[serde(with = "super::lines::nullable", skip_serializing_if = "Option::is_none")]
    pub max_seats_let_go: Option<Option<i64>>,
    /// Whether a reservation may leave single seats.
    pub allows_lone_seats: Option<bool>,
    /// Whether buyers confirm what costs money.
    pub buyers_confirm: Option<bool>,
}
