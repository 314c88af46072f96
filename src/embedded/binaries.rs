//! The PostgreSQL programs: which folder of them on this machine fits the data, and how they are
//! run.

use std::io::{ErrorKind, PipeReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::data_folder::DataFolder;
#[cfg(feature = "download-postgres")]
use super::download::download;
use super::error::{EmbeddedError, IoContext};
use super::limits::MAJOR_MIN;
use super::run_as::RunAs;

/// What a folder of binaries must hold.
const PROGRAMS: [&str; 2] = ["initdb", "postgres"];

/// Where distributions put folders named after a version: Debian, Red Hat, Homebrew on Apple and on
/// Intel.
const VERSIONED: [(&str, &str); 4] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql@"),
    ("/usr/local/opt", "postgresql@"),
];

/// Where PostgreSQL's own `make install` puts it.
const BUILT_FROM_SOURCE: &str = "/usr/local/pgsql/bin";

/// `--version` takes milliseconds; more means a dead network drive.
const VERSION_MAX: Duration = Duration::from_secs(10);

/// The programs of one PostgreSQL and the user who runs them.
#[derive(Debug)]
pub(super) struct Binaries {
    folder: PathBuf,
    run_as: RunAs,
    /// Where the programs are run: any folder that user can enter.
    workplace: PathBuf,
}

impl Binaries {
    /// The binaries for `folder`: those of the major version that made it; for a new one, those on
    /// the `PATH`, or else the newest. With the cargo feature `download-postgres`, downloaded if
    /// there are none.
    pub(super) async fn find(folder: &DataFolder, run_as: RunAs) -> Result<Self, EmbeddedError> {
        let wanted = folder.major()?;
        let fits = |major: u32| wanted.map_or(major >= MAJOR_MIN, |wanted| major == wanted);
        for candidate in candidates(folder.path()) {
            if version(&run_as, &candidate).await.is_some_and(fits) {
                return Self::at(candidate, run_as, folder.path()).await;
            }
        }
        #[cfg(feature = "download-postgres")]
        return Self::at(download(folder.path(), wanted).await?, run_as, folder.path()).await;
        #[cfg(not(feature = "download-postgres"))]
        Err(wanted.map_or(EmbeddedError::NoPostgres, |major| EmbeddedError::MissingMajor {
            major,
            pgdata: folder.pgdata(),
        }))
    }

    /// Also sees to it that their user can enter the workplace, which is where PostgreSQL's data
    /// lie.
    async fn at(folder: PathBuf, run_as: RunAs, workplace: &Path) -> Result<Self, EmbeddedError> {
        tracing::debug!(binaries = %folder.display(), ?run_as, "PostgreSQL found");
        let workplace = workplace.to_owned();
        let binaries = Self { folder, run_as, workplace };
        let mut probe = binaries.command("postgres");
        match probe.arg("--version").stdout(Stdio::null()).status().await {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                Err(binaries.run_as.closed(&binaries.workplace))
            }
            probed => {
                probed.while_doing("run", &binaries.folder.join("postgres")).map(|_| binaries)
            }
        }
    }

    pub(super) fn run_as(&self) -> &RunAs {
        &self.run_as
    }

    /// One of the [`PROGRAMS`], without input.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = self.run_as.command(&self.folder.join(program), &self.workplace);
        command.stdin(Stdio::null());
        Command::from(command)
    }

    /// Runs `command` to its end, its complaints going to the log, killed after `max` or if the
    /// future is dropped.
    pub(super) async fn run(
        &self,
        mut command: Command,
        input: Option<PipeReader>,
        folder: &DataFolder,
        max: Duration,
    ) -> Result<(), EmbeddedError> {
        let log = folder.open_log()?;
        let log_from = folder.log_length();
        command.stdin(input.map_or_else(Stdio::null, Stdio::from));
        command.stdout(Stdio::null()).stderr(log).kill_on_drop(true);
        let reason = match timeout(max, command.status()).await {
            Ok(status) => {
                if status.while_doing("run", &self.folder)?.success() {
                    return Ok(());
                }
                folder.complaint(log_from)
            }
            Err(_) => format!("it took longer than {} seconds", max.as_secs()),
        };
        Err(EmbeddedError::Initialise { reason, log: folder.log() })
    }
}

/// Folders that hold all [`PROGRAMS`], in the order they are preferred.
fn candidates(data_dir: &Path) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).filter_map(|folder| {
        // Behind a link lies the folder that has all of them.
        let initdb = folder.join("initdb").canonicalize().ok()?;
        initdb.parent().map(Path::to_owned)
    });
    let installed =
        VERSIONED.iter().flat_map(|(parent, prefix)| versioned(Path::new(parent), prefix));
    let downloaded = versioned(&data_dir.join("postgresql"), "");
    let all = on_path.chain(installed).chain([PathBuf::from(BUILT_FROM_SOURCE)]).chain(downloaded);
    all.filter(|folder| PROGRAMS.iter().all(|program| folder.join(program).is_file())).collect()
}

/// `parent/{prefix}{version}/bin`, the highest version first.
fn versioned(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<(Vec<u32>, PathBuf)> = entries
        .filter_map(|entry| {
            Some((numbers(entry.file_name().to_str()?.strip_prefix(prefix)?)?, entry.path()))
        })
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, path)| path.join("bin")).collect()
}

/// `17.2` as `[17, 2]`.
fn numbers(version: &str) -> Option<Vec<u32>> {
    version.split('.').map(|number| number.parse().ok()).collect()
}

/// The major version of the binaries, if `run_as` can run them.
async fn version(run_as: &RunAs, folder: &Path) -> Option<u32> {
    // In the root folder, which everybody can enter: whether the data folder is open comes later.
    let mut command = run_as.command(&folder.join("postgres"), Path::new("/"));
    command.arg("--version").stdin(Stdio::null());
    match timeout(VERSION_MAX, Command::from(command).kill_on_drop(true).output()).await {
        Ok(Ok(output)) => major(&String::from_utf8_lossy(&output.stdout)),
        Ok(Err(error)) => {
            tracing::warn!(binaries = %folder.display(), ?run_as, %error, "cannot run this \
                PostgreSQL");
            None
        }
        Err(_) => None,
    }
}

/// The major version in `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`, or `… 18beta1`.
fn major(version: &str) -> Option<u32> {
    let number = version.split_whitespace().nth(2)?;
    let end = number.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(number.len());
    number.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{major, numbers};

    #[test]
    fn the_major_version_is_read_from_releases_and_betas() {
        assert_eq!(major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("postgres: command not found"), None);
    }

    #[test]
    fn versions_sort_as_numbers() {
        assert!(numbers("9.6") < numbers("14"));
        assert!(numbers("17.2.0") < numbers("17.10.0"));
        assert_eq!(numbers("common"), None);
    }
}
