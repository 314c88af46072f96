//! What became of a call.

use serde_json::Value;
use torture::history::{Answer, Outcome, Refusal, Status};

use super::names::{Names, items, micros, number, text, word};
use crate::load::{Ask, RawCall, Reply};

/// In a history's words.
pub(super) fn outcome(call: &RawCall, names: &Names) -> Outcome {
    match &call.reply {
        Reply::Unsent => Outcome::Rejected("no connection".to_owned()),
        Reply::Nothing(why) => Outcome::Unclear(why.clone()),
        Reply::Error { code, .. } if code == "FORBIDDEN" && matches!(call.ask, Ask::Confirm(_)) => {
            Outcome::Refused(Refusal::LeftToShop)
        }
        Reply::Error { code, is_certain: true } => Outcome::Rejected(code.clone()),
        Reply::Error { code, .. } => Outcome::Unclear(code.clone()),
        Reply::Data(data) => match answer(&call.ask, data, names) {
            Some(answer) => Outcome::Answered(answer),
            None => Outcome::Refused(refusal(data, names)),
        },
    }
}

/// That it was done, or what was read; `None` if it was refused.
fn answer(ask: &Ask, data: &Value, names: &Names) -> Option<Answer> {
    let revision = number(&data["revision"]);
    let is_success = data["__typename"].as_str().is_some_and(|name| name.ends_with("Success"));
    let reads = matches!(
        ask,
        Ask::ReadMap
            | Ask::ReadStatuses
            | Ask::ReadMine
            | Ask::ReadOrder { .. }
            | Ask::Claim { .. }
    );
    if !is_success && !reads {
        return None;
    }
    let seats = || names.seats_in(&data["seats"], "id");
    Some(match ask {
        Ask::Reserve { .. } | Ask::ReserveBest { .. } | Ask::Extend { .. } => Answer::Held {
            seats: seats(),
            expires_at: micros(&data["expiresAt"]),
            server_time: micros(&data["serverTime"]),
            revision,
        },
        Ask::Confirm(_) => Answer::Confirmed {
            order: names.order(&data["order"]),
            created: data["created"] == true,
            revision,
        },
        Ask::Release { .. } => Answer::Released { seats: seats(), revision },
        Ask::Claim { .. } => Answer::Claimed,
        Ask::Transfer { .. } => {
            Answer::Transferred { order: names.order(&data["order"]), revision }
        }
        Ask::Block { .. } | Ask::Unblock { .. } => Answer::Blocked { seats: seats(), revision },
        Ask::Import { .. } => Answer::Imported {
            created: count(&data["created"]),
            changed: count(&data["changed"]),
            unchanged: count(&data["unchanged"]),
            left_alone: names.refused(&data["leftAlone"]),
            revision,
        },
        Ask::SetPrices { .. } => Answer::PricesSet { changed: data["changed"] == true },
        Ask::Update { .. } => Answer::Updated { status: status(&data["event"]["status"]) },
        Ask::ReadMap => Answer::Map {
            revision,
            server_time: micros(&data["serverTime"]),
            letters: names.letters(&data["seats"], "id"),
            mine: mine(data, names),
        },
        Ask::ReadStatuses => Answer::Statuses { revision, letters: text(&data["statuses"]) },
        Ask::ReadMine => Answer::Mine { held: names.held(&data["reservations"]) },
        Ask::ReadOrder { .. } => Answer::Order((!data.is_null()).then(|| names.order(data))),
    })
}

fn mine(data: &Value, names: &Names) -> Vec<i32> {
    let is_mine = |seat: &&Value| seat["heldByMe"] == true;
    let mut mine: Vec<i32> =
        items(&data["seats"]).filter(is_mine).map(|seat| names.seat_in(seat, "id")).collect();
    mine.sort_unstable();
    mine
}

/// Why it was not done.
fn refusal(data: &Value, names: &Names) -> Refusal {
    match data["__typename"].as_str().unwrap_or_default() {
        "SeatsUnavailable" => Refusal::SeatsUnavailable(names.refused(&data["refused"])),
        "SeatsNotHeld" => Refusal::SeatsNotHeld(names.refused(&data["refused"])),
        "SeatsInUse" => Refusal::SeatsInUse(names.refused(&data["refused"])),
        "SeatLimitExceeded" => Refusal::SeatLimitExceeded {
            limit: number(&data["limit"]),
            held: number(&data["held"]),
            requested: number(&data["requested"]),
        },
        "HoldsTooFrequent" => Refusal::HoldsTooFrequent { retry_at: micros(&data["retryAt"]) },
        "SalesClosed" => Refusal::SalesClosed { status: status(&data["status"]) },
        "LoneSeatLeft" => Refusal::LoneSeatLeft(names.seats_in(&data["lone"], "id")),
        "NoSeatsTogether" => Refusal::NoSeatsTogether {
            largest_block: count(&data["largestBlock"]),
            available: count(&data["available"]),
        },
        "IdempotencyKeyReused" => Refusal::IdempotencyKeyReused,
        "TicketTypeUnavailable" => {
            Refusal::TicketTypeUnavailable(names.seats_in(&data["lines"], "seatId"))
        }
        "PriceChanged" => Refusal::PriceChanged {
            expected: number(&data["expected"]["amountMinor"]),
            actual: number(&data["actual"]["amountMinor"]),
        },
        "AlreadyConfirmed" => Refusal::AlreadyConfirmed(names.order(&data["order"])),
        "ExtensionRefused" => Refusal::ExtensionRefused,
        "OrderNotFound" => Refusal::OrderNotFound,
        "OrderOwnerChanged" => Refusal::OrderOwnerChanged(names.order(&data["order"])),
        "StatusRefused" => Refusal::StatusRefused { status: status(&data["status"]) },
        other => Refusal::Other(other.to_owned()),
    }
}

fn status(value: &Value) -> Status {
    // One that nobody knows is one that no event of ours has.
    word(value).unwrap_or(Status::Draft)
}

fn count(value: &Value) -> usize {
    value.as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX)
}
