//! One round: everything is started, clients and faults come together, faults end, everything
//! settles, and what was written down is checked.

mod prepare;
mod quiet;
mod verdict;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;
use torture::history::{DatabaseClock, Fault, History, Run, RunMicros};

use self::quiet::Health;
use crate::Result;
use crate::load::{Phase, World, buy, follow, organise};
use crate::plan::{Plan, Wrong};
use crate::stage::{Happened, Stage, happen};
use crate::tools::{self, Tools};

/// How late the end of a hold may be logged once all is well: the cleaner looks every second, and
/// two processors are shared by everything here.
const EXPIRY_BOUND_MICROS: i64 = 10_000_000;

/// How a round ended.
pub(crate) struct Report {
    pub(crate) seed: u64,
    pub(crate) calls: usize,
    pub(crate) unclear: usize,
    pub(crate) frames: usize,
    pub(crate) changes: usize,
    pub(crate) orders: usize,
    pub(crate) faults: usize,
    pub(crate) took: Duration,
    /// A line each.
    pub(crate) violations: Vec<String>,
    /// Where everything about it is kept, if there are any.
    pub(crate) kept: Option<PathBuf>,
}

/// What is under way in a round.
struct Under {
    stage: Arc<Stage>,
    world: Arc<World>,
    phase: watch::Sender<Phase>,
    buyers: JoinSet<Result<()>>,
    watchers: JoinSet<Result<()>>,
    faults: JoinSet<Result<Happened>>,
    health: Health,
    supervisor: JoinHandle<()>,
}

/// Plays a round. What is wrong with the product is in the report; the error is what is wrong with
/// us or the machine.
pub(crate) async fn play(
    tools: Arc<Tools>,
    plan: Plan,
    lasts: Duration,
    keep: &Path,
) -> Result<Report> {
    let began = Instant::now();
    let folder = tools.folder.join(format!("round-{}", plan.seed));
    tools::make_round_folder(&folder)?;
    let stage = Arc::new(Stage::start(&tools, &plan.setting, &folder).await?);
    let mut history = History { run: run(&plan), ..History::default() };
    let (phase, heard) = watch::channel(Phase::Storm);
    let world = prepare::world(&tools, &stage, &plan, heard).await?;
    history.setups = prepare::setups(&stage).await?;
    let mut under = begin(&tools, &plan, (stage, world), phase);
    sleep(lasts).await;
    let mut violations = end(&mut under, &tools, &mut history).await?;
    violations.extend(verdict::of_tables(&under.stage, &tools, &mut history).await?);
    under.supervisor.abort();
    let names = prepare::names(&under.stage, &tools, &under.world, &history).await;
    violations.extend(under.stage.stop().await?);
    let notes = under.world.notes.take();
    verdict::of_history(&mut history, notes, &names?, &under.world.events, &mut violations);
    let mut report = report(&plan, &history, violations);
    if !report.violations.is_empty() {
        let kept = keep.join(format!("seed-{}", plan.seed));
        verdict::keep(history, &folder, &kept, &report.violations)?;
        report.kept = Some(kept);
    }
    report.took = began.elapsed();
    drop(under);
    std::fs::remove_dir_all(&folder)?;
    Ok(report)
}

fn run(plan: &Plan) -> Run {
    let moves = plan.faults.iter().any(|timed| timed.fault.wrong() == Wrong::DatabaseClock);
    Run {
        seed: plan.seed,
        schedule: plan.words(),
        database_clock: if moves { DatabaseClock::Moved } else { DatabaseClock::Steady },
        expiry_bound: EXPIRY_BOUND_MICROS,
    }
}

/// Everybody begins.
fn begin(
    tools: &Arc<Tools>,
    plan: &Plan,
    (stage, world): (Arc<Stage>, Arc<World>),
    phase: watch::Sender<Phase>,
) -> Under {
    let mut buyers = JoinSet::new();
    for (number, seed) in plan.viewers.iter().enumerate() {
        buyers.spawn(buy(Arc::clone(&world), number, *seed));
    }
    for (number, seed) in (1_000..).zip(&plan.organisers) {
        buyers.spawn(organise(Arc::clone(&world), number, *seed));
    }
    let mut watchers = JoinSet::new();
    for (number, watch) in (0..).zip(&plan.watches) {
        watchers.spawn(follow(Arc::clone(&world), number, *watch));
    }
    let mut faults = JoinSet::new();
    for timed in &plan.faults {
        let notes = Arc::clone(&world.notes);
        faults.spawn(happen(Arc::clone(&stage), Arc::clone(tools), notes, timed.clone()));
    }
    let health = Health::watch(&stage, Arc::clone(&world.notes));
    let supervised = Arc::clone(&stage);
    let supervisor = tokio::spawn(async move {
        while supervised.supervise().await.is_ok() {
            sleep(Duration::from_millis(100)).await;
        }
    });
    Under { stage, world, phase, buyers, watchers, faults, health, supervisor }
}

/// Faults end, then clients, then holds, then subscribers; what does not end in time is wrong.
async fn end(under: &mut Under, tools: &Tools, history: &mut History) -> Result<Vec<String>> {
    let mut violations = Vec::new();
    let mut happened = Vec::new();
    while let Some(fault) = under.faults.join_next().await {
        happened.push(fault??);
    }
    under.stage.heal().await?;
    violations.extend(quiet::all_ready(&under.stage, tools).await);
    let healed = under.world.notes.now();
    under.phase.send_replace(Phase::Settling);
    while let Some(ended) = under.buyers.join_next().await {
        violations.extend(ended?.err().map(|error| error.to_string()));
    }
    let is_moved = history.run.database_clock == DatabaseClock::Moved;
    let (revisions, late) = quiet::holds_end(&under.stage, is_moved).await?;
    violations.extend(late);
    under.phase.send_replace(Phase::Quiet(revisions));
    while let Some(ended) = under.watchers.join_next().await {
        violations.extend(ended?.err().map(|error| error.to_string()));
    }
    happened.sort_by_key(|fault| fault.start);
    history.faults = happened.into_iter().map(|fault| until_well(fault, under, healed)).collect();
    Ok(violations)
}

/// A fault goes on until all servers say that they are ready again.
fn until_well(fault: Happened, under: &Under, healed: RunMicros) -> Fault {
    let end = under.health.ready_after(fault.end).unwrap_or(healed.max(fault.end));
    Fault { what: fault.what, start: fault.start, end }
}

fn report(plan: &Plan, history: &History, violations: Vec<String>) -> Report {
    use torture::history::Outcome;
    let is_unclear = |call: &&torture::history::Call| matches!(call.outcome, Outcome::Unclear(_));
    Report {
        seed: plan.seed,
        calls: history.calls.len(),
        unclear: history.calls.iter().filter(is_unclear).count(),
        frames: history.frames.len(),
        changes: history.log.len(),
        orders: history.orders.len(),
        faults: history.faults.len(),
        took: Duration::ZERO,
        violations,
        kept: None,
    }
}

impl Drop for Under {
    fn drop(&mut self) {
        self.supervisor.abort();
    }
}
