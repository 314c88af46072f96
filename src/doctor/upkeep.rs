//! Whether the database looks after itself, and what gets in its way.

use super::finding::Finding;
use crate::store::survey::{Survey, TableFacts};

/// Dead rows of a table that count at all, and that count beside so many live ones.
const MANY_DEAD_ROWS: i64 = 100_000;

/// PostgreSQL stops taking writes at two billion.
const OLD_TRANSACTIONS: i64 = 1_000_000_000;
const TOO_OLD_TRANSACTIONS: i64 = 1_800_000_000;

/// A transaction that is open for longer, in seconds, is none of ours: theirs take milliseconds,
/// and an import a few seconds.
const LONG_TRANSACTION: f64 = 300.0;

/// The longest statements of ours take a few seconds.
const SHORT_STATEMENTS: f64 = 10.0;

pub(super) fn judge(survey: &Survey) -> Vec<Finding> {
    let mut findings = vec![
        autovacuum(survey),
        transaction_age(survey),
        long_transactions(survey),
        slots(survey),
        limits(survey),
    ];
    if !survey.tables.is_empty() {
        findings.push(dead_rows(&survey.tables));
    }
    findings
}

fn autovacuum(survey: &Survey) -> Finding {
    if survey.facts.autovacuum && survey.facts.track_counts {
        return Finding::good("autovacuum", "autovacuum is on");
    }
    Finding::hurts("autovacuum", "autovacuum, or track_counts, is off")
        .because("every change of a seat leaves a dead row, and nobody takes them away")
        .so("set autovacuum = on and track_counts = on")
}

fn dead_rows(tables: &[TableFacts]) -> Finding {
    const CHECK: &str = "dead_rows";
    let has_many = |table: &&TableFacts| table.dead_rows >= MANY_DEAD_ROWS.max(table.live_rows / 2);
    let names: Vec<_> = tables.iter().filter(has_many).map(|table| table.name.as_str()).collect();
    if names.is_empty() {
        return Finding::good(CHECK, "the tables of sales have few dead rows");
    }
    let names = names.join(", ");
    Finding::may_hurt(CHECK, format!("many dead rows: {names}"))
        .because("each look at a seat passes over them")
        .so(format!("VACUUM (ANALYZE) {names}; and look why autovacuum has not"))
}

fn transaction_age(survey: &Survey) -> Finding {
    const CHECK: &str = "transaction_age";
    let age = survey.facts.transaction_age;
    let what = format!("the oldest transaction id is {} million back", age / 1_000_000);
    let why = "PostgreSQL takes no more writes when it is two billion";
    let remedy = "VACUUM (FREEZE) the whole database; look for old slots and prepared transactions";
    if age >= TOO_OLD_TRANSACTIONS {
        return Finding::hurts(CHECK, what).because(why).so(remedy);
    }
    if age >= OLD_TRANSACTIONS {
        return Finding::may_hurt(CHECK, what).because(why).so(remedy);
    }
    Finding::good(CHECK, what)
}

fn long_transactions(survey: &Survey) -> Finding {
    const CHECK: &str = "long_transactions";
    let (seconds, prepared) = (survey.facts.oldest_transaction, survey.facts.prepared_transactions);
    if seconds < LONG_TRANSACTION && prepared == 0 {
        return Finding::good(CHECK, "no transaction has been open for long");
    }
    let what = format!("a transaction has been open for {seconds:.0} s; {prepared} are prepared");
    Finding::may_hurt(CHECK, what)
        .because("nothing that has died since can be taken away, and its locks are held")
        .so("find it in pg_stat_activity or pg_prepared_xacts, and end it")
}

fn slots(survey: &Survey) -> Finding {
    const CHECK: &str = "replication_slots";
    let idle = survey.facts.idle_slots;
    if idle == 0 {
        return Finding::good(CHECK, "no replication slot is left behind");
    }
    Finding::may_hurt(CHECK, format!("replication slots that nobody reads: {idle}"))
        .because("they keep all WAL from then on, until the disk is full")
        .so("drop them (pg_drop_replication_slot), or set max_slot_wal_keep_size")
}

fn limits(survey: &Survey) -> Finding {
    const CHECK: &str = "limits_of_role";
    let facts = &survey.facts;
    let is_short = |seconds: f64| seconds > 0.0 && seconds < SHORT_STATEMENTS;
    let named = [
        ("statement_timeout", is_short(facts.statement_timeout)),
        ("transaction_timeout", is_short(facts.transaction_timeout)),
        ("idle_session_timeout", facts.idle_session_timeout > 0.0),
    ];
    let named: Vec<_> = named.into_iter().filter(|(_, hurts)| *hurts).map(|(it, _)| it).collect();
    if named.is_empty() {
        return Finding::good(CHECK, "no limit of the role or the database ends our work");
    }
    Finding::may_hurt(CHECK, format!("set for this role or database: {}", named.join(", ")))
        .because(
            "the server has limits of its own; these end its idle connections, or imports and \
                migrations before they are done",
        )
        .so("reset them for this role (ALTER ROLE … RESET …)")
}
