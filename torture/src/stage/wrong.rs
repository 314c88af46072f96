//! How each fault is made, and ended.

use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::time::sleep;
use torture::history::RunMicros;

use super::Stage;
use crate::Result;
use crate::load::Notes;
use crate::plan::{Fault, Means, Timed, Which, Wrong};
use crate::proxy::Proxy;
use crate::server;
use crate::tools::Tools;

/// What a clock is off, in seconds.
const OFF_SECONDS: i64 = 3_600;

/// How long a server may take to be ready again within a rolling restart, before the next one goes.
const ROLLING_MAX: Duration = Duration::from_secs(15);

/// A fault that was made.
#[derive(Clone, Debug)]
pub(crate) struct Happened {
    pub(crate) what: String,
    pub(crate) start: RunMicros,
    /// When it was over; what it did may go on for longer.
    pub(crate) end: RunMicros,
}

/// Waits for a fault's time, makes it, and ends it.
pub(crate) async fn happen(
    stage: Arc<Stage>,
    tools: Arc<Tools>,
    notes: Arc<Notes>,
    timed: Timed,
) -> Result<Happened> {
    sleep(timed.at).await;
    let start = notes.now();
    let lasts = timed.lasts;
    match timed.fault {
        Fault::Server(number, wrong) => of_server(&stage, number, wrong, lasts).await,
        Fault::Way(number, which, wrong) => of_way(&stage, (number, which), wrong, lasts).await,
        Fault::Database(Wrong::Rolling) => rolling(&stage, &tools).await,
        Fault::Database(Wrong::PoolerKilled) => match &stage.pooler {
            Some(pooler) => pooler.lock().await.restart().await,
            None => Ok(()),
        },
        Fault::Database(wrong) => match wrong.failover() {
            Some(means) => fail_over(&stage, means, lasts).await,
            None => of_database(&stage, wrong, lasts).await,
        },
    }
    .map_err(|error| format!("{timed}: {error}"))?;
    Ok(Happened { what: timed.to_string(), start, end: notes.now() })
}

async fn of_server(stage: &Stage, number: usize, wrong: Wrong, lasts: Duration) -> Result<()> {
    let server = &stage.servers[number];
    match wrong {
        Wrong::Killed => {
            server.lock().await.kill().await?;
            sleep(lasts).await;
            server.lock().await.start()
        }
        Wrong::Stopped => {
            server.lock().await.signal(Signal::SIGSTOP)?;
            sleep(lasts).await;
            server.lock().await.signal(Signal::SIGCONT)
        }
        Wrong::ServerClock => {
            server.lock().await.clock.set(hour_off(lasts))?;
            sleep(lasts).await;
            server.lock().await.clock.set(0)
        }
        _ => Err("is no fault of a server".into()),
    }
}

/// An hour before or behind, by the fault's own draw.
fn hour_off(lasts: Duration) -> i64 {
    if lasts.as_millis().is_multiple_of(2) { OFF_SECONDS } else { -OFF_SECONDS }
}

async fn of_way(
    stage: &Stage,
    (number, which): (usize, Which),
    wrong: Wrong,
    lasts: Duration,
) -> Result<()> {
    let base = if which == Which::Database { stage.base_delay() } else { Duration::ZERO };
    let on_proxy = async |change: &(dyn Fn(&Proxy) + Sync)| {
        let server = stage.servers[number].lock().await;
        change(if which == Which::Database { &server.database } else { &server.clients });
    };
    match wrong {
        Wrong::Cut => on_proxy(&Proxy::cut).await,
        Wrong::Silent => on_proxy(&|proxy| proxy.silence(true)).await,
        Wrong::Stalled => on_proxy(&|proxy| proxy.stall(true)).await,
        Wrong::Slow => on_proxy(&|proxy| proxy.delay(lasts / 10)).await,
        Wrong::Closed => {
            let close = |proxy: &Proxy| {
                proxy.close(true);
                proxy.cut();
            };
            on_proxy(&close).await;
        }
        _ => return Err("is no fault of a connection".into()),
    }
    sleep(lasts).await;
    match wrong {
        Wrong::Silent => on_proxy(&|proxy| proxy.silence(false)).await,
        Wrong::Stalled => on_proxy(&|proxy| proxy.stall(false)).await,
        Wrong::Slow => on_proxy(&|proxy| proxy.delay(base)).await,
        Wrong::Closed => on_proxy(&|proxy| proxy.close(false)).await,
        _ => {}
    }
    Ok(())
}

