//! `grand-arena doctor`

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Args;

use super::error::CommandError;
use crate::clock::wall_clock;
use crate::config::ServeSettings;
use crate::database::{Database, DatabaseError};
use crate::doctor::{Finding, Severity, examine};

/// The exit code when something hurts.
const EXIT_HURTS: u8 = 1;

#[derive(Debug, Args)]
pub(super) struct DoctorArguments {
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    serve: ServeSettings,
}

/// Says what would hurt on the night. Safe beside running servers.
pub(super) async fn look(arguments: DoctorArguments) -> Result<ExitCode, CommandError> {
    let settings = &arguments.serve;
    let database = Database::open_existing(&settings.database).await?;
    let examined = examine(settings, &database.url, wall_clock).await;
    let closed = database.close().await;
    let findings = examined.map_err(DatabaseError::from)?;
    closed?;
    if arguments.json {
        write_json(&findings)?
    } else {
        write_text(&findings)?
    }
    let hurts = findings.iter().any(|finding| finding.severity == Severity::Hurts);
    Ok(if hurts { ExitCode::from(EXIT_HURTS) } else { ExitCode::SUCCESS })
}

fn write_json(findings: &[Finding]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, findings)?;
    writeln!(out)
}

fn write_text(findings: &[Finding]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for Finding { severity, check, what, why, remedy } in findings {
        writeln!(out, "{:<9} {check}: {what}", severity.to_string())?;
        if *severity != Severity::Good {
            writeln!(out, "{:<9} why: {why}", "")?;
            writeln!(out, "{:<9} do:  {remedy}", "")?;
        }
    }
    let count = |severity| findings.iter().filter(|it| it.severity == severity).count();
    let [hurt, may_hurt, good] = [Severity::Hurts, Severity::MayHurt, Severity::Good].map(count);
    writeln!(out, "\nhurts: {hurt}, may hurt: {may_hurt}, good: {good}")
}
