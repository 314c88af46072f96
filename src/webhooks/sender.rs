//! The sender looks at what webhooks have not been told, where this server has the turn. For each
//! of those for which there is something it opens a lane.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use super::client::Client;
use super::counts::Counts;
use super::lane::{Ended, Tools, tell};
use super::lease::Lease;
use crate::domain::EventId;
use crate::endpoint::Networks;
use crate::feed::Feed;
use crate::metrics::Metrics;
use crate::random;
use crate::store::{Backlog, Store, StoreError, WebhookId, WebhookToTell};

/// The longest time between two looks: wake-ups may be lost, and attempts become due.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The shortest: in a rush what happens meanwhile is told together.
const LOOK_AT_MOST_EVERY: Duration = Duration::from_millis(50);

/// Events that are looked at without having been told of: all of them within a second where there
/// are no more than this, else by and by.
const PAGE_EVENTS: i64 = 500;

/// Events that are known to be behind and are kept in mind; others are found when it is their
/// page's turn.
const MAX_BEHIND: usize = 1_000;

/// Events that a lane goes through: each has to wait for those before it.
const MAX_EVENTS_OF_LANE: usize = 200;

/// See the module's documentation.
#[derive(Debug)]
pub struct WebhookSender {
    tools: Arc<Tools>,
    feed: Arc<Feed>,
    lanes: JoinSet<Ended>,
    open: BTreeMap<WebhookId, AbortHandle>,
    /// Events of which something may be left.
    behind: HashSet<EventId>,
    /// Where the next page of events begins.
    page_after: EventId,
}

impl WebhookSender {
    /// A sender that reaches these networks, and hears from this feed what has changed.
    ///
    /// # Errors
    ///
    /// If the system gives no random name.
    pub fn new(
        store: Store,
        feed: Arc<Feed>,
        networks: Networks,
        metrics: &Metrics,
    ) -> std::io::Result<Self> {
        let lease = Lease::new(store.clone(), random::hex::<16>()?);
        let (client, counts) = (Client::new(networks), Counts::new(metrics));
        let questions = Semaphore::new(1);
        let tools = Arc::new(Tools { store, client, networks, lease, counts, questions });
        let (lanes, open, behind) = Default::default();
        Ok(Self { tools, feed, lanes, open, behind, page_after: EventId(0) })
    }

    /// Tells webhooks until told to stop. What is under way then is told again, by whoever comes
    /// next.
    pub async fn run(mut self, stop: CancellationToken) {
        stop.run_until_cancelled(self.tell_for_ever()).await;
        self.lanes.shutdown().await;
        if let Err(error) = self.tools.lease.end().await {
            let error = &error as &dyn std::error::Error;
            tracing::debug!(error, "other servers tell webhooks a little later");
        }
    }

    async fn tell_for_ever(&mut self) {
        loop {
            if let Err(error) = self.look().await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "webhooks are told late");
            }
            tokio::time::sleep(LOOK_AT_MOST_EVERY).await;
            let wait = LOOK_EVERY - LOOK_AT_MOST_EVERY;
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.feed.woken().rung() => {}
                Some(ended) = self.lanes.join_next() => self.ended(ended.ok()),
            }
            while let Some(ended) = self.lanes.try_join_next() {
                self.ended(ended.ok());
            }
        }
    }

    /// A lane has ended. Of one that was closed nothing is known.
    fn ended(&mut self, ended: Option<Ended>) {
        self.remember(ended.into_iter().flat_map(|ended| ended.unfinished));
    }

    fn remember(&mut self, events: impl IntoIterator<Item = EventId>) {
        let room = MAX_BEHIND.saturating_sub(self.behind.len());
        self.behind.extend(events.into_iter().take(room));
    }

    /// Looks at what is to tell, and opens lanes.
    async fn look(&mut self) -> Result<(), StoreError> {
        let woken = self.feed.woken().take();
        let tools = Arc::clone(&self.tools);
        let (webhooks, paused) = tools.ask(tools.store.webhooks_to_tell()).await?;
        tools.counts.paused.set(paused);
        self.close_lanes(|webhook| !webhooks.iter().any(|it| it.id == webhook));
        if webhooks.is_empty() || !tools.ask(tools.lease.hold()).await? {
            self.close_lanes(|_| true);
            self.behind.clear();
            tools.counts.behind.set(0);
            tools.counts.lagging.set(0);
            return Ok(());
        }
        let mut events = std::mem::take(&mut self.behind);
        events.extend(woken);
        events.extend(self.next_page().await?);
        let ids = webhooks.iter().map(|webhook| webhook.id);
        let backlog = tools.ask(tools.store.webhook_backlog(ids, events)).await?;
        let most = backlog.iter().map(|behind| behind.reached.0.0 - behind.told.revision.0).max();
        tools.counts.behind.set(most.unwrap_or_default());
        let lagging: HashSet<_> = backlog.iter().map(|behind| behind.webhook).collect();
        tools.counts.lagging.set(i64::try_from(lagging.len()).unwrap_or(i64::MAX));
        self.open_lanes(webhooks, backlog);
        Ok(())
    }

    /// The events after those that were looked at before, from the beginning again at the end.
    async fn next_page(&mut self) -> Result<Vec<EventId>, StoreError> {
        let store = &self.tools.store;
        let page = self.tools.ask(store.event_ids_after(self.page_after, PAGE_EVENTS)).await?;
        let is_last = page.len() < usize::try_from(PAGE_EVENTS).unwrap_or_default();
        let last = page.last().copied().filter(|_| !is_last);
        self.page_after = last.unwrap_or(EventId(0));
        Ok(page)
    }

    /// Opens a lane for each webhook that is due and has none. What is left for later is kept in
    /// mind.
    fn open_lanes(&mut self, webhooks: Vec<WebhookToTell>, mut backlog: Vec<Backlog>) {
        for webhook in webhooks {
            if !webhook.is_due || self.open.contains_key(&webhook.id) {
                continue;
            }
            let mut count = 0;
            let is_its = |behind: &mut Backlog| {
                let is_its = behind.webhook == webhook.id && count < MAX_EVENTS_OF_LANE;
                count += usize::from(is_its);
                is_its
            };
            let mut its: Vec<_> = backlog.extract_if(.., is_its).collect();
            if !its.is_empty() {
                // What is refused again and again does not keep other events waiting.
                let failures = usize::try_from(webhook.failures).unwrap_or_default();
                its.sort_unstable_by_key(|behind| behind.event);
                let count = its.len();
                its.rotate_left(failures % count);
                let id = webhook.id;
                let lane = self.lanes.spawn(tell(Arc::clone(&self.tools), webhook, its));
                self.open.insert(id, lane);
            }
        }
        self.remember(backlog.into_iter().map(|behind| behind.event));
    }

    /// Closes the lanes of those webhooks, and forgets those that have ended.
    fn close_lanes(&mut self, of: impl Fn(WebhookId) -> bool) {
        self.open.retain(|webhook, lane| {
            let stays = !of(*webhook) && !lane.is_finished();
            if !stays {
                lane.abort();
            }
            stays
        });
    }
}
