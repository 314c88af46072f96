//! What can go wrong.

/// How the primary is lost when its standby takes over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Means {
    Killed,
    Stopped,
    Silent,
}

/// Kinds of faults; also what `--only` names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Wrong {
    /// `kill -9` of a server.
    Killed,
    /// SIGSTOP, then SIGCONT, of a server.
    Stopped,
    /// All servers are stopped in order and started again, one after another.
    Rolling,
    /// Every connection is cut.
    Cut,
    /// Everything is swallowed: a machine that has vanished.
    Silent,
    /// Everything waits, then goes on.
    Stalled,
    /// Everything takes longer.
    Slow,
    /// New connections are refused, those that are there are cut.
    Closed,
    /// `kill -9` of PostgreSQL and all of its processes.
    DatabaseKilled,
    /// SIGSTOP, then SIGCONT, of PostgreSQL and all of its processes.
    DatabaseStopped,
    /// PostgreSQL ends all sessions.
    SessionsEnded,
    /// The primary is killed, and the standby takes over.
    FailoverKilled,
    /// The primary is stopped, and goes on when the standby has taken over.
    FailoverStopped,
    /// The primary falls silent, and the standby takes over.
    FailoverSilent,
    /// The standby hears nothing for a while: nothing can be answered.
    StandbyStalled,
    /// The disk is full.
    DiskFull,
    /// The database's clock is an hour off.
    DatabaseClock,
    /// A server's clock is an hour off.
    ServerClock,
    /// `kill -9` of the pooler.
    PoolerKilled,
}

impl Wrong {
    /// All of them.
    pub(crate) const ALL: [Self; 19] = [
        Self::Killed,
        Self::Stopped,
        Self::Rolling,
        Self::Cut,
        Self::Silent,
        Self::Stalled,
        Self::Slow,
        Self::Closed,
        Self::DatabaseKilled,
        Self::DatabaseStopped,
        Self::SessionsEnded,
        Self::FailoverKilled,
        Self::FailoverStopped,
        Self::FailoverSilent,
        Self::StandbyStalled,
        Self::DiskFull,
        Self::DatabaseClock,
        Self::ServerClock,
        Self::PoolerKilled,
    ];

    /// How the primary is lost, of a failover.
    pub(crate) fn failover(self) -> Option<Means> {
        match self {
            Self::FailoverKilled => Some(Means::Killed),
            Self::FailoverStopped => Some(Means::Stopped),
            Self::FailoverSilent => Some(Means::Silent),
            _ => None,
        }
    }
}
