//! What holds for everything that stays open: WebSockets of either protocol, and streams of events.

use std::time::Duration;

use tokio::time::Instant;

use crate::clock::wall_clock;
use crate::identity::Viewer;

/// A client that takes no frame for this long is gone, or as good as.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

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
