//! The demo event, night after night: when one is nearly sold out, the next is brought in, so that
//! there is always something to see. Nothing is ever taken away.
//!
//! Several servers on one database may do this at the same time: the slug is taken by one of them.

use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use crate::clock::wall_clock;
use crate::domain::event::{DEFAULT_HOLD_SECONDS, NewEvent};
use crate::store::catalog::CatalogError;
use crate::store::reads::EventRecord;
use crate::store::{Store, StoreError};

/// The slug of the demo event.
pub const DEMO_SLUG: &str = "grand-arena";

/// From when a night counts as sold out, in percent of its seats: what is left are single seats
/// here and there.
const SOLD_OUT_PERCENT: i64 = 95;

/// How often to look: a house of 20,000 takes minutes to sell out, and looking takes milliseconds.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// The slug of a night, counted from 1.
#[must_use]
pub fn slug(night: u32) -> String {
    if night <= 1 { DEMO_SLUG.to_owned() } else { format!("{DEMO_SLUG}-{night}") }
}

/// Brings in the first night, unless it is there.
pub async fn open_first(store: &Store) -> Result<(), CatalogError> {
    match store.event_by_slug(DEMO_SLUG).await? {
        Some(_) => Ok(()),
        None => bring_in(store, 1, None).await,
    }
}

/// Brings in one night after the other until told to stop.
pub async fn keep_open(store: Store, stop: CancellationToken) {
    let mut newest = 1;
    let looking = async {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if let Err(error) = open_next_if_sold_out(&store, &mut newest).await {
                tracing::warn!(%error, "the next night of the demo event was not brought in");
            }
        }
    };
    tokio::select! {
        () = looking => {}
        () = stop.cancelled() => {}
    }
}

/// Looks at the newest night, which is the one in `newest` or a later one.
pub async fn open_next_if_sold_out(store: &Store, newest: &mut u32) -> Result<(), CatalogError> {
    let mut last = None;
    while let Some(event) = store.event_by_slug(&slug(*newest + u32::from(last.is_some()))).await? {
        *newest += u32::from(last.is_some());
        last = Some(event);
    }
    let Some(last) = last else { return Ok(()) };
    if is_sold_out(store, &last).await? {
        bring_in(store, *newest + 1, Some(&last)).await
    } else {
        Ok(())
    }
}

async fn is_sold_out(store: &Store, event: &EventRecord) -> Result<bool, StoreError> {
    let counts = store.counts(&[event.id]).await?;
    Ok(counts.get(&event.id).is_some_and(|counts| {
        let all = counts.available + counts.reserved + counts.confirmed;
        counts.confirmed * 100 >= all * SOLD_OUT_PERCENT
    }))
}

async fn bring_in(
    store: &Store,
    night: u32,
    before: Option<&EventRecord>,
) -> Result<(), CatalogError> {
    const A_MONTH: TimeDelta = TimeDelta::days(30);
    let event = NewEvent {
        slug: slug(night),
        name: if night == 1 {
            "Grand Arena".to_owned()
        } else {
            format!("Grand Arena, night {night}")
        },
        venue: "Grand Arena".to_owned(),
        starts_at: before
            .map_or_else(|| wall_clock() + A_MONTH, |before| before.starts_at + TimeDelta::days(1)),
        sales_open_at: None,
        sales_close_at: None,
        hold_seconds: DEFAULT_HOLD_SECONDS,
        max_seats_per_viewer: None,
    };
    match store.create_event(&event, &show::venue::grand_arena()).await {
        Ok(_) if night > 1 => {
            tracing::info!(event = event.slug, "the night before is sold out; this one is open")
        }
        // Of several servers, another may have been faster.
        Ok(_) | Err(CatalogError::SlugTaken(_)) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}
