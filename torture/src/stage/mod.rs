//! The stage of a round: a primary with its standby, servers, and what is between them.

mod wrong;

pub(crate) use self::wrong::{Happened, happen};

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tokio::sync::Mutex;
use tokio::time::sleep;

use crate::Result;
use crate::clock::Clock;
use crate::plan::Setting;
use crate::pooler::Pooler;
use crate::postgres::Pair;
use crate::server::{self, Parts, Server};
use crate::tools::Tools;

/// How long servers may take to be ready when all is well, at the beginning.
const START_MAX: Duration = Duration::from_secs(40);

/// Everything that runs. Each has a lock of its own: whoever makes a fault of the database has the
/// pair, and other faults of the database wait.
pub(crate) struct Stage {
    pub(crate) pair: Mutex<Pair>,
    pub(crate) servers: Vec<Mutex<Server>>,
    pub(crate) pooler: Option<Mutex<Pooler>>,
    pub(crate) database_clock: Clock,
    /// Where servers listen themselves.
    pub(crate) own_addresses: Vec<SocketAddr>,
    /// Where clients reach them.
    pub(crate) addresses: Vec<SocketAddr>,
    setting: Setting,
}

/// Waits until a server is ready for the first time. One that has ended, since its pooler was not
/// there yet, is started again.
async fn up(tools: &Tools, server: &mut Server) -> Result<()> {
    let began = Instant::now();
    while !server::is_ready(&tools.http, server.own_address()).await {
        if began.elapsed() > START_MAX {
            return Err(format!("a server is not ready within {} s", START_MAX.as_secs()).into());
        }
        server.supervise()?;
        sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

impl Stage {
    /// Starts everything, and waits until it is ready.
    pub(crate) async fn start(tools: &Tools, setting: &Setting, folder: &Path) -> Result<Self> {
        let database_clock = if setting.has_clocks {
            Clock::adjustable(folder.join("database.clock"))?
        } else {
            Clock::right()
        };
        let mut pair =
            Pair::start(folder, &tools.programs, &tools.template, &database_clock).await?;
        let database = pair.primary().address();
        let mut servers = Vec::new();
        for number in 0..setting.servers {
            let binary = &tools.binary;
            servers.push(Server::new(Parts { number, binary, database, setting, folder }).await?);
        }
        let mut pooler = None;
        if let Some(server) = servers.last_mut().filter(|_| setting.has_pooler) {
            let made = Pooler::start("pooler", folder, server.database.address()).await?;
            server.pool_at(made.address());
            pooler = Some(Mutex::new(made));
        }
        for server in &mut servers {
            server.database.delay(Duration::from_millis(setting.latency_ms));
            server.start()?;
        }
        let own_addresses: Vec<_> = servers.iter().map(Server::own_address).collect();
        for server in &mut servers {
            up(tools, server).await?;
        }
        Ok(Self {
            pair: Mutex::new(pair),
            addresses: servers.iter().map(Server::address).collect(),
            servers: servers.into_iter().map(Mutex::new).collect(),
            pooler,
            database_clock,
            own_addresses,
            setting: setting.clone(),
        })
    }

    /// Starts servers again that have ended and are wanted.
    pub(crate) async fn supervise(&self) -> Result<()> {
        for server in &self.servers {
            // One that is being stopped just now is not ours to look after.
            if let Ok(mut server) = server.try_lock() {
                server.supervise()?;
            }
        }
        Ok(())
    }

    /// No fault goes on. What was lost stays lost: connections that were silenced are silent.
    pub(crate) async fn heal(&self) -> Result<()> {
        for server in &self.servers {
            let mut server = server.lock().await;
            for proxy in [&server.database, &server.clients] {
                proxy.stall(false);
                proxy.silence(false);
                proxy.close(false);
                proxy.delay(Duration::ZERO);
            }
            server.database.delay(self.base_delay());
            server.signal(Signal::SIGCONT)?;
            server.start()?;
        }
        let mut pair = self.pair.lock().await;
        pair.link.stall(false);
        pair.primary().disk.free()?;
        pair.primary().signal_all(Signal::SIGCONT)?;
        pair.primary().answers().await
    }

    /// How long each piece takes on its way to the database when nothing is wrong.
    fn base_delay(&self) -> Duration {
        Duration::from_millis(self.setting.latency_ms)
    }

    /// Servers lead their new connections to whoever is the primary now.
    async fn lead_to(&self, primary: SocketAddr) {
        for server in &self.servers {
            server.lock().await.database.lead_to(primary);
        }
    }

    /// Ends every connection to the database.
    async fn cut_database(&self) {
        for server in &self.servers {
            server.lock().await.database.cut();
        }
    }

    /// Stops everything. The error: a panic that a server has logged.
    pub(crate) async fn stop(&self) -> Result<Vec<String>> {
        let mut panics = Vec::new();
        for server in &self.servers {
            let mut server = server.lock().await;
            server.kill().await?;
            panics.extend(server.panic()?);
        }
        self.pair.lock().await.stop().await?;
        Ok(panics)
    }
}
