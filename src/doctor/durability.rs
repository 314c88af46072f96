//! Whether what was answered stays true, and whether there is a database that takes bookings at
//! all.

use super::finding::Finding;
use crate::config::ServeSettings;
use crate::store::OLDEST_SERVER_VERSION;
use crate::store::survey::{Facts, Survey};

pub(super) fn judge(settings: &ServeSettings, survey: &Survey) -> Vec<Finding> {
    let facts = &survey.facts;
    vec![
        version(facts),
        writable(facts),
        fsync(facts),
        full_page_writes(facts),
        synchronous_commit(facts),
        encoding(facts),
        collation(survey),
        migrations(settings, survey),
    ]
}

fn version(facts: &Facts) -> Finding {
    let what = format!("PostgreSQL {}", facts.version);
    if facts.version_number >= OLDEST_SERVER_VERSION {
        return Finding::good("version", what);
    }
    Finding::hurts("version", what)
        .because("Grand Arena needs PostgreSQL 14 or newer, and does not start")
        .so("upgrade PostgreSQL")
}

fn writable(facts: &Facts) -> Finding {
    if facts.is_in_recovery {
        return Finding::hurts("writable", "the database is a standby, or recovers")
            .because("nothing can be reserved or confirmed there")
            .so("let DATABASE_URL lead to the primary, or promote this one");
    }
    if facts.is_read_only {
        return Finding::hurts("writable", "default_transaction_read_only is on")
            .because("nothing can be reserved or confirmed")
            .so("set default_transaction_read_only = off for the role and the database");
    }
    Finding::good("writable", "the database takes writes")
}

fn fsync(facts: &Facts) -> Finding {
    if facts.fsync {
        return Finding::good("fsync", "fsync is on");
    }
    Finding::hurts("fsync", "fsync is off")
        .because(
            "when the database's machine goes down, orders that were answered are lost, and the \
                database may be broken",
        )
        .so("set fsync = on, and restart PostgreSQL")
}

fn full_page_writes(facts: &Facts) -> Finding {
    if facts.full_page_writes {
        return Finding::good("full_page_writes", "full_page_writes is on");
    }
    Finding::hurts("full_page_writes", "full_page_writes is off")
        .because("a page that was half written when the machine went down stays broken")
        .so("set full_page_writes = on")
}

fn synchronous_commit(facts: &Facts) -> Finding {
    const CHECK: &str = "synchronous_commit";
    let is_local = facts.synchronous_commit == "local";
    let what = format!("synchronous_commit is {}", facts.synchronous_commit);
    if facts.synchronous_commit == "off" {
        return Finding::hurts(CHECK, what)
            .because("orders of the last moments are lost when PostgreSQL goes down")
            .so("set synchronous_commit = on, for the role too");
    }
    if facts.standbys > 0 && (is_local || !facts.has_synchronous_standbys) {
        let standbys = facts.standbys;
        return Finding::may_hurt(CHECK, format!("{what}; {standbys} standbys, none synchronous"))
            .because(
                "when a standby takes over, the last orders that were answered are lost, and \
                    their seats may be sold again",
            )
            .so(
                "set synchronous_standby_names (ANY 1 of two or more), with synchronous_commit = \
                 on",
            );
    }
    Finding::good(CHECK, what)
}

fn encoding(facts: &Facts) -> Finding {
    let what = format!("the database's encoding is {}", facts.encoding);
    if facts.encoding == "UTF8" {
        return Finding::good("encoding", what);
    }
    Finding::hurts("encoding", what)
        .because("it cannot store every name, and the server does not start")
        .so("create the database with ENCODING 'UTF8'")
}

fn collation(survey: &Survey) -> Finding {
    const CHECK: &str = "collation";
    let Some((made_with, actual)) = &survey.collation_versions else {
        return Finding::good(CHECK, "the database's collation has no versions");
    };
    if made_with == actual {
        return Finding::good(CHECK, format!("the database's collation has version {actual}"));
    }
    let what = format!("indexes were made with collation version {made_with}; now it is {actual}");
    Finding::hurts(CHECK, what)
        .because("rows are not found, and are entered twice, where texts are in another order now")
        .so("REINDEX DATABASE, then ALTER DATABASE … REFRESH COLLATION VERSION")
}

fn migrations(settings: &ServeSettings, survey: &Survey) -> Finding {
    const CHECK: &str = "migrations";
    let missing = survey.missing_migrations;
    if missing == 0 {
        return Finding::good(CHECK, "all tables are up to date");
    }
    let what = format!("{missing} migrations are missing");
    let finding = if settings.no_migrate {
        Finding::hurts(CHECK, what).because("with ARENA_NO_MIGRATE the server does not start")
    } else {
        Finding::may_hurt(CHECK, what).because(
            "the next server that starts carries them out, in the middle of a sale perhaps",
        )
    };
    finding.so("run grand-arena migrate before the sale")
}
