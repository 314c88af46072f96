//! The private PostgreSQL that comes along when no `DATABASE_URL` is set.
//!
//! It runs as a child process on a folder of its own, with durable settings, and is stopped with
//! the server. The folder, `data_dir`:
//!
//! ```text
//! lock               held by the one server that uses the folder
//! postgres.password  of the database role; read by the server's own user only
//! postgres.log       what PostgreSQL says (and postgres.log.1, the one before)
//! pgdata/            the database, complete or absent: it is made as pgdata.new-* and then renamed
//! run/               the Unix socket; made anew at each start
//! postgresql/        downloaded binaries (cargo feature `download-postgres`)
//! ```
//!
//! Invariants:
//!
//! 1. One server a folder: `lock` is held as long as an [`EmbeddedPostgres`] lives. Who holds it
//!    may stop whatever PostgreSQL an earlier, killed server left running on `pgdata`.
//! 2. Whatever is killed, whenever, the folder starts again. Nothing in `pgdata` is ever deleted or
//!    repaired by us: PostgreSQL recovers by itself, and what is no data folder is refused.
//! 3. PostgreSQL never runs as root: root hands it to the owner of `pgdata`, or else to `postgres`
//!    or `nobody`. Only `pgdata` and `run` belong to that user.
//! 4. A Ctrl-C in the terminal does not reach PostgreSQL (it has a process group of its own): the
//!    server decides when it stops.
//!
//! Deliberately absent: upgrades from one major version to the next (`pg_upgrade` does that);
//! backups; tuning beyond a few settings; a restart of a PostgreSQL that died (the server stops,
//! and its supervisor starts both).
//!
//! The file system is used without `spawn_blocking` here: all of it happens before the server
//! serves.

mod binaries;
mod cluster;
mod data_folder;
#[cfg(feature = "download-postgres")]
mod download;
mod endpoint;
mod error;
mod leftover;
mod limits;
mod pgdata;
mod postmaster;
mod run_as;
mod stopping;

use std::path::{Path, PathBuf};

use nix::unistd::Uid;

pub use error::EmbeddedError;
pub use limits::{CONNECTIONS_FOR_SERVER, MAX_CONNECTIONS};

use binaries::Binaries;
use data_folder::DataFolder;
use postmaster::Postmaster;
use run_as::RunAs;

/// A running private PostgreSQL.
///
/// Call [`stop`](Self::stop) when done. Dropping it instead asks PostgreSQL to stop but does not
/// wait until it has: the next start on the folder does.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    url: String,
    // Before the folder: fields are dropped in this order, and PostgreSQL is told to stop while the
    // lock is held.
    postmaster: Postmaster,
    _folder: DataFolder,
}

impl EmbeddedPostgres {
    /// Starts (and, the first time, initialises) the PostgreSQL under `data_dir`, and waits until
    /// it takes connections: usually within a second, at most ten minutes when there is much to
    /// recover after a crash.
    ///
    /// Dropping the future is safe: an initialisation is undone by the next start, a PostgreSQL
    /// that was starting is told to stop.
    ///
    /// # Errors
    ///
    /// Each member of [`EmbeddedError`] says what to do about it.
    pub async fn start(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let folder = DataFolder::open(data_dir)?;
        let run_as = RunAs::choose(&folder.pgdata())?;
        let binaries = Binaries::find(&folder, run_as).await?;
        leftover::stop(&folder).await?;
        let password = cluster::prepare(&binaries, &folder).await?;
        let (postmaster, endpoint) = Postmaster::start(&binaries, &folder).await?;
        let url = endpoint.url(&password);
        tracing::info!(data_dir = %folder.path().display(), %endpoint, "private PostgreSQL is \
            ready");
        Ok(Self { url, postmaster, _folder: folder })
    }

    /// The connection URL, password included: do not log it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Resolves when PostgreSQL ends without having been asked to, with a sentence that says how.
    /// Cancel safe.
    pub async fn exited(&mut self) -> String {
        self.postmaster.exited().await
    }

    /// Stops PostgreSQL: disconnects everybody, writes what is in memory, waits up to 30 seconds
    /// for that; then stops it at once, which costs nothing but a recovery at the next start.
    ///
    /// # Errors
    ///
    /// [`EmbeddedError::StillRunning`] if even that does not end it, or if it may not be signalled.
    pub async fn stop(mut self) -> Result<(), EmbeddedError> {
        self.postmaster.stop().await
    }
}

/// Whether there is a database under `data_dir`. Only looks.
#[must_use]
pub fn has_database(data_dir: &Path) -> bool {
    data_dir.join(data_folder::PGDATA).join("PG_VERSION").is_file()
}

/// Where data goes by default: `/var/lib/grand-arena` when root (PostgreSQL, which may not be root,
/// can reach it there), else `$XDG_DATA_HOME/grand-arena` or `~/.local/share/grand-arena`; without
/// a home, `./grand-arena-data`.
#[must_use]
pub fn default_data_dir() -> PathBuf {
    if Uid::effective().is_root() {
        return PathBuf::from("/var/lib/grand-arena");
    }
    // The XDG specification has relative paths ignored.
    let absolute =
        |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .map_or_else(|| PathBuf::from("grand-arena-data"), |base| base.join("grand-arena"))
}
