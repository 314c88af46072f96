//! Look-ups in batches: what many fields of many requests ask for at the same time is one
//! statement.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::runtime::{TokioSpawner, TokioTimer};

use super::error::Fault;
use crate::domain::prices::PriceLists;
use crate::domain::{EventId, OrderId, PriceVersion, SeatId};
use crate::store::reads::{BlockRecord, CategoryRecord, Counts, EventRecord, SeatRecord};
use crate::store::{ReadLane, ReadTurn, Store, StoreError};

/// Loads by key from the database.
#[derive(Debug)]
pub(super) struct Loaders(Store);

impl Loaders {
    /// A turn for look-ups by key, of whoever's fields they are: they are cheap, and one for many.
    async fn turn(&self) -> Result<ReadTurn, StoreError> {
        self.0.read_turn(ReadLane::Keys).await
    }
}

/// How long a look-up waits for others to join it. Fields of one list ask within microseconds of
/// each other; this is the shortest time that the runtime's timer can wait.
const GATHER_FOR: Duration = Duration::from_millis(1);

/// The shared loader of all requests. It caches nothing: every batch reads anew.
pub(super) fn loader(store: Store) -> DataLoader<Loaders> {
    DataLoader::new(Loaders(store), TokioSpawner::current(), TokioTimer::default())
        .delay(GATHER_FOR)
}

/// Asks for an event.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct EventKey(pub(super) EventId);
/// Asks for an event's categories.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct CategoriesKey(pub(super) EventId);
/// Asks for a price list of an event.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct PriceListKey(pub(super) EventId, pub(super) PriceVersion);
/// Asks for an event's availability.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct CountsKey(pub(super) EventId);

/// Asks for why a seat is blocked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct BlockKey(pub(super) SeatId);

impl Loader<EventKey> for Loaders {
    type Value = Arc<EventRecord>;
    type Error = Fault;

    async fn load(&self, keys: &[EventKey]) -> Result<HashMap<EventKey, Self::Value>, Fault> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let _turn = self.turn().await?;
        Ok(self
            .0
            .events(&ids)
            .await?
            .into_iter()
            .map(|event| (EventKey(event.id), Arc::new(event)))
            .collect())
    }
}

impl Loader<CategoriesKey> for Loaders {
    type Value = Arc<[CategoryRecord]>;
    type Error = Fault;

    async fn load(
        &self,
        keys: &[CategoriesKey],
    ) -> Result<HashMap<CategoriesKey, Self::Value>, Fault> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let _turn = self.turn().await?;
        let categories = self.0.categories(&ids).await?;
        Ok(categories
            .into_iter()
            .map(|(event, list)| (CategoriesKey(event), list.into()))
            .collect())
    }
}

impl Loader<PriceListKey> for Loaders {
    type Value = Arc<PriceLists>;
    type Error = Fault;

    async fn load(
        &self,
        keys: &[PriceListKey],
    ) -> Result<HashMap<PriceListKey, Self::Value>, Fault> {
        let lists: Vec<_> = keys.iter().map(|key| (key.0, key.1)).collect();
        let _turn = self.turn().await?;
        let prices = Arc::new(self.0.price_lists(&lists).await?);
        Ok(keys.iter().map(|&key| (key, Arc::clone(&prices))).collect())
    }
}

impl Loader<CountsKey> for Loaders {
    type Value = Counts;
    type Error = Fault;

    async fn load(&self, keys: &[CountsKey]) -> Result<HashMap<CountsKey, Counts>, Fault> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        // A lane of their own: they look at every seat.
        let _turn = self.0.read_turn(ReadLane::Counts).await?;
        Ok(self
            .0
            .counts(&ids)
            .await?
            .into_iter()
            .map(|(event, counts)| (CountsKey(event), counts))
            .collect())
    }
}

impl Loader<SeatId> for Loaders {
    type Value = Arc<SeatRecord>;
    type Error = Fault;

    async fn load(&self, keys: &[SeatId]) -> Result<HashMap<SeatId, Self::Value>, Fault> {
        let _turn = self.turn().await?;
        Ok(self
            .0
            .seats(keys)
            .await?
            .into_iter()
            .map(|record| (record.seat.id, Arc::new(record)))
            .collect())
    }
}

impl Loader<BlockKey> for Loaders {
    type Value = Arc<BlockRecord>;
    type Error = Fault;

    async fn load(&self, keys: &[BlockKey]) -> Result<HashMap<BlockKey, Self::Value>, Fault> {
        let seats: Vec<_> = keys.iter().map(|key| key.0).collect();
        let _turn = self.turn().await?;
        let blocks = self.0.blocks(&seats).await?;
        Ok(blocks.into_iter().map(|block| (BlockKey(block.seat), Arc::new(block))).collect())
    }
}

impl Loader<OrderId> for Loaders {
    type Value = Arc<crate::domain::Order>;
    type Error = Fault;

    async fn load(&self, keys: &[OrderId]) -> Result<HashMap<OrderId, Self::Value>, Fault> {
        let _turn = self.turn().await?;
        Ok(self
            .0
            .orders(keys)
            .await?
            .into_iter()
            .map(|order| (order.id, Arc::new(order)))
            .collect())
    }
}
