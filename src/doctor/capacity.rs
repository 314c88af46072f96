//! Whether there is room: connections, memory of the database, disk.
//!
//! The sizes are those that the figures in bench/RESULTS.md were measured with: with less nobody
//! knows.

use super::finding::{Finding, bytes};
use super::machine::Machine;
use crate::config::ServeSettings;
use crate::store::survey::{Facts, OTHER_CONNECTIONS};

const MIB: i64 = 1024 * 1024;

/// What the figures were measured with.
const SHARED_BUFFERS: i64 = 256 * MIB;
const MAX_WAL_SIZE: i64 = 1024 * MIB;

/// PostgreSQL's default. A sort of a large event's seats is beyond it.
const WORK_MEM: i64 = 4 * MIB;

pub(super) fn judge(settings: &ServeSettings, facts: &Facts, machine: &Machine) -> Vec<Finding> {
    let mut findings = vec![
        connections(settings, facts),
        at_least(
            ("shared_buffers", facts.shared_buffers, SHARED_BUFFERS),
            "seats and the newest log are read from the disk in a rush; our figures are with 256 \
                MiB",
        ),
        at_least(
            ("work_mem", facts.work_mem, WORK_MEM),
            "maps and sums are sorted on the disk; our figures are with 4 MiB",
        ),
        at_least(
            ("max_wal_size", facts.max_wal_size, MAX_WAL_SIZE),
            "a rush then forces checkpoints, each of which writes whole pages anew; our figures \
                are with 1 GiB",
        ),
    ];
    findings.extend(machine.free_disk.map(|free| disk(free, facts)));
    findings
}

fn connections(settings: &ServeSettings, facts: &Facts) -> Finding {
    const CHECK: &str = "connections";
    let ours = i64::from(settings.database.booking_connections)
        + i64::from(settings.database.read_connections)
        + i64::from(OTHER_CONNECTIONS);
    let limits = [facts.role_connection_limit, facts.database_connection_limit];
    let limit = limits.into_iter().filter(|limit| *limit >= 0).min().unwrap_or(i32::MAX);
    let most = (facts.max_connections - facts.reserved_connections).min(limit);
    let left = i64::from(most) - facts.connections_of_others;
    let others = facts.connections_of_others;
    let what = format!(
        "a server takes {ours} connections; the database gives {most}, others have {others} of \
            them"
    );
    let remedy = "raise max_connections (or the limit of the role or the database), or lower \
        ARENA_READ_CONNECTIONS";
    if ours > left {
        return Finding::hurts(CHECK, what)
            .because("requests wait for connections that there are none of, and are refused")
            .so(remedy);
    }
    if 2 * ours > left {
        return Finding::may_hurt(CHECK, what)
            .because("a second server does not fit beside it, nor one that takes its place")
            .so(remedy);
    }
    Finding::good(CHECK, what)
}

fn at_least((name, is, least): (&'static str, i64, i64), why: &'static str) -> Finding {
    let what = format!("{name} is {}", bytes(is));
    if is >= least {
        return Finding::good(name, what);
    }
    Finding::may_hurt(name, what).because(why).so(format!("set {name} to {} or more", bytes(least)))
}

/// The WAL may grow to its size and beyond; a sale adds to tables and logs about what is there.
fn disk(free: i64, facts: &Facts) -> Finding {
    const CHECK: &str = "disk";
    let wanted = 2 * facts.max_wal_size + facts.database_bytes;
    let what = format!(
        "the database's disk has {} left; WAL and tables may take {}",
        bytes(free),
        bytes(wanted)
    );
    let why = "when the disk is full PostgreSQL stops, and nothing can be booked";
    if free < facts.max_wal_size {
        return Finding::hurts(CHECK, what).because(why).so("make room before the sale");
    }
    if free < wanted {
        return Finding::may_hurt(CHECK, what).because(why).so("make room before the sale");
    }
    Finding::good(CHECK, what)
}
