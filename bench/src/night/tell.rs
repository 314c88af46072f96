//! What was measured, in tables.

use super::Settings;
use super::sale::{Case, Paced, Run};
use crate::report::Report;
use crate::usage::median;

/// The tables of the sale: one for either pace, and one for memory.
pub(super) fn sale(measured: &[(Case, Vec<Run>)], settings: &Settings, report: &mut Report) {
    let paces = [
        ("As fast as answers come", (|run| &run.rush) as fn(&Run) -> &Paced),
        ("At half the peak", |run| &run.half),
    ];
    for (pace, of) in paces {
        report.say(&format!(
            "**{pace}**: an event of {} seats, each taken and given back; {} runs of {} s each; \
             medians. The map's lag is from the decision of a change (before its commit) to the \
             frame that tells it; bytes are counted at the socket.\n\n\
             | watching | seats/s | ratio | reservation p50 | p99 | p99, ratio | map p50 | p99 | \
             frames a watcher and second | KB a watcher and second | bytes a change | CPU: \
             server, PostgreSQL, buyers, watchers | lost |\n\
             |---|---|---|---|---|---|---|---|---|---|---|---|---|",
            settings.seats, settings.runs, settings.seconds,
        ));
        let nobody = &measured[0].1;
        for (case, runs) in measured {
            report.say(&row(*case, runs, (nobody, of)));
        }
        report.say("");
    }
    report.say(
        "**Memory** of the server.\n\n| watching | peak | each watcher, subscribed | each watcher, \
         at the peak |\n|---|---|---|---|",
    );
    for (case, runs) in measured {
        let each = |of: fn(&Run) -> f64| match case.count {
            0 => "–".to_owned(),
            _ => format!("{:.1} KiB", middle(runs, of)),
        };
        report.say(&format!(
            "| {} | {:.0} MiB | {} | {} |",
            case.name(),
            middle(runs, |run| run.peak_mib),
            each(|run| run.idle_kib),
            each(|run| run.peak_kib),
        ));
    }
    report.say("");
}

fn row(case: Case, runs: &[Run], (nobody, of): (&[Run], fn(&Run) -> &Paced)) -> String {
    let seats = |run: &Run| of(run).tally.seats_per_second();
    let p99 = |run: &Run| of(run).tally.latency_ms(0.99);
    let share = |run: &Run, what: u64| what as f64 / case.count.max(1) as f64 / of(run).seconds;
    // Of the changes, each of which everybody could be told.
    let a_change = |run: &Run| {
        let changes = of(run).tally.counts.changes().max(1);
        of(run).look.bytes as f64 / case.count.max(1) as f64 / changes as f64
    };
    let cpu: Vec<String> = (0..4)
        .map(|who| middle(runs, |run| of(run).cpu[who] / of(run).seconds * 100.0))
        .map(|part| format!("{part:.0} %"))
        .collect();
    format!(
        "| {} | {:.0} | **{:.2}** | {:.1} ms | {:.1} ms | {:.2} | {} | {} | {:.1} | {:.1} | {:.1} \
         | {} | {:.0} |",
        case.name(),
        middle(runs, seats),
        middle(runs, seats) / middle(nobody, seats),
        middle(runs, |run| of(run).tally.latency_ms(0.5)),
        middle(runs, p99),
        middle(runs, p99) / middle(nobody, p99),
        milliseconds(runs, |run| of(run).lag.p50_ms),
        milliseconds(runs, |run| of(run).lag.p99_ms),
        middle(runs, |run| share(run, of(run).look.frames)),
        middle(runs, |run| share(run, of(run).look.bytes) / 1e3),
        middle(runs, a_change),
        cpu.join(", "),
        middle(runs, |run| of(run).look.lost as f64),
    )
}

/// The middle of the runs.
pub(super) fn middle<T>(runs: &[T], what: impl Fn(&T) -> f64) -> f64 {
    median(&runs.iter().map(what).collect::<Vec<_>>())
}

/// The middle of what some of the runs have.
pub(super) fn middle_of_some<T>(runs: &[T], what: impl Fn(&T) -> Option<f64>) -> Option<f64> {
    let some: Vec<f64> = runs.iter().filter_map(what).collect();
    (!some.is_empty()).then(|| median(&some))
}

/// The same in words.
pub(super) fn milliseconds<T>(runs: &[T], what: impl Fn(&T) -> Option<f64>) -> String {
    middle_of_some(runs, what).map_or_else(|| "–".to_owned(), |ms| format!("{ms:.0} ms"))
}
