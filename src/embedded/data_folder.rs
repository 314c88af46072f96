//! The data folder: where things lie, who holds it, and the secret in it.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::Uid;

use super::error::{EmbeddedError, IoContext};
use super::pgdata;
use super::run_as::RunAs;
use crate::random;

/// The folder of the database itself, below the data folder.
pub(super) const PGDATA: &str = "pgdata";

/// The folder itself, when root makes it: another user passes through to `pgdata` and `run` but
/// cannot list it.
const MODE_PASSAGE: u32 = 0o711;
/// What is for one user only; PostgreSQL insists on it for `pgdata`.
const MODE_PRIVATE: u32 = 0o700;
const MODE_PRIVATE_FILE: u32 = 0o600;

/// A log longer than this is put aside at the next start. One older log is kept, so the two are
/// bounded unless one run writes more: a healthy one writes a few lines every five minutes.
const LOG_MAX_BYTES: u64 = 16 * 1024 * 1024;

/// How much of the end of the log is searched for a reason.
const LOG_TAIL_BYTES: u64 = 64 * 1024;

/// Random bytes in a password and in the name of a new database folder: far beyond guessing.
const SECRET_BYTES: usize = 24;

/// How the name of a database folder in the making begins.
const NEW_PGDATA: &str = "pgdata.new-";

/// What marks a line of the log, or of `initdb`, as the reason why it ended.
const COMPLAINTS: [&str; 4] = ["FATAL:", "PANIC:", "ERROR:", "initdb: error:"];

/// The data folder, locked: nobody else has one for the same path as long as this lives.
#[derive(Debug)]
pub(super) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if it is missing and takes its lock.
    pub(super) fn open(path: &Path) -> Result<Self, EmbeddedError> {
        if !path.exists() {
            fs::create_dir_all(path).while_doing("make the folder", path)?;
            let mode = if Uid::effective().is_root() { MODE_PASSAGE } else { MODE_PRIVATE };
            fs::set_permissions(path, Permissions::from_mode(mode))
                .while_doing("set the permissions of", path)?;
        }
        // PostgreSQL wants absolute paths, and an orphan is recognised by its path.
        let path = path.canonicalize().while_doing("use the folder", path)?;
        let lock = lock(&path)?;
        Ok(Self { path, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn pgdata(&self) -> PathBuf {
        self.path.join(PGDATA)
    }

    pub(super) fn run(&self) -> PathBuf {
        self.path.join("run")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.path.join("postgres.log")
    }

    /// The major version of PostgreSQL that made `pgdata`; `None` if there is no database yet.
    pub(super) fn major(&self) -> Result<Option<u32>, EmbeddedError> {
        pgdata::major(&self.pgdata())
    }

    /// Removes what interrupted initialisations left.
    pub(super) fn sweep(&self) -> Result<(), EmbeddedError> {
        for entry in fs::read_dir(&self.path).while_doing("read the folder", &self.path)?.flatten()
        {
            if entry.file_name().to_string_lossy().starts_with(NEW_PGDATA)
                && let Err(error) = fs::remove_dir_all(entry.path())
            {
                // An orphaned `initdb` is still writing to it: the next start tries again.
                tracing::debug!(folder = %entry.path().display(), %error, "left for the next \
                    start to remove");
            }
        }
        Ok(())
    }

    /// An empty folder that will be `pgdata`, for `run_as` alone. Its name is new each time,
    /// because an orphaned `initdb` may still be writing to the last one.
    pub(super) fn new_pgdata(&self, run_as: &RunAs) -> Result<PathBuf, EmbeddedError> {
        let fresh = self.path.join(format!("{NEW_PGDATA}{}", secret()?));
        private_folder(&fresh, run_as)?;
        Ok(fresh)
    }

    /// An empty `run`. Whoever's sockets were in it, they are gone: the caller holds the lock.
    pub(super) fn new_run(&self, run_as: &RunAs) -> Result<(), EmbeddedError> {
        let run = self.run();
        match fs::remove_dir_all(&run) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).while_doing("empty the folder", &run)?
            }
            _ => {}
        }
        private_folder(&run, run_as)
    }

    /// The log, to be appended to.
    pub(super) fn open_log(&self) -> Result<File, EmbeddedError> {
        let log = self.log();
        if self.log_length() > LOG_MAX_BYTES {
            let older = self.path.join("postgres.log.1");
            fs::rename(&log, &older).while_doing("rename", &log)?;
        }
        let mut options = OpenOptions::new();
        options.create(true).append(true).mode(MODE_PRIVATE_FILE);
        options.open(&log).while_doing("write", &log)
    }

    pub(super) fn log_length(&self) -> u64 {
        fs::metadata(self.log()).map_or(0, |found| found.len())
    }

    /// Why it ended: the last complaint in the log after its first `from` bytes, or else the last
    /// line.
    pub(super) fn complaint(&self, from: u64) -> String {
        let bytes = fs::read(self.log()).unwrap_or_default();
        let from = from.max((bytes.len() as u64).saturating_sub(LOG_TAIL_BYTES));
        let tail =
            usize::try_from(from).ok().and_then(|from| bytes.get(from..)).unwrap_or_default();
        complaint_in(&String::from_utf8_lossy(tail))
    }

    /// The password kept in the folder, if there is a sound one.
    pub(super) fn password(&self) -> Option<String> {
        let kept = fs::read_to_string(self.password_path()).ok()?.trim().to_owned();
        let is_sound =
            kept.len() == 2 * SECRET_BYTES && kept.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_sound.then_some(kept)
    }

    /// Keeps the password, durably: a database whose password is lost has to be given another.
    pub(super) fn keep_password(&self, password: &str) -> Result<(), EmbeddedError> {
        let path = self.password_path();
        let new = path.with_extension("password.new");
        write_private(&new, password)?;
        fs::rename(&new, &path).while_doing("write", &path)?;
        self.sync()
    }

    /// Makes renames in the folder durable.
    pub(super) fn sync(&self) -> Result<(), EmbeddedError> {
        File::open(&self.path).and_then(|folder| folder.sync_all()).while_doing("write", &self.path)
    }

    fn password_path(&self) -> PathBuf {
        self.path.join("postgres.password")
    }
}

