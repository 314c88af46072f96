//! What events have sold, looked up once for all who ask within a second: every seat of the event
//! is looked at for it, and a page that shows it asks again and again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::EventId;
use crate::domain::sales_span::SalesSpan;
use crate::store::reads::SalesRecord;
use crate::store::{ReadLane, Store, StoreError};

/// How long what was seen is given to others: nobody sees a second in a report.
const KEPT: Duration = Duration::from_secs(1);

/// Events whose sales are kept: some kilobytes each. When there are more, all are forgotten.
const MAX_KEPT: usize = 256;

type Key = (EventId, SalesSpan);

/// What was seen last, and when that look began. One look at a time.
type Seen = tokio::sync::Mutex<Option<(Instant, Arc<SalesRecord>)>>;

/// See the module's documentation.
#[derive(Debug, Default)]
pub struct Sales(Mutex<HashMap<Key, Arc<Seen>>>);

impl Sales {
    /// What an event has sold, a second ago at most; `None` if there is no such event.
    pub(super) async fn look(
        &self,
        store: &Store,
        event: EventId,
        span: SalesSpan,
    ) -> Result<Option<Arc<SalesRecord>>, StoreError> {
        let (seen, reader) = (self.seen((event, span)), store.clone());
        let look_up = async move {
            let mut seen = seen.lock().await;
            if let Some((began_at, sales)) = &*seen
                && began_at.elapsed() < KEPT
            {
                return Ok(Some(Arc::clone(sales)));
            }
            let _turn = reader.read_turn(ReadLane::Counts).await?;
            let began_at = Instant::now();
            let sales = reader.sales(event, span).await?.map(Arc::new);
            *seen = sales.clone().map(|sales| (began_at, sales));
            Ok(sales)
        };
        store.apart(look_up).await
    }

    fn seen(&self, key: Key) -> Arc<Seen> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT && !kept.contains_key(&key) {
            kept.clear();
        }
        Arc::clone(kept.entry(key).or_default())
    }
}
