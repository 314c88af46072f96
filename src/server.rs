//! The composition root: starts everything in order, and stops it in the opposite one.
//!
//! Start: database, tables, feed, desk, cleaner, and only then the door. Stop: the door closes;
//! requests under way finish; sockets are told to connect elsewhere; the desk carries out what it
//! accepted; the pools close; and last the private PostgreSQL stops.

mod door;
mod shown;
mod tokens;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use self::door::files_wanted;
pub use self::tokens::identity;
use crate::account::Shares;
use crate::cleaner::Cleaner;
use crate::config::{DatabaseSettings, ServeSettings};
use crate::database::{self, Database, DatabaseError};
use crate::desk::{CommitListener, Desk, DeskTasks};
use crate::domain::EventId;
use crate::embedded::CONNECTIONS_FOR_SERVER;
use crate::feed::{self, Feed};
use crate::graphql::cost::Costs;
use crate::graphql::{self, Services};
use crate::http::{
    self, App, Arriving, FrameCounts, HostGate, OriginGate, RequestLines, Service, SharedAnswers,
};
use crate::identity::IdentityError;
use crate::metrics::{self, Metrics};
use crate::pace::FrameThreads;
use crate::pruner::Pruner;
use crate::pulse::Pulse;
use crate::store::booking::Logged;
use crate::store::retention::Retention;
use crate::store::wake_ups::Ear;
use crate::store::{ConnectError, Store, StoreError};
use crate::trace::{Collector, NotACollector};
use crate::webhooks::WebhookSender;

