//! The PostgreSQL that is installed: the folder of `initdb` on the PATH, or where Debian has it.

use std::path::PathBuf;

use nix::unistd::User;
use tokio::process::Command;

use crate::Result;
use crate::machine;

/// What we need of it.
const PROGRAMS: [&str; 3] = ["initdb", "pg_basebackup", "postgres"];

/// Where Debian puts a folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A folder with all [`PROGRAMS`], and who runs them.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    folder: PathBuf,
    pub(crate) user: Option<User>,
}

impl Programs {
    /// Those on the PATH before others, then the newest.
    pub(crate) fn find() -> Result<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let linked = std::env::split_paths(&path).map(|folder| folder.join("initdb"));
        // Behind a link lies the folder that has all of them.
        let on_path =
            linked.filter_map(|initdb| Some(initdb.canonicalize().ok()?.parent()?.into()));
        let mut installed: Vec<(u32, PathBuf)> = std::fs::read_dir(DEBIAN)
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                Some((path.file_name()?.to_str()?.parse().ok()?, path.join("bin")))
            })
            .collect();
        installed.sort();
        let newest_first = installed.into_iter().rev().map(|(_, folder)| folder);
        let has_all =
            |folder: &PathBuf| PROGRAMS.iter().all(|program| folder.join(program).is_file());
        let folder = on_path.chain(newest_first).find(has_all);
        let folder = folder.ok_or("PostgreSQL's programs are not installed")?;
        Ok(Self { folder, user: machine::database_user()? })
    }

    /// One of them, run as a database's user with a bare environment.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.folder.join(program));
        command.env_clear().env("LC_ALL", "C").env("PATH", "/usr/bin:/bin").current_dir("/");
        command.process_group(0);
        if let Some(user) = &self.user {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        command
    }

    /// Which version it is, for the record.
    pub(crate) async fn version(&self) -> Result<String> {
        let said = machine::run(self.command("postgres").arg("--version")).await?;
        Ok(said.trim().to_owned())
    }
}
