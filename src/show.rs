//! The show beside the server, in builds with the feature `show`: its demo events are kept in the
//! server's [`Store`].

pub use ::show::{crowd, series, venue};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::series::{EventStore, ListedEvent};
use crate::clock::wall_clock;
use crate::domain::event::NewEvent;
use crate::domain::plan::SeatPlan;
use crate::store::Store;
use crate::store::catalog::CatalogError;

impl EventStore for Store {
    type Error = CatalogError;

    async fn find(&self, slug: &str) -> Result<Option<ListedEvent>, CatalogError> {
        let Some(event) = self.event_by_slug(slug).await? else { return Ok(None) };
        let counts = self.counts(&[event.id]).await?;
        Ok(counts.get(&event.id).map(|counts| ListedEvent {
            starts_at: event.starts_at,
            available: counts.available,
            reserved: counts.reserved,
            confirmed: counts.confirmed,
        }))
    }

    async fn create(&self, event: &NewEvent, plan: &SeatPlan) -> Result<bool, CatalogError> {
        match self.create_event(event, plan).await {
            Ok(_) => Ok(true),
            Err(CatalogError::SlugTaken(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Brings in the first demo event, unless it is there, and from then on the next ones.
pub(crate) async fn open(
    store: &Store,
    background: &TaskTracker,
    stop: &CancellationToken,
) -> Result<(), CatalogError> {
    series::open_first(store, wall_clock()).await?;
    background.spawn(series::keep_open(store.clone(), wall_clock, stop.clone()));
    Ok(())
}
