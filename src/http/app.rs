//! What handlers work with.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answers::Answers;
use super::arriving::Arriving;
use super::document_cache::DocumentCache;
use super::frame_counts::FrameCounts;
use super::host_gate::HostGate;
use super::large_answers::LargeAnswers;
use super::origin_gate::OriginGate;
use super::request_lines::RequestLines;
use super::shared_answers::SharedAnswers;
use super::trusted_proxies::TrustedProxies;
use crate::account::Shares;
use crate::feed::Feed;
use crate::graphql::cost::Costs;
use crate::graphql::shared_operation::SharedOperations;
use crate::graphql::{ArenaSchema, OperationCounts};
use crate::identity::Identity;
use crate::memory::Allowance;
use crate::metrics::Metrics;
use crate::pace::FrameThreads;
use crate::pulse::Pulse;
use crate::store::Store;
use crate::trace::Tracing;

/// What handlers work with: shared, since every connection holds it.
pub type AppState = Arc<App>;

/// See [`AppState`].
pub struct App {
    /// What executes operations in their normal form.
    pub schema: ArenaSchema,
    /// The documents that were read lately.
    pub documents: Arc<DocumentCache>,
    /// What operations cost.
    pub costs: Costs,
    /// What the open subscriptions ask for.
    pub operations: Arc<SharedOperations>,
    /// The maps that were just given out.
    pub maps: Arc<SharedAnswers>,
    /// The large answers under way.
    pub answers: Arc<LargeAnswers>,
    /// What clients have begun to send.
    pub arriving: Arriving,
    /// The answers that nobody has read yet.
    pub unread: Arc<Answers>,
    /// What is counted of operations.
    pub counts: OperationCounts,
    /// Who begins their spans, if they are traced.
    pub tracing: Option<Tracing>,
    /// Which of them the log has lines of.
    pub lines: RequestLines,
    /// What is counted of frames.
    pub frames: FrameCounts,
    /// Who is asking.
    pub identity: Arc<Identity>,
    /// What each account may have.
    pub shares: Arc<Shares>,
    /// Whose word counts as to where a request comes from.
    pub proxies: TrustedProxies,
    /// For readiness.
    pub store: Store,
    /// For readiness.
    pub feed: Arc<Feed>,
    /// The cleaner's, for readiness.
    pub cleaner: Pulse,
    /// Where frames are written.
    pub frame_threads: Arc<FrameThreads>,
    /// Rings when the server shuts down.
    pub stop: CancellationToken,
    /// By which names this server goes.
    pub hosts: HostGate,
    /// Whose pages may use this server.
    pub origins: OriginGate,
    /// Whether there is an explorer at `/playground`.
    pub playground: bool,
    /// The open sockets and streams, so that a shutdown can wait for their goodbyes.
    pub sockets: TaskTracker,
}

impl App {
    /// Shows what there is to be known of it.
    pub fn register(self: &Arc<Self>, metrics: &Metrics) {
        self.counts.register(metrics);
        self.lines.register(metrics);
        self.frames.register(metrics);
        self.allowances().for_each(|allowance| metrics.watch(allowance));
        let sockets = self.sockets.clone();
        metrics.measure("long_lived_clients", "Open WebSockets and streams", move || {
            vec![(vec![], u32::try_from(sockets.len()).unwrap_or(u32::MAX).into())]
        });
    }

    /// What bounds the stores that strangers fill.
    fn allowances(&self) -> impl Iterator<Item = &Arc<Allowance>> {
        let on_their_way = [self.arriving.allowance(), self.unread.allowance()];
        let others = [self.operations.allowance(), self.maps.allowance(), self.answers.allowance()];
        self.documents.allowances().chain(others).chain(on_their_way)
    }
}
