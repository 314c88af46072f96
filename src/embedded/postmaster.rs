//! The PostgreSQL process: its settings, its start, its end.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use super::binaries::Binaries;
use super::data_folder::DataFolder;
use super::endpoint::Endpoint;
use super::error::{EmbeddedError, IoContext};
use super::leftover;
use super::limits::MAX_CONNECTIONS;
use super::pgdata::notes_ready;
use super::stopping::{self, POLL, STOPPING};

/// A starting PostgreSQL that has said nothing for so long is stuck: while it recovers after a
/// crash it says every 10 s how far it is. Version 14, which does not, has at most [`MAX_WAL_SIZE`]
/// or so to go through.
const QUIET_MAX: Duration = Duration::from_secs(60);
/// However much it says.
const READY_MAX: Duration = Duration::from_secs(600);

/// Processes that outlived a killed postmaster notice within moments; a busy one, after its
/// statement.
const BUSY_MAX: Duration = Duration::from_secs(30);
const BUSY_PAUSE: Duration = Duration::from_millis(250);

/// What PostgreSQL says when trying again helps: processes of the last run are still there, or
/// somebody else took the free port between our looking and its listening.
const BUSY: [&str; 2] = ["still in use", "could not create any TCP/IP sockets"];

/// Bounds what a recovery after a crash goes through, and thus how long it takes: PostgreSQL's
/// default, held fast.
const MAX_WAL_SIZE: &str = "1GB";
/// Shared buffers: a quarter of the memory as PostgreSQL's manual advises, between these. The seats
/// of many venues fit into 256 MB, and the machine is not only for us.
const SHARED_BUFFERS_MB: std::ops::RangeInclusive<u64> = 32..=256;

/// A PostgreSQL that is our child. Dropped while it runs, it is told to stop, but not waited for.
#[derive(Debug)]
pub(super) struct Postmaster {
    child: Child,
    pgdata: PathBuf,
    log: PathBuf,
}

impl Postmaster {
    /// Starts PostgreSQL and waits until it takes connections.
    pub(super) async fn start(
        binaries: &Binaries,
        folder: &DataFolder,
    ) -> Result<(Self, Endpoint), EmbeddedError> {
        let started = Instant::now();
        loop {
            let endpoint = Endpoint::choose(folder)?;
            folder.new_run(binaries.run_as())?;
            let log = folder.open_log()?;
            let log_from = folder.log_length();
            let child = command(binaries, folder, &endpoint)
                .stdout(log.try_clone().while_doing("write", &folder.log())?)
                .stderr(log)
                .spawn();
            let mut postmaster = Self {
                child: child.while_doing("start PostgreSQL in", folder.path())?,
                pgdata: folder.pgdata(),
                log: folder.log(),
            };
            match postmaster.ready(folder, log_from).await {
                Ok(()) => return Ok((postmaster, endpoint)),
                Err(EmbeddedError::Start { reason, .. })
                    if is_busy(&reason) && started.elapsed() < BUSY_MAX =>
                {
                    tracing::debug!(reason, "PostgreSQL cannot start yet");
                    sleep(BUSY_PAUSE).await;
                }
                Err(error) => {
                    postmaster.stop().await?;
                    return Err(error);
                }
            }
        }
    }

    /// Waits until PostgreSQL notes that it is ready. That is asked of its note and not of the
    /// socket, which accepts connections only to refuse them while PostgreSQL recovers.
    async fn ready(&mut self, folder: &DataFolder, log_from: u64) -> Result<(), EmbeddedError> {
        let started = Instant::now();
        let mut heard = (started, log_from);
        while started.elapsed() < READY_MAX && heard.0.elapsed() < QUIET_MAX {
            if self.child.try_wait().while_doing("wait for PostgreSQL in", &self.pgdata)?.is_some()
            {
                let reason = folder.complaint(log_from);
                return Err(EmbeddedError::Start { reason, log: folder.log() });
            }
            if self.child.id().is_some_and(|pid| notes_ready(&self.pgdata, pid)) {
                return Ok(());
            }
            let length = folder.log_length();
            if length != heard.1 {
                heard = (Instant::now(), length);
            }
            sleep(POLL).await;
        }
        Err(EmbeddedError::NotReady { waited: started.elapsed(), log: folder.log() })
    }

    /// Resolves when PostgreSQL has ended, with a sentence about it. Cancel safe.
    pub(super) async fn exited(&mut self) -> String {
        let how = match self.child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        format!(
            "the private PostgreSQL stopped by itself ({how}): see {}, then start again",
            self.log.display()
        )
    }

    /// Stops it by each of [`STOPPING`] in turn. One that has ended already is fine.
    pub(super) async fn stop(&mut self) -> Result<(), EmbeddedError> {
        for (signal, max) in STOPPING {
            let Some(pid) = self.child.id() else {
                return Ok(());
            };
            stopping::signal(signal, pid)?;
            if timeout(max, self.child.wait()).await.is_ok() {
                return Ok(());
            }
            tracing::warn!(pid, %signal, seconds = max.as_secs(), "PostgreSQL has not stopped yet");
        }
        self.child.id().map_or(Ok(()), |pid| Err(EmbeddedError::StillRunning { pid }))
    }
}

impl Drop for Postmaster {
    /// The orderly shutdown, which nobody can wait for here. Not `kill_on_drop`: a SIGKILL would
    /// leave PostgreSQL's other processes behind and a recovery to do.
    fn drop(&mut self) {
        // Without a status the process has not been waited for, so the id is still its own.
        if let (Ok(None), Some(pid)) = (self.child.try_wait(), self.child.id())
            && let Err(error) = stopping::signal(Signal::SIGINT, pid)
        {
            tracing::error!(pid, %error, "PostgreSQL could not be told to stop and runs on");
        }
    }
}

/// The command that runs PostgreSQL. Settings given here win over the files in `pgdata`.
fn command(binaries: &Binaries, folder: &DataFolder, endpoint: &Endpoint) -> Command {
    let pgdata = folder.pgdata();
    let mut command = binaries.command("postgres");
    command.arg("-D").arg(&pgdata);
    let settings = [
        // What was answered was sold: it has to survive a power cut.
        "fsync=on".to_owned(),
        "synchronous_commit=on".to_owned(),
        format!("max_connections={MAX_CONNECTIONS}"),
        format!("max_wal_size={MAX_WAL_SIZE}"),
        format!("shared_buffers={}MB", shared_buffers_mb()),
        // To our log file, which is its standard error: the reason of a failed start is read from
        // there.
        "log_destination=stderr".to_owned(),
        "logging_collector=off".to_owned(),
    ];
    for setting in endpoint.settings().into_iter().chain(settings) {
        command.arg("-c").arg(setting);
    }
    leftover::disown(&mut command, &pgdata);
    command
}

fn is_busy(reason: &str) -> bool {
    BUSY.iter().any(|words| reason.contains(words))
}

/// A quarter of the machine's memory within [`SHARED_BUFFERS_MB`]; the least where it cannot be
/// told.
fn shared_buffers_mb() -> u64 {
    let info = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total_kb = info
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse().ok());
    let quarter_mb = total_kb.unwrap_or(0_u64) / 1024 / 4;
    quarter_mb.clamp(*SHARED_BUFFERS_MB.start(), *SHARED_BUFFERS_MB.end())
}
