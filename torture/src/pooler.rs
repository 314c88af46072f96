//! PgBouncer between a server and its database.
//!
//! By transaction where it knows prepared statements (from 1.21, as the README wants it), else by
//! session.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::Result;
use crate::machine::{self, Process, database_user, own};
use crate::postgres::NAME;

/// Where Debian has it.
const PROGRAM: &str = "/usr/sbin/pgbouncer";

/// The first version that carries prepared statements from one connection to the next.
const BY_TRANSACTION: (u32, u32) = (1, 21);

/// What it does, by transaction: fewer connections to the database than servers want.
const TRANSACTION: &str =
    "pool_mode = transaction\ndefault_pool_size = 10\nmax_prepared_statements = 200";

/// And by session: as many as servers may have.
const SESSION: &str = "pool_mode = session\ndefault_pool_size = 40";

/// Whether it is installed.
pub(crate) fn is_installed() -> bool {
    Path::new(PROGRAM).is_file()
}

/// A pooler of one server; killed when dropped.
pub(crate) struct Pooler {
    process: Process,
    port: u16,
    files: PathBuf,
    folder: PathBuf,
}

impl Pooler {
    /// Starts one before `database`.
    pub(crate) async fn start(name: &str, folder: &Path, database: SocketAddr) -> Result<Self> {
        let mode = if version().await? >= BY_TRANSACTION { TRANSACTION } else { SESSION };
        let port = machine::free_port()?;
        let files = folder.join(name);
        std::fs::create_dir(&files)?;
        let settings = format!(
            "[databases]
{NAME} = host={} port={} dbname={NAME} user={NAME}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
{mode}
max_client_conn = 500
ignore_startup_parameters = extra_float_digits,search_path,options
server_login_retry = 1
server_connect_timeout = 3
query_wait_timeout = 10
logfile = {}
",
            database.ip(),
            database.port(),
            files.join("log").display(),
        );
        std::fs::write(files.join("ini"), settings)?;
        own(&files, database_user()?.as_ref())?;
        let process = launch(&files, folder)?;
        Ok(Self { process, port, files, folder: folder.to_owned() })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// Kills it and starts it again.
    pub(crate) async fn restart(&mut self) -> Result<()> {
        self.process.kill().await?;
        self.process = launch(&self.files, &self.folder)?;
        Ok(())
    }
}

/// Its major and minor version.
async fn version() -> Result<(u32, u32)> {
    let said = machine::run(Command::new(PROGRAM).arg("--version")).await?;
    let numbers = said.split_whitespace().nth(1).unwrap_or_default();
    let mut parts = numbers.split('.').map_while(|part| part.parse().ok());
    let version = parts.next().zip(parts.next());
    version.ok_or_else(|| format!("{PROGRAM} has no version that we can read: {said}").into())
}

fn launch(files: &Path, folder: &Path) -> Result<Process> {
    let mut command = Command::new(PROGRAM);
    command.env_clear().current_dir("/").process_group(0).arg("--quiet").arg(files.join("ini"));
    if let Some(user) = database_user()? {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    Process::start(&mut command, &folder.join("pooler.log"), &folder.join("processes"))
}
