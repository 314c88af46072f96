//! What a shop does for a buyer. Answers are said in words; their types decide what goes on.

use crate::answers::{about_hold, about_purchase, about_return};
use crate::api::buy::{self, BuyConfirmSeats, ConfirmSeatsInput, MoneyInput};
use crate::api::free_seats::FreeSeatsEventSeatsNodes as Seat;
use crate::api::give_back::{self, GiveBackReleaseSeats};
use crate::api::hold::{self, HoldReserveSeats};
use crate::api::live_seats::SeatStatus;
use crate::api::{Api, Buy, GiveBack, Hold, Id, Revision};
use crate::failure::Failure;
use crate::live::LiveMap;

pub struct Shop<'a> {
    pub api: &'a Api,
    pub event: Id,
    pub live: &'a LiveMap,
}

impl Shop<'_> {
    /// Sells these seats to a buyer to whom everything happens that can.
    pub async fn sell(&self, seats: &[Seat]) -> Result<(), Failure> {
        self.live.until(0).await?;
        println!("the map begins at {}", *self.live.seats.borrow());
        if seats.is_empty() {
            println!("there is nothing left to sell");
            return Ok(());
        }
        let labels: Vec<_> = seats.iter().map(|seat| seat.label.as_str()).collect();
        println!("chosen: {}", labels.join("; "));
        let ids: Vec<Id> = seats.iter().map(|seat| seat.id.clone()).collect();
        let HoldReserveSeats::ReserveSeatsSuccess(_) = self.hold(ids.clone()).await? else {
            return Ok(());
        };
        self.ask_for_a_taken_seat(&ids).await?;

        // The key is made when the buyer agrees, and kept until there is an answer: the request may
        // then arrive any number of times, and is one purchase.
        let mut purchase = ConfirmSeatsInput {
            event_id: self.event.clone(),
            seat_ids: ids.clone(),
            // Each as the first type of ticket that it has.
            lines: None,
            idempotency_key: new_key(),
            payment_reference: Some("cash-1".to_owned()),
            // Whoever asks buys. A shop's own server names the viewer who has paid.
            viewer_id: None,
            // This buyer saw another price. Without `expectedTotal`, nobody would notice.
            expected_total: Some(total_and(seats, 1)),
        };
        let mut answer = self.buy(&purchase).await?;
        if let BuyConfirmSeats::PriceChanged(refusal) = &answer {
            // Nothing was sold. The buyer agrees to the new price, and the same purchase goes on.
            let (amount_minor, currency) =
                (refusal.actual.amount_minor, refusal.actual.currency.clone());
            purchase.expected_total = Some(MoneyInput { amount_minor, currency });
            answer = self.buy(&purchase).await?;
        }
        let BuyConfirmSeats::ConfirmSeatsSuccess(sale) = answer else {
            return Ok(());
        };
        // Had that answer been lost, this is what asking again would have brought: the same order.
        self.buy(&purchase).await?;
        // The buyer's card was charged for the same seats as well. The answer tells the shop.
        purchase.idempotency_key = new_key();
        purchase.payment_reference = Some("card-1".to_owned());
        self.buy(&purchase).await?;

        // An answer's revision says when the map has caught up with it.
        self.live.until(sale.revision).await?;
        let map = self.live.seats.borrow();
        assert!(ids.iter().all(|seat| matches!(map.status[seat], SeatStatus::Confirmed)));
        println!("the map shows the sale at {}", *map);
        Ok(())
    }

    /// What a buyer hears who was too slow.
    async fn ask_for_a_taken_seat(&self, own: &[Id]) -> Result<(), Failure> {
        let taken = self.live.seats.borrow().status.iter().find_map(|(seat, status)| {
            let is_free = matches!(status, SeatStatus::Available);
            (!is_free && !own.contains(seat)).then(|| seat.clone())
        });
        if let Some(seat) = taken {
            self.hold(vec![seat]).await?;
        }
        Ok(())
    }

    /// Holds a seat and gives it back. The revision that this leads to, or 0.
    pub async fn change_their_mind(&self, seat: Option<&Seat>) -> Result<Revision, Failure> {
        let Some(seat) = seat else { return Ok(0) };
        let HoldReserveSeats::ReserveSeatsSuccess(_) = self.hold(vec![seat.id.clone()]).await?
        else {
            return Ok(0);
        };
        match self.give_back(vec![seat.id.clone()]).await? {
            GiveBackReleaseSeats::ReleaseSeatsSuccess(given_back) => Ok(given_back.revision),
            GiveBackReleaseSeats::SeatsNotHeld(_) | GiveBackReleaseSeats::Unknown => Ok(0),
        }
    }

    async fn hold(&self, seats: Vec<Id>) -> Result<HoldReserveSeats, Failure> {
        let variables = hold::Variables { event: self.event.clone(), seats };
        let answer = known(self.api.ask_until_answered(Hold, variables).await?.reserve_seats)?;
        println!("{}", about_hold(&answer));
        Ok(answer)
    }

    async fn buy(&self, purchase: &ConfirmSeatsInput) -> Result<BuyConfirmSeats, Failure> {
        let variables = buy::Variables { purchase: purchase.clone() };
        let answer = known(self.api.ask_until_answered(Buy, variables).await?.confirm_seats)?;
        println!("{}", about_purchase(&answer));
        Ok(answer)
    }

    async fn give_back(&self, seats: Vec<Id>) -> Result<GiveBackReleaseSeats, Failure> {
        let variables = give_back::Variables { event: self.event.clone(), seats };
        // Asked once: it has no key, and a second try may meet somebody else's hold.
        let answer = known(self.api.ask(GiveBack, variables).await?.release_seats)?;
        println!("{}", about_return(&answer));
        Ok(answer)
    }
}

/// Null comes with a GraphQL error, which is a failure already.
fn known<T>(answer: Option<T>) -> Result<T, Failure> {
    answer.ok_or_else(|| Failure::Unknown("null without an error".to_owned()))
}

/// Names a purchase: its buyer's name for it, so nobody else's can be the same.
fn new_key() -> String {
    format!("{:032x}", fastrand::u128(..))
}

fn total_and(seats: &[Seat], surcharge: i64) -> MoneyInput {
    let prices = || seats.iter().map(|seat| &seat.category.price);
    let amount_minor = prices().map(|price| price.amount_minor).sum::<i64>() + surcharge;
    let currency = prices().map(|price| price.currency.clone()).next().unwrap_or_default();
    MoneyInput { amount_minor, currency }
}
