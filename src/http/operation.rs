//! An operation under way, whichever transport carries it: what it has to tell its client, piece by
//! piece.

use async_graphql::Response;
use async_graphql::parser::types::OperationType;
use axum::body::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt as _, StreamExt as _};

use tokio_util::task::AbortOnDropHandle;

use super::AppState;
use super::request::{self, Prepared};
use crate::graphql::error::Fault;
use crate::graphql::live::{Delivery, Handed, LiveFrames};

/// What an operation has to tell its client.
pub(super) enum News {
    /// A response, as JSON; shared, where many asked for the same.
    Next(Bytes),
    /// Errors, after which there is nothing more.
    Failed(Response),
    /// The operation is complete.
    End,
}

/// Starts an operation. Its news end with [`News::Failed`] or [`News::End`].
pub(super) fn start(
    app: &AppState,
    Prepared { mut request, operation, .. }: Prepared,
) -> BoxStream<'static, News> {
    let end = stream::once(async { News::End });
    if operation != OperationType::Subscription {
        // In a task of its own: while the socket cannot write it polls nothing, and what runs may
        // hold a connection.
        let schema = app.schema.clone();
        let executing =
            AbortOnDropHandle::new(tokio::spawn(async move { schema.execute(request).await }));
        let response = executing.map(|ended| {
            ended.unwrap_or_else(|error| request::fault_response(Fault::internal(error)))
        });
        return response
            .map(move |response| told(operation, response))
            .into_stream()
            .chain(end)
            .boxed();
    }
    // Frames that look the same to everybody are shared: then the resolver hands over what it would
    // have streamed.
    let (handed, shape) = (Handed::default(), app.shapes.of(&mut request));
    let responses = app.schema.execute_stream(request.data(Delivery::HandOver(handed.clone())));
    let schema = app.schema_for_valid.clone();
    let frames = stream::once(async move {
        let live =
            handed.take().zip(shape).map(|(follower, shape)| LiveFrames::new(follower, shape));
        stream::iter(live.map(|live| live.into_stream(schema))).flatten()
    });
    let frames = frames.flatten().map(|frame| frame.map_or_else(failed, News::Next));
    responses.map(move |response| told(operation, response)).chain(frames).chain(end).boxed()
}

fn told(operation: OperationType, mut response: Response) -> News {
    request::complete_errors(&mut response);
    if request::has_failed(operation, &response) {
        return News::Failed(response);
    }
    match request::to_json(&response) {
        Ok(json) => News::Next(json.into()),
        Err(error) => failed(Fault::internal(error)),
    }
}

fn failed(fault: Fault) -> News {
    News::Failed(request::fault_response(fault))
}
