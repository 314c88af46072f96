//! Each rule, by a database, settings or a machine that is wrong in one way.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;
use clap::Parser;

use super::*;
use crate::store::survey::{Facts, TableFacts, WakeUp};

const GIB: i64 = 1024 * 1024 * 1024;

/// All that is judged.
struct Patient {
    settings: ServeSettings,
    survey: Survey,
    machine: Machine,
}

type Harm = fn(&mut Patient);

/// How each rule is broken, and how bad it says that is.
const HARMS: [(&str, Severity, Harm); 44] = [
    ("version", Severity::Hurts, |it| it.survey.facts.version_number = 130_023),
    ("writable", Severity::Hurts, |it| it.survey.facts.is_in_recovery = true),
    ("writable", Severity::Hurts, |it| it.survey.facts.is_read_only = true),
    ("fsync", Severity::Hurts, |it| it.survey.facts.fsync = false),
    ("full_page_writes", Severity::Hurts, |it| it.survey.facts.full_page_writes = false),
    ("synchronous_commit", Severity::Hurts, |it| {
        it.survey.facts.synchronous_commit = "off".to_owned();
    }),
    ("synchronous_commit", Severity::MayHurt, |it| it.survey.facts.standbys = 1),
    ("encoding", Severity::Hurts, |it| it.survey.facts.encoding = "LATIN1".to_owned()),
    ("collation", Severity::Hurts, |it| {
        it.survey.collation_versions = Some(("2.31".to_owned(), "2.36".to_owned()));
    }),
    ("migrations", Severity::MayHurt, |it| it.survey.missing_migrations = 1),
    ("migrations", Severity::Hurts, |it| {
        (it.survey.missing_migrations, it.settings.no_migrate) = (1, true);
    }),
    ("connections", Severity::MayHurt, |it| it.survey.facts.max_connections = 40),
    ("connections", Severity::MayHurt, |it| it.survey.facts.connections_of_others = 70),
    ("connections", Severity::Hurts, |it| it.survey.facts.role_connection_limit = 19),
    ("connections", Severity::Hurts, |it| it.survey.facts.database_connection_limit = 0),
    ("shared_buffers", Severity::MayHurt, |it| it.survey.facts.shared_buffers /= 2),
    ("work_mem", Severity::MayHurt, |it| it.survey.facts.work_mem /= 2),
    ("max_wal_size", Severity::MayHurt, |it| it.survey.facts.max_wal_size /= 2),
    ("disk", Severity::MayHurt, |it| it.machine.free_disk = Some(2 * GIB)),
    ("disk", Severity::Hurts, |it| it.machine.free_disk = Some(GIB / 2)),
    ("round_trip", Severity::MayHurt, |it| it.survey.round_trip = Duration::from_millis(2)),
    ("round_trip", Severity::Hurts, |it| it.survey.round_trip = Duration::from_millis(10)),
    ("commit", Severity::MayHurt, |it| it.survey.commit = Some(Duration::from_millis(10))),
    ("commit", Severity::Hurts, |it| it.survey.commit = Some(Duration::from_millis(50))),
    ("clock", Severity::MayHurt, |it| it.survey.clock_ahead.0 = TimeDelta::seconds(-2)),
    ("clock", Severity::Hurts, |it| it.survey.clock_ahead.0 = TimeDelta::hours(1)),
    ("wake_ups", Severity::Hurts, |it| it.survey.wake_up = WakeUp::Lost),
    ("wake_ups", Severity::Hurts, |it| it.survey.wake_up = WakeUp::Pooled),
    ("wake_ups", Severity::Hurts, |it| it.survey.wake_up = WakeUp::Deaf("no".to_owned())),
    ("encryption", Severity::MayHurt, |it| it.survey.facts.is_encrypted = false),
    ("autovacuum", Severity::Hurts, |it| it.survey.facts.autovacuum = false),
    ("dead_rows", Severity::MayHurt, |it| it.survey.tables[0].dead_rows = 100_000),
    ("transaction_age", Severity::Hurts, |it| it.survey.facts.transaction_age = 1_900_000_000),
    ("long_transactions", Severity::MayHurt, |it| it.survey.facts.oldest_transaction = 301.0),
    ("replication_slots", Severity::MayHurt, |it| it.survey.facts.idle_slots = 1),
    ("limits_of_role", Severity::MayHurt, |it| it.survey.facts.idle_session_timeout = 60.0),
    ("secret", Severity::MayHurt, |it| it.settings.identity.jwt_secret = None),
    ("secret", Severity::Hurts, |it| {
        it.settings.identity.jwt_secret_file = Some(PathBuf::from("/no/such/file"));
    }),
    ("public_url", Severity::MayHurt, |it| it.settings.public_url = None),
    ("trusted_proxies", Severity::MayHurt, |it| {
        it.settings.limits.trusted_proxies = "".parse().unwrap();
    }),
    ("limits", Severity::MayHurt, |it| it.settings.limits.are_on = false),
    ("metrics", Severity::MayHurt, |it| it.settings.metrics_listen = None),
    ("open_files", Severity::Hurts, |it| it.machine.open_files = 1_024),
    ("processors", Severity::MayHurt, |it| it.machine.processors = 1),
];

