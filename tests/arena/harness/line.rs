//! A line to the database that can go dead without a word: what is said is swallowed, and nobody
//! hangs up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

/// Where PostgreSQL listens.
#[derive(Clone)]
pub enum End {
    Socket(std::path::PathBuf),
    Address(String),
}

impl End {
    /// Of a database's address.
    pub fn of(url: &str) -> Self {
        let options: PgConnectOptions = url.parse().unwrap();
        match options.get_socket() {
            Some(folder) => Self::Socket(folder.join(format!(".s.PGSQL.{}", options.get_port()))),
            None => Self::Address(format!("{}:{}", options.get_host(), options.get_port())),
        }
    }
}

/// A proxy between clients and PostgreSQL.
pub struct Line {
    /// The database's address through it.
    pub url: String,
    /// How often it went dead: connections of before have heard the last.
    deaths: watch::Sender<u64>,
    takes_new: Arc<AtomicBool>,
}

impl Line {
    /// A line to the database at an address.
    pub async fn to(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let deaths = watch::Sender::new(0);
        let takes_new = Arc::new(AtomicBool::new(true));
        tokio::spawn(accept(listener, deaths.clone(), Arc::clone(&takes_new), End::of(url)));
        Self { url: through(url, &address.to_string()), deaths, takes_new }
    }

    /// From now on nothing is heard on the connections that there are.
    pub fn go_dead(&self) {
        self.deaths.send_modify(|deaths| *deaths += 1);
    }

    /// Whether new connections are carried; if not, they are dead from the beginning.
    pub fn take_new(&self, takes_new: bool) {
        self.takes_new.store(takes_new, Ordering::SeqCst);
    }
}

/// A database's address with another host and port.
pub fn through(url: &str, address: &str) -> String {
    let (user, rest) = url.split_once('@').unwrap();
    let database = rest.split_once('/').unwrap().1.split('?').next().unwrap();
    format!("{user}@{address}/{database}?sslmode=disable")
}

async fn accept(
    listener: TcpListener,
    deaths: watch::Sender<u64>,
    takes_new: Arc<AtomicBool>,
    end: End,
) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let (deaths, takes_new) = (deaths.subscribe(), takes_new.load(Ordering::SeqCst));
        let end = end.clone();
        tokio::spawn(async move {
            if !takes_new {
                return keep_silent(client).await;
            }
            match end {
                End::Socket(path) => {
                    if let Ok(server) = UnixStream::connect(path).await {
                        carry(client, server, deaths).await;
                    }
                }
                End::Address(address) => {
                    if let Ok(server) = TcpStream::connect(address).await {
                        carry(client, server, deaths).await;
                    }
                }
            }
        });
    }
}

/// Carries bytes until one side hangs up; or until the line goes dead, and then nothing any more.
async fn carry(
    client: TcpStream,
    server: impl AsyncRead + AsyncWrite + Unpin,
    mut deaths: watch::Receiver<u64>,
) {
    let (mut client, mut server) = (client, server);
    let carried = tokio::select! {
        carried = tokio::io::copy_bidirectional(&mut client, &mut server) => Some(carried),
        _ = deaths.changed() => None,
    };
    if carried.is_none() {
        // PostgreSQL's end stays open as well: of a machine that is gone nothing is freed.
        keep_silent(client).await;
        server.shutdown().await.ok();
    }
}

/// Takes what is said until the client hangs up.
async fn keep_silent(mut client: TcpStream) {
    let mut bytes = [0; 4096];
    while client.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
}
