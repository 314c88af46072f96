//! A lane tells one webhook what it has not been told, one message after another. It goes through
//! the events once, through a piece of the log of each: where more is left, the next lane goes on.
//! It ends when an attempt fails, or when somebody else has moved a position meanwhile.

use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use tokio::sync::Semaphore;

use super::client::{Client, DeliveryError};
use super::counts::Counts;
use super::deliver::{Courier, PATIENCE};
use super::lease::Lease;
use super::message::{Message, Source};
use super::runs::{Run, cut};
use crate::backoff::waits;
use crate::domain::{Change, EventId, Revision, WebhookKind};
use crate::endpoint::{EndpointSecret, EndpointUrl, Networks};
use crate::store::{Backlog, Failure, Store, StoreError, Told, WebhookToTell};

/// Changes of an event that are read at a time, and told before the next event's turn.
const PIECE: usize = 1_000;

/// Attempts after a failure: soon, as most are of a restart; then seldom enough for somebody who
/// is down, and often enough to notice within ten minutes that they are back. By chance up to twice
/// as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);
pub(super) const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// By then the waits are the longest.
const MOST_FAILURES: u32 = 20;

/// Who has taken nothing for so long is paused.
const PAUSED_AFTER: Duration = Duration::from_hours(24);

/// What lanes work with.
#[derive(Debug)]
pub(super) struct Tools {
    pub(super) store: Store,
    pub(super) client: Client,
    pub(super) networks: Networks,
    pub(super) lease: Lease,
    pub(super) counts: Counts,
    /// One question to the database at a time: the connections are for upkeep, of which there are
    /// three, and holds are to end on time.
    pub(super) questions: Semaphore,
}

/// A lane that has ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// Events of which more is left.
    pub(super) unfinished: Vec<EventId>,
}

/// Why a lane stops before it is through.
#[derive(Debug)]
enum Stop {
    /// An attempt has failed; that is written down.
    Failed,
    /// It is another server's turn, or somebody has moved the position, or the webhook is gone.
    NotOurs,
    /// The database cannot be asked.
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// See the module's documentation.
pub(super) struct Lane {
    tools: Arc<Tools>,
    webhook: WebhookToTell,
    courier: Courier,
}

impl Tools {
    /// Asks the database when it is this question's turn.
    pub(super) async fn ask<T>(
        &self,
        question: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let _turn = self.questions.acquire().await.map_err(|_| StoreError::Interrupted)?;
        question.await
    }
}

/// Tells a webhook what it has not been told.
pub(super) async fn tell(
    tools: Arc<Tools>,
    webhook: WebhookToTell,
    backlog: Vec<Backlog>,
) -> Ended {
    let id = webhook.id;
    let mut unfinished = Vec::new();
    let told = async {
        let mut lane = Lane::open(tools, webhook).await?;
        for behind in backlog {
            if !lane.tell_event(behind).await? {
                unfinished.push(behind.event);
            }
        }
        Ok(())
    };
    if let Err(Stop::Store(error)) = told.await {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, webhook = id.0, "a webhook waits for the database");
    }
    Ended { unfinished }
}

impl Lane {
    async fn open(tools: Arc<Tools>, webhook: WebhookToTell) -> Result<Self, Stop> {
        let secret = EndpointSecret::kept(webhook.secret.clone());
        match EndpointUrl::parse(&webhook.url, tools.networks) {
            Ok(url) => {
                let courier = Courier::new(tools.client.clone(), url, secret);
                Ok(Self { tools, webhook, courier })
            }
            // It was allowed once.
            Err(error) => Err(failed(&tools, &webhook, &error.into()).await?),
        }
    }

    /// Tells of one event; false if more of it is left.
    async fn tell_event(&mut self, behind: Backlog) -> Result<bool, Stop> {
        let Backlog { event, reached: (revision, version), mut told, .. } = behind;
        if told.version < version {
            told = self.tell_terms(event, told).await?;
        }
        if told.revision >= revision {
            return Ok(true);
        }
        let store = &self.tools.store;
        let read = store.changes_after(event, told.revision, PIECE);
        let changes = self.tools.ask(read).await?;
        let first = changes.first().map_or(revision.next(), |change| change.revision);
        if first > told.revision.next() {
            let last_missed = Revision(first.0 - 1);
            let missed = self.source(event).missed(
                told.revision.next(),
                last_missed,
                crate::clock::wall_clock(),
            );
            self.deliver(&missed).await?;
            let to = Told { revision: last_missed, sending_to: None, ..told };
            told = self.move_to(event, told, to).await?;
        }
        self.tell_changes(event, told, &changes).await?;
        Ok(changes.len() < PIECE)
    }

