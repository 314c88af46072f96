//! Servers: the real binary, each behind a proxy for its clients and another before its database.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tokio::process::Command;
use tokio::time::sleep;

use crate::Result;
use crate::clock::Clock;
use crate::machine::{self, Process};
use crate::plan::Setting;
use crate::postgres::NAME;
use crate::proxy::Proxy;

/// What servers sign with.
const SECRET: &str = "a secret for torture that is 32 bytes long, at least";

/// How long one question about health may take.
const HEALTH_MAX: Duration = Duration::from_secs(3);

/// What a log has if a server met what it does not expect.
const PANICS: &str = "panicked at";

/// The program that is tested.
#[derive(Clone, Debug)]
pub(crate) struct Binary(PathBuf);

impl Binary {
    /// The one that is named, or that was built beside us.
    pub(crate) fn find(named: Option<&Path>) -> Result<Self> {
        let own = std::env::current_exe()?;
        let path = named.map_or_else(|| own.with_file_name("grand-arena"), Path::to_owned);
        if !path.is_file() {
            return Err(format!("{} is missing; build it first", path.display()).into());
        }
        Ok(Self(path.canonicalize()?))
    }

    /// A command of it with a bare environment.
    fn command(&self, database: SocketAddr) -> Command {
        let mut command = Command::new(&self.0);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("RUST_BACKTRACE", "1");
        command.env("ARENA_JWT_SECRET", SECRET).env("ARENA_LOG", "warn,sqlx=error");
        command.env("DATABASE_URL", url(database)).process_group(0);
        command
    }

    /// Makes the tables.
    pub(crate) async fn migrate(&self, database: SocketAddr) -> Result<()> {
        machine::run(self.command(database).arg("migrate")).await.map(drop)
    }

    /// Brings in an event.
    pub(crate) async fn import(
        &self,
        database: SocketAddr,
        file: &Path,
        more: &[&str],
    ) -> Result<()> {
        machine::run(self.command(database).arg("import").arg(file).args(more)).await.map(drop)
    }

    /// Looks through the books; what is wrong with them is the error.
    pub(crate) async fn check(&self, database: SocketAddr) -> Result<()> {
        machine::run(self.command(database).arg("check")).await.map(drop)
    }

    /// A token that outlives every clock that is an hour off.
    pub(crate) async fn token(&self, user: &str, role: Option<&str>) -> Result<String> {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
        let mut command = self.command(nowhere);
        command.args(["token", "--user", user, "--ttl", "2d"]);
        if let Some(role) = role {
            command.args(["--role", role]);
        }
        Ok(machine::run(&mut command).await?.trim().to_owned())
    }
}

/// The address of a database as servers are told it.
fn url(database: SocketAddr) -> String {
    format!("postgres://{NAME}@{database}/{NAME}")
}

/// A server, which is started again whenever it has ended and is wanted.
pub(crate) struct Server {
    name: String,
    binary: Binary,
    process: Option<Process>,
    is_wanted: bool,
    port: u16,
    /// Before its database.
    pub(crate) database: Proxy,
    /// Where it goes past a pooler to LISTEN, through the same proxy otherwise.
    pooler: Option<SocketAddr>,
    /// Before its clients.
    pub(crate) clients: Proxy,
    pub(crate) clock: Clock,
    setting: Setting,
    folder: PathBuf,
}

/// What a server is made of.
pub(crate) struct Parts<'a> {
    pub(crate) number: usize,
    pub(crate) binary: &'a Binary,
    /// The primary.
    pub(crate) database: SocketAddr,
    pub(crate) setting: &'a Setting,
    pub(crate) folder: &'a Path,
}

