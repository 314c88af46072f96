//! Very many watchers, in a process of their own, so that what they cost is told apart.
//!
//! The process is started with what is watched. It says so once all have subscribed, and answers
//! each line of its input with a line of JSON. It ends with its input, or when a watcher finds that
//! something is missing.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, LocalSet};

use super::crowd::Crowd;
use super::door::Door;
use super::lag::Arrival;
use super::watcher::watch;
use crate::Result;

/// Connections being opened at a time, where nobody is in a hurry.
const OPENING_AT_ONCE: usize = 200;

/// How often it is looked whether what is waited for has come.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Open files beside those of the watchers.
const OTHER_FILES: u64 = 1_000;

/// What is watched, by how many.
#[derive(Clone, Debug, Args)]
pub(crate) struct Watching {
    /// The server, as host:port.
    #[arg(long)]
    pub(super) address: String,
    /// The event's id.
    #[arg(long)]
    pub(super) event: String,
    /// What of it.
    #[arg(long, value_enum)]
    pub(super) stream: Stream,
    /// Whether the server is to compress.
    #[arg(long)]
    pub(super) deflate: bool,
    /// How many watch.
    #[arg(long)]
    pub(super) count: usize,
    /// They come later, through the door: within so many seconds, when they are told to.
    #[arg(long)]
    pub(super) door: Option<u64>,
}

/// What is watched of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Stream {
    /// The map as it is: `seatStatuses`.
    Statuses,
    /// Every change: `seatChanges`.
    Changes,
}

impl Stream {
    /// As it is called in the schema.
    pub(super) const fn field(self) -> &'static str {
        match self {
            Self::Statuses => "seatStatuses",
            Self::Changes => "seatChanges",
        }
    }
}

/// What a process of watchers is asked.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(super) enum Ask {
    /// What was counted since the last look.
    Look,
    /// What all of them know.
    Groups,
    /// To note from now on who reaches a revision.
    Expect(u64),
    /// To say when all have reached it, waiting for so many seconds at most.
    Reached(u64),
    /// To let those who have lost their connections come back, or to hold them.
    Gate(bool),
    /// To have the sleepers read nothing for so many seconds.
    Sleep(u64),
    /// To have all come through the door.
    Arrive,
}

/// What all of them were sent since the last look.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Look {
    pub(super) frames: u64,
    /// On the wire.
    pub(super) bytes: u64,
    /// Connections that ended, or could not be made.
    pub(super) lost: u64,
    /// Attempts to watch that were put off.
    pub(super) refused: u64,
    /// When frames came to some of them.
    pub(super) arrivals: Vec<Arrival>,
}

/// The process.
pub(crate) fn serve(watching: Watching) -> Result<()> {
    grand_arena::open_files::raise(u64::try_from(watching.count)? * 2 + OTHER_FILES);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(LocalSet::new().run_until(run(watching)))
}

async fn run(watching: Watching) -> Result<()> {
    let (plan, known) = load(&watching).await?;
    let within = watching.door.map(Duration::from_secs);
    let crowd = Rc::new(Crowd::new(watching, plan.clone(), known));
    let door = within.map(|within| Door::new(&crowd, within, plan)).transpose()?.map(Rc::new);
    let mut watchers = JoinSet::new();
    if door.is_none() {
        open(&crowd, &mut watchers).await?;
    }
    let mut out = tokio::io::stdout();
    let mut asked = BufReader::new(tokio::io::stdin()).lines();
    out.write_all(b"watching\n").await?;
    loop {
        out.flush().await?;
        let line = tokio::select! {
            line = asked.next_line() => line?,
            Some(ended) = watchers.join_next() => return ended?,
        };
        let Some(line) = line else { return Ok(()) };
        let answer = match serde_json::from_str(&line)? {
            Ask::Arrive => {
                let door = Rc::clone(door.as_ref().ok_or("there is no door")?);
                serde_json::to_value(door.arrive(&mut watchers).await?)?
            }
            ask => answer(ask, &crowd, &mut watchers).await?,
        };
        out.write_all(format!("{answer}\n").as_bytes()).await?;
    }
}

