//! What the server may answer, in words.
//!
//! No `match` here has a wildcard. When the API grows a refusal or a reason, the compiler names the
//! place that does not know it. A program that was built before that says that it is too old.

use crate::api::RefusalReason;
use crate::api::buy::{self, BuyConfirmSeats};
use crate::api::give_back::{self, GiveBackReleaseSeats};
use crate::api::hold::{self, HoldReserveSeats};

/// What is said for members that the API did not have when this was built.
const TOO_OLD: &str = "the server answers what this program does not know; build it anew";

pub fn about_hold(answer: &HoldReserveSeats) -> String {
    match answer {
        HoldReserveSeats::ReserveSeatsSuccess(held) => {
            // By the server's clock: this machine's may be wrong, and the server's decides.
            let left = held.expires_at - held.server_time;
            format!("held for {} s", left.as_seconds_f64().round())
        }
        HoldReserveSeats::SeatsUnavailable(refusal) => {
            format!("not held: {}", in_the_way(&refusal.seats))
        }
        HoldReserveSeats::SeatLimitExceeded(refusal) => format!(
            "not held: {} and {} more are over the limit of {} for one buyer",
            refusal.held, refusal.requested, refusal.limit
        ),
        HoldReserveSeats::HoldsTooFrequent(refusal) => {
            let retry_at = refusal.retry_at.format("%H:%M:%S");
            format!("not held: too many seats were let go; again from {retry_at} UTC on")
        }
        HoldReserveSeats::SalesClosed(refusal) => match refusal.opens_at {
            Some(opens_at) => {
                format!("not held: sales open at {} UTC", opens_at.format("%d %B %Y %H:%M"))
            }
            None => "not held: sales have closed".to_owned(),
        },
        HoldReserveSeats::LoneSeatLeft(refusal) => {
            let alone: Vec<_> = refusal.seats.iter().map(|seat| seat.label.as_str()).collect();
            format!("not held: it would leave {} alone", alone.join("; "))
        }
        HoldReserveSeats::Unknown => TOO_OLD.to_owned(),
    }
}

pub fn about_purchase(answer: &BuyConfirmSeats) -> String {
    match answer {
        BuyConfirmSeats::ConfirmSeatsSuccess(sale) => {
            let sold = if sale.created { "sold" } else { "sold before" };
            let total = &sale.order.total;
            format!("{sold}: order {} for {}", sale.order.code, total.in_words())
        }
        BuyConfirmSeats::SeatsNotHeld(refusal) => {
            format!("not sold: {}", in_the_way(&refusal.seats))
        }
        // A defect of the shop, not of the buyer: one key was used for two purchases.
        BuyConfirmSeats::IdempotencyKeyReused(refusal) => format!("not sold: {}", refusal.message),
        // Only where the buyer could choose among them, and has seen an older list.
        BuyConfirmSeats::TicketTypeUnavailable(refusal) => format!("not sold: {}", refusal.message),
        BuyConfirmSeats::PriceChanged(refusal) => {
            let (actual, expected) = (refusal.actual.in_words(), refusal.expected.in_words());
            format!("not sold: it costs {actual}, not {expected}")
        }
        // The buyer has paid twice for one order. The other payment has to be given back.
        BuyConfirmSeats::AlreadyConfirmed(refusal) => {
            let paid_with = refusal.order.payment_reference.as_deref().unwrap_or("nothing");
            format!("not sold again: it is order {}, paid with {paid_with}", refusal.order.code)
        }
        BuyConfirmSeats::Unknown => TOO_OLD.to_owned(),
    }
}

pub fn about_return(answer: &GiveBackReleaseSeats) -> String {
    match answer {
        GiveBackReleaseSeats::ReleaseSeatsSuccess(_) => "given back".to_owned(),
        GiveBackReleaseSeats::SeatsNotHeld(refusal) => {
            format!("not given back: {}", in_the_way(&refusal.seats))
        }
        GiveBackReleaseSeats::Unknown => TOO_OLD.to_owned(),
    }
}

/// A refusal names every seat, so that nobody has to find out one by one.
fn in_the_way<S: Refused>(seats: &[S]) -> String {
    let words = seats.iter().map(|seat| format!("{} {}", seat.name(), why(seat.reason())));
    words.collect::<Vec<_>>().join("; ")
}

/// A seat that is in the way. Each operation has a struct of its own for the same fragment.
trait Refused {
    fn name(&self) -> &str;
    fn reason(&self) -> &RefusalReason;
}

macro_rules! refused {
    ($($operation:ident),*) => {$(
        impl Refused for $operation::InTheWay {
            fn name(&self) -> &str {
                // Null where the event has no seat of this id.
                self.seat.as_ref().map_or(&self.seat_id, |seat| &seat.label)
            }

            fn reason(&self) -> &RefusalReason {
                &self.reason
            }
        }
    )*};
}

refused!(hold, buy, give_back);

fn why(reason: &RefusalReason) -> &str {
    match reason {
        RefusalReason::ReservedByAnother | RefusalReason::HeldByAnother => {
            "is held by somebody else and may become free again"
        }
        RefusalReason::Confirmed | RefusalReason::ConfirmedToAnother => "is sold",
        RefusalReason::NotForSale => "is not offered",
        RefusalReason::NotFound => "is no seat of this event",
        RefusalReason::HoldExpired => "was held too long ago",
        RefusalReason::NeverHeld => "is not held",
        RefusalReason::AlreadyConfirmed => "is in another order of this buyer",
        // The name says more than nothing, until this program is built anew.
        RefusalReason::Other(name) => name,
    }
}

impl buy::Amount {
    /// 12000 of EUR is 120.00: ISO 4217 knows the digits, and the API says them.
    fn in_words(&self) -> String {
        let digits = usize::try_from(self.fraction_digits).unwrap_or_default();
        let minor = format!("{:0width$}", self.amount_minor, width = digits + 1);
        let (whole, fraction) = minor.split_at(minor.len() - digits);
        let point = if digits > 0 { "." } else { "" };
        format!("{whole}{point}{fraction} {}", self.currency)
    }
}
