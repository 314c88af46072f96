//! An operation under way, whichever transport carries it: what it has to tell its client, piece by
//! piece.

use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{Response, ServerError};
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt as _, StreamExt as _};
use tokio_util::task::AbortOnDropHandle;

use super::answers::Answers;
use super::app::AppState;
use super::observed::Observed;
use super::request::{self, Prepared};
use super::request_error::fault_response;
use crate::graphql::delivery::{Delivery, Handed};
use crate::graphql::error::Fault;
use crate::graphql::live_frames::{Frame, LiveFrames};
use crate::trace::{Current, RequestId, within};

/// What an operation has to tell its client.
pub(super) enum OperationEvent {
    /// A response, as JSON.
    Next(Bytes),
    /// One that is shared by all who asked for the same.
    Frame(Frame),
    /// From here on it is frames: what more it has to tell is to be carried by a frame thread.
    Live(BoxStream<'static, OperationEvent>),
    /// Errors, after which there is nothing more.
    Failed(Vec<ServerError>),
    /// The operation is complete.
    End,
}

/// Starts an operation. Its events end with [`OperationEvent::Failed`] or [`OperationEvent::End`].
pub(super) fn start(
    app: &AppState,
    prepared: Prepared,
    observed: Observed,
) -> BoxStream<'static, OperationEvent> {
    let (ended, id) = (Arc::clone(app), observed.id().clone());
    let current = observed.current();
    let mut observed = Some(observed);
    let told = begin(app, prepared, (id, current)).inspect(move |event| {
        // The first word says what became of it: a subscription has begun by then.
        if let Some(mut observed) = observed.take() {
            if let OperationEvent::Failed(errors) = event {
                observed.answered(errors);
            }
            observed.end(&ended);
        }
    });
    told.boxed()
}

fn begin(
    app: &AppState,
    Prepared { mut request, operation, cost, mut told_cost, charge, permit }: Prepared,
    (id, current): (RequestId, Current),
) -> BoxStream<'static, OperationEvent> {
    let end = stream::once(async { OperationEvent::End });
    if operation != OperationType::Subscription {
        // In a task of its own: while the socket cannot write it polls nothing, and what runs may
        // hold a connection. What it has to tell is written there as well: while it waits for the
        // socket it is bytes, which are counted.
        let (app, defect) = (Arc::clone(app), id.clone());
        let executing = AbortOnDropHandle::new(tokio::spawn(within(current, async move {
            let _under_way = charge;
            let (mut response, _room) = app.answers.execute(&app.schema, request, cost).await;
            told_cost.tell(&mut response);
            told((&app.unread, &id), operation, response)
        })));
        let event = executing.map(move |ended| {
            ended.unwrap_or_else(|error| failed(&defect, Fault::internal(error)))
        });
        return event.into_stream().chain(end).boxed();
    }
    // Frames that look the same to everybody are shared: then the resolver hands over what it would
    // have streamed.
    let shared = match app.operations.of(&mut request, charge.bytes()) {
        Ok(shared) => shared,
        Err(full) => return stream::once(async move { failed(&id, full.into()) }).boxed(),
    };
    let handed = Handed::default();
    let responses = app.schema.execute_stream(request.data(Delivery::HandOver(handed.clone())));
    let (mut told_with_frame, schema) = (told_cost, app.schema.clone());
    let (unread, named) = (Arc::clone(&app.unread), id.clone());
    let told_as_frame = move |frame| match frame {
        Ok(Frame { payload, id }) if told_with_frame.is_due() => {
            match unread.count(told_with_frame.tell_in(payload.plain().clone()).into()) {
                Ok(told) => OperationEvent::Frame(Frame { payload: told.into(), id }),
                Err(full) => failed(&named, full.into()),
            }
        }
        Ok(frame) => OperationEvent::Frame(frame),
        Err(fault) => failed(&named, fault),
    };
    let unread = Arc::clone(&app.unread);
    let responses = responses.map(move |mut response| {
        let _under_way = &charge;
        told_cost.tell(&mut response);
        told((&unread, &id), operation, response)
    });
    // Its permit is held to the very end: what is handed over goes on without the responses.
    let rest = async move {
        let Some((follower, shared)) = handed.take().zip(shared) else {
            drop(permit);
            return OperationEvent::End;
        };
        let frames = LiveFrames::new(follower, shared).into_stream(schema).map(told_as_frame);
        OperationEvent::Live(frames.chain(end).inspect(move |_| _ = &permit).boxed())
    };
    responses.chain(stream::once(rest)).boxed()
}

fn told(
    (answers, id): (&Answers, &RequestId),
    operation: OperationType,
    mut response: Response,
) -> OperationEvent {
    request::complete_errors(operation, &mut response, id);
    if request::has_failed(operation, &response) {
        return OperationEvent::Failed(response.errors);
    }
    match request::to_json(&response) {
        Ok(json) => match answers.count_for(operation, json) {
            Ok(json) => OperationEvent::Next(json),
            Err(full) => failed(id, full.into()),
        },
        Err(error) => failed(id, Fault::internal(error)),
    }
}

fn failed(id: &RequestId, fault: Fault) -> OperationEvent {
    let mut response = fault_response(fault);
    request::name_defects(&mut response.errors, id);
    OperationEvent::Failed(response.errors)
}
