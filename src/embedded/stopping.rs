//! How a PostgreSQL is stopped, whether it is our child or an earlier server's.

use std::time::Duration;

/// How often a state that cannot be waited for is looked at: it costs a few reads of small files.
pub(super) const POLL: Duration = Duration::from_millis(50);

/// The two ways to stop and how long each is given. INT, PostgreSQL's "fast" shutdown, disconnects
/// everybody and writes what is in memory, at most the shared buffers. QUIT stops at once;
/// PostgreSQL gives its own processes 5 s.
pub(super) const STOPPING: [(&str, Duration); 2] =
    [("INT", Duration::from_secs(30)), ("QUIT", Duration::from_secs(10))];
