//! A primary and its standby, of a test's own.

use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::unistd::{Uid, User};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::cluster::{temporary_folder, watch_over};
use super::eventually;

/// What both are called by whoever connects. They ask for no password.
const USER: &str = "arena";

/// A PostgreSQL on a port of its own.
pub struct Postgres {
    folder: PathBuf,
    child: Option<Child>,
    /// Host and port.
    pub address: String,
}

/// Both, the standby following the primary.
pub struct Pair {
    pub primary: Postgres,
    pub standby: Postgres,
}

impl Pair {
    /// Starts both, with an empty database.
    pub async fn start() -> Self {
        let primary = Postgres::primary(None).await;
        let standby = Postgres::standby_of(&primary).await;
        Self { primary, standby }
    }
}

impl Postgres {
    /// One that follows nobody; its data in a folder of somebody's choice, or in one of its own.
    pub async fn primary(data: Option<&Path>) -> Self {
        let mut this = Self::new("primary", data);
        let data = this.data();
        let mut initdb = this.command("initdb");
        initdb.args(["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]);
        // A small log, for small disks.
        initdb.args(["--wal-segsize=1", "--username", USER, "--pgdata"]).arg(&data);
        run(&mut initdb);
        this.run().await;
        this.execute_in("postgres", "CREATE DATABASE arena").await;
        this
    }

    async fn standby_of(primary: &Self) -> Self {
        let mut this = Self::new("standby", None);
        let (host, port) = primary.address.split_once(':').unwrap();
        let mut copy = this.command("pg_basebackup");
        copy.args(["--no-sync", "--checkpoint=fast", "--write-recovery-conf", "--username", USER]);
        copy.args(["--host", host, "--port", port, "--pgdata"]).arg(this.data());
        run(&mut copy);
        this.run().await;
        this
    }

    fn new(what: &str, data: Option<&Path>) -> Self {
        let folder = temporary_folder(what);
        match data {
            Some(data) => std::os::unix::fs::symlink(data, folder.join("pgdata")).unwrap(),
            None => std::fs::create_dir(folder.join("pgdata")).unwrap(),
        }
        let this = Self { folder, child: None, address: free_address() };
        std::fs::set_permissions(this.data(), Permissions::from_mode(0o700)).unwrap();
        if let Some(user) = stand_in() {
            chown(this.data(), Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
        }
        watch_over(&this.folder);
        this
    }

    fn data(&self) -> PathBuf {
        self.folder.join("pgdata")
    }

    /// A program of PostgreSQL's, run as somebody who may run it.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(programs().join(program));
        command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(user) = stand_in() {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        command
    }

    /// Runs it, and waits until it answers.
    pub async fn run(&mut self) {
        let (host, port) = self.address.split_once(':').unwrap();
        let mut server = self.command("postgres");
        server.arg("-D").arg(self.data()).args(["-p", port, "-h", host]);
        for setting in ["fsync=off", "unix_socket_directories=", "max_wal_size=8MB"] {
            server.args(["-c", setting]);
        }
        self.child = Some(server.spawn().unwrap());
        let url = self.url_of("postgres");
        let answers = async || PgConnection::connect(&url).await.is_ok();
        eventually("PostgreSQL answers", answers).await;
    }

    /// Ends it at once, as if it had crashed.
    pub fn crash(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        // It may have ended already.
        let _ = Command::new("kill").args(["-QUIT", &child.id().to_string()]).status();
        let _ = child.wait();
    }

    /// Makes a standby a primary.
    pub fn promote(&self) {
        run(self.command("pg_ctl").arg("promote").arg("-D").arg(self.data()));
    }

    /// The address of its database.
    pub fn url(&self) -> String {
        self.url_of("arena")
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://{USER}@{}/{database}?sslmode=disable", self.address)
    }

    /// Carries out a statement.
    pub async fn execute(&self, statement: &str) {
        self.execute_in("arena", statement).await;
    }

    async fn execute_in(&self, database: &str, statement: &str) {
        let mut connection = PgConnection::connect(&self.url_of(database)).await.unwrap();
        connection.execute(AssertSqlSafe(statement)).await.unwrap();
    }

    /// Whether new sessions can write nothing.
    pub async fn is_read_only(&self) -> bool {
        let mut connection = PgConnection::connect(&self.url()).await.unwrap();
        let ask = "SELECT current_setting('transaction_read_only')::bool";
        sqlx::query_scalar(ask).fetch_one(&mut connection).await.unwrap()
    }

    /// How many seats of the database are held, if it answers.
    pub async fn held_seats(&self) -> Option<i64> {
        let mut connection = PgConnection::connect(&self.url()).await.ok()?;
        let count = "SELECT count(*) FROM seats WHERE viewer IS NOT NULL";
        sqlx::query_scalar(count).fetch_one(&mut connection).await.ok()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.crash();
    }
}

/// Where the programs are: the newest that Debian has, or what is on the path.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.map(|version| version.path().join("bin")).max();
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&folders).find(|folder| folder.join("initdb").is_file());
    newest.or(on_path).expect("there is a PostgreSQL")
}

/// Who runs PostgreSQL where we may not.
fn stand_in() -> Option<User> {
    Uid::effective().is_root().then(|| User::from_name("postgres").unwrap().unwrap())
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}

/// An address that was free just now.
pub fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}
