//! Maps and plans that look the same to everybody, made once for all who ask for the same.
//!
//! Shared are answers to queries of nothing but whole maps, statuses and plans, in the same words
//! with the same variables. None of their fields has looked at who is asking. Such an answer may be
//! 250 ms old, but never older than what this server has committed ([`SharedWork`]). It says its
//! revision, and a stream that begins there misses nothing. A plan is kept until it changes
//! ([`KeptPlans`]). Everything else is answered anew each time.
//!
//! All together are bounded, and counted until the last client has read them. Those asked for
//! longest ago go first.
//!
//! They are compressed for those who accept it, once for all of them: when sales open, everybody
//! loads a map.

use std::sync::Arc;

use async_graphql::parser::types::{ExecutableDocument, SelectionSet};
use async_graphql::{Request, Response};
use bytes::Bytes;

use super::coding::Coding;
use super::encoded::Encoded;
use super::kept_plans::KeptPlans;
use super::large_answers::{LargeAnswers, Room};
use super::pressing::Press;
use super::shared_work::{Done, SharedWork};
use crate::feed::Feed;
use crate::graphql::cost::Cost;
use crate::graphql::operation_key::OperationKey;
use crate::graphql::whole_map::{asks_for_maps_only, asks_for_plans_only};
use crate::graphql::{ArenaSchema, PlansSeen, ViewerSeen};
use crate::memory::{Allowance, Full};
use crate::store::Store;

/// What all of them take together, in bytes: thirty maps of 20,000 seats, or two of 200,000 with
/// both compressed forms.
const SHARED_BYTES: usize = 128 * 1024 * 1024;

/// An answer on its way to a client.
pub(super) enum Answer {
    /// Encoded already, and without errors.
    Shared(Encoded),
    /// The same, which stays as it is until a plan changes.
    Plan(Encoded),
    /// Made for this client, with the room that it takes until it is written.
    Own(Response, Option<Room>),
    /// There is no room for it.
    Refused(Full),
}

/// The answers that are shared at the moment.
#[derive(Debug)]
pub struct SharedAnswers {
    work: SharedWork<OperationKey, Encoded>,
    plans: KeptPlans,
    press: Press,
    store: Store,
    allowance: Arc<Allowance>,
}

/// How requests of one kind are executed.
#[derive(Clone, Copy)]
struct Execution<'a> {
    schema: &'a ArenaSchema,
    answers: &'a LargeAnswers,
    cost: Cost,
}

impl Execution<'_> {
    async fn of(self, request: Request) -> (Response, Room) {
        self.answers.execute(self.schema, request, self.cost).await
    }
}

impl SharedAnswers {
    /// Of what is in this database.
    pub fn new(store: Store) -> Self {
        let allowance = Allowance::new("shared_answers", SHARED_BYTES);
        let press = Press::new(Arc::clone(&allowance));
        let (work, plans) = Default::default();
        Self { work, plans, press, store, allowance }
    }

    /// What bounds them.
    pub(super) fn allowance(&self) -> &Arc<Allowance> {
        &self.allowance
    }

    /// Counts an answer, after letting go of as many others as it takes.
    fn count(&self, answer: Vec<u8>) -> Result<Bytes, Full> {
        let forget_oldest = || self.work.forget_oldest() || self.plans.forget_oldest();
        let charge = self.allowance.make_room(answer.len(), forget_oldest)?;
        Ok(charge.hold(answer))
    }

    /// An answer compressed; `None` if that is not worth it, or there is no room for it.
    pub(super) async fn compressed(&self, answer: &Encoded, coding: Coding) -> Option<Bytes> {
        answer.compressed(coding, &self.press, async |form| self.count(form).ok()).await
    }

