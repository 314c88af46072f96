//! One socket that speaks graphql-transport-ws.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::time::Duration;

use async_graphql::parser::types::OperationType;
use futures_util::stream::{BoxStream, SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Map, Value};
use tokio::time::Instant;
use tokio_stream::StreamMap;

use super::asker::asker_from_payload;
use super::frame_reader::Incoming;
use super::frame_writer::Framed;
use super::goodbye::Goodbye;
use super::limits::{INIT_TIMEOUT, MAX_OPERATIONS, PING_EVERY, SILENCE_TIMEOUT};
use super::messages::{ClientMessage, Outgoing, Welcome};
use super::socket::{Sent, Socket};
use crate::account::Permit;
use crate::feed::Payload;
use crate::graphql::error::{Code, Fault};
use crate::graphql::live_frames::Frame;
use crate::http::app::AppState;
use crate::http::long_lived::{at, token_end, write_timeout};
use crate::http::operation::{self, OperationEvent};
use crate::http::request::{Parameters, Prepared};
use crate::http::request_error::{RequestError, fault_response};
use crate::identity::Asker;

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
    sink: SplitSink<Socket, Sent>,
    messages: SplitStream<Socket>,
    introduction: Introduction,
    /// The socket's own, in the share of whoever is asking.
    permit: Permit,
    /// The operations under way.
    operations: StreamMap<String, BoxStream<'static, OperationEvent>>,
    /// Those of them that end by themselves: queries and mutations.
    brief: HashSet<String>,
    last_heard: Instant,
    /// When to ask whether the client is still there.
    asking: tokio::time::Interval,
    /// When there is something to do although nothing happens: the init timeout, then the token's
    /// end.
    deadline: Option<Instant>,
}

impl Session {
    pub(super) fn new(app: AppState, socket: Socket, asker: Asker, permit: Permit) -> Self {
        let (sink, messages) = socket.split();
        let now = Instant::now();
        let deadline = Some(now + INIT_TIMEOUT);
        let mut asking = tokio::time::interval_at(now + PING_EVERY, PING_EVERY);
        asking.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        Self {
            app,
            sink,
            messages,
            introduction: Introduction::Unsaid(asker),
            permit,
            operations: StreamMap::new(),
            brief: HashSet::new(),
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
        if let Some(frame) = goodbye.frame()
            && self.write(frame).await.is_break()
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
                Box::pin(self.tell(&id, response)).await
            }
        }
    }

    /// Asks a client whether it is still there; one that has not answered twice is gone.
    async fn ask(&mut self) -> ControlFlow<Goodbye> {
        if self.last_heard.elapsed() > SILENCE_TIMEOUT {
            return ControlFlow::Break(Goodbye::Gone);
        }
        if let Introduction::Said(_) = self.introduction {
            self.send(&Outgoing::Ping {}).await
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
                self.forget(&id);
                ControlFlow::Continue(())
            }
            Ok(ClientMessage::Ping { payload }) => self.send(&Outgoing::Pong { payload }).await,
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
        self.send(&Outgoing::ConnectionAck { payload }).await
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
        if self.operations.contains_key(&id) {
            return ControlFlow::Break(Goodbye::DuplicateId(id));
        }
        let prepared = if self.operations.len() < MAX_OPERATIONS {
            Parameters::from_json(Value::Object(payload))
                .and_then(|parameters| parameters.prepare(&self.app, asker.clone()))
        } else {
            let message = format!("a socket carries at most {MAX_OPERATIONS} operations at a time");
            return self.send_fault(&id, Fault::new(Code::Overloaded, message)).await;
        };
        let prepared = match prepared {
            Ok(unweighed) => unweighed.weigh(&self.app).await,
            Err(refused) => Err(refused),
        };
        let prepared = prepared.and_then(|prepared| self.carry(prepared));
        match prepared {
            Ok(prepared) => {
                if prepared.operation != OperationType::Subscription {
                    self.brief.insert(id.clone());
                }
                self.operations.insert(id, operation::start(&self.app, prepared));
                ControlFlow::Continue(())
            }
            Err(RequestError::Malformed(fault)) => {
                ControlFlow::Break(Goodbye::BadMessage(fault.message().to_owned()))
            }
            Err(refused) => {
                self.send(&Outgoing::Error { id: &id, payload: &refused.into_errors() }).await
            }
        }
    }

    /// Refuses a subscription that is one too many for this socket.
    fn carry(&self, prepared: Prepared) -> Result<Prepared, RequestError> {
        if prepared.operation == OperationType::Subscription {
            let carried = self.operations.len() - self.brief.len();
            self.app.carry_another(prepared.asker(), carried)?;
        }
        Ok(prepared)
    }

    fn forget(&mut self, id: &str) {
        self.operations.remove(id);
        self.brief.remove(id);
    }

    /// Passes on what an operation has to tell.
    async fn tell(&mut self, id: &str, event: OperationEvent) -> ControlFlow<Goodbye> {
        match event {
            OperationEvent::Next(payload) => self.send_next(id, payload.into()).await,
            OperationEvent::Frame(Frame { payload, .. }) => self.send_next(id, payload).await,
            OperationEvent::Failed(errors) => {
                self.forget(id);
                self.send(&Outgoing::Error { id, payload: &errors }).await
            }
            OperationEvent::End => {
                self.forget(id);
                self.send(&Outgoing::Complete { id }).await
            }
        }
    }

    /// Puts the operation's id around a payload that many share.
    async fn send_next(&mut self, id: &str, payload: Payload) -> ControlFlow<Goodbye> {
        let Ok(id) = serde_json::to_string(id) else { return ControlFlow::Break(Goodbye::Gone) };
        let before = [r#"{"type":"next","id":"#, &id, r#","payload":"#].concat();
        self.write(Sent::Framed(Framed { before, payload, after: "}" })).await
    }

    async fn send_fault(&mut self, id: &str, fault: Fault) -> ControlFlow<Goodbye> {
        let response = fault_response(fault);
        self.send(&Outgoing::Error { id, payload: &response.errors }).await
    }

    async fn send(&mut self, message: &Outgoing<'_>) -> ControlFlow<Goodbye> {
        match serde_json::to_string(message) {
            Ok(text) => self.write(Sent::Text(text)).await,
            Err(error) => {
                tracing::error!(%error, "a frame could not be written");
                ControlFlow::Break(Goodbye::Gone)
            }
        }
    }

    async fn write(&mut self, message: Sent) -> ControlFlow<Goodbye> {
        let patience = write_timeout(message.len());
        match tokio::time::timeout(patience, self.sink.send(message)).await {
            Ok(Ok(())) => ControlFlow::Continue(()),
            Ok(Err(_)) | Err(_) => ControlFlow::Break(Goodbye::Gone),
        }
    }
}
