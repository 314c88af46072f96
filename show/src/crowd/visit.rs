//! A buyer's visit: looks, reserves, hesitates, and decides.

use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::answers::{BookingAnswer, BookingResult, Refusal, SessionAnswer};
use super::client::Client;
use super::counters::{Counters, count};
use super::event::AttendedEvent;

/// How often a buyer looks for other seats when somebody else was faster.
const ATTEMPTS: u32 = 3;

/// What a buyer is going to do.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Visit {
    /// How many seats.
    party: usize,
    /// How long the buyer looks at the seats before reaching for them,
    look: Duration,
    /// and how long at the cart.
    hesitation: Duration,
    decision: Decision,
}

/// What becomes of the seats that a buyer has reserved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Decision {
    Buy,
    GiveBack,
    /// Leaves; the hold runs out.
    Abandon,
}

impl Visit {
    /// Any visit, as likely as among buyers at large.
    pub(super) fn draw(rng: &mut Rng) -> Self {
        // Couples are half of an audience.
        const PARTIES: [usize; 20] = [1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 6];
        let decision = match rng.u32(0..100) {
            0..68 => Decision::Buy,
            68..88 => Decision::GiveBack,
            _ => Decision::Abandon,
        };
        Self {
            party: PARTIES[rng.usize(0..PARTIES.len())],
            look: Duration::from_secs_f64(0.5 + 2.5 * rng.f64()),
            // Most decide quickly, a few take their time.
            hesitation: Duration::from_secs_f64(2.0 + 38.0 * rng.f64().powi(2)),
            decision,
        }
    }

    /// Makes the visit. A request that is refused for good ends it.
    pub(super) async fn make(self, client: &Client, event: &AttendedEvent, counters: &Counters) {
        if let Err(Refusal { code, message }) = self.try_make(client, event, counters).await {
            tracing::debug!(code, message, "a buyer left");
        }
    }

    async fn try_make(
        self,
        client: &Client,
        event: &AttendedEvent,
        counters: &Counters,
    ) -> Result<(), Refusal> {
        const SESSION: &str = "mutation { startGuestSession { token } }";
        let session: SessionAnswer = client.ask(None, SESSION, json!({})).await?;
        let buyer = Buyer { client, token: session.start_guest_session.token, event, counters };
        if let Some(seats) = buyer.reserve(self).await? {
            sleep(self.hesitation).await;
            buyer.settle(self.decision, seats).await?;
        }
        Ok(())
    }
}

/// A guest at an event.
struct Buyer<'a> {
    client: &'a Client,
    token: String,
    event: &'a AttendedEvent,
    counters: &'a Counters,
}

impl Buyer<'_> {
    /// Reserves seats that look free; other ones if somebody else was faster. They are the input of
    /// what is decided about them; none if the buyer leaves without.
    async fn reserve(&self, visit: Visit) -> Result<Option<Value>, Refusal> {
        const RESERVE: &str = "mutation ($input: ReserveSeatsInput!) { result: \
            reserveSeats(input: $input) { __typename } }";
        let party = visit.party.min(self.event.limit);
        for _ in 0..ATTEMPTS {
            let chosen = self.event.seats().choose(&mut Rng::new(), party);
            if chosen.is_empty() {
                return Ok(None);
            }
            // From seeing the seats to pressing the button.
            sleep(visit.look).await;
            let seats = json!({ "eventId": self.event.id, "seatIds": chosen });
            let result = self.book(RESERVE, &seats).await?;
            count(&self.counters.bookings);
            match result {
                BookingResult::ReserveSeatsSuccess => return Ok(Some(seats)),
                BookingResult::SeatsUnavailable => count(&self.counters.too_late),
                // Sales are closed, or the limit is lower than it was.
                BookingResult::Other => return Ok(None),
            }
        }
        Ok(None)
    }

    async fn settle(&self, decision: Decision, mut seats: Value) -> Result<(), Refusal> {
        const CONFIRM: &str = "mutation ($input: ConfirmSeatsInput!) { result: \
            confirmSeats(input: $input) { __typename } }";
        const RELEASE: &str = "mutation ($input: ReleaseSeatsInput!) { result: \
            releaseSeats(input: $input) { __typename } }";
        match decision {
            Decision::Buy => {
                seats["idempotencyKey"] = format!("crowd-{:032x}", fastrand::u128(..)).into();
                self.book(CONFIRM, &seats).await?;
                count(&self.counters.bought);
            }
            Decision::GiveBack => {
                self.book(RELEASE, &seats).await?;
                count(&self.counters.given_back);
            }
            Decision::Abandon => count(&self.counters.left_behind),
        }
        Ok(())
    }

    async fn book(&self, mutation: &str, input: &Value) -> Result<BookingResult, Refusal> {
        let variables = json!({ "input": input });
        let answer: BookingAnswer = self.client.ask(Some(&self.token), mutation, variables).await?;
        Ok(answer.result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buyers_do_all_that_buyers_do() {
        let mut rng = Rng::with_seed(5);
        let visits: Vec<_> = (0..1000).map(|_| Visit::draw(&mut rng)).collect();
        for decision in [Decision::Buy, Decision::GiveBack, Decision::Abandon] {
            let share = visits.iter().filter(|visit| visit.decision == decision).count();
            assert!(share > 80, "{decision:?}");
        }
        assert!(visits.iter().all(|visit| (1..=6).contains(&visit.party)));
        assert!(visits.iter().all(|visit| visit.hesitation <= Duration::from_secs(40)));
    }
}
