//! A client's connection as the server reads it: with a time for each request's head, and with what
//! is given back when the connection ends, whatever it has become by then.
//!
//! hyper has one time limit for a connection that lies idle and for a head that is never finished.
//! Load balancers want the first to be long; the second has to be short, since it is free for
//! whoever sends it. So what has begun is looked at here. The first head begins with the
//! connection, each further one with its first byte.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// How many heads have arrived and how many of their requests are answered; shared with whoever
/// answers. Requests of one connection are answered one after another.
#[derive(Clone, Debug, Default)]
pub(super) struct Heads(Arc<AtomicU64>);

impl Heads {
    /// A head has arrived.
    pub(super) fn arrived(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Its request is answered, and the connection goes on as it was.
    pub(super) fn answered(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Another number after each of these; odd while something is answered.
    fn number(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// See the module's documentation.
pub(super) struct ClientIo<S, G> {
    io: S,
    /// How long a head may take; for ever, where there is no limit.
    head_time: Option<Duration>,
    heads: Heads,
    /// As it was when the connection was last read from.
    seen: u64,
    head: Head,
    /// Given back when the connection ends.
    _held: G,
}

/// The head that is being read.
enum Head {
    /// None has begun.
    Unbegun,
    /// It was begun when the connection was last read from.
    Begun,
    /// It is waited for.
    AwaitedUntil(Pin<Box<Sleep>>),
}

impl<S, G> ClientIo<S, G> {
    /// A connection that has just begun.
    pub(super) fn new(io: S, head_time: Option<Duration>, heads: Heads, held: G) -> Self {
        Self { io, head_time, seen: heads.number(), heads, head: Head::Begun, _held: held }
    }

    /// Whether the head that is being read has taken too long.
    fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        let Some(head_time) = self.head_time else { return false };
        self.look_at_heads();
        // A head mostly comes in one piece; only now is there one to be waited for.
        if let Head::Begun = self.head {
            let sleep = sleep_until(Instant::now() + head_time);
            self.head = Head::AwaitedUntil(Box::pin(sleep));
        }
        match &mut self.head {
            Head::AwaitedUntil(sleep) => sleep.as_mut().poll(context).is_ready(),
            Head::Unbegun | Head::Begun => false,
        }
    }

    /// Something has arrived.
    fn note_arrival(&mut self) {
        let is_answering = self.look_at_heads();
        if let (Head::Unbegun, false) = (&self.head, is_answering) {
            self.head = Head::Begun;
        }
    }

    /// Whether something is answered. A head that has arrived meanwhile is not waited for any more.
    fn look_at_heads(&mut self) -> bool {
        let number = self.heads.number();
        if number != self.seen {
            self.seen = number;
            self.head = Head::Unbegun;
        }
        number % 2 == 1
    }
}

impl<S: AsyncRead + Unpin, G: Unpin> AsyncRead for ClientIo<S, G> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let filled = buffer.filled().len();
        if pin!(&mut self.io).poll_read(context, buffer)?.is_pending() {
            if !self.is_late(context) {
                return Poll::Pending;
            }
            return Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "a head took too long")));
        }
        if buffer.filled().len() > filled {
            self.note_arrival();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin, G: Unpin> AsyncWrite for ClientIo<S, G> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        pin!(&mut self.io).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        pin!(&mut self.io).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        pin!(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        pin!(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    const TIME: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn a_head_has_its_time_from_its_first_byte_and_the_first_one_from_the_beginning() {
        let (mut client, server) = duplex(64);
        let heads = Heads::default();
        let mut server = ClientIo::new(server, Some(TIME), heads.clone(), ());
        let mut bytes = [0; 8];
        client.write_all(b"GET").await.unwrap();
        assert_eq!(server.read(&mut bytes).await.unwrap(), 3);
        // Answering takes its time, and so does the client until its next request.
        heads.arrived();
        assert!(tokio::time::timeout(3 * TIME, server.read(&mut bytes)).await.is_err());
        heads.answered();
        assert!(tokio::time::timeout(3 * TIME, server.read(&mut bytes)).await.is_err());
        // One that comes in a piece and is answered at once.
        client.write_all(b"GET").await.unwrap();
        assert_eq!(server.read(&mut bytes).await.unwrap(), 3);
        heads.arrived();
        heads.answered();
        assert!(tokio::time::timeout(3 * TIME, server.read(&mut bytes)).await.is_err());
        client.write_all(b"G").await.unwrap();
        assert_eq!(server.read(&mut bytes).await.unwrap(), 1);
        let begun = Instant::now();
        assert_eq!(server.read(&mut bytes).await.unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(begun.elapsed() >= TIME);
    }

    #[tokio::test]
    async fn who_says_nothing_or_little_by_little_is_late_as_well() {
        for says_little in [false, true] {
            let (mut client, server) = duplex(64);
            let mut server = ClientIo::new(server, Some(TIME), Heads::default(), ());
            let started = Instant::now();
            let dripping = async {
                loop {
                    tokio::time::sleep(TIME / 10).await;
                    if says_little {
                        client.write_all(b"G").await.unwrap();
                    }
                }
            };
            let reading = async {
                loop {
                    if let Err(error) = server.read(&mut [0]).await {
                        return error;
                    }
                }
            };
            let error = tokio::select! { never = dripping => never, error = reading => error };
            assert_eq!(error.kind(), ErrorKind::TimedOut);
            assert!(started.elapsed() >= TIME);
        }
    }
}