    /// Tells what an event is now, where that is asked for.
    async fn tell_terms(&mut self, event: EventId, told: Told) -> Result<Told, Stop> {
        let mut to = told;
        let found = self.tools.ask(self.tools.store.event_for_upkeep(event)).await?;
        let record = found.ok_or(Stop::NotOurs)?;
        to.version = record.version;
        if self.webhook.kinds.include(WebhookKind::EventChanged) {
            let message = self.source(event).event(&record);
            self.deliver(&message).await?;
        }
        self.move_to(event, told, to).await
    }

    /// Tells a piece of the log. Before a message is sent it is written down where it ends.
    async fn tell_changes(
        &mut self,
        event: EventId,
        mut told: Told,
        changes: &[Change],
    ) -> Result<(), Stop> {
        let mut runs = cut(changes, &self.webhook.kinds, told.sending_to).into_iter().peekable();
        let end = |next: Option<&Run<'_>>| next.map(Run::last);
        let first = Told { sending_to: end(runs.peek()), ..told };
        told = self.move_to(event, told, first).await?;
        while let Some(run) = runs.next() {
            let message = self.source(event).seats(&run);
            self.deliver(&message).await?;
            let to = Told { revision: run.last(), sending_to: end(runs.peek()), ..told };
            told = self.move_to(event, told, to).await?;
        }
        let last = changes.last().map_or(told.revision, |change| change.revision);
        self.move_to(event, told, Told { revision: last, sending_to: None, ..told }).await?;
        Ok(())
    }

    async fn move_to(&self, event: EventId, from: Told, to: Told) -> Result<Told, Stop> {
        if from != to {
            let moved = self.tools.store.move_webhook(self.webhook.id, event, (from, to));
            if !self.tools.ask(moved).await? {
                return Err(Stop::NotOurs);
            }
        }
        Ok(to)
    }

    async fn deliver(&mut self, message: &Message) -> Result<(), Stop> {
        if !self.tools.lease.covers(PATIENCE) {
            return Err(Stop::NotOurs);
        }
        if let Err(error) = self.courier.deliver(message).await {
            return Err(failed(&self.tools, &self.webhook, &error).await?);
        }
        self.tools.counts.delivered.inc();
        if std::mem::take(&mut self.webhook.failures) > 0 {
            self.tools.ask(self.tools.store.webhook_succeeded(self.webhook.id)).await?;
        }
        Ok(())
    }

    fn source(&self, event: EventId) -> Source {
        Source { webhook: self.webhook.id, made_at: self.webhook.created_at, event }
    }
}

/// Writes down that an attempt has failed, and when the next is due. Who says to be gone for good
/// is paused at once (standard-webhooks).
async fn failed(
    tools: &Tools,
    webhook: &WebhookToTell,
    error: &DeliveryError,
) -> Result<Stop, StoreError> {
    tools.counts.failed.inc();
    let is_gone = *error == DeliveryError::Answered(StatusCode::GONE);
    let patience = if is_gone { Duration::ZERO } else { PAUSED_AFTER };
    let before = webhook.failures.min(MOST_FAILURES);
    let wait = waits(FIRST_WAIT, LONGEST_WAIT).nth(usize::try_from(before).unwrap_or_default());
    let wait = wait.unwrap_or(LONGEST_WAIT);
    let text = error.to_string();
    let noted = tools.store.webhook_failed(webhook.id, &text, (wait, patience));
    match tools.ask(noted).await? {
        Failure::Paused => {
            tracing::warn!(webhook = webhook.id.0, %error, "a webhook is paused");
        }
        Failure::WillTryAgain => {
            tracing::info!(webhook = webhook.id.0, %error, "a webhook is told later");
        }
        Failure::Gone => {}
    }
    Ok(Stop::Failed)
}
