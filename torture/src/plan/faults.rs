//! Which faults come when.

use std::fmt;
use std::time::Duration;

use fastrand::Rng;

use super::kit::Kit;
use super::setting::Setting;
use super::wrong::Wrong;

/// A fault with its time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Timed {
    /// From the beginning of the round.
    pub(crate) at: Duration,
    pub(crate) lasts: Duration,
    pub(crate) fault: Fault,
}

/// What goes wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// Of one server, by its number.
    Server(usize, Wrong),
    /// Of the database, or of all.
    Database(Wrong),
    /// Of the way between one server and the database, or its clients.
    Way(usize, Which, Wrong),
}

/// Which side of a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Which {
    Database,
    Clients,
}

impl Fault {
    /// Its kind.
    pub(crate) fn wrong(&self) -> Wrong {
        match *self {
            Self::Server(_, wrong) | Self::Database(wrong) | Self::Way(_, _, wrong) => wrong,
        }
    }

    fn draw(rng: &mut Rng, servers: usize, wrong: Wrong) -> Self {
        let server = rng.usize(..servers);
        let which = if rng.bool() { Which::Database } else { Which::Clients };
        match wrong {
            Wrong::Killed | Wrong::Stopped | Wrong::ServerClock => Self::Server(server, wrong),
            Wrong::Cut | Wrong::Silent | Wrong::Stalled | Wrong::Slow | Wrong::Closed => {
                Self::Way(server, which, wrong)
            }
            _ => Self::Database(wrong),
        }
    }
}

/// Faults of a round: as many as come to one a second or so.
const EACH: Duration = Duration::from_millis(1_100);

/// The longest that one lasts.
const LONGEST_MS: u64 = 2_500;

pub(super) fn draw(
    rng: &mut Rng,
    setting: &Setting,
    lasts: Duration,
    kit: Kit,
    only: Option<Wrong>,
) -> Vec<Timed> {
    let most = usize::try_from(lasts.as_millis() / EACH.as_millis()).unwrap_or(usize::MAX).max(1);
    // The last one begins while there is still load.
    let span = u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX) * 4 / 5;
    let mut faults: Vec<Timed> = (0..rng.usize(1..=most))
        .map(|_| {
            let drawn = Wrong::ALL[rng.usize(..Wrong::ALL.len())];
            let at = Duration::from_millis(rng.u64(200..span.max(201)));
            let lasts = Duration::from_millis(rng.u64(100..=LONGEST_MS));
            let fault = Fault::draw(rng, setting.servers, only.unwrap_or(drawn));
            Timed { at, lasts, fault }
        })
        .collect();
    faults.retain(|timed| is_possible(timed.fault.wrong(), setting, kit));
    faults.sort_by_key(|timed| timed.at);
    faults
}

fn is_possible(wrong: Wrong, setting: &Setting, kit: Kit) -> bool {
    match wrong {
        Wrong::DiskFull => kit.has_disks,
        Wrong::DatabaseClock | Wrong::ServerClock => setting.has_clocks,
        Wrong::PoolerKilled => setting.has_pooler,
        _ => true,
    }
}

impl fmt::Display for Timed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, lasts) = (self.at.as_millis(), self.lasts.as_millis());
        match &self.fault {
            Fault::Server(server, wrong) => write!(out, "server {server} {wrong:?}")?,
            Fault::Database(wrong) => write!(out, "{wrong:?}")?,
            Fault::Way(server, which, wrong) => {
                write!(out, "server {server} to {which:?} {wrong:?}")?;
            }
        }
        write!(out, " at {at} ms for {lasts} ms")
    }
}
