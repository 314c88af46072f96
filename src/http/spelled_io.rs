//! A connection that spells the headers of a WebSocket's beginning as RFC 6455 does.
//!
//! Names of headers may be written in any case, and yet there are clients that look for
//! `Sec-WebSocket-Protocol` letter by letter: Python's `gql` takes another protocol for agreed if
//! it does not find it. hyper writes all names in lower case, or all answers' in title case; that
//! costs each booking, and makes `Sec-Websocket-Protocol`.

use std::borrow::Cow;
use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How the head of such an answer begins.
const SWITCHING_PROTOCOLS: &[u8] = b"HTTP/1.1 101 ";

/// What title case makes of it, and as it should be: of one length.
const TITLED: &[u8] = b"Sec-Websocket-";
const SPELLED: &[u8] = b"Sec-WebSocket-";

/// See the module's documentation.
pub(super) struct SpelledIo<S>(pub(super) S);

/// What to write in place of these bytes. hyper hands an answer's head over in one piece.
fn spelled(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.starts_with(SWITCHING_PROTOCOLS) {
        return Cow::Borrowed(bytes);
    }
    let spelled = bytes.split_inclusive(|byte| *byte == b'\n').flat_map(|line| {
        let name = line.iter().position(|byte| *byte == b':').unwrap_or_default();
        let (name, rest) = line.split_at(name);
        titled(name).into_iter().chain(rest.iter().copied())
    });
    Cow::Owned(spelled.collect())
}

/// The name of a header with a capital letter at the beginning of each word.
fn titled(name: &[u8]) -> Vec<u8> {
    let mut titled = name.to_vec();
    for word in titled.split_mut(|byte| *byte == b'-') {
        if let Some(first) = word.first_mut() {
            first.make_ascii_uppercase();
        }
    }
    if let Some(name) = titled.get_mut(..SPELLED.len()).filter(|name| **name == *TITLED) {
        name.copy_from_slice(SPELLED);
    }
    titled
}

impl<S: AsyncRead + Unpin> AsyncRead for SpelledIo<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for SpelledIo<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, &spelled(bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        match pieces.first() {
            Some(head) if head.starts_with(SWITCHING_PROTOCOLS) => self.poll_write(cx, head),
            _ => Pin::new(&mut self.0).poll_write_vectored(cx, pieces),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
