//! What an earlier server that was killed may have left: a PostgreSQL that runs on, or the note of
//! one that does not.
//!
//! PostgreSQL notes its process id in `postmaster.pid`. After a crash the id may be anybody's by
//! now; in a container it usually is. So it counts only if that process is a PostgreSQL on this
//! very folder. Stopping an orphan and starting afresh is simpler than adopting it: a child can be
//! waited for, a stranger cannot.

use std::fs;
use std::path::Path;

use tokio::process::Command;
use tokio::time::{Instant, sleep};

use super::data_folder::DataFolder;
use super::error::EmbeddedError;
use super::pgdata::noted_pid;
use super::stopping::{self, POLL, STOPPING};

/// Stops a PostgreSQL that still runs on `pgdata`. The caller holds the folder's lock, so it is
/// nobody's.
pub(super) async fn stop(folder: &DataFolder) -> Result<(), EmbeddedError> {
    let pgdata = folder.pgdata();
    let Some(pid) = noted_pid(&pgdata).filter(|pid| is_postgres_on(*pid, &pgdata)) else {
        return Ok(());
    };
    tracing::warn!(pid, "stopping the PostgreSQL that an earlier server left running");
    for (signal, max) in STOPPING {
        stopping::signal(signal, pid)?;
        let deadline = Instant::now() + max;
        while Instant::now() < deadline {
            if !is_postgres_on(pid, &pgdata) {
                return Ok(());
            }
            sleep(POLL).await;
        }
    }
    Err(EmbeddedError::StillRunning { pid })
}

/// Tells the PostgreSQL about to be started that the process noted in `postmaster.pid` is not its
/// rival, unless it runs on this folder. It may live, and belong to the same user. The variable is
/// `pg_ctl`'s own means for that. Deleting the note would do, too, but it also leads PostgreSQL to
/// backends that outlived their postmaster.
pub(super) fn disown(command: &mut Command, pgdata: &Path) {
    if let Some(pid) = noted_pid(pgdata).filter(|pid| !is_postgres_on(*pid, pgdata)) {
        command.env("PG_GRANDPARENT_PID", pid.to_string());
    }
}

/// Whether the process lives and is the postmaster (not one of its children) of `pgdata`.
fn is_postgres_on(pid: u32, pgdata: &Path) -> bool {
    let words = command_line(pid).unwrap_or_default();
    let is_postgres =
        words.first().is_some_and(|word| Path::new(word).file_name() == Some("postgres".as_ref()));
    // By its arguments, which everybody can read; or by where it works, in case the folder has
    // moved since.
    let named = || words.join(" ").contains(&*pgdata.to_string_lossy());
    is_postgres && (named() || works_in(pid, pgdata))
}

/// A dead process nobody has waited for yet has no words. Read by hand, as is where it works: the
/// crates for this list all processes of a machine.
#[cfg(target_os = "linux")]
fn command_line(pid: u32) -> Option<Vec<String>> {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words = bytes.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    Some(words.map(|word| String::from_utf8_lossy(word).into_owned()).collect())
}

#[cfg(not(target_os = "linux"))]
fn command_line(pid: u32) -> Option<Vec<String>> {
    let mut ps = std::process::Command::new("ps");
    let output = ps.args(["-ww", "-o", "command=", "-p", &pid.to_string()]).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect())
}

fn works_in(pid: u32, pgdata: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |path: &Path| fs::metadata(path).map(|found| (found.dev(), found.ino())).ok();
    let workplace = identity(Path::new(&format!("/proc/{pid}/cwd")));
    workplace.is_some() && workplace == identity(pgdata)
}
