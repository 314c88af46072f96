//! Maps that look the same to everybody, made once for all who ask for the same at about the same
//! time.
//!
//! Shared are answers to queries of nothing but whole maps, in the same words with the same
//! variables. None of their fields has looked at who is asking. Such an answer may be 250 ms old,
//! but never older than what this server has committed ([`SharedWork`]). It says its revision, and
//! a stream that begins there misses nothing. Everything else is answered anew each time.
//!
//! All together are bounded, and counted until the last client has read them. Those asked for
//! longest ago go first.
//!
//! They are compressed for those who accept it, once for all of them: when sales open, everybody
//! loads a map.

use std::sync::Arc;

use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{Request, Response};
use bytes::Bytes;
use tokio::sync::OnceCell;

use super::coding::{Coding, WORTH_COMPRESSING};
use super::large_answers::{LargeAnswers, Room};
use super::shared_work::{Done, SharedWork};
use crate::feed::Feed;
use crate::graphql::cost::Cost;
use crate::graphql::operation_key::OperationKey;
use crate::graphql::whole_map::asks_for_maps_only;
use crate::graphql::{ArenaSchema, ViewerSeen};
use crate::memory::{Allowance, Full};

/// What all of them take together, in bytes: thirty maps of 20,000 seats, or two of 200,000 with
/// both compressed forms.
const SHARED_BYTES: usize = 128 * 1024 * 1024;

/// An answer on its way to a client.
pub(super) enum Answer {
    /// Encoded already, and without errors.
    Shared(Encoded),
    /// Made for this client, with the room that it takes until it is written.
    Own(Response, Option<Room>),
    /// There is no room for it.
    Refused(Full),
}

/// The answers that are shared at the moment.
#[derive(Debug)]
pub struct SharedAnswers {
    work: SharedWork<OperationKey, Encoded>,
    allowance: Arc<Allowance>,
}

impl Default for SharedAnswers {
    fn default() -> Self {
        let allowance = Allowance::new("shared_answers", SHARED_BYTES);
        Self { work: SharedWork::default(), allowance }
    }
}

/// An answer as JSON. Copies share everything.
#[derive(Clone, Debug)]
pub(super) struct Encoded {
    json: Bytes,
    brotli: Arc<OnceCell<Option<Bytes>>>,
    gzip: Arc<OnceCell<Option<Bytes>>>,
}

impl Encoded {
    fn new(json: Bytes) -> Self {
        Self { json, brotli: Arc::default(), gzip: Arc::default() }
    }

    /// As it is.
    pub(super) fn json(&self) -> Bytes {
        self.json.clone()
    }

    /// Compressed; `None` if that is not worth it, or there is no room for it. Whoever asks first
    /// has it done.
    pub(super) async fn compressed(
        &self,
        answers: &SharedAnswers,
        coding: Coding,
    ) -> Option<Bytes> {
        if self.json.len() < WORTH_COMPRESSING {
            return None;
        }
        let form = match coding {
            Coding::Brotli => &self.brotli,
            Coding::Gzip => &self.gzip,
        };
        let compress = async || answers.count(coding.compress(self.json()).await?).ok();
        form.get_or_init(compress).await.clone()
    }
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
    /// What bounds them.
    pub(super) fn allowance(&self) -> &Arc<Allowance> {
        &self.allowance
    }

    /// Counts an answer, after letting go of as many others as it takes.
    fn count(&self, answer: Vec<u8>) -> Result<Bytes, Full> {
        let charge = self.allowance.make_room(answer.len(), || self.work.forget_oldest())?;
        Ok(charge.hold(answer))
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
        match key(&mut request) {
            // Apart, since it is large and seldom: what a request may become is moved about with
            // it.
            Some(key) => {
                let execution = Execution { schema, answers, cost };
                Box::pin(self.share(key, feed, execution, request)).await
            }
            None => {
                let (response, room) = answers.execute(schema, request, cost).await;
                Answer::Own(response, Some(room))
            }
        }
    }

    async fn share(
        &self,
        key: OperationKey,
        feed: &Feed,
        execution: Execution<'_>,
        request: Request,
    ) -> Answer {
        let (mut request, mut own) = (Some(request), None);
        let work = async || {
            let Some(request) = request.take() else { return Done::Failed };
            let seen = ViewerSeen::default();
            let (response, room) = execution.of(request.data(seen.clone())).await;
            let done = match serde_json::to_vec(&response) {
                _ if seen.was_seen() => Done::Own,
                Ok(json) if response.errors.is_empty() => {
                    let counted = self.count(json);
                    return counted.map_or(Done::Refused, |json| Done::Shared(Encoded::new(json)));
                }
                _ => Done::Failed,
            };
            own = Some((response, room));
            done
        };
        match (self.work.get(&key, || feed.commits(), work).await, own, request) {
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

/// By what an answer is shared; `None` if it cannot be.
fn key(request: &mut Request) -> Option<OperationKey> {
    let is_shared = |document: &ExecutableDocument| {
        document
            .operations
            .iter()
            .all(|(_, operation)| asks_for_maps_only(&operation.node.selection_set.node))
    };
    is_shared(request.parsed_query().ok()?).then(|| OperationKey::of(request))
}
