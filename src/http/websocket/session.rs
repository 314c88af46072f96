//! One socket that speaks graphql-transport-ws.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::time::Duration;

use async_graphql::parser::types::OperationType;
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, SplitStream};
use serde_json::{Map, Value};
use tokio::time::Instant;
use tokio_stream::StreamMap;

use super::asker::asker_from_payload;
use super::frame_reader::Incoming;
use super::goodbye::Goodbye;
use super::limits::{INIT_TIMEOUT, MAX_OPERATIONS, PING_EVERY, SILENCE_TIMEOUT};
use super::live::Live;
use super::messages::{ClientMessage, Outgoing, Welcome};
use super::socket::Socket;
use super::writer::Writer;
use crate::account::Permit;
use crate::graphql::error::{Code, Fault};
use crate::graphql::live_frames::Frame;
use crate::http::app::AppState;
use crate::http::long_lived::{at, token_end};
use crate::http::observed::Observed;
use crate::http::operation::{self, OperationEvent};
use crate::http::request::{self, Parameters, Prepared};
use crate::http::request_error::{RequestError, fault_response};
use crate::identity::Asker;
use crate::trace::RequestId;

/// Bytes of an operation's id: clients use counters or UUIDs.
const MAX_ID_BYTES: usize = 128;

/// How long the client's close frame is waited for.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Whether it is known who is asking.
enum Introduction {
    /// `connection_init` has yet to say; so far it is who asked for the socket.
    Unsaid(Asker),
    Said(Asker),
}

/// One socket that speaks graphql-transport-ws.
pub(super) struct Session {
    app: AppState,
    /// What the request was called that has become this socket.
    id: RequestId,
    /// How many operations have begun.
    begun: u32,
    writer: Writer,
    messages: SplitStream<Socket>,
    introduction: Introduction,
    /// The socket's own, in the share of whoever is asking.
    permit: Permit,
    /// The operations under way.
    operations: StreamMap<String, BoxStream<'static, OperationEvent>>,
    /// Those of them that end by themselves: queries and mutations.
    brief: HashSet<String>,
    /// The subscriptions that have begun, and of which frames are written.
    live: Live,
    last_heard: Instant,
    /// When to ask whether the client is still there.
    asking: tokio::time::Interval,
    /// When there is something to do although nothing happens: the init timeout, then the token's
    /// end.
    deadline: Option<Instant>,
}

impl Session {
    /// `id` is what the request is called that has become the socket.
    pub(super) fn new(
        app: AppState,
        socket: Socket,
        (asker, permit): (Asker, Permit),
        id: RequestId,
    ) -> Self {
        let is_compressing = socket.is_compressing();
        let (sink, messages) = socket.split();
        let now = Instant::now();
        let deadline = Some(now + INIT_TIMEOUT);
        let mut asking = tokio::time::interval_at(now + PING_EVERY, PING_EVERY);
        asking.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        Self {
            writer: Writer::new(sink, is_compressing, app.frames.clone()),
            app,
            id,
            begun: 0,
            messages,
            introduction: Introduction::Unsaid(asker),
            permit,
            operations: StreamMap::new(),
            brief: HashSet::new(),
            live: Live::default(),
            last_heard: now,
            asking,
            deadline,
        }
    }

