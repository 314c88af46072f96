//! How fast the database answers, and whether it answers from where we think.

use std::time::Duration;

use chrono::TimeDelta;

use super::finding::Finding;
use crate::store::survey::{Survey, WakeUp};

/// A booking is three round trips, in a transaction that holds its event's row. At 2 ms it has six
/// of these and no more: what one event can sell is bounded by it.
const SLOW_ROUND_TRIP: Duration = Duration::from_millis(2);
const TOO_SLOW_ROUND_TRIP: Duration = Duration::from_millis(10);

/// A disk that is written through takes a few milliseconds; a batch waits for one commit.
const SLOW_COMMIT: Duration = Duration::from_millis(10);
const TOO_SLOW_COMMIT: Duration = Duration::from_millis(50);

/// Tokens are good by this host's clock, holds by the database's.
const CLOCKS_APART: TimeDelta = TimeDelta::seconds(1);
const CLOCKS_FAR_APART: TimeDelta = TimeDelta::seconds(30);

pub(super) fn judge(survey: &Survey) -> Vec<Finding> {
    let mut findings = vec![round_trip(survey.round_trip), clock(survey), wake_ups(survey)];
    findings.extend(survey.commit.map(commit));
    findings.extend(encryption(survey));
    findings
}

fn round_trip(took: Duration) -> Finding {
    let limits = (SLOW_ROUND_TRIP, TOO_SLOW_ROUND_TRIP);
    by_time("round_trip", "a round trip to the database", took, limits)
        .because("each batch of bookings takes three, while its event's row is locked")
        .so("put server and database into one network, with nothing slow in between")
        .unless_good()
}

fn commit(took: Duration) -> Finding {
    by_time("commit", "a commit", took, (SLOW_COMMIT, TOO_SLOW_COMMIT))
        .because("each batch of bookings waits for one, and so does everybody behind it")
        .so("give the WAL a disk with a cache that survives a power cut, and standbys nearby")
        .unless_good()
}

fn by_time(
    check: &'static str,
    name: &str,
    took: Duration,
    (slow, too_slow): (Duration, Duration),
) -> Finding {
    let what = format!("{name} takes {:.1} ms", took.as_secs_f64() * 1_000.0);
    if took >= too_slow {
        Finding::hurts(check, what)
    } else if took >= slow {
        Finding::may_hurt(check, what)
    } else {
        Finding::good(check, what)
    }
}

fn clock(survey: &Survey) -> Finding {
    const CHECK: &str = "clock";
    let (ahead, error) = survey.clock_ahead;
    let apart = (ahead.abs() - error).max(TimeDelta::zero());
    let side = if ahead < TimeDelta::zero() { "behind" } else { "ahead of" };
    let seconds = |delta: TimeDelta| delta.as_seconds_f64();
    let what = format!("the database's clock is {:.3} s {side} this host's", seconds(ahead.abs()));
    let why = "holds and sales begin and end by the database's clock, tokens by this host's";
    let remedy = "have both take the time from the network (chrony, systemd-timesyncd)";
    if apart >= CLOCKS_FAR_APART {
        return Finding::hurts(CHECK, what).because(why).so(remedy);
    }
    if apart >= CLOCKS_APART {
        return Finding::may_hurt(CHECK, what).because(why).so(remedy);
    }
    Finding::good(CHECK, what)
}

fn wake_ups(survey: &Survey) -> Finding {
    const CHECK: &str = "wake_ups";
    let why = "without wake-ups the map is up to a second late, and the server does not get ready";
    let what = match &survey.wake_up {
        WakeUp::Heard => return Finding::good(CHECK, "a NOTIFY is heard where servers listen"),
        WakeUp::NotTried => return Finding::good(CHECK, "a standby takes no NOTIFY"),
        WakeUp::Pooled => "servers would listen through a pooler by transaction".to_owned(),
        WakeUp::Lost => "a NOTIFY is not heard where servers listen".to_owned(),
        WakeUp::Deaf(reason) => format!("servers cannot listen: {reason}"),
    };
    Finding::hurts(CHECK, what).because(why).so(
        "set ARENA_LISTEN_DATABASE_URL to the direct address of the same database, past any pooler",
    )
}

/// Nothing is said of what does not leave the machine.
fn encryption(survey: &Survey) -> Option<Finding> {
    const CHECK: &str = "encryption";
    if survey.facts.is_local {
        return None;
    }
    if survey.facts.is_encrypted {
        return Some(Finding::good(CHECK, "the connection to the database is encrypted"));
    }
    let finding = Finding::may_hurt(CHECK, "the connection to the database is not encrypted")
        .because("whoever is in between reads who buys what, and the password's proof")
        .so("give PostgreSQL a certificate, and add sslmode=verify-full to DATABASE_URL");
    Some(finding)
}