/// Of what is not looked at unless it is there.
const OTHER_HARMS: [(&str, Severity, Harm); 5] = [
    ("memory", Severity::MayHurt, |it| it.machine.memory = Some(GIB)),
    ("private_database", Severity::MayHurt, |it| it.settings.database.database_url = None),
    ("show", Severity::MayHurt, |it| it.settings.playground = Some(true)),
    ("metrics", Severity::MayHurt, |it| {
        it.settings.metrics_listen = Some("0.0.0.0:9000".parse().unwrap());
    }),
    ("autovacuum", Severity::Hurts, |it| it.survey.facts.track_counts = false),
];

impl Patient {
    fn healthy() -> Self {
        #[derive(Parser)]
        struct Settings {
            #[command(flatten)]
            serve: ServeSettings,
        }
        let arguments = [
            "arena",
            "--database-url=postgres://db.example/arena",
            "--jwt-secret=a secret that is long enough, by far",
            "--public-url=https://shop.example",
            "--trusted-proxies=10.0.0.0/8",
            "--metrics-listen=10.0.0.3:9000",
        ];
        let settings = Settings::parse_from(arguments).serve;
        let survey = Survey {
            facts: facts(),
            tables: vec![TableFacts { name: "seats".to_owned(), live_rows: 0, dead_rows: 0 }],
            collation_versions: Some(("2.36".to_owned(), "2.36".to_owned())),
            missing_migrations: 0,
            round_trip: Duration::from_micros(300),
            commit: Some(Duration::from_millis(2)),
            clock_ahead: (TimeDelta::milliseconds(2), TimeDelta::milliseconds(1)),
            wake_up: WakeUp::Heard,
        };
        let (memory, free_disk) = (Some(4 * GIB), Some(100 * GIB));
        let machine = Machine { processors: 4, open_files: 1_000_000, memory, free_disk };
        Self { settings, survey, machine }
    }

    fn findings(&self) -> Vec<Finding> {
        judge(&self.settings, &self.survey, &self.machine)
    }
}

fn facts() -> Facts {
    Facts {
        version_number: 170_000,
        version: "17.0".to_owned(),
        is_in_recovery: false,
        is_read_only: false,
        encoding: "UTF8".to_owned(),
        fsync: true,
        full_page_writes: true,
        synchronous_commit: "on".to_owned(),
        has_synchronous_standbys: false,
        autovacuum: true,
        track_counts: true,
        max_connections: 100,
        reserved_connections: 3,
        connections_of_others: 1,
        role_connection_limit: -1,
        database_connection_limit: -1,
        shared_buffers: GIB / 4,
        work_mem: GIB / 256,
        max_wal_size: GIB,
        statement_timeout: 0.0,
        transaction_timeout: 0.0,
        idle_session_timeout: 0.0,
        database_bytes: GIB,
        transaction_age: 1_000,
        standbys: 0,
        idle_slots: 0,
        prepared_transactions: 0,
        oldest_transaction: 0.0,
        is_encrypted: true,
        is_local: false,
        data_directory: None,
        has_tables: true,
    }
}

#[test]
fn a_healthy_patient_is_told_that_all_is_good_and_nothing_else() {
    for finding in Patient::healthy().findings() {
        assert_eq!(finding.severity, Severity::Good, "{finding:?}");
        assert!(finding.why.is_empty() && finding.remedy.is_empty(), "{finding:?}");
    }
}

#[test]
fn each_harm_is_found_as_what_it_is_with_a_reason_and_a_remedy_and_nothing_else_is() {
    for (check, severity, harm) in HARMS.into_iter().chain(OTHER_HARMS) {
        let mut patient = Patient::healthy();
        harm(&mut patient);
        let findings = patient.findings();
        let bad: Vec<_> = findings.iter().filter(|it| it.severity != Severity::Good).collect();
        assert_eq!(bad.first().map(|it| (it.check, it.severity)), Some((check, severity)));
        // Without a database of its own there is no more to see than with.
        assert!(bad.len() == 1 || check == "private_database", "{check}: {bad:?}");
        assert!(!bad[0].why.is_empty() && !bad[0].remedy.is_empty(), "{bad:?}");
    }
}

#[test]
fn there_is_no_rule_that_is_never_broken_and_none_that_shares_its_name() {
    let healthy = Patient::healthy().findings();
    let names: BTreeSet<_> = healthy.iter().map(|finding| finding.check).collect();
    assert_eq!(names.len(), healthy.len(), "each has a name of its own");
    let broken = HARMS.into_iter().chain(OTHER_HARMS).map(|(check, ..)| check);
    let broken: BTreeSet<_> = broken.collect();
    assert_eq!(names.difference(&broken).collect::<Vec<_>>(), Vec::<&&str>::new());
}

#[test]
fn a_clock_is_not_blamed_for_what_the_way_to_it_takes() {
    let mut patient = Patient::healthy();
    patient.survey.clock_ahead = (TimeDelta::seconds(3), TimeDelta::seconds(3));
    let findings = patient.findings();
    let clock = findings.iter().find(|finding| finding.check == "clock").unwrap();
    assert_eq!(clock.severity, Severity::Good, "{clock:?}");
}
