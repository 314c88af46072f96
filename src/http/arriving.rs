//! What clients have begun to send: the bodies of requests and the messages of WebSockets, bounded
//! together until they are read whole.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::memory::{Allowance, Charge, Full};

/// What all of it takes together, in bytes: 256 of the largest requests at a time.
const ARRIVING_BYTES: usize = 64 * 1024 * 1024;

/// What each client may have begun without being counted, in bytes. Bookings' requests are shorter
/// than that, so that there is always room for them.
const FREE_BYTES: usize = 16 * 1024;

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct Arriving(Arc<Allowance>);

impl Default for Arriving {
    fn default() -> Self {
        Self(Allowance::new("arriving", ARRIVING_BYTES))
    }
}

impl Arriving {
    /// What bounds it.
    pub(super) fn allowance(&self) -> &Arc<Allowance> {
        &self.0
    }

    /// Counts a body of at most so many bytes, if it is long.
    pub(super) fn body(&self, bytes: usize) -> std::result::Result<Option<Charge>, Full> {
        let beyond = bytes.saturating_sub(FREE_BYTES);
        (beyond > 0).then(|| self.0.charge(beyond)).transpose()
    }

    /// Counts what a WebSocket reads.
    pub(super) fn messages<S>(&self, io: S) -> MessagesIo<S> {
        MessagesIo { io, arriving: self.0.clone(), unfinished: 0, charge: None }
    }
}

/// The connection of a WebSocket, which counts what it has read of a message.
///
/// It is charged for the longest, and as long as the socket is open: the buffer that a message was
/// put together in is kept for the next.
pub(super) struct MessagesIo<S> {
    io: S,
    arriving: Arc<Allowance>,
    unfinished: usize,
    charge: Option<Charge>,
}

impl<S> MessagesIo<S> {
    /// A message is there whole.
    pub(super) fn finish(&mut self) {
        self.unfinished = 0;
    }

    fn count(&mut self, more: usize) -> std::result::Result<(), Full> {
        self.unfinished += more;
        let Some(beyond) = self.unfinished.checked_sub(FREE_BYTES) else { return Ok(()) };
        match &mut self.charge {
            Some(charge) => charge.grow(beyond.saturating_sub(charge.bytes())),
            none => self.arriving.charge(beyond).map(|charge| *none = Some(charge)),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for MessagesIo<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buffer))?;
        let read = buffer.filled().len() - before;
        Poll::Ready(self.count(read).map_err(|full| Error::new(ErrorKind::OutOfMemory, full)))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for MessagesIo<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    #[tokio::test]
    async fn all_that_has_begun_to_arrive_is_counted_and_refused_beyond_the_bound() {
        let arriving = Arriving(Allowance::new("arriving", 3 * FREE_BYTES));
        let endless = || arriving.messages(tokio::io::repeat(b'x'));
        let mut message = vec![0; 3 * FREE_BYTES];
        let mut first = endless();
        first.read_exact(&mut message[..FREE_BYTES]).await.unwrap();
        assert_eq!(arriving.allowance().used(), 0, "so much is free");
        first.read_exact(&mut message[..FREE_BYTES]).await.unwrap();
        first.finish();
        first.read_exact(&mut message[..2 * FREE_BYTES]).await.unwrap();
        assert_eq!(arriving.allowance().used(), FREE_BYTES, "the longest counts");
        let body = arriving.body(2 * FREE_BYTES).unwrap();
        let error = endless().read_exact(&mut message).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutOfMemory);
        assert!(arriving.body(3 * FREE_BYTES).is_err() && arriving.body(FREE_BYTES).is_ok());
        drop((first, body));
        assert_eq!(arriving.allowance().used(), 0);
    }
}
