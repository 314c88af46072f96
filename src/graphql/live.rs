//! Subscriptions that look the same to everybody, made once for all who ask for the same.
//!
//! `seatChanges` holds nothing that depends on the viewer, so its frames are shared. An operation
//! is started like any other, and the schema checks and resolves it; but with a
//! [`Delivery::HandOver`] in its data the resolver hands its follower over instead of a stream.
//! From then on a [`LiveFrames`] walks the log, and has a batch executed ([`Delivery::Render`])
//! only if nobody with the same [`Shape`] has had it before.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use async_graphql::parser::types::{BaseType, ExecutableDocument};
use async_graphql::{Request, Value, Variables};
use axum::body::Bytes;
use futures_util::FutureExt as _;
use futures_util::stream::{self, Stream, StreamExt as _};

use super::ArenaSchema;
use super::error::Fault;
use super::types::{SeatChanges, SeatSnapshot, SeatStreamItem};
use crate::feed::{Follower, Lost, Step};

/// Whether and how `seatChanges` is delivered apart from its own stream; goes into a request's
/// data.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// The resolver leaves its follower here, and its stream is empty.
    HandOver(Handed),
    /// The stream has this one item.
    Render(SeatStreamItem),
}

/// Where a resolver leaves its follower.
#[derive(Clone, Debug, Default)]
pub struct Handed(Arc<Mutex<Option<Follower>>>);

impl Handed {
    /// Leaves a follower.
    pub(super) fn leave(&self, follower: Follower) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(follower);
    }

    /// Takes the follower, if one was left.
    pub fn take(&self) -> Option<Follower> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What an operation asks for, the same for all who ask the same: document, operation and
/// variables, but for the `since` that each begins with.
#[derive(Debug)]
pub struct Shape {
    number: u64,
    query: String,
    document: ExecutableDocument,
    operation_name: Option<String>,
    variables: Variables,
}

impl Shape {
    /// Has an item executed as this shape's operation asks.
    fn render(&self, schema: &ArenaSchema, item: SeatStreamItem) -> Result<Bytes, Fault> {
        let mut request = Request::new(self.query.as_str())
            .variables(self.variables.clone())
            .data(Delivery::Render(item));
        request.operation_name.clone_from(&self.operation_name);
        request.set_parsed_query(self.document.clone());
        // Nothing in a frame is looked up, so that its execution never has to wait.
        let response = schema.execute_stream(request).next().now_or_never().flatten();
        let response = response.ok_or_else(|| Fault::internal("a frame was not made at once"))?;
        if let Some(error) = response.errors.first() {
            return Err(Fault::internal(&error.message));
        }
        serde_json::to_vec(&response).map(Bytes::from).map_err(Fault::internal)
    }
}

/// The shapes that somebody asks for at the moment.
#[derive(Debug, Default)]
pub struct Shapes {
    known: Mutex<HashMap<String, Weak<Shape>>>,
    next: AtomicU64,
}

impl Shapes {
    /// The shape of a request, shared with all who ask the same; `None` if it cannot be parsed.
    pub fn of(&self, request: &mut Request) -> Option<Arc<Shape>> {
        let mut variables = request.variables.clone();
        forget_revisions(&mut variables, request.parsed_query().ok()?);
        let name = request.operation_name.as_deref().unwrap_or_default();
        let listed = serde_json::to_string(&variables).unwrap_or_default();
        // Neither a name nor JSON on one line holds a line break.
        let key = format!("{name}\n{listed}\n{}", request.query);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shape) = known.get(&key).and_then(Weak::upgrade) {
            return Some(shape);
        }
        known.retain(|_, shape| shape.strong_count() > 0);
        let shape = Arc::new(Shape {
            number: self.next.fetch_add(1, Ordering::Relaxed),
            query: request.query.clone(),
            document: request.parsed_query().ok()?.clone(),
            operation_name: request.operation_name.clone(),
            variables,
        });
        known.insert(key, Arc::downgrade(&shape));
        Some(shape)
    }
}

/// Sets every variable of the type `Revision` to the same. The one argument of that type is
/// `since`, which says where a stream begins and nothing about what its frames look like.
fn forget_revisions(variables: &mut Variables, document: &ExecutableDocument) {
    for (_, operation) in document.operations.iter() {
        for definition in &operation.node.variable_definitions {
            let definition = &definition.node;
            if matches!(&definition.var_type.node.base, BaseType::Named(name) if name == "Revision")
            {
                variables.insert(definition.name.node.clone(), Value::from(0));
            }
        }
    }
}

/// A `seatChanges` operation that was handed over: its frames, each the payload of a `next`
/// message.
#[derive(Debug)]
pub struct LiveFrames {
    follower: Follower,
    shape: Arc<Shape>,
}

impl LiveFrames {
    /// Goes on where the resolver left the follower.
    pub fn new(follower: Follower, shape: Arc<Shape>) -> Self {
        Self { follower, shape }
    }

    /// The frames. An error is the end.
    pub fn into_stream(
        self,
        schema: ArenaSchema,
    ) -> impl Stream<Item = Result<Bytes, Fault>> + Send {
        stream::try_unfold(self, move |mut live| {
            let schema = schema.clone();
            async move {
                let frame = live.next(&schema).await?;
                Ok(Some((frame, live)))
            }
        })
    }

    async fn next(&mut self, schema: &ArenaSchema) -> Result<Bytes, Fault> {
        let shape = &self.shape;
        match self.follower.next().await? {
            Step::Changes(batch) => batch.rendered().form(shape.number, || {
                shape.render(schema, SeatStreamItem::Changes(SeatChanges(batch.clone())))
            }),
            Step::Lost(why) => {
                // Boxed: it is rare, and a subscription that waits should be small.
                let shared = Box::pin(self.follower.snapshot()).await?;
                let snapshot =
                    SeatSnapshot { snapshot: Arc::clone(&shared.snapshot), reason: why.into() };
                let render = || shape.render(schema, SeatStreamItem::Snapshot(snapshot));
                // A snapshot says why it was sent: most are first ones, and only those are worth
                // keeping.
                if why == Lost::NoPosition {
                    shared.rendered.form(shape.number, render)
                } else {
                    render()
                }
            }
        }
    }
}
