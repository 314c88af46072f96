//! Looking names up, as the operating system does.

use std::net::SocketAddr;
use std::time::Duration;

/// How long a look-up may take. The system's own patience can be half a minute.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most addresses of a name that are looked at: a name may have any number of them.
const MAX_ADDRESSES: usize = 16;

/// What a name leads to; nothing if it leads nowhere, or nobody says in time.
pub(super) async fn resolve(host: &str, port: u16) -> Vec<SocketAddr> {
    let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((host, port))).await;
    found.ok().and_then(Result::ok).map_or_else(Vec::new, |it| it.take(MAX_ADDRESSES).collect())
}
