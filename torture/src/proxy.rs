//! A proxy for TCP that spoils what goes through it.
//!
//! A connection that was silenced has lost bytes, so it stays silent for good: it says nothing and
//! ends nothing, as with a machine that has vanished. Both its ends are closed when they are cut,
//! or when the proxy goes.
//!
//! What it cannot do: lose a packet that TCP would send again. That is a delay, or a stall.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::Result;

/// Bytes passed on at a time.
const PIECE: usize = 16 * 1024;

/// What becomes of bytes and connections.
#[derive(Clone, Copy, Debug)]
struct Way {
    target: SocketAddr,
    /// How long each piece takes, in each direction.
    delay: Duration,
    /// Nothing goes on; nothing is lost.
    is_stalled: bool,
    /// All is swallowed, of new connections too.
    is_silent: bool,
    /// New connections are ended at once.
    is_closed: bool,
    /// Connections of an earlier era are cut.
    era: u64,
}

/// A proxy; what goes through it ends when it is dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    way: watch::Sender<Way>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Listens on a free port, and leads to `target`.
    pub(crate) async fn to(target: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (way, seen) = watch::channel(Way {
            target,
            delay: Duration::ZERO,
            is_stalled: false,
            is_silent: false,
            is_closed: false,
            era: 0,
        });
        let task = tokio::spawn(async move {
            // A connection that ended before it was taken is nothing to us.
            loop {
                match listener.accept().await {
                    Ok((client, _)) => drop(tokio::spawn(carry(client, seen.clone()))),
                    Err(_) => sleep(Duration::from_millis(10)).await,
                }
            }
        });
        Ok(Self { address, way, task })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// New connections lead there.
    pub(crate) fn lead_to(&self, target: SocketAddr) {
        self.way.send_modify(|way| way.target = target);
    }

    /// Each piece takes so long.
    pub(crate) fn delay(&self, delay: Duration) {
        self.way.send_modify(|way| way.delay = delay);
    }

    /// Holds everything back, or lets it go on.
    pub(crate) fn stall(&self, is_stalled: bool) {
        self.way.send_modify(|way| way.is_stalled = is_stalled);
    }

    /// Swallows everything. Once that is over, new connections are good; the others never again.
    pub(crate) fn silence(&self, is_silent: bool) {
        self.way.send_modify(|way| way.is_silent = is_silent);
    }

    /// Ends new connections at once, as a port on which nobody listens.
    pub(crate) fn close(&self, is_closed: bool) {
        self.way.send_modify(|way| way.is_closed = is_closed);
    }

    /// Ends every connection there is.
    pub(crate) fn cut(&self) {
        self.way.send_modify(|way| way.era += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One connection, until it ends, is cut, or the proxy is gone.
async fn carry(mut client: TcpStream, mut way: watch::Receiver<Way>) {
    let now = *way.borrow_and_update();
    if now.is_closed {
        return reset(client);
    }
    if now.is_silent {
        swallow(&mut client, None, &mut way, now.era).await;
        return reset(client);
    }
    let Ok(mut server) = TcpStream::connect(now.target).await else { return reset(client) };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let end = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let forth = pump(from_client, to_server, way.clone(), now.era);
        let back = pump(from_server, to_client, way.clone(), now.era);
        let (mut forth, mut back) = (std::pin::pin!(forth), std::pin::pin!(back));
        // Neither side of a database's or an HTTP connection closes one half of it alone.
        tokio::select! { end = &mut forth => end, end = &mut back => end }
    };
    if end == End::Lost {
        swallow(&mut client, Some(&mut server), &mut way, now.era).await;
    }
    reset(client);
    reset(server);
}

/// Why bytes go no further.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Closed,
    Lost,
}

/// Carries bytes one way.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut way: watch::Receiver<Way>,
    era: u64,
) -> End {
    let mut piece = vec![0; PIECE];
    loop {
        let read = tokio::select! {
            changed = way.changed() => match changed {
                Ok(()) => None,
                Err(_) => return End::Closed,
            },
            read = from.read(&mut piece) => Some(read),
        };
        if let Some(end) = ended(*way.borrow(), era) {
            return end;
        }
        let bytes = match read {
            None => continue,
            Some(Ok(bytes)) if bytes > 0 => &piece[..bytes],
            Some(_) => return End::Closed,
        };
        let delay = way.borrow().delay;
        sleep(delay).await;
        // What is held back stays so until it may go on, or never will.
        let passes = |way: &Way| !way.is_stalled || ended(*way, era).is_some();
        let now = way.wait_for(passes).await.map(|way| *way);
        let Ok(now) = now else { return End::Closed };
        if let Some(end) = ended(now, era) {
            return end;
        }
        if to.write_all(bytes).await.is_err() {
            return End::Closed;
        }
    }
}

fn ended(way: Way, era: u64) -> Option<End> {
    match way {
        _ if way.era != era => Some(End::Closed),
        _ if way.is_silent => Some(End::Lost),
        _ => None,
    }
}

/// Takes what comes and says nothing, until the connection is cut or both sides have given it up.
async fn swallow(
    client: &mut TcpStream,
    server: Option<&mut TcpStream>,
    way: &mut watch::Receiver<Way>,
    era: u64,
) {
    let given_up = async {
        drain(client).await;
        if let Some(server) = server {
            drain(server).await;
        }
    };
    tokio::select! {
        _ = way.wait_for(|way| way.era != era) => {}
        () = given_up => {}
    }
}

/// Reads until the other side has closed.
async fn drain(stream: &mut TcpStream) {
    let mut piece = vec![0; PIECE];
    loop {
        match stream.read(&mut piece).await {
            Ok(0) => return,
            Err(error) if error.kind() != ErrorKind::Interrupted => return,
            _ => {}
        }
    }
}

/// Ends a connection as a machine does that knows nothing of it.
fn reset(stream: TcpStream) {
    let _ = stream.set_zero_linger();
}
