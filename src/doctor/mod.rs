//! What would hurt on the night: looks at a database, the settings and the machine, and judges what
//! it finds.
//!
//! Looking is `store::survey`'s and `machine`'s; what is in here beside that is rules without side
//! effects, each with its reason and its remedy. Nothing is changed: no table, no setting, and no
//! secret is made. What is not looked at is whether a load fits the machine: only a rehearsal
//! shows that.

mod capacity;
mod durability;
mod finding;
mod machine;
mod ours;
mod speed;
mod upkeep;

use chrono::{DateTime, Utc};

pub use self::finding::{Finding, Severity};
use self::machine::Machine;
use crate::config::ServeSettings;
use crate::store::ConnectError;
use crate::store::survey::{Survey, survey};

/// Examines what a server with these settings would meet, with its database at `url`. `clock` is
/// this host's. What hurts comes first.
///
/// # Errors
///
/// If the database cannot be looked at.
pub async fn examine(
    settings: &ServeSettings,
    url: &str,
    clock: fn() -> DateTime<Utc>,
) -> Result<Vec<Finding>, ConnectError> {
    let listen_url = settings.listen_database_url.as_deref().unwrap_or(url);
    let survey = survey(url, listen_url, clock).await?;
    let machine = Machine::look(&survey.facts);
    Ok(judge(settings, &survey, &machine))
}

fn judge(settings: &ServeSettings, survey: &Survey, machine: &Machine) -> Vec<Finding> {
    let mut findings = durability::judge(settings, survey);
    findings.extend(capacity::judge(settings, &survey.facts, machine));
    findings.extend(speed::judge(survey));
    findings.extend(upkeep::judge(survey));
    findings.extend(ours::judge(settings, survey, machine));
    // In the order of the rules within each.
    findings.sort_by_key(|finding| finding.severity);
    findings
}

#[cfg(test)]
mod tests;
