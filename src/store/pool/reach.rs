//! How the database is reached: new connections, what is known of it while there are none, and
//! which of the old ones are still believed.
//!
//! One for all pools, since they lead to the same database. Where its address has several hosts,
//! the one is taken that takes writes; the others are asked again when it fails.
//!
//! Invariants: a new connection takes writes, unless any will do. Whoever asks for one while none
//! can be had waits for [`OUTAGE_WAIT`] after the first failure at most, and afterwards not at all:
//! a single task tries for all of them.
//!
//! Deliberately absent: options of sockets. The driver lets nobody at them; what is silent for too
//! long is noticed by the limits of [`Lease`](super::lease::Lease).

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::{self, ConnectOptions as _, PgConnection, Row as _};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{sleep, timeout, timeout_at};

use super::address::Address;
use super::connection::Connection;

/// How long a host may take until a connection to it can be used. A network of continents takes
/// half a second for all of it.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// How long after the first failure others still wait for a connection. A restart takes less, and
/// nobody notices it.
const OUTAGE_WAIT: Duration = Duration::from_secs(2);

/// The pause between two attempts while there are no connections.
const PROBE_EVERY: Duration = Duration::from_millis(250);

/// No host was found yet that takes writes.
const NO_HOST: usize = usize::MAX;

/// See the module's documentation.
#[derive(Debug)]
pub(in crate::store) struct Reach {
    address: Address,
    /// What is said to PostgreSQL on each new connection; answers whether it takes no writes.
    session: &'static str,
    /// Where the attempts of an outage are made.
    runtime: Handle,
    /// The host that took the last connection.
    host: AtomicUsize,
    outage: watch::Sender<Option<Outage>>,
    /// What instants are counted from.
    began: Instant,
    /// Connections that were heard of before this are asked before they are used.
    doubted: AtomicU64,
    /// Connections that were opened before this are closed.
    distrusted: AtomicU64,
    missed: AtomicU64,
    is_closed: AtomicBool,
}

/// Since when no connection can be had, and why.
#[derive(Clone, Debug)]
struct Outage {
    since: tokio::time::Instant,
    error: Arc<sqlx::Error>,
}

impl Reach {
    /// The runtime is the one that this is called on.
    pub(in crate::store) fn new(address: Address, session: &'static str) -> Arc<Self> {
        Arc::new(Self {
            address,
            session,
            runtime: Handle::current(),
            host: NO_HOST.into(),
            outage: watch::Sender::new(None),
            began: Instant::now(),
            doubted: 0.into(),
            distrusted: 0.into(),
            missed: 0.into(),
            is_closed: false.into(),
        })
    }

