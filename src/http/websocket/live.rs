//! The live subscriptions of a socket: each is carried by a task of its own on a frame thread,
//! while the socket's session goes on reading where requests are served. How one ended is for the
//! session to tell: then nobody is told of an end that the session does not know of.

use std::collections::HashMap;
use std::ops::ControlFlow;

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use tokio::task::{AbortHandle, JoinError, JoinSet};

use super::goodbye::Goodbye;
use super::writer::Writer;
use crate::http::operation::OperationEvent;
use crate::pace::FrameThreads;

/// A subscription that has ended: its id; and what is to be told of it, or why the whole socket
/// ends with it.
pub(super) type Ended = (String, ControlFlow<Goodbye, OperationEvent>);

/// See the module's documentation. All of them end when this is dropped.
#[derive(Default)]
pub(super) struct Live {
    carried: JoinSet<Ended>,
    by_id: HashMap<String, AbortHandle>,
    /// Those that ended while another was waited for.
    ended: Vec<Ended>,
}

impl Live {
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    /// Carries what a subscription has to tell.
    pub(super) fn carry(
        &mut self,
        id: String,
        events: BoxStream<'static, OperationEvent>,
        writer: Writer,
        threads: &FrameThreads,
    ) {
        let carrying = {
            let id = id.clone();
            async move {
                let last = carry(&id, events, writer).await;
                (id, last)
            }
        };
        self.by_id.insert(id, self.carried.spawn_on(carrying, threads.handle()));
    }

    /// Ends a subscription, if it is one of these; what it held has been given back then.
    pub(super) async fn forget(&mut self, id: &str) {
        let Some(carrying) = self.by_id.remove(id) else { return };
        carrying.abort();
        while let Some(joined) = self.carried.join_next_with_id().await {
            let number = joined.as_ref().map_or_else(JoinError::id, |(number, _)| *number);
            if number == carrying.id() {
                break;
            }
            self.ended.extend(ended(joined.map(|(_, ended)| ended)));
        }
        self.ended.retain(|(ended, _)| ended != id);
    }

    /// Waits until one of them has ended; for ever, if there is none. Safe to cancel.
    pub(super) async fn next_end(&mut self) -> Ended {
        loop {
            let next = match self.ended.pop() {
                Some(ended) => Some(ended),
                None => match self.carried.join_next().await {
                    Some(joined) => ended(joined),
                    None => std::future::pending().await,
                },
            };
            if let Some((id, last)) = next {
                self.by_id.remove(&id);
                return (id, last);
            }
        }
    }

    /// Ends all of them; what they held has been given back then.
    pub(super) async fn end(&mut self) {
        self.by_id.clear();
        self.carried.shutdown().await;
    }
}

/// How a task ended, unless it was made to.
fn ended(joined: Result<Ended, JoinError>) -> Option<Ended> {
    match joined {
        Ok(ended) => Some(ended),
        Err(error) if error.is_cancelled() => None,
        // A defect. Its client would wait for ever.
        Err(_) => Some((String::new(), ControlFlow::Break(Goodbye::Gone))),
    }
}

/// Carries what a subscription has to tell, but for its last word.
async fn carry(
    id: &str,
    mut events: BoxStream<'static, OperationEvent>,
    writer: Writer,
) -> ControlFlow<Goodbye, OperationEvent> {
    while let Some(event) = events.next().await {
        let payload = match event {
            OperationEvent::Next(json) => json.into(),
            OperationEvent::Frame(frame) => frame.payload,
            OperationEvent::Live(frames) => {
                events = frames;
                continue;
            }
            last @ (OperationEvent::Failed(_) | OperationEvent::End) => {
                return ControlFlow::Continue(last);
            }
        };
        if let ControlFlow::Break(goodbye) = writer.send_next(id, payload).await {
            return ControlFlow::Break(goodbye);
        }
    }
    ControlFlow::Continue(OperationEvent::End)
}