impl Server {
    /// A server that does not run yet.
    pub(crate) async fn new(parts: Parts<'_>) -> Result<Self> {
        let port = machine::free_port()?;
        let name = format!("server-{}", parts.number);
        let clock = if parts.setting.has_clocks {
            Clock::adjustable(parts.folder.join(format!("{name}.clock")))?
        } else {
            Clock::right()
        };
        Ok(Self {
            binary: parts.binary.clone(),
            process: None,
            is_wanted: false,
            port,
            database: Proxy::to(parts.database).await?,
            pooler: None,
            clients: Proxy::to(SocketAddr::from(([127, 0, 0, 1], port))).await?,
            clock,
            setting: parts.setting.clone(),
            folder: parts.folder.to_owned(),
            name,
        })
    }

    /// Has it reach its database through a pooler.
    pub(crate) fn pool_at(&mut self, pooler: SocketAddr) {
        self.pooler = Some(pooler);
    }

    /// Wants it, and starts it if it does not run.
    pub(crate) fn start(&mut self) -> Result<()> {
        self.is_wanted = true;
        if !self.has_ended()? {
            return Ok(());
        }
        let direct = self.database.address();
        let mut command = self.binary.command(self.pooler.unwrap_or(direct));
        command.args(["serve", "--no-migrate", "--limits", "off"]);
        command.args(["--listen", &format!("127.0.0.1:{}", self.port)]);
        command.args(["--booking-connections", &self.setting.booking_connections.to_string()]);
        command.args(["--read-connections", &self.setting.read_connections.to_string()]);
        command.args(["--max-subscriptions", "1000", "--shutdown-seconds", "2"]);
        if self.pooler.is_some() {
            command.env("ARENA_LISTEN_DATABASE_URL", url(direct));
        }
        self.clock.set_for(&mut command);
        let notes = self.folder.join("processes");
        self.process = Some(Process::start(&mut command, &self.log(), &notes)?);
        Ok(())
    }

    /// Starts it again if it is wanted and has ended, as an operator's supervisor does.
    pub(crate) fn supervise(&mut self) -> Result<()> {
        if self.is_wanted { self.start() } else { Ok(()) }
    }

    fn has_ended(&mut self) -> Result<bool> {
        self.process.as_mut().map_or(Ok(true), Process::has_ended)
    }

    /// Kills it; it is not wanted until it is started.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        self.is_wanted = false;
        match self.process.take() {
            Some(mut process) => process.kill().await,
            None => Ok(()),
        }
    }

    /// Asks it to stop in order; it is not wanted until it is started.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        self.is_wanted = false;
        let Some(mut process) = self.process.take() else { return Ok(()) };
        process.signal(Signal::SIGTERM)?;
        process.ended().await?;
        Ok(())
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        self.process.as_ref().map_or(Ok(()), |process| process.signal(signal))
    }

    /// Has it run by another binary from its next start.
    pub(crate) fn change_binary(&mut self, binary: &Binary) {
        self.binary = binary.clone();
    }

    /// Where clients reach it, which may be spoilt.
    pub(crate) fn address(&self) -> SocketAddr {
        self.clients.address()
    }

    /// Where it listens itself.
    pub(crate) fn own_address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// A panic that it has logged.
    pub(crate) fn panic(&self) -> Result<Option<String>> {
        let log = self.log();
        let text = if log.exists() { std::fs::read(log)? } else { Vec::new() };
        let text = String::from_utf8_lossy(&text);
        let line = text.lines().find(|line| line.contains(PANICS));
        Ok(line.map(|line| format!("{} {line}", self.name)))
    }

    fn log(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.name))
    }
}

/// Whether a server says that it is ready.
pub(crate) async fn is_ready(http: &reqwest::Client, address: SocketAddr) -> bool {
    let asked = http.get(format!("http://{address}/readyz")).timeout(HEALTH_MAX).send().await;
    asked.is_ok_and(|answer| answer.status().is_success())
}

/// Waits until a server is ready.
pub(crate) async fn ready(
    http: &reqwest::Client,
    address: SocketAddr,
    max: Duration,
) -> Result<()> {
    let started = Instant::now();
    while !is_ready(http, address).await {
        if started.elapsed() > max {
            return Err(format!("not ready within {} s", max.as_secs()).into());
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
