//! Maps that look the same to everybody, made once for all who ask for the same at about the same
//! time.
//!
//! Shared are answers to queries of nothing but whole maps, in the same words with the same
//! variables. None of their fields has looked at who is asking. Such an answer may be [`KEPT`] old:
//! it says its revision, and a stream that begins there misses nothing. Everything else is answered
//! anew each time.
//!
//! They are compressed for those who accept it, once for all of them: when sales open, everybody
//! loads a map.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_graphql::parser::types::{ExecutableDocument, Selection};
use async_graphql::{Request, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::sync::OnceCell;

use crate::graphql::operation_key::OperationKey;
use crate::graphql::whole_map::is_whole_map;
use crate::graphql::{ArenaSchema, ViewerSeen};

/// How old an answer may be that is given to somebody else: a rush of map queries costs four
/// executions a second.
const KEPT: Duration = Duration::from_millis(250);

/// Different answers kept at a time; a map of 20,000 seats takes 2 MB.
const KEPT_ANSWERS: usize = 16;

/// What is shorter than this is sent as it is, in bytes: it fits into a few packets either way.
const WORTH_COMPRESSING: usize = 4 * 1024;

/// An answer on its way to a client.
pub(super) enum Answer {
    /// Encoded already, and without errors.
    Shared(Encoded),
    /// Made for this client.
    Own(Response),
}

/// The answers that are shared at the moment.
#[derive(Debug, Default)]
pub struct SharedAnswers {
    recent: Mutex<HashMap<OperationKey, Recent>>,
}

/// `None` inside: it cannot be shared.
#[derive(Clone, Debug)]
struct Recent {
    asked_at: Instant,
    encoded: Arc<OnceCell<Option<Encoded>>>,
}

/// An answer as JSON. Copies share everything.
#[derive(Clone, Debug)]
pub(super) struct Encoded {
    json: Bytes,
    gzip: Arc<OnceCell<Option<Bytes>>>,
}

impl Encoded {
    fn new(response: &Response) -> Option<Self> {
        Some(Self { json: serde_json::to_vec(response).ok()?.into(), gzip: Arc::default() })
    }

    /// As it is.
    pub(super) fn json(&self) -> Bytes {
        self.json.clone()
    }

    /// Compressed; `None` if that is not worth it. Whoever asks first has it done, by a thread that
    /// nobody else waits for.
    pub(super) async fn gzip(&self) -> Option<Bytes> {
        let compressed = self.gzip.get_or_init(async || {
            if self.json.len() < WORTH_COMPRESSING {
                return None;
            }
            let json = self.json();
            tokio::task::spawn_blocking(move || gzip(&json)).await.ok()?.ok()
        });
        compressed.await.clone()
    }
}

/// At the level that takes the least time, since a sale is on: it makes 0.34 MB of a map of 20,000
/// seats that has 3.4 MB.
fn gzip(json: &[u8]) -> std::io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(json.len() / 8), Compression::fast());
    encoder.write_all(json)?;
    Ok(encoder.finish()?.into())
}

impl SharedAnswers {
    /// Executes a query, or gives the answer that somebody else has just been given.
    pub(super) async fn execute(&self, schema: &ArenaSchema, mut request: Request) -> Answer {
        match key(&mut request) {
            // Apart, since it is large and seldom: what a request may become is moved about with
            // it.
            Some(key) => Box::pin(self.share(key, schema, request)).await,
            None => Answer::Own(schema.execute(request).await),
        }
    }

    async fn share(&self, key: OperationKey, schema: &ArenaSchema, request: Request) -> Answer {
        let recent = self.recent(key);
        let (mut request, mut own) = (Some(request), None);
        let encoded = recent.encoded.get_or_init(async || {
            let seen = ViewerSeen::default();
            let request = request.take()?.data(seen.clone());
            let response = schema.execute(request).await;
            if response.errors.is_empty() && !seen.was_seen() {
                Encoded::new(&response)
            } else {
                own = Some(response);
                None
            }
        });
        match (encoded.await.clone(), own, request) {
            (Some(encoded), _, _) => Answer::Shared(encoded),
            (None, Some(response), _) => Answer::Own(response),
            (None, None, Some(request)) => Answer::Own(schema.execute(request).await),
            // It was executed, and could not be written.
            (None, None, None) => Answer::Own(Response::default()),
        }
    }

    fn recent(&self, key: OperationKey) -> Recent {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        recent.retain(|_, answer| now - answer.asked_at < KEPT);
        let fresh = || Recent { asked_at: now, encoded: Arc::default() };
        if recent.len() >= KEPT_ANSWERS && !recent.contains_key(&key) {
            return fresh();
        }
        recent.entry(key).or_insert_with(fresh).clone()
    }
}

/// By what an answer is shared; `None` if it cannot be.
fn key(request: &mut Request) -> Option<OperationKey> {
    asks_for_maps_only(request.parsed_query().ok()?).then(|| OperationKey::of(request))
}

fn asks_for_maps_only(document: &ExecutableDocument) -> bool {
    document.operations.iter().all(|(_, operation)| {
        operation.node.selection_set.node.items.iter().all(|selection| match &selection.node {
            Selection::Field(field) => is_whole_map(&field.node.name.node),
            Selection::FragmentSpread(_) | Selection::InlineFragment(_) => false,
        })
    })
}
