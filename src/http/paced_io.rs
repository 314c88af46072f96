//! A connection whose client has to read what it is sent.
//!
//! hyper waits for ever for a client that reads nothing, and keeps the answer meanwhile. Here a
//! write fails that has waited for too long. A slow client is given time for what it takes: one
//! that reads a byte now and then is not slow.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::long_lived::WRITE_TIMEOUT;

/// How slow a client may be.
#[derive(Clone, Copy)]
struct Pace {
    /// How long it may take nothing.
    patience: Duration,
    /// Bytes that it has to take in each second beyond that.
    bytes_a_second: u64,
}

/// A telephone at the edge of its network: a map of 20,000 seats takes it half a minute, compressed.
const SLOWEST: Pace = Pace { patience: WRITE_TIMEOUT, bytes_a_second: 8 * 1024 };

/// See the module's documentation.
pub(super) struct PacedIo<S> {
    io: S,
    slowest: Pace,
    /// Boxed, since most clients are never waited for.
    waiting: Option<Box<Waiting>>,
}

/// For a client that does not take all that there is.
struct Waiting {
    since: Instant,
    /// What it has taken since then.
    taken: u64,
    deadline: Pin<Box<Sleep>>,
}

impl<S> PacedIo<S> {
    pub(super) fn new(io: S) -> Self {
        Self { io, slowest: SLOWEST, waiting: None }
    }

    /// What a write gives; if it has to wait, not for longer than a client may take.
    fn paced(&mut self, cx: &mut Context<'_>, written: Poll<Result<usize>>) -> Poll<Result<usize>> {
        if let Poll::Ready(written) = written {
            if let (Some(waiting), Ok(bytes)) = (&mut self.waiting, &written) {
                waiting.taken += u64::try_from(*bytes).unwrap_or_default();
            }
            return Poll::Ready(written);
        }
        let Pace { patience, bytes_a_second } = self.slowest;
        let waiting = self.waiting.get_or_insert_with(|| {
            let since = Instant::now();
            let deadline = Box::pin(tokio::time::sleep_until(since));
            Box::new(Waiting { since, taken: 0, deadline })
        });
        let allowed = patience + Duration::from_secs(waiting.taken / bytes_a_second);
        waiting.deadline.as_mut().reset(waiting.since + allowed);
        ready!(waiting.deadline.as_mut().poll(cx));
        Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "the client does not read")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PacedIo<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PacedIo<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.paced(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, pieces);
        self.paced(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    /// Whoever writes flushes once nothing is left.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.waiting = None;
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    /// Sends a megabyte to a client that takes so many bytes every 10 ms.
    async fn send(patience_ms: u64, bytes_a_second: u64, taken_at_once: usize) -> Result<()> {
        let (ours, mut theirs) = duplex(1024);
        let patience = Duration::from_millis(patience_ms);
        let mut ours =
            PacedIo { io: ours, slowest: Pace { patience, bytes_a_second }, waiting: None };
        let reading = async {
            let mut taken = vec![0; taken_at_once];
            let mut paces = tokio::time::interval(Duration::from_millis(10));
            loop {
                paces.tick().await;
                theirs.read_exact(&mut taken).await.unwrap();
            }
        };
        tokio::select! {
            sent = ours.write_all(&[0; 1024 * 1024]) => sent,
            () = reading => unreachable!(),
        }
    }

    #[tokio::test]
    async fn who_reads_nothing_or_next_to_nothing_is_not_waited_for() {
        for taken_at_once in [0, 1] {
            let error = send(100, 1024 * 1024, taken_at_once).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TimedOut);
        }
    }

    #[tokio::test]
    async fn who_is_slow_is_waited_for_as_long_as_they_read() {
        // Takes over 2 s, and is given 1 s, and another for every 100 KB.
        send(1_000, 100 * 1024, 4 * 1024).await.unwrap();
    }

    #[tokio::test]
    async fn what_was_read_in_the_end_is_forgotten() {
        let (ours, mut theirs) = duplex(1024);
        let mut ours = PacedIo::new(ours);
        let answer = [0; 4096];
        let sending = async {
            ours.write_all(&answer).await.unwrap();
            ours.flush().await.unwrap();
        };
        let mut taken = answer;
        tokio::join!(sending, theirs.read_exact(&mut taken)).1.unwrap();
        assert!(ours.waiting.is_none());
    }
}
