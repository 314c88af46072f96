//! Where the server listens, and how many it lets in.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::config::{DatabaseSettings, ServeSettings};
use crate::http::{self, Door};
use crate::open_files;

/// Connections beside those that subscriptions may have for themselves.
const CONNECTIONS_FOR_REQUESTS: u32 = 4_096;

/// Files beside connections: listening sockets, standard streams, what is read at the start.
const OTHER_FILES: u32 = 256;

/// Files that the settings ask for: connections of clients, those to the database, and others.
pub fn files_wanted(settings: &ServeSettings) -> u32 {
    settings.max_subscriptions + CONNECTIONS_FOR_REQUESTS + of_our_own(settings)
}

fn of_our_own(settings: &ServeSettings) -> u32 {
    let DatabaseSettings { booking_connections, read_connections, .. } = settings.database;
    OTHER_FILES + booking_connections + read_connections
}

/// Lets as many in as the process may have files open; that it has raised to what the settings ask
/// for, as far as the operating system allows.
pub(super) fn open(settings: &ServeSettings) -> Door {
    let wanted = files_wanted(settings);
    let open_files = open_files::raise(wanted.into());
    if open_files < wanted.into() {
        tracing::warn!(
            open_files,
            wanted,
            "this process may have fewer files open than the settings ask for, so that newcomers \
                will be turned away; raise the hard limit (`ulimit -Hn`, `LimitNOFILE`) or lower \
                ARENA_MAX_SUBSCRIPTIONS"
        );
    }
    let for_clients = open_files.saturating_sub(of_our_own(settings).into()).max(1);
    Door {
        most_connections: usize::try_from(for_clients).unwrap_or(usize::MAX),
        head_time: settings.limits.head_time(),
    }
}

/// Begins to listen; and where that is, as port 0 takes a free one.
pub(super) fn listen(address: SocketAddr) -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = http::listen(address)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// The operating system's reason in its own words, without the error number.
pub(super) fn plain_reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => "another program listens there already".to_owned(),
        std::io::ErrorKind::PermissionDenied => "this user may not listen there".to_owned(),
        std::io::ErrorKind::AddrNotAvailable => {
            "this machine does not have that address".to_owned()
        }
        _ => error.to_string(),
    }
}
