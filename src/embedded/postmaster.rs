//! The PostgreSQL process: its settings, its start, its end.

use std::fmt::{self, Display};
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use super::NAME;
use super::binaries::{Binaries, as_list_setting};
use super::data_folder::DataFolder;
use super::error::{EmbeddedError, IoContext};
use super::leftover;

/// How often a state that cannot be waited for is looked at: it costs a few reads of small files.
pub(super) const POLL: Duration = Duration::from_millis(50);

/// The two ways to stop and how long each is given. INT, PostgreSQL's "fast" shutdown, disconnects
/// everybody and writes what is in memory, at most the shared buffers. QUIT stops at once;
/// PostgreSQL gives its own processes 5 s.
pub(super) const STOPPING: [(&str, Duration); 2] =
    [("INT", Duration::from_secs(30)), ("QUIT", Duration::from_secs(10))];

/// A starting PostgreSQL that has said nothing for so long is stuck: while it recovers after a
/// crash it says every 10 s how far it is (14, which does not, has at most [`MAX_WAL_SIZE`] or so
/// to go through).
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

/// The number in the socket's name when there is no TCP port; its folder is ours alone, so it never
/// clashes.
const SOCKET_PORT: u16 = 5432;
/// The system's bound is 108 bytes on Linux and 104 on macOS, with the closing zero.
const SOCKET_PATH_MAX_BYTES: usize = 100;

/// Connections, of which the server's pool needs a fraction: room for `psql` and for tests.
const CONNECTIONS_MAX: u32 = 100;
/// Bounds what a recovery after a crash goes through, and thus how long it takes: PostgreSQL's
/// default, held fast.
const MAX_WAL_SIZE: &str = "1GB";
/// Shared buffers: a quarter of the memory as PostgreSQL's manual advises, between these. The seats
/// of many venues fit into 256 MB, and the machine is not only for us.
const SHARED_BUFFERS_MB: std::ops::RangeInclusive<u64> = 32..=256;

/// Where PostgreSQL listens.
#[derive(Debug)]
pub(super) enum Endpoint {
    /// On a Unix socket in this folder, and nowhere else.
    Socket(String),
    /// On a loopback port.
    Port(u16),
}

impl Endpoint {
    /// The socket if its path is short enough, else a port that was free just now.
    fn choose(folder: &DataFolder) -> Result<Self, EmbeddedError> {
        let run = folder.run();
        let socket = run.join(format!(".s.PGSQL.{SOCKET_PORT}"));
        if let Some(path) =
            run.to_str().filter(|_| socket.as_os_str().len() < SOCKET_PATH_MAX_BYTES)
        {
            return Ok(Self::Socket(path.to_owned()));
        }
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        Ok(Self::Port(listener.while_doing("find a free port for", folder.path())?.port()))
    }

    /// As sqlx and libpq read it. Port and `sslmode` are always there, lest `PGPORT` and
    /// `PGSSLMODE` count.
    pub(super) fn url(&self, password: &str) -> String {
        match self {
            Self::Socket(folder) => {
                let host = percent_encoded(folder);
                format!(
                    "postgres://{NAME}:{password}@localhost:{SOCKET_PORT}/{NAME}\
                    ?host={host}&sslmode=disable"
                )
            }
            Self::Port(port) => {
                format!("postgres://{NAME}:{password}@127.0.0.1:{port}/{NAME}?sslmode=disable")
            }
        }
    }

    fn settings(&self) -> [String; 3] {
        let (addresses, port, socket_folder) = match self {
            Self::Socket(folder) => ("", SOCKET_PORT, as_list_setting(folder.as_ref())),
            Self::Port(port) => ("127.0.0.1", *port, String::new()),
        };
        [
            format!("listen_addresses={addresses}"),
            format!("port={port}"),
            format!("unix_socket_directories={socket_folder}"),
        ]
    }
}

impl Display for Endpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(folder) => write!(out, "socket in {folder}"),
            Self::Port(port) => write!(out, "127.0.0.1:{port}"),
        }
    }
}

/// A PostgreSQL that is our child. Dropped while it runs, it is told to stop, but not waited for.
#[derive(Debug)]
pub(super) struct Postmaster {
    child: Child,
    binaries: Binaries,
    pgdata: PathBuf,
    log: PathBuf,
}

