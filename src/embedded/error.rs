//! Why the private PostgreSQL did not start or stop, each in one sentence that says what to do.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::limits::MAJOR_MIN;

/// Why the private PostgreSQL did not start or stop. Each `Display` is one sentence for the person
/// at the terminal. It names its cause, which is therefore no `source`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddedError {
    /// A second server on one folder.
    #[error(
        "{} is in use by another Grand Arena{}: stop that one, or set ARENA_DATA_DIR to another \
            folder",
        .folder.display(),
        .pid.as_ref().map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    InUse {
        /// The data folder.
        folder: PathBuf,
        /// The other server's process id, as it noted it.
        pid: Option<String>,
    },
    /// No usable binaries.
    #[error(
        "no PostgreSQL {} or newer was found on this machine: install it (on Debian the package \
            postgresql), \
         set DATABASE_URL to use one elsewhere, or build with --features download-postgres",
        MAJOR_MIN
    )]
    NoPostgres,
    /// The folder was made by a major version that is not installed.
    #[error(
        "{} was made by PostgreSQL {major}, which was not found on this machine: install it (on \
            Debian the package \
         postgresql-{major}), or set ARENA_DATA_DIR to another folder",
        .pgdata.display()
    )]
    MissingMajor {
        /// The major version that made the folder.
        major: u32,
        /// The database folder.
        pgdata: PathBuf,
    },
    /// The download (cargo feature `download-postgres`) failed.
    #[error(
        "PostgreSQL {major} could not be downloaded ({reason}): check the network, or install \
            PostgreSQL yourself"
    )]
    Download {
        /// The major version asked for.
        major: u32,
        /// What the download said.
        reason: String,
    },
    /// `pgdata` holds something else.
    #[error(
        "{} holds files but no PostgreSQL database: move it away, or set ARENA_DATA_DIR to \
            another folder",
        .pgdata.display()
    )]
    NotADatabase {
        /// The database folder.
        pgdata: PathBuf,
    },
    /// `pgdata` belongs to somebody the server cannot be.
    #[error(
        "{} belongs to {owner}, as whom this server cannot run PostgreSQL: start the server as \
            the user who made the folder, \
         change its owner (chown -R), or set ARENA_DATA_DIR to another folder",
        .pgdata.display()
    )]
    WrongOwner {
        /// The database folder.
        pgdata: PathBuf,
        /// Whose it is.
        owner: String,
    },
    /// Root needs another user, and there is none.
    #[error(
        "PostgreSQL refuses to run as root and this machine has neither a user postgres nor a \
            user nobody: \
         create one, or start the server as an ordinary user"
    )]
    NoUserToRunAs,
    /// The user who runs PostgreSQL cannot get to the folder.
    #[error(
        "the user {user}, who runs PostgreSQL because root may not, cannot enter {}: open it \
            (chmod o+x), or set \
         ARENA_DATA_DIR to a folder that user can reach, such as /var/lib/grand-arena",
        .folder.display()
    )]
    Closed {
        /// The first closed folder on the way.
        folder: PathBuf,
        /// Who stands before it.
        user: String,
    },
    /// An earlier PostgreSQL, or our own, does not end.
    #[error(
        "PostgreSQL (process {pid}) does not stop: end that process, then start the server again"
    )]
    StillRunning {
        /// The process id of the postmaster.
        pid: u32,
    },
    /// Making the database failed.
    #[error("the database could not be made: {reason}; see {}, then start again", .log.display())]
    Initialise {
        /// The last complaint in the log.
        reason: String,
        /// Where the rest is.
        log: PathBuf,
    },
    /// PostgreSQL ended before it was ready.
    #[error("PostgreSQL stopped while starting: {reason}; see {}", .log.display())]
    Start {
        /// The last complaint in the log.
        reason: String,
        /// Where the rest is.
        log: PathBuf,
    },
    /// PostgreSQL runs, but is not ready.
    #[error(
        "PostgreSQL was not ready after {} seconds and was stopped: see {}, then start again",
        .waited.as_secs(),
        .log.display()
    )]
    NotReady {
        /// How long it was given.
        waited: Duration,
        /// Where the reason may be.
        log: PathBuf,
    },
    /// The operating system's generator gives nothing to make a password of.
    #[error("the operating system gives no random bytes: {reason}")]
    NoRandomness {
        /// What the operating system said.
        reason: io::Error,
    },
    /// A file, folder or program could not be used.
    #[error("cannot {doing} {}: {reason}; check its permissions, or set ARENA_DATA_DIR to another \
        folder", .path.display())]
    File {
        /// The verb that failed.
        doing: &'static str,
        /// Its object.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },
}

/// Says what was being done when the operating system refused.
pub(super) trait IoContext<T> {
    fn while_doing(self, doing: &'static str, path: &Path) -> Result<T, EmbeddedError>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn while_doing(self, doing: &'static str, path: &Path) -> Result<T, EmbeddedError> {
        self.map_err(|reason| EmbeddedError::File { doing, path: path.to_owned(), reason })
    }
}
