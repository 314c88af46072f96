//! That somebody has asked for more than their share.

use std::time::Duration;

/// In which time as much is restored as an account may have at a time.
pub(super) const WINDOW: Duration = Duration::from_secs(60);

/// More than an account's share was asked for, and nothing was done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", self.words())]
pub struct Exceeded {
    /// What there was not enough of.
    pub of: Limited,
    /// How much there is of it for this account.
    pub quota: u32,
    /// How much of that is left.
    pub left: u32,
    /// After which time there is enough; for permits, when it is worth asking again.
    pub wait: Duration,
}

/// What each account has a share of.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, strum::EnumCount, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Limited {
    /// What operations cost.
    Points,
    /// New identities for guests.
    GuestSessions,
    /// Connections of an address.
    Connections,
    /// WebSockets.
    Sockets,
    /// Subscriptions of one WebSocket.
    SocketSubscriptions,
    /// Subscriptions of all WebSockets and streams of events.
    Subscriptions,
    /// Bookings that are under way.
    Bookings,
}

impl Limited {
    /// Its name, as headers and counters have it.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// In which time there is as much again as an account may have; `None` if what is taken is
    /// there again as soon as it is given back.
    pub const fn window(self) -> Option<Duration> {
        match self {
            Self::Points | Self::GuestSessions => Some(WINDOW),
            Self::Connections
            | Self::Sockets
            | Self::SocketSubscriptions
            | Self::Subscriptions
            | Self::Bookings => None,
        }
    }

    /// When it is worth asking for a permit again: others of the same account may have left by
    /// then. A booking is done when a full queue is, at the latest.
    pub(super) const fn ask_again(self) -> Duration {
        match self {
            Self::Bookings => Duration::from_millis(500),
            _ => Duration::from_secs(5),
        }
    }
}

impl Exceeded {
    fn words(&self) -> String {
        let Self { quota, .. } = self;
        match self.of {
            Limited::Points => format!(
                "you have {quota} points a minute and have spent them; come back after \
                    `retryAfterMs`"
            ),
            Limited::GuestSessions => format!(
                "an address is given {quota} guest sessions a minute; come back after \
                    `retryAfterMs`, or keep a session that you have"
            ),
            Limited::Connections => {
                format!("an address has at most {quota} connections at a time; close one first")
            }
            Limited::Sockets => {
                format!("you have at most {quota} WebSockets at a time; close one first")
            }
            Limited::SocketSubscriptions => {
                format!("a socket carries at most {quota} subscriptions; end one first")
            }
            Limited::Subscriptions => {
                format!("you have at most {quota} subscriptions at a time; end one first")
            }
            Limited::Bookings => {
                format!("you have at most {quota} bookings under way at a time; wait for one first")
            }
        }
    }
}
