//! What holds for everything that stays open: WebSockets of either protocol, and streams of events.

use std::time::Duration;

use tokio::time::Instant;

use crate::clock::wall_clock;
use crate::identity::Viewer;

/// A client that takes no frame for this long is gone, or as good as.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// The slowest client that is waited for beyond that, in bytes a second: a telephone at the edge of
/// its network. A map of 20,000 seats takes half a minute, compressed.
pub(super) const SLOWEST_BYTES_A_SECOND: u64 = 8 * 1024;

/// How long a client may take for so many bytes.
pub(super) fn write_timeout(bytes: usize) -> Duration {
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    WRITE_TIMEOUT + Duration::from_secs(bytes / SLOWEST_BYTES_A_SECOND)
}

/// When the token runs out. Not further ahead than timers reach: tokens may say the year 9999.
pub(super) fn token_end(viewer: &Viewer) -> Instant {
    const LONGEST_SOCKET: Duration = Duration::from_hours(24 * 30);
    let left = (viewer.expires_at - wall_clock()).to_std().unwrap_or_default();
    Instant::now() + left.min(LONGEST_SOCKET)
}

/// Waits until then; for ever, if there is no then.
pub(super) async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
