//! A database with the tables in it, made once and copied for each round.

use std::fs;
use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Executor as _};

use super::names::{NAME, SUPERUSER};
use super::node::Node;
use super::programs::Programs;
use crate::Result;
use crate::clock::Clock;
use crate::machine;
use crate::server::Binary;

/// Small files for the log, so that a small disk does, and is full when it is full.
const WAL_SEGMENT_MIB: u32 = 1;

/// The events of every round, each with a slug of its own.
pub(crate) const EVENT_SLUGS: [&str; 3] = ["torture-1", "torture-2", "torture-3"];

/// Seats of an event: so few that everybody is in each other's way.
const SEATS: usize = 40;

/// How many of them are in a row.
const ROW: usize = 10;

/// The data of a database that nobody uses.
pub(crate) struct Template {
    data: PathBuf,
}

impl Template {
    /// Makes one in a folder.
    pub(crate) async fn make(folder: &Path, programs: &Programs, binary: &Binary) -> Result<Self> {
        let mut node = Node::new("template", folder, programs, Clock::right())?;
        let mut initdb = programs.command("initdb");
        initdb.args(["--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8"]);
        initdb.args(["--locale", "C", "--no-sync", "--no-instructions"]);
        initdb.args(["--wal-segsize", &WAL_SEGMENT_MIB.to_string()]);
        machine::run(initdb.arg("--pgdata").arg(node.data())).await?;
        // A superuser of ours needs a database of the name that all use.
        let mut single = programs.command("postgres");
        single.args(["--single", "-c", "exit_on_error=on", "-D"]).arg(node.data()).arg("postgres");
        feed(&mut single, &format!("CREATE DATABASE {NAME};\n")).await?;
        node.configure(false)?;
        node.answers().await?;
        let mut sql = node.connect().await?;
        for statement in [
            format!("CREATE ROLE {NAME} LOGIN"),
            format!("ALTER DATABASE {NAME} OWNER TO {NAME}"),
            format!("ALTER SCHEMA public OWNER TO {NAME}"),
        ] {
            sql.execute(AssertSqlSafe(statement)).await?;
        }
        drop(sql);
        binary.migrate(node.address()).await?;
        let file = folder.join("seats.csv");
        fs::write(&file, seats())?;
        for slug in EVENT_SLUGS {
            let more = ["--event", slug, "--name", slug, "--venue", "Torture", "--starts-at"];
            let more = [&more[..], &["2040-01-01T20:00:00Z", "--confirmed-by", "buyer"]].concat();
            binary.import(node.address(), &file, &more).await?;
        }
        // In order, so that a copy has nothing to recover.
        node.shut_down().await?;
        let data = folder.join("template");
        machine::copy_folder(&node.data(), &data)?;
        fs::remove_file(data.join("postgresql.conf"))?;
        Ok(Self { data })
    }

    /// Where they are.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }
}

/// A house of few seats, in two categories.
fn seats() -> String {
    let mut lines = "section,row,number,category,price_minor,currency\n".to_owned();
    for index in 0..SEATS {
        let (row, number) = (1 + index / ROW, 1 + index % ROW);
        let category = if row == 1 { "Gold" } else { "Silver" };
        lines += &format!("A,{row},{number},{category},5000,EUR\n");
    }
    lines
}

/// Runs a command to its end on this input.
async fn feed(command: &mut tokio::process::Command, input: &str) -> Result<()> {
    use tokio::io::AsyncWriteExt as _;
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::null());
    let mut child = command.stderr(std::process::Stdio::null()).kill_on_drop(true).spawn()?;
    let mut stdin = child.stdin.take().ok_or("a command has no input")?;
    stdin.write_all(input.as_bytes()).await?;
    drop(stdin);
    if child.wait().await?.success() { Ok(()) } else { Err("a database could not be made".into()) }
}
