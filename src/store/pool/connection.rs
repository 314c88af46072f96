//! A connection, and what is known of it.

use std::time::{Duration, Instant};

use sea_orm::sqlx::{Connection as _, PgConnection};
use tokio::runtime::Handle;
use tokio::time::timeout;

/// How long a goodbye may take.
const GOODBYE_LIMIT: Duration = Duration::from_secs(1);

/// A connection of a pool.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) raw: PgConnection,
    pub(super) opened: Instant,
    /// When it last answered.
    pub(super) heard: Instant,
}

impl Connection {
    pub(super) fn new(raw: PgConnection) -> Self {
        let now = Instant::now();
        Self { raw, opened: now, heard: now }
    }

    /// Says goodbye in the background.
    pub(super) fn close(self) {
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(self.goodbye());
        }
    }

    /// Ends as PostgreSQL likes it, or simply ends.
    pub(super) async fn goodbye(self) {
        let _ = timeout(GOODBYE_LIMIT, self.raw.close()).await;
    }
}