/// Takes the lock and notes our process id in it for the message the next one gets. The kernel lets
/// go of it when the process ends, however it ends; children do not inherit it.
fn lock(folder: &Path) -> Result<File, EmbeddedError> {
    let path = folder.join("lock");
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true).mode(MODE_PRIVATE_FILE);
    let mut lock = options.open(&path).while_doing("write", &path)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            let noted = lock.read_to_string(&mut pid).is_ok() && !pid.trim().is_empty();
            return Err(EmbeddedError::InUse {
                folder: folder.to_owned(),
                pid: noted.then(|| pid.trim().to_owned()),
            });
        }
        Err(TryLockError::Error(error)) => return Err(error).while_doing("lock", &path),
    }
    lock.set_len(0)
        .and_then(|()| writeln!(lock, "{}", std::process::id()))
        .while_doing("write", &path)?;
    Ok(lock)
}

fn private_folder(path: &Path, run_as: &RunAs) -> Result<(), EmbeddedError> {
    DirBuilder::new().mode(MODE_PRIVATE).create(path).while_doing("make the folder", path)?;
    run_as.own(path)
}

/// Writes a file only its owner can read, in place of any that is there.
pub(super) fn write_private(path: &Path, text: &str) -> Result<(), EmbeddedError> {
    let _absent = fs::remove_file(path);
    let mut options = OpenOptions::new();
    options.create_new(true).write(true).mode(MODE_PRIVATE_FILE);
    let written = options.open(path).and_then(|mut file| {
        writeln!(file, "{text}")?;
        file.sync_all()
    });
    written.while_doing("write", path)
}

/// A random secret in hexadecimal, from the operating system.
pub(super) fn secret() -> Result<String, EmbeddedError> {
    random::hex::<SECRET_BYTES>().map_err(|reason| EmbeddedError::NoRandomness { reason })
}

fn complaint_in(log: &str) -> String {
    let complaint = |line: &str| {
        let after = |mark: &&str| line.split_once(*mark).map(|(_, text)| text.trim().to_owned());
        COMPLAINTS.iter().find_map(after)
    };
    let last_line = || {
        log.lines().rev().find(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned())
    };
    log.lines()
        .rev()
        .find_map(complaint)
        .or_else(last_line)
        .unwrap_or_else(|| "it did not say why".to_owned())
}

#[cfg(test)]
mod tests {
    use super::complaint_in;

    #[test]
    fn the_reason_is_the_last_complaint_without_its_stamp() {
        let log = "2026-11-22 08:00:00 UTC [7] LOG:  starting\n\
                   2026-11-22 08:00:00 UTC [7] FATAL:  could not create any TCP/IP sockets\n\
                   2026-11-22 08:00:00 UTC [7] LOG:  database system is shut down\n";
        assert_eq!(complaint_in(log), "could not create any TCP/IP sockets");
        assert_eq!(complaint_in("postgres: not found\n\n"), "postgres: not found");
        assert_eq!(complaint_in(""), "it did not say why");
    }
}