    /// Serves the socket to its end.
    pub(super) async fn serve(mut self) {
        let goodbye = loop {
            if let ControlFlow::Break(goodbye) = self.serve_next().await {
                break goodbye;
            }
        };
        // What the operations hold (permits of the feed) is given back before the client is waited
        // for.
        self.operations.clear();
        self.live.end().await;
        if let Some(frame) = goodbye.frame()
            && self.writer.write(frame).await.is_break()
        {
            return;
        }
        // The client's close frame is waited for, or ours that answers it goes out: then nothing is
        // lost on the way.
        let answered = async { while let Some(Ok(_)) = self.messages.next().await {} };
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, answered).await;
    }

    /// Waits for the next thing to happen and deals with it. Dealing is boxed: what a socket's task
    /// has room for it keeps for as long as it waits, which is nearly always.
    async fn serve_next(&mut self) -> ControlFlow<Goodbye> {
        let stop = self.app.stop.clone();
        let deadline = self.deadline;
        tokio::select! {
            biased;
            // What was accepted is answered first.
            () = stop.cancelled(), if self.brief.is_empty() => {
                ControlFlow::Break(Goodbye::ShuttingDown)
            }
            () = at(deadline) => ControlFlow::Break(match self.introduction {
                Introduction::Unsaid(_) => Goodbye::InitTimeout,
                Introduction::Said(_) => Goodbye::TokenExpired,
            }),
            message = self.messages.next() => match message {
                Some(Ok(message)) => Box::pin(self.hear(message)).await,
                Some(Err(error)) => ControlFlow::Break(Goodbye::after(error)),
                None => ControlFlow::Break(Goodbye::Gone),
            },
            _ = self.asking.tick() => Box::pin(self.ask()).await,
            Some((id, response)) = self.operations.next(), if !self.operations.is_empty() => {
                Box::pin(self.tell(id, response)).await
            }
            (id, last) = self.live.next_end() => match last {
                ControlFlow::Continue(last) => Box::pin(self.tell(id, last)).await,
                ControlFlow::Break(goodbye) => ControlFlow::Break(goodbye),
            },
        }
    }

    /// Asks a client whether it is still there; one that has not answered twice is gone.
    async fn ask(&mut self) -> ControlFlow<Goodbye> {
        if self.last_heard.elapsed() > SILENCE_TIMEOUT {
            return ControlFlow::Break(Goodbye::Gone);
        }
        if let Introduction::Said(_) = self.introduction {
            self.writer.send(&Outgoing::Ping {}).await
        } else {
            ControlFlow::Continue(())
        }
    }

    async fn hear(&mut self, incoming: Incoming) -> ControlFlow<Goodbye> {
        self.last_heard = Instant::now();
        let text = match incoming {
            Incoming::Text(text) => text,
            Incoming::Binary(_) => {
                return ControlFlow::Break(Goodbye::BadMessage(
                    "Messages are JSON text".to_owned(),
                ));
            }
            Incoming::Close(_) => return ControlFlow::Break(Goodbye::Gone),
            Incoming::Ping(_) | Incoming::Pong => return ControlFlow::Continue(()),
        };
        match ClientMessage::read(&text) {
            Ok(ClientMessage::ConnectionInit { payload }) => self.initialise(payload).await,
            Ok(ClientMessage::Subscribe { id, payload }) => self.subscribe(id, payload).await,
            Ok(ClientMessage::Complete { id }) => {
                // One that is not under way may have just ended.
                self.forget(&id).await;
                ControlFlow::Continue(())
            }
            Ok(ClientMessage::Ping { payload }) => {
                self.writer.send(&Outgoing::Pong { payload }).await
            }
            Ok(ClientMessage::Pong { .. }) => ControlFlow::Continue(()),
            Err(reason) => ControlFlow::Break(Goodbye::BadMessage(reason)),
        }
    }

    async fn initialise(&mut self, payload: Option<Map<String, Value>>) -> ControlFlow<Goodbye> {
        let Introduction::Unsaid(from_upgrade) = &self.introduction else {
            return ControlFlow::Break(Goodbye::InitTwice);
        };
        let from_upgrade = from_upgrade.clone();
        let asker = match asker_from_payload(&self.app, payload.as_ref(), from_upgrade.clone()) {
            Ok(asker) => asker,
            Err(reason) => return ControlFlow::Break(Goodbye::BadToken(reason)),
        };
        let permit = std::mem::take(&mut self.permit);
        self.permit = match self.app.move_socket(permit, &from_upgrade, &asker) {
            Ok(permit) => permit,
            Err(exceeded) => return ControlFlow::Break(Goodbye::TooMany(exceeded)),
        };
        self.deadline = asker.viewer.as_ref().map(token_end);
        self.introduction = Introduction::Said(asker);
        let payload = Welcome::to_one_of(self.app.sockets.len());
        self.writer.send(&Outgoing::ConnectionAck { payload }).await
    }

    async fn subscribe(&mut self, id: String, payload: Map<String, Value>) -> ControlFlow<Goodbye> {
        let Introduction::Said(asker) = &self.introduction else {
            return ControlFlow::Break(Goodbye::NotInitialised);
        };
        if id.is_empty() || id.len() > MAX_ID_BYTES {
            return ControlFlow::Break(Goodbye::BadMessage(
                "An operation's id has 1 to 128 bytes".to_owned(),
            ));
        }
        if self.operations.contains_key(&id) || self.live.contains(&id) {
            return ControlFlow::Break(Goodbye::DuplicateId(id));
        }
        self.begun = self.begun.wrapping_add(1);
        let mut observed = Observed::operation(&self.app, self.id.of_operation(self.begun));
        if self.operations.len() + self.live.len() >= MAX_OPERATIONS {
            let message = format!("a socket carries at most {MAX_OPERATIONS} operations at a time");
            observed.failed(Code::Overloaded);
            observed.end(&self.app);
            return self.send_fault(&id, Fault::new(Code::Overloaded, message)).await;
        }
        let prepared = Parameters::from_json(Value::Object(payload))
            .and_then(|parameters| parameters.prepare(&self.app, asker.clone()));
        let prepared = match prepared {
            Ok(unweighed) => {
                observed.found(&unweighed);
                unweighed.weigh(&self.app).await
            }
            Err(refused) => Err(refused),
        };
        let prepared = prepared.and_then(|prepared| self.carry(prepared));
        match prepared {
            Ok(prepared) => {
                if prepared.operation != OperationType::Subscription {
                    self.brief.insert(id.clone());
                }
                self.operations.insert(id, operation::start(&self.app, prepared, observed));
                ControlFlow::Continue(())
            }
            Err(RequestError::Malformed(fault)) => {
                observed.failed(Code::BadUserInput);
                observed.end(&self.app);
                ControlFlow::Break(Goodbye::BadMessage(fault.message().to_owned()))
            }
            Err(refused) => {
                let mut errors = refused.into_errors();
                request::name_defects(&mut errors, observed.id());
                observed.answered(&errors);
                observed.end(&self.app);
                self.writer.send(&Outgoing::Error { id: &id, payload: &errors }).await
            }
        }
    }

    /// Refuses a subscription that is one too many for this socket.
    fn carry(&self, prepared: Prepared) -> Result<Prepared, RequestError> {
        if prepared.operation == OperationType::Subscription {
            let carried = self.operations.len() + self.live.len() - self.brief.len();
            self.app.carry_another(prepared.asker(), carried)?;
        }
        Ok(prepared)
    }

    async fn forget(&mut self, id: &str) {
        self.operations.remove(id);
        self.brief.remove(id);
        self.live.forget(id).await;
    }

    /// Passes on what an operation has to tell.
    async fn tell(&mut self, id: String, event: OperationEvent) -> ControlFlow<Goodbye> {
        match event {
            OperationEvent::Next(payload) => self.writer.send_next(&id, payload.into()).await,
            OperationEvent::Frame(Frame { payload, .. }) => {
                self.writer.send_next(&id, payload).await
            }
            OperationEvent::Live(frames) => {
                self.operations.remove(&id);
                self.live.carry(id, frames, self.writer.clone(), &self.app.frame_threads);
                ControlFlow::Continue(())
            }
            OperationEvent::Failed(errors) => {
                self.forget(&id).await;
                self.writer.send(&Outgoing::Error { id: &id, payload: &errors }).await
            }
            OperationEvent::End => {
                self.forget(&id).await;
                self.writer.send(&Outgoing::Complete { id: &id }).await
            }
        }
    }

    async fn send_fault(&mut self, id: &str, fault: Fault) -> ControlFlow<Goodbye> {
        let response = fault_response(fault);
        self.writer.send(&Outgoing::Error { id, payload: &response.errors }).await
    }
}
