//! A real PgBouncer between servers and the run's PostgreSQL, by transaction, as docs/databases.md
//! has it.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use nix::unistd::{Uid, User};
use reqwest::Url;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use super::cluster::temporary_folder;
use super::node::{address_of_its_own, skip};
use super::process::program;
use super::{Arena, eventually};

const DOCUMENT: &str = include_str!("../../../docs/databases.md");

/// The first that carries prepared statements from one transaction to the next.
const OLDEST: (u32, u32) = (1, 21);

/// PgBouncer as a process. Killed when dropped, and its folder is gone with it.
pub struct PgBouncer {
    child: Child,
    folder: PathBuf,
    address: String,
    database: String,
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl PgBouncer {
    /// Starts one in front of a test's database, with settings beside those that it needs; `None`
    /// where there is none that is new enough, which is said.
    pub async fn before(arena: &Arena, what: &str, settings: &str) -> Option<Self> {
        let program = match find() {
            Ok(program) => program,
            Err(obstacle) => {
                skip(what, &obstacle);
                return None;
            }
        };
        let options: PgConnectOptions = arena.url.parse().unwrap();
        let database = options.get_database().unwrap().to_owned();
        let folder = temporary_folder("pgbouncer");
        let address = address_of_its_own();
        let (host, port) = address.split_once(':').unwrap();
        let file = folder.join("pgbouncer.ini");
        let (connect_query, documented) = snippet();
        let configuration = format!(
            "[databases]\n* = {} {connect_query}\n[pgbouncer]\nlisten_addr = {host}\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\nadmin_users = anybody\n\
             {documented}{settings}\n",
            server(&arena.url),
        );
        std::fs::write(&file, configuration).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let mut command = Command::new(program);
        command.arg("--quiet").arg(&file).stdin(Stdio::null()).stdout(Stdio::null());
        // It refuses to be root, and has to reach PostgreSQL's socket.
        if Uid::effective().is_root() {
            command.arg("--user").arg(owner_of_database(&arena.url));
        }
        let child = command.spawn().unwrap();
        let bouncer = Self { child, folder, address, database };
        let accepts = async || tokio::net::TcpStream::connect(&bouncer.address).await.is_ok();
        eventually("PgBouncer accepts", accepts).await;
        Some(bouncer)
    }

    /// The database's address through it.
    pub fn url(&self) -> String {
        format!("postgres://anybody@{}/{}?sslmode=disable", self.address, self.database)
    }

    /// Has it lead to another server than until now, without a restart.
    pub async fn lead_to(&self, url: &str, until_now: &str) {
        let file = self.folder.join("pgbouncer.ini");
        let configuration = std::fs::read_to_string(&file).unwrap();
        let (old, new) = (server(until_now), server(url));
        assert!(configuration.contains(&old), "{configuration}");
        std::fs::write(&file, configuration.replace(&old, &new)).unwrap();
        self.tell("RELOAD").await;
    }

    /// Tells it something at its console.
    pub async fn tell(&self, command: &str) {
        let url = format!("postgres://anybody@{}/pgbouncer?sslmode=disable", self.address);
        let options: PgConnectOptions = url.parse().unwrap();
        let mut console = options.extra_float_digits(None).connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(command.to_owned())).execute(&mut console).await.unwrap();
        console.close().await.unwrap();
    }
}

/// What the document has PgBouncer say to a session, and its settings.
fn snippet() -> (String, &'static str) {
    let between = |text: &'static str, before: &str, after: &str| -> &'static str {
        text.split_once(before).unwrap().1.split_once(after).unwrap().0
    };
    let query = between(DOCUMENT, "| `connect_query` | `", "` |");
    let code = between(DOCUMENT, "```ini\n", "```");
    assert!(code.contains("connect_query='…'"), "{code}");
    (format!("connect_query='{query}'"), code.split_once("[pgbouncer]\n").unwrap().1)
}

/// What is where, as PgBouncer reads it.
fn server(url: &str) -> String {
    let (url, host) = (url.parse::<Url>().unwrap(), host(url));
    let (user, password) = (url.username(), url.password().unwrap_or_default());
    let port = url.port().unwrap_or(5432);
    format!("host='{host}' port={port} user='{user}' password='{password}'")
}

/// The host, or the folder of the socket.
fn host(url: &str) -> String {
    let url: Url = url.parse().unwrap();
    let folder = url.query_pairs().find(|(name, _)| name == "host");
    folder.map_or_else(|| url.host_str().unwrap().to_owned(), |(_, folder)| folder.into_owned())
}

/// The user who may use the folder of the socket; anybody may use a port.
fn owner_of_database(url: &str) -> String {
    let folder = std::fs::metadata(host(url)).ok();
    let owner = folder.and_then(|folder| User::from_uid(folder.uid().into()).unwrap());
    owner.map_or_else(|| "nobody".to_owned(), |owner| owner.name)
}

/// One that is new enough, or why there is none.
fn find() -> Result<PathBuf, String> {
    let program = program("pgbouncer");
    let program = program.ok_or("there is no pgbouncer here; install the package `pgbouncer`")?;
    let said = Command::new(&program).arg("--version").output().unwrap().stdout;
    let said = String::from_utf8(said).unwrap();
    let number = said.split_whitespace().nth(1).unwrap_or_default();
    let mut parts = number.split('.').map(|part| part.parse().unwrap_or(0));
    let version: (u32, u32) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if version >= OLDEST {
        return Ok(program);
    }
    Err(format!("PgBouncer is {number} here, which has no prepared statements by transaction"))
}
