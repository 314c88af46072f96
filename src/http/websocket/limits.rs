//! Limits and times of a socket, the same for both protocols.

use std::time::Duration;

/// How long a client may take to send `connection_init`: what the reference implementation allows
/// is 3 s, doubled for phones on a train.
pub(super) const INIT_TIMEOUT: Duration = Duration::from_secs(6);

/// How often an idle client is asked whether it is still there: below the 60 s after which proxies
/// cut idle sockets.
pub(super) const PING_EVERY: Duration = Duration::from_secs(25);

/// A client that has not been heard of for this long is gone.
pub(super) const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);

/// Operations open on one socket at a time: a page has a handful.
pub(super) const MAX_OPERATIONS: usize = 64;