async fn answer(ask: Ask, crowd: &Rc<Crowd>, watchers: &mut JoinSet<Result<()>>) -> Result<Value> {
    let seen = &crowd.seen;
    Ok(match ask {
        Ask::Look => serde_json::to_value(Look {
            frames: seen.frames.take(),
            bytes: seen.bytes.take(),
            lost: seen.lost.take(),
            refused: seen.refused.take(),
            arrivals: crowd.take_arrivals(),
        })?,
        Ask::Groups => serde_json::to_value(crowd.groups())?,
        Ask::Expect(revision) => {
            crowd.expect(revision);
            Value::Null
        }
        Ask::Reached(seconds) => {
            let are_there = || crowd.reached_us().len() == crowd.watching.count;
            until(are_there, Duration::from_secs(seconds), watchers).await?;
            json!(crowd.reached_us())
        }
        Ask::Gate(is_open) => {
            crowd.gate.send_replace(is_open);
            Value::Null
        }
        Ask::Sleep(seconds) => {
            crowd.put_to_sleep(Duration::from_secs(seconds));
            Value::Null
        }
        Ask::Arrive => return Err("everybody is there already".into()),
    })
}

/// Waits until something is so, for a time at most. An error if a watcher finds one.
pub(super) async fn until(
    is_so: impl Fn() -> bool,
    at_most: Duration,
    watchers: &mut JoinSet<Result<()>>,
) -> Result<()> {
    let started = tokio::time::Instant::now();
    while !is_so() && started.elapsed() < at_most {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            Some(ended) = watchers.join_next() => ended??,
        }
    }
    Ok(())
}

async fn open(crowd: &Rc<Crowd>, watchers: &mut JoinSet<Result<()>>) -> Result<()> {
    /// For the slowest of builds; whoever has no connection by then will not get one.
    const PATIENCE: Duration = Duration::from_secs(120);
    let opening = Arc::new(Semaphore::new(OPENING_AT_ONCE));
    for number in 0..crowd.watching.count {
        let (crowd, opening) = (Rc::clone(crowd), Arc::clone(&opening));
        watchers.spawn_local(async move {
            let turn = opening.acquire_owned().await?;
            watch(crowd, number, Some(turn)).await
        });
    }
    let are_there = || crowd.seen.subscribed.get() >= crowd.watching.count;
    until(are_there, PATIENCE, watchers).await?;
    if !are_there() {
        return Err("not everybody could subscribe".into());
    }
    // What the last of them asked for is on its way.
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok(())
}

/// What everybody loads before: the plan's seats, and how they are as of a revision.
pub(super) async fn load(watching: &Watching) -> Result<(Vec<String>, (u64, Vec<u8>))> {
    let plan = ask(watching, "plan: seatPlan(eventId: $e) { seats { id } }").await?;
    let plan: Plan = field(plan, "plan")?;
    let known = ask(watching, "known: seatStatuses(eventId: $e) { revision statuses }").await?;
    let known: Known = field(known, "known")?;
    let seats = plan.seats.into_iter().map(|seat| seat.id).collect();
    Ok((seats, (known.revision, known.statuses.into_bytes())))
}

#[derive(Deserialize)]
struct Plan {
    seats: Vec<PlanSeat>,
}

#[derive(Deserialize)]
struct PlanSeat {
    id: String,
}

#[derive(Deserialize)]
struct Known {
    revision: u64,
    statuses: String,
}

async fn ask(watching: &Watching, fields: &str) -> Result<Value> {
    let query = format!("query ($e: ID!) {{ {fields} }}");
    let body = json!({ "query": query, "variables": { "e": watching.event } });
    let url = format!("http://{}/graphql", watching.address);
    let mut answer: Value =
        reqwest::Client::new().post(url).json(&body).send().await?.json().await?;
    if answer.get("errors").is_some() {
        return Err(answer.to_string().into());
    }
    Ok(answer["data"].take())
}

fn field<T: DeserializeOwned>(mut data: Value, name: &str) -> Result<T> {
    Ok(serde_json::from_value(data[name].take())?)
}
