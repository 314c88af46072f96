//! Where the private PostgreSQL listens, and the URL that leads there.

use std::ffi::OsStr;
use std::fmt::{self, Display};
use std::net::{Ipv4Addr, TcpListener};

use super::data_folder::DataFolder;
use super::error::{EmbeddedError, IoContext};

/// Both the role the server connects as and the database it uses.
pub(super) const NAME: &str = "grand_arena";

/// The number in the socket's name when there is no TCP port; its folder is ours alone, so it never
/// clashes.
const SOCKET_PORT: u16 = 5432;
/// The system's bound is 108 bytes on Linux and 104 on macOS, with the closing zero.
const SOCKET_PATH_MAX_BYTES: usize = 100;

/// Where PostgreSQL listens.
#[derive(Debug)]
pub(super) enum Endpoint {
    /// On a Unix socket in this folder, and nowhere else.
    Socket(String),
    /// On a loopback port.
    Port(u16),
}

impl Endpoint {
    /// The socket if its path is short enough, else a port that was free just now.
    pub(super) fn choose(folder: &DataFolder) -> Result<Self, EmbeddedError> {
        let run = folder.run();
        let socket = run.join(format!(".s.PGSQL.{SOCKET_PORT}"));
        if let Some(path) =
            run.to_str().filter(|_| socket.as_os_str().len() < SOCKET_PATH_MAX_BYTES)
        {
            return Ok(Self::Socket(path.to_owned()));
        }
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        Ok(Self::Port(listener.while_doing("find a free port for", folder.path())?.port()))
    }

    /// As sqlx and libpq read it. Port and `sslmode` are always there, lest `PGPORT` and
    /// `PGSSLMODE` count.
    pub(super) fn url(&self, password: &str) -> String {
        match self {
            Self::Socket(folder) => {
                let host = percent_encoded(folder);
                format!(
                    "postgres://{NAME}:{password}@localhost:{SOCKET_PORT}/{NAME}\
                    ?host={host}&sslmode=disable"
                )
            }
            Self::Port(port) => {
                format!("postgres://{NAME}:{password}@127.0.0.1:{port}/{NAME}?sslmode=disable")
            }
        }
    }

    /// What makes PostgreSQL listen here and nowhere else.
    pub(super) fn settings(&self) -> [String; 3] {
        let (addresses, port, socket_folder) = match self {
            Self::Socket(folder) => ("", SOCKET_PORT, as_list_setting(folder.as_ref())),
            Self::Port(port) => ("127.0.0.1", *port, String::new()),
        };
        [
            format!("listen_addresses={addresses}"),
            format!("port={port}"),
            format!("unix_socket_directories={socket_folder}"),
        ]
    }
}

impl Display for Endpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(folder) => write!(out, "socket in {folder}"),
            Self::Port(port) => write!(out, "127.0.0.1:{port}"),
        }
    }
}

/// For the query of a URL: everything but what RFC 3986 calls unreserved, and the slash.
fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// A path as a setting that holds a list of paths: in double quotes, so that commas and spaces in
/// it are its own.
fn as_list_setting(path: &OsStr) -> String {
    format!("\"{}\"", path.to_string_lossy().replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, as_list_setting};

    #[test]
    fn a_socket_folder_with_odd_letters_survives_the_url() {
        let url = Endpoint::Socket("/srv/a b&c/ü".to_owned()).url("secret");
        assert_eq!(
            url,
            "postgres://grand_arena:secret@localhost:5432/grand_arena\
             ?host=/srv/a%20b%26c/%C3%BC&sslmode=disable"
        );
    }

    #[test]
    fn a_private_postgres_listens_in_one_place_only() {
        assert_eq!(
            Endpoint::Port(5433).settings(),
            ["listen_addresses=127.0.0.1", "port=5433", "unix_socket_directories="]
        );
        assert_eq!(
            Endpoint::Socket("/run/x".to_owned()).settings(),
            ["listen_addresses=", "port=5432", "unix_socket_directories=\"/run/x\""]
        );
    }

    #[test]
    fn a_path_with_commas_and_quotes_is_one_path() {
        assert_eq!(as_list_setting("/a, \"b\"".as_ref()), r#""/a, ""b""""#);
    }
}
