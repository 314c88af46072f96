//! One thing that was looked at, and what there is to say of it.

use serde::Serialize;
use strum::Display;

/// How bad it is; the worst comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Display, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Severity {
    /// On the night something would be lost, stand still, or be refused.
    #[strum(to_string = "hurts")]
    Hurts,
    /// It depends on what is not known here.
    #[strum(to_string = "may hurt")]
    MayHurt,
    /// As it should be.
    #[strum(to_string = "good")]
    Good,
}

/// What was found of one thing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was looked at; it keeps its name.
    pub check: &'static str,
    /// What there is.
    pub what: String,
    /// Why that hurts; empty if it is good.
    pub why: &'static str,
    /// What to do; empty if it is good.
    pub remedy: String,
}

impl Finding {
    fn new(severity: Severity, check: &'static str, what: impl Into<String>) -> Self {
        Self { severity, check, what: what.into(), why: "", remedy: String::new() }
    }

    pub(super) fn good(check: &'static str, what: impl Into<String>) -> Self {
        Self::new(Severity::Good, check, what)
    }

    pub(super) fn may_hurt(check: &'static str, what: impl Into<String>) -> Self {
        Self::new(Severity::MayHurt, check, what)
    }

    pub(super) fn hurts(check: &'static str, what: impl Into<String>) -> Self {
        Self::new(Severity::Hurts, check, what)
    }

    pub(super) fn because(self, why: &'static str) -> Self {
        Self { why, ..self }
    }

    /// What is good needs no reason and no remedy.
    pub(super) fn unless_good(self) -> Self {
        match self.severity {
            Severity::Good => Self { why: "", remedy: String::new(), ..self },
            Severity::Hurts | Severity::MayHurt => self,
        }
    }

    pub(super) fn so(self, remedy: impl Into<String>) -> Self {
        Self { remedy: remedy.into(), ..self }
    }
}

/// So many bytes, for people.
pub(super) fn bytes(count: i64) -> String {
    const MIB: i64 = 1024 * 1024;
    const GIB: i64 = 1024 * MIB;
    if count >= 10 * GIB { format!("{} GiB", count / GIB) } else { format!("{} MiB", count / MIB) }
}
