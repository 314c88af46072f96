//! The event that the crowd is at, and how it is found.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::json;

use super::answers::{ConfirmedBy, Event, EventAnswer, Refusal};
use super::client::Client;
use super::error::CrowdError;
use super::seats::SeatView;
use super::terminal::say;
use crate::series;

/// An event that the crowd is at.
pub(super) struct AttendedEvent {
    /// Which of the demo events, from 1; means nothing for an event that was asked for by its slug.
    pub(super) number: u32,
    pub(super) id: String,
    pub(super) name: String,
    /// The most seats for one viewer.
    pub(super) limit: usize,
    seats: Mutex<SeatView>,
}

impl AttendedEvent {
    /// The event with this slug, or else the newest demo event, which is number `number` or a later
    /// one.
    pub(super) async fn find(
        client: &Client,
        slug: Option<&str>,
        number: u32,
    ) -> Result<Self, CrowdError> {
        let wanted = slug.map_or_else(|| series::slug(number), str::to_owned);
        let found = by_slug(client, &wanted).await?;
        let missing = || CrowdError::NoEvent { url: client.base().to_owned(), slug: wanted };
        let (mut number, mut event) = (number, found.ok_or_else(missing)?);
        while slug.is_none()
            && let Some(later) = by_slug(client, &series::slug(number + 1)).await?
        {
            (number, event) = (number + 1, later);
        }
        say(&format!("The crowd is at {:?}.", event.name));
        if event.confirmed_by != ConfirmedBy::Buyer {
            say(
                "Its shop confirms what costs money: the crowd holds seats, and does not buy them.",
            );
        }
        Ok(Self::new(number, event))
    }

    pub(super) fn new(number: u32, event: Event) -> Self {
        let limit = event.max_seats_per_viewer.unwrap_or(usize::MAX);
        Self { number, id: event.id, name: event.name, limit, seats: Mutex::default() }
    }

    /// Its seats, as buyers see them now.
    pub(super) fn seats(&self) -> MutexGuard<'_, SeatView> {
        // Whoever panicked has changed one seat or another; the stream goes on from there.
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The event with this slug, if there is one.
pub(super) async fn by_slug(client: &Client, slug: &str) -> Result<Option<Event>, Refusal> {
    const EVENT: &str = "query ($slug: ID!) { event(id: $slug) {
        id name maxSeatsPerViewer confirmedBy } }";
    let answer: EventAnswer = client.ask(None, EVENT, json!({ "slug": slug })).await?;
    Ok(answer.event)
}