impl Postmaster {
    /// Starts PostgreSQL and waits until it takes connections.
    pub(super) async fn start(
        binaries: Binaries,
        folder: &DataFolder,
    ) -> Result<(Self, Endpoint), EmbeddedError> {
        let begun = Instant::now();
        loop {
            let endpoint = Endpoint::choose(folder)?;
            folder.new_run(binaries.account())?;
            let log = folder.open_log()?;
            let log_from = folder.log_length();
            let child = command(&binaries, folder, &endpoint)
                .stdout(log.try_clone().while_doing("write", &folder.log())?)
                .stderr(log)
                .spawn();
            let mut postmaster = Self {
                child: child.while_doing("start PostgreSQL in", folder.path())?,
                binaries: binaries.clone(),
                pgdata: folder.pgdata(),
                log: folder.log(),
            };
            match postmaster.ready(folder, log_from).await {
                Ok(()) => return Ok((postmaster, endpoint)),
                Err(EmbeddedError::Start { reason, .. })
                    if is_busy(&reason) && begun.elapsed() < BUSY_MAX =>
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
        let begun = Instant::now();
        let mut heard = (begun, log_from);
        while begun.elapsed() < READY_MAX && heard.0.elapsed() < QUIET_MAX {
            if self.child.try_wait().while_doing("wait for PostgreSQL in", &self.pgdata)?.is_some()
            {
                let reason = folder.complaint(log_from);
                return Err(EmbeddedError::Start { reason, log: folder.log() });
            }
            if self.notes_ready() {
                return Ok(());
            }
            let length = folder.log_length();
            if length != heard.1 {
                heard = (Instant::now(), length);
            }
            sleep(POLL).await;
        }
        Err(EmbeddedError::NotReady { waited: begun.elapsed(), log: folder.log() })
    }

    /// Line 8 of `postmaster.pid` is the state (since PostgreSQL 10); line 1 tells whether it is
    /// this one's.
    fn notes_ready(&self) -> bool {
        let note = fs::read_to_string(self.pgdata.join("postmaster.pid")).unwrap_or_default();
        let mut lines = note.lines().map(str::trim);
        let is_ours = lines.next().and_then(|pid| pid.parse().ok()) == self.child.id();
        is_ours && lines.nth(6) == Some("ready")
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
            self.binaries.signal(signal, pid).await?;
            if timeout(max, self.child.wait()).await.is_ok() {
                return Ok(());
            }
            tracing::warn!(pid, signal, seconds = max.as_secs(), "PostgreSQL has not stopped yet");
        }
        self.child.id().map_or(Ok(()), |pid| Err(EmbeddedError::StillRunning { pid }))
    }
}

impl Drop for Postmaster {
    /// Not `kill_on_drop`: a SIGKILL would leave PostgreSQL's other processes behind and a recovery
    /// to do.
    fn drop(&mut self) {
        // Without a status the process has not been waited for, so the id is still its own.
        if let (Ok(None), Some(pid)) = (self.child.try_wait(), self.child.id()) {
            self.binaries.interrupt_now(pid);
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
        format!("max_connections={CONNECTIONS_MAX}"),
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

/// For the query of a URL: everything but what RFC 3986 calls unreserved, and the slash.
fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::Endpoint;

    #[test]
    fn a_socket_folder_with_odd_letters_survives_the_url() {
        let url = Endpoint::Socket("/srv/a b&c/ü".to_owned()).url("secret");
        assert_eq!(
            url,
            "postgres://grand_arena:secret@localhost:5432/grand_arena\
             ?host=/srv/a%20b%26c/%C3%BC&sslmode=disable"
        );
    }

    #[test]
    fn a_private_postgres_listens_in_one_place_only() {
        assert_eq!(
            Endpoint::Port(5433).settings(),
            ["listen_addresses=127.0.0.1", "port=5433", "unix_socket_directories="]
        );
        assert_eq!(
            Endpoint::Socket("/run/x".to_owned()).settings(),
            ["listen_addresses=", "port=5432", "unix_socket_directories=\"/run/x\""]
        );
    }
}
