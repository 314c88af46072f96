//! Works out what a request costs.

use std::sync::Arc;
use std::time::Instant;

use async_graphql::Variables;

use super::amount::Cost;
use super::budget::within_budget;
use super::estimate::{Estimate, Known};
use super::event_source::{EventSource, named, value};
use super::sizes::Sizes;
use crate::domain::EventId;
use crate::domain::plan::{MAX_CATEGORIES, MAX_SEATS};
use crate::graphql::error::Fault;
use crate::graphql::ids::{self, AnyId};
use crate::graphql::slugs::Slugs;
use crate::store::reads::EventSize;
use crate::store::{ReadLane, Store};

/// An event as large as they can be.
const LARGEST: EventSize = EventSize {
    seats: MAX_SEATS as u64,
    seats_together: u64::MAX,
    categories: MAX_CATEGORIES as u64,
    seats_a_viewer: MAX_SEATS as u64,
};

/// Works out what requests cost.
#[derive(Debug)]
pub struct Costs {
    store: Store,
    slugs: Arc<Slugs>,
    sizes: Sizes,
}

impl Costs {
    /// Of requests about the events in this database.
    pub fn new(store: Store, slugs: Arc<Slugs>) -> Self {
        Self { store, slugs, sizes: Sizes::default() }
    }

    /// The most that an operation costs with these variables.
    ///
    /// # Errors
    ///
    /// If the size of an event cannot be found out, and it would matter. Where it does not, the
    /// fields that can be answered are.
    pub async fn of(&self, estimate: &Estimate, variables: &Variables) -> Result<Cost, Fault> {
        let mut sizes = Vec::with_capacity(estimate.events.len());
        for event in &estimate.events {
            match self.size(event, variables).await {
                Ok(size) => sizes.push(size),
                Err(fault) => {
                    let sizes = vec![LARGEST; estimate.events.len()];
                    let most = estimate.sum.cost(Known { variables, sizes: &sizes });
                    return within_budget(most).map_err(|_| fault);
                }
            }
        }
        Ok(estimate.sum.cost(Known { variables, sizes: &sizes }))
    }

    async fn size(&self, event: &EventSource, variables: &Variables) -> Result<EventSize, Fault> {
        match event {
            EventSource::Any => {
                let now = Instant::now();
                if let Some(size) = self.sizes.get(None, now) {
                    return Ok(size);
                }
                let store = self.store.clone();
                let look_up = async move { store.largest_event_size().await };
                let size = self.store.look_up_in_turn(ReadLane::Keys, look_up).await?;
                self.sizes.keep(None, size, now);
                Ok(size)
            }
            EventSource::IdOrSlug(argument) => {
                let given = value(argument, variables);
                match named(&given)[..] {
                    [id] => match ids::event_named(id, &self.slugs, &self.store).await? {
                        Some(event) => self.largest(&[event]).await,
                        None => Ok(EventSize::default()),
                    },
                    _ => Ok(EventSize::default()),
                }
            }
            EventSource::OfIds(argument) => {
                let given = value(argument, variables);
                let mut events: Vec<_> = named(&given)
                    .into_iter()
                    .filter_map(|id| Some(AnyId::decode(id)?.event()))
                    .collect();
                events.sort_unstable();
                events.dedup();
                self.largest(&events).await
            }
        }
    }

    /// The largest of these events; nothing, if there are none.
    async fn largest(&self, events: &[EventId]) -> Result<EventSize, Fault> {
        let now = Instant::now();
        let mut largest = EventSize::default();
        let mut unknown = Vec::new();
        for &event in events {
            match self.sizes.get(Some(event), now) {
                Some(size) => largest = largest.or(size),
                None => unknown.push(event),
            }
        }
        if !unknown.is_empty() {
            let store = self.store.clone();
            let look_up = async move { store.event_sizes(&unknown).await };
            for (event, size) in self.store.look_up_in_turn(ReadLane::Keys, look_up).await? {
                self.sizes.keep(Some(event), size, now);
                largest = largest.or(size);
            }
        }
        Ok(largest)
    }
}