    /// A new connection.
    pub(super) async fn connect(
        self: &Arc<Self>,
        application: &'static str,
    ) -> Result<PgConnection, Arc<sqlx::Error>> {
        let mut outages = self.outage.subscribe();
        loop {
            let known = outages.borrow_and_update().clone();
            if let Some(Outage { since, error }) = known {
                let end = outages.wait_for(Option::is_none);
                if timeout_at(since + OUTAGE_WAIT, end).await.is_err() {
                    return Err(error);
                }
            }
            let began = tokio::time::Instant::now();
            match self.connect_once(application).await {
                Ok(connection) => return Ok(connection),
                Err(error) if is_away(&error) => self.begin_outage(began, error),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Where a connection of the driver's own can be had: of several hosts the one that takes
    /// writes now.
    pub(in crate::store) async fn host(
        &self,
        application: &str,
    ) -> Result<PgConnectOptions, sqlx::Error> {
        let mut host = self.address.hosts.first();
        if self.address.hosts.len() > 1 {
            let found = self.connect_once(application).await?;
            Connection::new(found).goodbye().await;
            host = self.address.hosts.get(self.host.load(Ordering::Relaxed));
        }
        let options = host.ok_or(sqlx::Error::PoolClosed)?.clone();
        Ok(options.application_name(application))
    }

    /// Where it leads.
    pub(in crate::store) fn address(&self) -> &Address {
        &self.address
    }

    /// One attempt at each host; first at the one that took the last connection.
    pub(in crate::store) async fn connect_once(
        &self,
        application: &str,
    ) -> Result<PgConnection, sqlx::Error> {
        let last = self.host.load(Ordering::Relaxed);
        let mut failed = None;
        if last != NO_HOST {
            match self.open(last, application).await {
                Ok(connection) => return Ok(connection),
                Err(error) => failed = Some(error),
            }
        }
        let others = (0..self.address.hosts.len()).filter(|host| *host != last);
        let open = |host| async move { (host, self.open(host, application).await) };
        let mut attempts: FuturesUnordered<_> = others.map(open).collect();
        while let Some((host, opened)) = attempts.next().await {
            match opened {
                Ok(connection) => {
                    self.host.store(host, Ordering::Relaxed);
                    return Ok(connection);
                }
                Err(error) => failed = Some(error),
            }
        }
        Err(failed.unwrap_or(sqlx::Error::PoolClosed))
    }

    async fn open(&self, host: usize, application: &str) -> Result<PgConnection, sqlx::Error> {
        let options = self.address.hosts.get(host).ok_or(sqlx::Error::PoolClosed)?;
        let options = options.clone().application_name(application);
        let opening = async {
            let mut connection = options.connect().await?;
            let is_read_only = sqlx::raw_sql(self.session).fetch_one(&mut connection).await?;
            let is_read_only: String = is_read_only.try_get(0)?;
            if is_read_only == "on" && !self.address.any_will_do {
                Connection::new(connection).goodbye().await;
                return Err(failure(io::ErrorKind::ReadOnlyFilesystem, NO_WRITES));
            }
            Ok(connection)
        };
        const NO_WRITES: &str = "it takes no writes, as a standby does";
        match timeout(CONNECT_LIMIT, Box::pin(opening)).await {
            Ok(opened) => opened,
            Err(_) => {
                let seconds = CONNECT_LIMIT.as_secs();
                Err(failure(io::ErrorKind::TimedOut, format!("no answer within {seconds} s")))
            }
        }
    }

    /// Nobody gets a connection: others are told at once from now on, and one task goes on trying.
    fn begin_outage(self: &Arc<Self>, since: tokio::time::Instant, error: sqlx::Error) {
        self.host.store(NO_HOST, Ordering::Relaxed);
        let error = Arc::new(error);
        let outage = Outage { since, error: Arc::clone(&error) };
        let is_news = self.outage.send_if_modified(|known| {
            let is_news = known.is_none();
            known.get_or_insert(outage);
            is_news
        });
        if is_news {
            let address = self.address.shown();
            tracing::warn!(address, %error, "the database cannot be reached");
            self.runtime.spawn(Self::probe(Arc::downgrade(self)));
        }
    }

    /// Tries until a connection comes about.
    async fn probe(reach: Weak<Self>) {
        loop {
            sleep(PROBE_EVERY).await;
            let Some(reach) = reach.upgrade() else { return };
            if reach.is_closed.load(Ordering::Relaxed) {
                return;
            }
            match reach.connect_once("grand-arena probe").await {
                Ok(connection) => {
                    reach.outage.send_replace(None);
                    tracing::info!(address = reach.address.shown(), "the database is reached");
                    Connection::new(connection).goodbye().await;
                    return;
                }
                Err(error) => {
                    let error = Arc::new(error);
                    reach.outage.send_if_modified(|known| {
                        if let Some(outage) = known {
                            outage.error = error;
                        }
                        false
                    });
                }
            }
        }
    }

    /// A statement has missed its limit. It may be slow, or the database may be gone without a
    /// word: other connections are asked before they are used.
    pub(super) fn doubt(&self) {
        self.missed.fetch_add(1, Ordering::Relaxed);
        self.doubted.fetch_max(self.now(), Ordering::Relaxed);
    }

    /// A connection leads to where there is no database, or one that takes no writes. So may all
    /// that were opened before.
    pub(in crate::store) fn distrust(&self) {
        self.host.store(NO_HOST, Ordering::Relaxed);
        self.distrusted.fetch_max(self.now(), Ordering::Relaxed);
    }

    /// Whether a connection that was opened then may still be used.
    pub(super) fn is_trusted(&self, opened: Instant) -> bool {
        self.since_began(opened) > self.distrusted.load(Ordering::Relaxed)
    }

    /// Whether a connection that was heard of then has to be asked first.
    pub(super) fn is_doubted(&self, heard: Instant) -> bool {
        self.since_began(heard) <= self.doubted.load(Ordering::Relaxed)
    }

    /// For how long no new connection can be had, if that is so.
    pub(in crate::store) fn outage(&self) -> Option<Duration> {
        self.outage.borrow().as_ref().map(|outage| outage.since.elapsed())
    }

    /// How many statements have missed their limits so far.
    pub(in crate::store) fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }

    /// Ends what is done in the background.
    pub(in crate::store) fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        self.since_began(Instant::now())
    }

    /// Microseconds; above zero, which is before everything.
    fn since_began(&self, instant: Instant) -> u64 {
        let since = instant.saturating_duration_since(self.began).as_micros();
        u64::try_from(since).unwrap_or(u64::MAX).saturating_add(1)
    }
}

/// A failure of a connection, in words of ours.
pub(super) fn failure(
    kind: io::ErrorKind,
    why: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(kind, why))
}

/// Whether nothing is there that could answer, or nothing that wants to yet. What is refused for
/// another reason, such as a wrong password, is not made better by waiting.
pub(in crate::store) fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => true,
        // Starting, shutting down, or a pooler's word for that.
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| code.starts_with("57P") || code.starts_with("08"))
        }
        _ => false,
    }
}