async fn of_database(stage: &Stage, wrong: Wrong, lasts: Duration) -> Result<()> {
    const END_SESSIONS: &str = "SELECT count(pg_terminate_backend(pid))::text \
        FROM pg_stat_activity WHERE usename = 'arena'";
    let mut pair = stage.pair.lock().await;
    match wrong {
        Wrong::DatabaseKilled => {
            pair.primary().kill().await?;
            sleep(lasts).await;
            pair.primary().answers().await
        }
        Wrong::DatabaseStopped => {
            pair.primary().signal_all(Signal::SIGSTOP)?;
            sleep(lasts).await;
            pair.primary().signal_all(Signal::SIGCONT)?;
            pair.primary().answers().await
        }
        Wrong::SessionsEnded => pair.primary().ask(END_SESSIONS).await.map(drop),
        Wrong::StandbyStalled => {
            pair.link.stall(true);
            sleep(lasts).await;
            pair.link.stall(false);
            Ok(())
        }
        Wrong::DiskFull => {
            pair.primary().disk.fill()?;
            sleep(lasts).await;
            pair.primary().disk.free()?;
            pair.primary().answers().await
        }
        Wrong::DatabaseClock => {
            stage.database_clock.set(hour_off(lasts))?;
            sleep(lasts).await;
            stage.database_clock.set(0)
        }
        _ => Err("is no fault of a database".into()),
    }
}

/// The standby takes over. The old primary is gone for everybody then: it is fenced off, as
/// whoever decides on a failover has to see to. After a while it comes back as the standby.
async fn fail_over(stage: &Stage, means: Means, lasts: Duration) -> Result<()> {
    let mut pair = stage.pair.lock().await;
    if !pair.has_standby() {
        // The failover before this one could not be made good yet.
        return Ok(());
    }
    match means {
        Means::Killed => pair.primary().kill().await?,
        Means::Stopped => pair.primary().signal_all(Signal::SIGSTOP)?,
        Means::Silent => silence(stage, true).await,
    }
    // Until somebody notices.
    sleep(lasts / 2).await;
    pair.promote().await?;
    stage.lead_to(pair.primary().address()).await;
    match means {
        Means::Killed => {}
        // Whatever it still says, nobody hears.
        Means::Stopped => {
            stage.cut_database().await;
            pair.standby().signal_all(Signal::SIGCONT)?;
        }
        // Connections to a machine that has vanished are never ended by it.
        Means::Silent => silence(stage, false).await,
    }
    sleep(lasts / 2).await;
    pair.restore_standby().await
}

async fn silence(stage: &Stage, is_silent: bool) {
    for server in &stage.servers {
        server.lock().await.database.silence(is_silent);
    }
}

/// All servers are stopped in order and started again, one after another, as for an upgrade; by
/// the other binary where there is one.
async fn rolling(stage: &Stage, tools: &Tools) -> Result<()> {
    for (server, address) in stage.servers.iter().zip(&stage.own_addresses) {
        {
            let mut server = server.lock().await;
            server.stop().await?;
            server.change_binary(&tools.other_binary);
            server.start()?;
        }
        // With other faults at the same time it may take longer; then the next one goes all the
        // same.
        let _ = server::ready(&tools.http, *address, ROLLING_MAX).await;
    }
    Ok(())
}