/// Why the server does not start, or has ended. Each is one sentence for the person who runs it.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// There is no database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The signing secret or the keys are no good.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The operating system has no thread for us.
    #[error("the operating system gives no more threads: {0}")]
    Threads(std::io::Error),
    /// Somebody else listens there, or we may not.
    #[error("cannot listen on {address}: {reason}; choose another address with {setting}")]
    Listen {
        /// What says where to listen.
        setting: &'static str,
        /// The address.
        address: SocketAddr,
        /// The operating system's reason.
        reason: String,
    },
    /// More connections than the private PostgreSQL has.
    #[error(
        "ARENA_BOOKING_CONNECTIONS and ARENA_READ_CONNECTIONS ask for {wanted} connections; the \
            private PostgreSQL has {most}"
    )]
    TooManyConnections {
        /// What the settings ask for.
        wanted: u32,
        /// What there is.
        most: u32,
    },
    /// The demo event could not be brought in.
    #[cfg(feature = "show")]
    #[error("the demo event could not be brought in")]
    Demo(#[from] crate::store::catalog::CatalogError),
    /// The private PostgreSQL ended by itself.
    #[error("the private PostgreSQL has ended: {0}")]
    DatabaseEnded(String),
    /// The collector of traces has no such address.
    #[error(transparent)]
    Collector(#[from] NotACollector),
    /// The operating system has no random bytes for us.
    #[error("the operating system gives no random numbers: {0}")]
    Randomness(std::io::Error),
    /// The database failed while starting.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ConnectError> for ServerError {
    fn from(error: ConnectError) -> Self {
        Self::Database(error.into())
    }
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    database: Database,
    running: Running,
    /// How long a shutdown may take.
    patience: Duration,
}

/// Where clients come in, and where metrics are asked for.
struct Doors {
    listener: TcpListener,
    metrics: Option<TcpListener>,
}

/// What runs in a server.
#[derive(Debug)]
struct Running {
    store: Store,
    feed: Arc<Feed>,
    /// Rings when the server shuts down.
    stop: CancellationToken,
    serving: JoinHandle<()>,
    sockets: TaskTracker,
    /// The feed, the cleaner, the pruner and the sender of webhooks.
    background: TaskTracker,
    desk: DeskTasks,
    /// Tells of the spans of requests, if it is told to.
    collector: Option<Collector>,
    /// Held to the end: what carries frames ends before the tasks that it is for.
    frame_threads: Arc<FrameThreads>,
}

impl Server {
    /// Starts everything; when it returns, requests are answered. Safe to drop before that.
    pub async fn start(settings: &ServeSettings) -> Result<Self, ServerError> {
        // Bound before anything else is started: two servers that want this port should not both
        // start a database.
        let (listener, address) = listen("ARENA_LISTEN", settings.listen)?;
        let metrics = settings
            .metrics_listen
            .map(|address| listen("ARENA_METRICS_LISTEN", address))
            .transpose()?;
        let metrics_address = metrics.as_ref().map(|(_, address)| *address);
        let doors = Doors { listener, metrics: metrics.map(|(listener, _)| listener) };
        let database = Database::open(&settings.database).await?;
        match Running::start(settings, doors, &database).await {
            Ok(running) => {
                let patience = Duration::from_secs(settings.shutdown_seconds.into());
                Ok(Self { address, metrics_address, database, running, patience })
            }
            Err(error) => {
                if let Err(error) = database.close().await {
                    tracing::error!(%error, "the private PostgreSQL did not stop cleanly");
                }
                Err(error)
            }
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its metrics are, if anywhere.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// How many subscriptions it carries.
    pub fn followers(&self) -> usize {
        self.running.feed.followers()
    }

    /// Where its frames are written.
    pub fn frame_threads(&self) -> &FrameThreads {
        &self.running.frame_threads
    }

    /// How many statements its database has carried out for it.
    pub fn statements(&self) -> u64 {
        self.running.store.statements()
    }

    /// Serves until told to stop, or until the private PostgreSQL ends by itself; then shuts down
    /// in order.
    pub async fn run_until(
        mut self,
        told_to_stop: impl Future<Output = ()>,
    ) -> Result<(), ServerError> {
        let ended = tokio::select! {
            () = told_to_stop => None,
            why = self.database.ended() => Some(why),
        };
        self.shut_down().await?;
        ended.map_or(Ok(()), |why| Err(ServerError::DatabaseEnded(why)))
    }

    /// Stops in order. What was accepted is carried out and answered, as far as time allows.
    pub async fn shut_down(self) -> Result<(), ServerError> {
        self.running.finish(self.patience).await;
        Ok(self.database.close().await?)
    }
}

/// What answers requests, with the threads that carry frames, the tracker of long-lived clients,
/// and what tells them to stop.
fn app(
    settings: &ServeSettings,
    services: Services,
    cleaner: Pulse,
    (frame_threads, sockets, stop): (&Arc<FrameThreads>, &TaskTracker, &CancellationToken),
) -> App {
    let counts = services.counts.clone();
    App {
        store: services.store.clone(),
        feed: Arc::clone(&services.feed),
        cleaner,
        identity: Arc::clone(&services.identity),
        shares: Arc::clone(&services.shares),
        costs: Costs::new(services.store.clone(), Arc::clone(&services.slugs)),
        maps: Arc::new(SharedAnswers::new(services.store.clone())),
        schema: graphql::schema(services),
        documents: Arc::default(),
        operations: Arc::default(),
        counts,
        tracing: None,
        lines: RequestLines::default(),
        frames: FrameCounts::default(),
        arriving: Arriving::default(),
        answers: Arc::default(),
        unread: Arc::default(),
        proxies: settings.limits.trusted_proxies.clone(),
        frame_threads: Arc::clone(frame_threads),
        stop: stop.clone(),
        hosts: HostGate::new(&settings.allowed_origins, settings.public_url.as_ref()),
        origins: OriginGate::new(settings.allowed_origins.clone(), settings.public_url.clone()),
        playground: settings.has_playground(),
        sockets: sockets.clone(),
    }
}

impl CommitListener for Feed {
    fn committed(&self, event: EventId, logged: Logged, version: i64) {
        Self::committed(self, event, logged, version);
    }

    fn committed_unseen(&self) {
        Self::committed_unseen(self);
    }
}

impl Running {
    async fn start(
        settings: &ServeSettings,
        doors: Doors,
        database: &Database,
    ) -> Result<Self, ServerError> {
        check_connections(&settings.database)?;
        let identity =
            Arc::new(identity(&settings.identity, &database::data_dir(&settings.database))?);
        let store = open_store(settings, database).await?;
        let stop = CancellationToken::new();
        let (background, sockets) = (TaskTracker::new(), TaskTracker::new());
        #[cfg(feature = "show")]
        if settings.has_demo() {
            crate::show::open(&store, &background, &stop).await?;
        }

        let metrics = Metrics::default();
        let most = usize::try_from(settings.max_subscriptions).unwrap_or(usize::MAX);
        let frame_threads = FrameThreads::start(&metrics).map_err(ServerError::Threads)?;
        let feed = Feed::new(store.clone(), Arc::clone(&frame_threads), most);
        background.spawn(feed::listen(Arc::clone(&feed), ear(settings, database)?, stop.clone()));
        let (alarm, told) = (Arc::default(), Arc::clone(&feed) as Arc<dyn CommitListener>);
        let bookings = usize::try_from(settings.database.booking_connections).unwrap_or(1);
        let (desk, desk_tasks) =
            Desk::open(&store, bookings, told, &alarm).map_err(ServerError::Threads)?;
        desk.register(&metrics);
        let cleaner = Cleaner::new(store.clone(), Arc::clone(&desk), alarm);
        cleaner.register(&metrics);
        let cleaners_pulse = cleaner.pulse().clone();
        background.spawn(cleaner.run(stop.clone()));
        background.spawn(Pruner::new(store.clone(), retention(settings)).run(stop.clone()));

        let shares = Arc::new(Shares::new(settings.limits.shares(), &metrics));
        let networks = settings.webhook_networks();
        let sender = WebhookSender::new(store.clone(), Arc::clone(&feed), networks, &metrics);
        background.spawn(sender.map_err(ServerError::Randomness)?.run(stop.clone()));
        let services = Services::new(store.clone(), desk, Arc::clone(&feed), identity, shares);
        let services = Services { networks, ..services };
        let mut app = app(settings, services, cleaners_pulse, (&frame_threads, &sockets, &stop));
        let collector = settings.otlp_endpoint.as_deref().map(Collector::start).transpose()?;
        let (collector, tracing) = collector.unzip();
        app.tracing = tracing;
        let app = Arc::new(app);
        shown::show(&metrics, &store, &feed, &app);
        let shown = doors.metrics.map(|door| metrics::serve(door, metrics, stop.clone()));
        shown.map(|showing| background.spawn(showing));
        let serving = tokio::spawn(http::serve(
            doors.listener,
            door::open(settings),
            Service::new(app, settings.public_url.as_ref()),
            stop.clone(),
        ));
        Ok(Self {
            store,
            feed,
            stop,
            serving,
            sockets,
            background,
            desk: desk_tasks,
            collector,
            frame_threads,
        })
    }

    /// Clients that do not let go get half of the time; the other half is for what was accepted.
    async fn finish(mut self, patience: Duration) {
        self.stop.cancel();
        let goodbyes = async {
            // A panic: then it no longer serves either.
            let _ = (&mut self.serving).await;
            self.sockets.close();
            self.sockets.wait().await;
        };
        if tokio::time::timeout(patience / 2, goodbyes).await.is_err() {
            tracing::warn!("some clients have not let go of their connections in time");
            self.serving.abort();
        }
        let rest = async {
            self.background.close();
            self.background.wait().await;
            self.desk.finish().await;
            self.store.close().await;
            if let Some(collector) = self.collector {
                collector.end().await;
            }
        };
        if tokio::time::timeout(patience / 2, rest).await.is_err() {
            tracing::warn!("not everything had finished when the time for the shutdown was up");
        }
    }
}

/// Begins to listen where a setting says; and where that is.
fn listen(
    setting: &'static str,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), ServerError> {
    door::listen(address).map_err(|error| {
        let reason = door::plain_reason(&error);
        ServerError::Listen { setting, address, reason }
    })
}

/// How much of a log is kept.
fn retention(settings: &ServeSettings) -> Retention {
    Retention {
        changes: settings.log_changes.into(),
        age: Duration::from_hours(settings.log_hours.into()),
    }
}

/// What hears the wake-ups of the database.
fn ear(settings: &ServeSettings, database: &Database) -> Result<Ear, ConnectError> {
    match &settings.listen_database_url {
        Some(url) => Ear::at(url, "ARENA_LISTEN_DATABASE_URL"),
        None => Ear::at(&database.url, "DATABASE_URL"),
    }
}

/// The database, with its tables as they have to be.
async fn open_store(settings: &ServeSettings, database: &Database) -> Result<Store, ServerError> {
    // Before anything is done: it may be unreadable.
    let ear = ear(settings, database)?;
    let store = database.connect(&settings.database).await?;
    tracing::info!(engine = %store.engine(), "connected to the database");
    if settings.no_migrate {
        store.check_migrated().await?;
    } else {
        store.migrate().await?;
    }
    store.check_wake_ups(&ear).await?;
    Ok(store)
}

/// Whether the private PostgreSQL has as many connections as the settings ask for.
fn check_connections(settings: &DatabaseSettings) -> Result<(), ServerError> {
    let wanted = settings.booking_connections + settings.read_connections;
    if settings.database_url.is_none() && wanted > CONNECTIONS_FOR_SERVER {
        return Err(ServerError::TooManyConnections { wanted, most: CONNECTIONS_FOR_SERVER });
    }
    Ok(())
}