    /// Executes a query, or gives the answer that somebody else is just given. The feed knows what
    /// this server has committed.
    pub(super) async fn execute(
        &self,
        feed: &Feed,
        schema: &ArenaSchema,
        answers: &LargeAnswers,
        (mut request, cost): (Request, Cost),
    ) -> Answer {
        let execution = Execution { schema, answers, cost };
        // Apart, since they are large and seldom: what a request may become is moved about with it.
        match key(&mut request) {
            Some((key, Kind::Plan)) => Box::pin(self.plan(key, feed, execution, request)).await,
            Some((key, kind @ Kind::Map)) => {
                let work = Work { key: &key, kind, execution, request };
                Box::pin(self.share(feed, work)).await
            }
            None => {
                let (response, room) = answers.execute(schema, request, cost).await;
                Answer::Own(response, Some(room))
            }
        }
    }

    /// A plan: one that is kept, or one that is made with others who ask for it now.
    async fn plan(
        &self,
        key: OperationKey,
        feed: &Feed,
        execution: Execution<'_>,
        request: Request,
    ) -> Answer {
        if let Some(kept) = self.plans.get(&key, &self.store, feed).await {
            return Answer::Plan(kept);
        }
        let seen = PlansSeen::default();
        let request = request.data(seen.clone());
        let work = Work { key: &key, kind: Kind::Plan, execution, request };
        match self.share(feed, work).await {
            Answer::Shared(plan) => {
                // Whoever made it has seen what it is made of.
                let versions = seen.take();
                if !versions.is_empty() {
                    self.plans.keep(key, versions, plan.clone());
                }
                Answer::Plan(plan)
            }
            other => other,
        }
    }

    async fn share(&self, feed: &Feed, work: Work<'_>) -> Answer {
        let Work { key, kind, execution, request } = work;
        let (mut request, mut own) = (Some(request), None);
        let work = async || {
            let Some(request) = request.take() else { return Done::Failed };
            let seen = ViewerSeen::default();
            let (response, room) = execution.of(request.data(seen.clone())).await;
            let done = match serde_json::to_vec(&response) {
                _ if seen.was_seen() => Done::Own,
                Ok(json) if response.errors.is_empty() => {
                    let counted = self.count(json);
                    let encoded = |json| Done::Shared(kind.encoded(json));
                    return counted.map_or(Done::Refused, encoded);
                }
                _ => Done::Failed,
            };
            own = Some((response, room));
            done
        };
        match (self.work.get(key, || feed.commits(), work).await, own, request) {
            (Done::Shared(encoded), _, _) => Answer::Shared(encoded),
            (Done::Refused, _, _) => Answer::Refused(Full),
            (_, Some((response, room)), _) => Answer::Own(response, Some(room)),
            (_, None, Some(request)) => {
                let (response, room) = execution.of(request).await;
                Answer::Own(response, Some(room))
            }
            // Whoever did the work has its response.
            (_, None, None) => Answer::Own(Response::default(), None),
        }
    }
}

/// What is to be made for all who ask for the same.
struct Work<'a> {
    key: &'a OperationKey,
    kind: Kind,
    execution: Execution<'a>,
    request: Request,
}

/// What is shared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// It is old in a moment.
    Map,
    /// It is the same until a plan changes.
    Plan,
}

impl Kind {
    fn encoded(self, json: Bytes) -> Encoded {
        match self {
            Self::Map => Encoded::brief(json),
            Self::Plan => Encoded::lasting(json),
        }
    }
}

/// By what an answer is shared; `None` if it cannot be.
fn key(request: &mut Request) -> Option<(OperationKey, Kind)> {
    let asks = |document: &ExecutableDocument, what: fn(&SelectionSet) -> bool| {
        document.operations.iter().all(|(_, it)| what(&it.node.selection_set.node))
    };
    let document = request.parsed_query().ok()?;
    let kind = if asks(document, asks_for_plans_only) {
        Kind::Plan
    } else if asks(document, asks_for_maps_only) {
        Kind::Map
    } else {
        return None;
    };
    Some((OperationKey::of(request), kind))
}
