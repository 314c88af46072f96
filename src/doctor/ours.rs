//! Our own settings, and whether this machine is up to them.

use super::finding::{Finding, bytes};
use super::machine::Machine;
use crate::config::ServeSettings;
use crate::identity::Identity;
use crate::server::files_wanted;
use crate::store::survey::Survey;

/// What a server is meant for: its stores take 1.5 GiB at most (docs/limits.md).
const MEMORY: i64 = 2 * 1024 * 1024 * 1024;

/// A machine of 2 GiB has a little less to give.
const MEMORY_FOR_OTHERS: i64 = 256 * 1024 * 1024;

pub(super) fn judge(settings: &ServeSettings, survey: &Survey, machine: &Machine) -> Vec<Finding> {
    let mut findings = vec![
        secret(settings),
        public_url(settings),
        trusted_proxies(settings),
        limits(settings),
        metrics(settings),
        open_files(settings, machine),
        processors(settings, survey, machine),
    ];
    findings.extend(machine.memory.map(memory));
    if settings.database.database_url.is_none() {
        findings.push(private_database());
    }
    if settings.has_demo() || settings.has_playground() {
        findings.push(show());
    }
    findings
}

fn secret(settings: &ServeSettings) -> Finding {
    const CHECK: &str = "secret";
    let identity = &settings.identity;
    if let Some(file) = &identity.jwt_secret_file {
        return match Identity::read_secret(file) {
            Ok(_) => Finding::good(CHECK, "only the server can read the file of the secret"),
            Err(error) => Finding::hurts(CHECK, error.to_string())
                .because("the server does not start with a secret that others may know")
                .so("make the file the server's own, with mode 0600"),
        };
    }
    if identity.jwt_secret.is_some() {
        return Finding::good(CHECK, "the secret is set");
    }
    if identity.jwt_jwks.is_some() {
        return Finding::good(CHECK, "tokens are verified by public keys");
    }
    Finding::may_hurt(CHECK, "no secret is set, so that each data folder has one of its own")
        .because("servers on one database need the same, or they refuse each other's tokens")
        .so("set ARENA_JWT_SECRET_FILE, the same for all servers")
}

fn public_url(settings: &ServeSettings) -> Finding {
    const CHECK: &str = "public_url";
    if settings.public_url.is_some() {
        return Finding::good(CHECK, "ARENA_PUBLIC_URL is set");
    }
    Finding::may_hurt(CHECK, "ARENA_PUBLIC_URL is not set")
        .because("whoever asks for the server by a name gets 421 and no page")
        .so("set it to where people find the server")
}

fn trusted_proxies(settings: &ServeSettings) -> Finding {
    const CHECK: &str = "trusted_proxies";
    if !settings.limits.trusted_proxies.is_empty() {
        return Finding::good(CHECK, "ARENA_TRUSTED_PROXIES is set");
    }
    Finding::may_hurt(CHECK, "ARENA_TRUSTED_PROXIES is not set")
        .because(
            "behind a proxy all visitors are one address then: together they get ten guest \
                sessions a minute and 2,000 connections",
        )
        .so("set it to your proxies' addresses; without a proxy leave it")
}

fn limits(settings: &ServeSettings) -> Finding {
    if settings.limits.are_on {
        return Finding::good("limits", "there are limits for each viewer and address");
    }
    Finding::may_hurt("limits", "ARENA_LIMITS is off")
        .because("one visitor can take what there is for all")
        .so("leave it on, unless everybody is trusted")
}

fn metrics(settings: &ServeSettings) -> Finding {
    const CHECK: &str = "metrics";
    let Some(address) = settings.metrics_listen else {
        return Finding::may_hurt(CHECK, "ARENA_METRICS_LISTEN is not set")
            .because("nobody sees how the night goes")
            .so("set it to an address that only your own network reaches");
    };
    if address.ip().is_unspecified() {
        return Finding::may_hurt(CHECK, format!("metrics are at {address}: all addresses"))
            .because("whoever reaches the machine can read them")
            .so("set ARENA_METRICS_LISTEN to an address of your own network, or close the port");
    }
    Finding::good(CHECK, format!("metrics are at {address}"))
}

fn open_files(settings: &ServeSettings, machine: &Machine) -> Finding {
    const CHECK: &str = "open_files";
    let (have, wanted) = (machine.open_files, u64::from(files_wanted(settings)));
    let what = format!("a process may have {have} files open; the settings ask for {wanted}");
    if have >= wanted {
        return Finding::good(CHECK, what);
    }
    Finding::hurts(CHECK, what)
        .because("each visitor is one, and newcomers beyond them are turned away without a word")
        .so("raise the hard limit (LimitNOFILE, ulimit -Hn), or lower ARENA_MAX_SUBSCRIPTIONS")
}

fn processors(settings: &ServeSettings, survey: &Survey, machine: &Machine) -> Finding {
    const CHECK: &str = "processors";
    let count = machine.processors;
    let what = format!("this machine has {count} processors for us");
    let shares = survey.facts.is_local || settings.database.database_url.is_none();
    let wanted = if shares { 2 } else { 1 };
    if count > wanted {
        return Finding::good(CHECK, what);
    }
    let remedy = "give the server two or more processors that the database does not use";
    if shares {
        return Finding::may_hurt(CHECK, format!("{what} and the database together"))
            .because("our figures are of two for everything; bookings, maps and PostgreSQL share")
            .so(remedy);
    }
    Finding::may_hurt(CHECK, what)
        .because("bookings wait while maps are written; our figures are of two")
        .so(remedy)
}

fn memory(have: i64) -> Finding {
    let what = format!("there are {} of memory", bytes(have));
    if have >= MEMORY - MEMORY_FOR_OTHERS {
        return Finding::good("memory", what);
    }
    Finding::may_hurt("memory", what)
        .because("what visitors have the server keep is bounded by 1.5 GiB")
        .so("give it 2 GiB")
}

fn private_database() -> Finding {
    Finding::may_hurt("private_database", "the database is the private one")
        .because("it is on this machine alone, without a standby and with PostgreSQL's defaults")
        .so("set DATABASE_URL to a PostgreSQL that is backed up")
}

fn show() -> Finding {
    Finding::may_hurt("show", "there is a demo event, or an explorer at /playground")
        .because("anybody can buy the one, and look around with the other")
        .so("set ARENA_DEMO and ARENA_PLAYGROUND to false")
}
