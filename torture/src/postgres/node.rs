//! One PostgreSQL: its data on a disk of its own, its process, its clock.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use tokio::time::{sleep, timeout};

use super::names::{NAME, SUPERUSER};
use super::programs::Programs;
use crate::Result;
use crate::clock::Clock;
use crate::machine::{self, Disk, Process};

/// How long one may take to answer after it was started; it may have to recover first.
const START_MAX: Duration = Duration::from_secs(60);

/// How long one statement of ours may take.
const ASK_MAX: Duration = Duration::from_secs(20);

/// The settings of each. Little memory for many of them. `fsync` is off: a process that is killed
/// loses nothing that the kernel has, and a kernel that crashes is not among the faults.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 250
shared_buffers = 32MB
fsync = off
full_page_writes = on
wal_level = replica
min_wal_size = 8MB
max_wal_size = 48MB
wal_keep_size = 32MB
max_wal_senders = 4
hot_standby = on
wal_receiver_status_interval = 1s
wal_retrieve_retry_interval = 200ms
wal_receiver_timeout = 3s
wal_sender_timeout = 3s
autovacuum_naptime = 2s
log_min_messages = warning
log_line_prefix = '%m [%p] %a '
";

/// One PostgreSQL.
pub(crate) struct Node {
    pub(crate) name: &'static str,
    pub(crate) disk: Disk,
    programs: Programs,
    process: Option<Process>,
    port: u16,
    clock: Clock,
    folder: PathBuf,
}

impl Node {
    /// A node that does not run yet; `folder` is the round's.
    pub(crate) fn new(
        name: &'static str,
        folder: &Path,
        programs: &Programs,
        clock: Clock,
    ) -> Result<Self> {
        let disk = Disk::make(folder.join(format!("disk-{name}")), programs.user.as_ref())?;
        Ok(Self {
            name,
            disk,
            programs: programs.clone(),
            process: None,
            port: machine::free_port()?,
            clock,
            folder: folder.to_owned(),
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Where its data are.
    pub(crate) fn data(&self) -> PathBuf {
        self.disk.path().join("data")
    }

    /// Lays a copy of other data.
    pub(crate) fn lay(&self, data: &Path) -> Result<()> {
        machine::copy_folder(data, &self.data())?;
        machine::own(&self.data(), self.programs.user.as_ref())
    }

    /// Writes its settings anew: with a standby it answers only what that has, too.
    pub(crate) fn configure(&self, is_followed: bool) -> Result<()> {
        let standbys = if is_followed { "'*'" } else { "''" };
        let text =
            format!("{SETTINGS}\nport = {}\nsynchronous_standby_names = {standbys}\n", self.port);
        fs::write(self.data().join("postgresql.conf"), text)?;
        machine::own(&self.data().join("postgresql.conf"), self.programs.user.as_ref())
    }

    /// The same, and it goes by them from now on.
    pub(crate) fn reconfigure(&self, is_followed: bool) -> Result<()> {
        self.configure(is_followed)?;
        self.signal(Signal::SIGHUP)
    }

    /// Makes it a standby of whoever is at `primary` once it starts.
    pub(crate) fn follow(&self, primary: SocketAddr) -> Result<()> {
        let conninfo = format!(
            "primary_conninfo = 'host={} port={} user={SUPERUSER} application_name={}'\n",
            primary.ip(),
            primary.port(),
            self.name
        );
        fs::write(self.data().join("postgresql.auto.conf"), conninfo)?;
        fs::write(self.data().join("standby.signal"), [])?;
        machine::own(&self.data(), self.programs.user.as_ref())
    }

    /// Copies another's data as they are now, in place of its own.
    pub(crate) async fn copy(&self, of: SocketAddr) -> Result<()> {
        if self.data().exists() {
            fs::remove_dir_all(self.data())?;
        }
        let mut command = self.programs.command("pg_basebackup");
        command.args(["--host", &of.ip().to_string(), "--port", &of.port().to_string()]);
        command.args(["--username", SUPERUSER, "--checkpoint", "fast", "--wal-method", "stream"]);
        machine::run(command.arg("--pgdata").arg(self.data())).await?;
        Ok(())
    }

    /// Starts its process, and does not wait for it.
    pub(crate) fn start(&mut self) -> Result<()> {
        // A process that was killed leaves its number behind, which may be another's by now.
        let lock = self.data().join("postmaster.pid");
        if lock.exists() {
            fs::remove_file(lock)?;
        }
        let mut command = self.programs.command("postgres");
        command.arg("-D").arg(self.data());
        self.clock.set_for(&mut command);
        let log = self.folder.join(format!("{}.log", self.name));
        self.process = Some(Process::start(&mut command, &log, &self.folder.join("processes"))?);
        Ok(())
    }

    /// Whether a process of its own is there.
    pub(crate) fn runs(&mut self) -> Result<bool> {
        self.process.as_mut().map_or(Ok(false), |process| Ok(!process.has_ended()?))
    }

    /// Waits until it answers, and starts it again if it has ended by itself meanwhile.
    pub(crate) async fn answers(&mut self) -> Result<()> {
        let started = Instant::now();
        loop {
            if !self.runs()? {
                self.start()?;
            }
            let failure = match self.ask("SELECT 'yes'").await {
                Ok(_) => return Ok(()),
                Err(failure) => failure,
            };
            if started.elapsed() > START_MAX {
                return Err(format!("PostgreSQL {} does not answer: {failure}", self.name).into());
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// A connection of ours, past every proxy.
    pub(crate) async fn connect(&self) -> Result<PgConnection> {
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username(SUPERUSER)
            .database(NAME)
            .disable_statement_logging();
        Ok(timeout(ASK_MAX, options.connect())
            .await
            .map_err(|_| "PostgreSQL does not answer")??)
    }

    /// The text that a statement gives, in one row with one column.
    pub(crate) async fn ask(&self, statement: &str) -> Result<String> {
        let asking = async {
            let mut sql = self.connect().await?;
            let row = sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(&mut sql).await?;
            sql.close().await?;
            Ok(row)
        };
        timeout(ASK_MAX, asking).await.map_err(|_| "PostgreSQL does not answer in time")?
    }

    /// Sends a signal to its first process.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        self.process.as_ref().map_or(Ok(()), |process| process.signal(signal))
    }

    /// Sends a signal to all its processes.
    pub(crate) fn signal_all(&self, signal: Signal) -> Result<()> {
        self.process.as_ref().map_or(Ok(()), |process| process.signal_family(signal))
    }

    /// Kills all its processes.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        match self.process.take() {
            Some(mut process) => process.kill().await,
            None => Ok(()),
        }
    }

    /// Asks it to end in order: everything is written, and nothing has to be recovered.
    pub(crate) async fn shut_down(&mut self) -> Result<()> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        process.signal(Signal::SIGINT)?;
        process.ended().await?;
        Ok(())
    }

    /// Asks it to end at once, which leaves nothing behind in memory.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        process.signal_family(Signal::SIGCONT)?;
        process.signal(Signal::SIGQUIT)?;
        process.ended().await?;
        Ok(())
    }
}
