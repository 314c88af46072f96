//! The process of watchers, as whoever started it sees it.

use std::process::Stdio;

use clap::ValueEnum as _;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::ask::{Ask, Came, Group, Look};
use super::watching::Watching;
use crate::Result;

/// How long it may take until all have what there is, in seconds: by then something is wrong.
const PATIENCE_SECONDS: u64 = 120;

/// A process of watchers; killed when dropped.
pub(super) struct Watchers {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    count: usize,
}

impl Watchers {
    /// Starts the process, and waits until all have subscribed.
    pub(super) async fn open(watching: &Watching) -> Result<Self> {
        let stream = watching.stream.to_possible_value().ok_or("a stream without a name")?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("watchers").args(["--address", &watching.address]);
        command.args(["--event", &watching.event, "--stream", stream.get_name()]);
        command.args(["--count", &watching.count.to_string()]);
        if watching.deflate {
            command.arg("--deflate");
        }
        if let Some(seconds) = watching.door {
            command.args(["--door", &seconds.to_string()]);
        }
        command.kill_on_drop(true).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let input = child.stdin.take().ok_or("no input")?;
        let output = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let mut watchers = Self { child, input, output, count: watching.count };
        watchers.line().await?;
        Ok(watchers)
    }

    /// What was seen since the last look.
    pub(super) async fn look(&mut self) -> Result<Look> {
        self.ask(Ask::Look).await
    }

    /// What they know in the end, and how many know the same.
    pub(super) async fn groups(&mut self) -> Result<Vec<Group>> {
        self.ask(Ask::Groups).await
    }

    /// Has it noted from now on who reaches a revision.
    pub(super) async fn expect(&mut self, revision: u64) -> Result<()> {
        self.ask(Ask::Expect(revision)).await
    }

    /// Waits until all have reached what is expected, and says when each did, in microseconds of
    /// the clock on the wall.
    pub(super) async fn reached(&mut self) -> Result<Vec<i64>> {
        let reached: Vec<i64> = self.ask(Ask::Reached(PATIENCE_SECONDS)).await?;
        if reached.len() != self.count {
            let there = reached.len();
            return Err(format!("{there} of {} have reached what all have to", self.count).into());
        }
        Ok(reached)
    }

    /// Lets those who have lost their connections come back, or holds them.
    pub(super) async fn gate(&mut self, is_open: bool) -> Result<()> {
        self.ask(Ask::Gate(is_open)).await
    }

    /// Has a tenth of them read nothing for so many seconds.
    pub(super) async fn sleep(&mut self, seconds: u64) -> Result<()> {
        self.ask(Ask::Sleep(seconds)).await
    }

    /// Has all of them come through the door.
    pub(super) async fn arrive(&mut self) -> Result<Came> {
        self.ask(Ask::Arrive).await
    }

    pub(super) fn pid(&self) -> Result<u32> {
        self.child.id().ok_or_else(|| "the watchers have ended".into())
    }

    async fn ask<T: DeserializeOwned>(&mut self, ask: Ask) -> Result<T> {
        let line = format!("{}\n", serde_json::to_string(&ask)?);
        self.input.write_all(line.as_bytes()).await?;
        Ok(serde_json::from_str(&self.line().await?)?)
    }

    async fn line(&mut self) -> Result<String> {
        let line = self.output.next_line().await?;
        line.ok_or_else(|| "the watchers have ended; what they say is above".into())
    }
}
