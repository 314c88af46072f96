//! Very many watchers, in a process of their own, so that what they cost is told apart.
//!
//! The process is started with what is watched. It says so once all have subscribed, and answers
//! each line of its input with a line of JSON. It ends with its input, or when a watcher finds that
//! something is missing.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, LocalSet};

use super::ask::{Ask, Look};
use super::crowd::{Crowd, until};
use super::door::Door;
use super::watcher::watch;
use super::watching::{Watching, load};
use crate::Result;

/// Connections being opened at a time, where nobody is in a hurry.
const OPENING_AT_ONCE: usize = 200;

/// Open files beside those of the watchers.
const OTHER_FILES: u64 = 1_000;

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
