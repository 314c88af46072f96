//! A crowd of simulated buyers, for showing the map alive: they look for seats together, the
//! dearest sections and the front rows first, and hesitate. Then they buy, give back, or leave
//! without a word, so that the hold runs out.
//!
//! They are clients as any others: guests over the public API, who see the same map as
//! everybody. They reach for the same seats now and then, come back when they are told to, and
//! wait while the server is away. At the demo event they go on to the next one when it is there
//! (see [`series`]); at any other event they come and go while it is sold out.
//!
//! `client` asks and asks again, `stream` keeps an event's `seats` as buyers see them, and `visit`
//! is what one buyer does with them.
//!
//! Invariant: each request can be sent again, so that a lost answer costs nothing.
//!
//! Deliberately absent: TLS. This is for a server at hand.

mod answers;
mod client;
mod counters;
mod error;
mod event;
mod seats;
mod settings;
mod stream;
mod terminal;
mod visit;
mod waits;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use self::client::Client;
use self::counters::Counters;
pub use self::error::CrowdError;
use self::event::AttendedEvent;
pub use self::settings::CrowdSettings;
use self::stream::Follower;
use self::terminal::say;
use self::visit::Visit;
use crate::series;

/// How often to say how things stand, and to look for the next demo event.
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// Lets the crowd in, for ever. It leaves when the future is dropped.
pub async fn run(settings: &CrowdSettings) -> Result<(), CrowdError> {
    let client = Client::new(&settings.url)?;
    let crowd = Arc::new(Crowd { client, counters: Counters::default() });
    let slug = settings.event.as_deref();
    let mut visits = JoinSet::new();
    let mut number = 1;
    loop {
        let event = Arc::new(AttendedEvent::find(&crowd.client, slug, number).await?);
        number = tokio::select! {
            never = Follower::new(&crowd.client, &event).follow() => match never {},
            never = crowd.arrive(&event, settings, &mut visits) => match never {},
            next = crowd.report(&event, slug.is_none()) => next,
        };
    }
}

/// The way to the server, and what has happened there.
struct Crowd {
    client: Client,
    counters: Counters,
}

impl Crowd {
    /// Lets buyers in, evenly, as long as there is room.
    async fn arrive(
        self: &Arc<Self>,
        event: &Arc<AttendedEvent>,
        settings: &CrowdSettings,
        visits: &mut JoinSet<()>,
    ) -> Infallible {
        let mut next = Instant::now();
        let every = Duration::from_secs(1) / settings.pace;
        loop {
            // Nobody comes on the dot.
            next += every.mul_f64(2.0 * fastrand::f64());
            sleep_until(next).await;
            next = next.max(Instant::now() - every);
            while visits.try_join_next().is_some() {}
            let is_full = visits.len() >= usize::try_from(settings.buyers).unwrap_or(usize::MAX);
            if !is_full && !self.client.is_away() {
                let (crowd, event) = (Arc::clone(self), Arc::clone(event));
                visits.spawn(async move {
                    let visit = Visit::draw(&mut Rng::new());
                    visit.make(&crowd.client, &event, &crowd.counters).await;
                });
            }
        }
    }

    /// Says every few seconds how things stand, until there is a later demo event; its number.
    async fn report(&self, event: &AttendedEvent, looks_for_next: bool) -> u32 {
        let next = event.number + 1;
        loop {
            sleep(REPORT_EVERY).await;
            if !self.client.is_away() {
                let counts = event.seats().counts();
                say(&self.counters.summary(&event.name, counts, REPORT_EVERY));
            }
            if looks_for_next
                && let Ok(Some(_)) = event::by_slug(&self.client, &series::slug(next)).await
            {
                return next;
            }
        }
    }
}
