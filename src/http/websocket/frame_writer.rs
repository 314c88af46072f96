//! What a socket writes: one message at a time, in pieces of which the largest is shared.
//!
//! What many are given is not copied for each, and not kept: the operating system gets it from
//! where it is. Pings' answers and goodbyes wait for the message that is on its way.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use tokio::io::AsyncWrite;

use super::frame_head::{CONTROL_BYTES, FrameHead, Opcode};
use crate::deflate;
use crate::feed::Payload;

/// What is shorter than this is copied into one piece, in bytes: the system takes as long for
/// another piece.
const WORTH_SHARING: usize = 1024;

/// The most that a head takes, with the head of a stored block and what ends a compressed message.
const HEAD_BYTES: usize = 32;

/// The first byte of the empty block that a compressed message ends with. The receiver knows the
/// others.
const END_OF_COMPRESSED: u8 = 0;

/// A payload, and what a socket puts around it.
#[derive(Debug)]
pub(super) struct Framed {
    pub(super) before: String,
    pub(super) payload: Payload,
    pub(super) after: &'static str,
}

impl Framed {
    pub(super) fn len(&self) -> usize {
        self.before.len() + self.payload.plain().len() + self.after.len()
    }
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct FrameWriter {
    /// What is left of what is being written.
    pieces: [Bytes; 3],
    /// A control frame that comes after it.
    control: Bytes,
    is_flushed: bool,
}

impl FrameWriter {
    /// A message that is text, after the one before it is written.
    pub(super) fn text(&mut self, text: &str) {
        self.whole(Opcode::Text, text.as_bytes());
    }

    /// A payload with what is around it, after the message before it is written; compressed if it
    /// may be and is shorter that way.
    pub(super) fn framed(&mut self, framed: &Framed, may_be_compressed: bool) {
        let Framed { before, payload, after } = framed;
        let compressed = may_be_compressed.then(|| payload.compressed()).flatten();
        let stored = |text: &str| {
            let mut block = Vec::with_capacity(text.len() + HEAD_BYTES);
            deflate::store(text.as_bytes(), &mut block);
            block
        };
        self.pieces = match compressed {
            Some(piece) => {
                let mut after = stored(after);
                after.push(END_OF_COMPRESSED);
                pieces(&stored(before), &piece.deflated, &after, true)
            }
            None => pieces(before.as_bytes(), payload.plain(), after.as_bytes(), false),
        };
    }

    pub(super) fn ping(&mut self) {
        self.whole(Opcode::Ping, &[]);
    }

    /// The answer to a ping; only the last one has to be answered.
    pub(super) fn pong(&mut self, asked: &[u8]) {
        self.control(Opcode::Pong, asked);
    }

    /// A goodbye, after which there is nothing more; instead of the answer to a ping.
    pub(super) fn close(&mut self, code: Option<u16>, reason: &str) {
        let code = code.map(u16::to_be_bytes);
        let payload = [code.as_ref().map_or(&[][..], |code| code), reason.as_bytes()].concat();
        self.control(Opcode::Close, &payload);
    }

    fn whole(&mut self, opcode: Opcode, payload: &[u8]) {
        let mut frame = Vec::with_capacity(HEAD_BYTES + payload.len());
        FrameHead::write(opcode, false, payload.len(), &mut frame);
        frame.extend(payload);
        self.pieces = [frame.into(), Bytes::new(), Bytes::new()];
    }

    fn control(&mut self, opcode: Opcode, payload: &[u8]) {
        let payload = &payload[..payload.len().min(CONTROL_BYTES)];
        let mut frame = Vec::with_capacity(HEAD_BYTES + payload.len());
        FrameHead::write(opcode, false, payload.len(), &mut frame);
        frame.extend(payload);
        self.control = frame.into();
    }

    /// Writes until nothing is left.
    pub(super) fn poll_write(
        &mut self,
        mut io: Pin<&mut impl AsyncWrite>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<()>> {
        loop {
            if self.pieces.iter().all(Bytes::is_empty) {
                if self.control.is_empty() {
                    break;
                }
                self.pieces[0] = std::mem::take(&mut self.control);
            }
            self.is_flushed = false;
            let slices = self.pieces.each_ref().map(|piece| IoSlice::new(piece));
            let written = ready!(io.as_mut().poll_write_vectored(cx, &slices))?;
            if written == 0 {
                return Poll::Ready(Err(Error::from(ErrorKind::WriteZero)));
            }
            self.advance(written);
        }
        if !self.is_flushed {
            ready!(io.as_mut().poll_flush(cx))?;
            self.is_flushed = true;
        }
        Poll::Ready(Ok(()))
    }

    fn advance(&mut self, mut written: usize) {
        for piece in &mut self.pieces {
            let of_this = written.min(piece.len());
            piece.advance(of_this);
            written -= of_this;
            // Shared bytes are let go of as soon as they are written.
            if piece.is_empty() {
                *piece = Bytes::new();
            }
        }
    }
}

/// A text of three parts in one frame, of which the middle one is shared if it is long.
fn pieces(before: &[u8], shared: &Bytes, after: &[u8], is_compressed: bool) -> [Bytes; 3] {
    let length = before.len() + shared.len() + after.len();
    let is_shared = shared.len() >= WORTH_SHARING;
    let copied = if is_shared { before.len() } else { length };
    let mut head = Vec::with_capacity(HEAD_BYTES + copied);
    FrameHead::write(Opcode::Text, is_compressed, length, &mut head);
    head.extend(before);
    if is_shared {
        return [head.into(), shared.clone(), Bytes::copy_from_slice(after)];
    }
    head.extend_from_slice(shared);
    head.extend(after);
    [head.into(), Bytes::new(), Bytes::new()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflate::{SYNC_FLUSH, inflate};

    /// The pieces of a frame, and what a client reads of it.
    fn written(payload: Payload, may_be_compressed: bool) -> ([Bytes; 3], Vec<u8>) {
        let mut writer = FrameWriter::default();
        let framed = Framed { before: "{\"payload\":".to_owned(), payload, after: "}" };
        writer.framed(&framed, may_be_compressed);
        let mut frame = writer.pieces.concat();
        let (is_compressed, head) = match frame[..2] {
            [first, 126] => (first == 0xc1, 4),
            [first, 127] => (first == 0xc1, 10),
            [first, _] => (first == 0xc1, 2),
            _ => panic!("no head"),
        };
        let length = frame[2..head].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        let length = if head == 2 { usize::from(frame[1]) } else { length };
        let mut read = frame.split_off(head);
        assert_eq!((frame[0] & 0x8f, length), (0x81, read.len()));
        if is_compressed {
            read.extend(SYNC_FLUSH);
            // A last block, which is read as one only where the message has come to its end.
            read.extend([1, 0, 0, 0xff, 0xff]);
            read = inflate(&read, 10_000_000).unwrap();
        }
        (writer.pieces, read)
    }

    #[test]
    fn what_is_long_leaves_without_a_copy_and_compressed_where_that_is_shorter() {
        for (text, is_copied) in [
            ("{}".to_owned(), true),
            ("x".repeat(200), true),
            ("{\"a\":1}".repeat(300), false),
            ("{\"a\":1}".repeat(30_000), false),
        ] {
            let payload = Payload::for_many(text.clone());
            for payload in [payload.clone(), payload.plain().clone().into()] {
                let is_shorter = payload.compressed().is_some();
                for may_be_compressed in [false, true] {
                    let (pieces, read) = written(payload.clone(), may_be_compressed);
                    assert_eq!(read, format!("{{\"payload\":{text}}}").as_bytes());
                    let is_compressed = may_be_compressed && is_shorter;
                    assert_eq!(pieces[0][0] == 0xc1, is_compressed);
                    let shared = match payload.compressed().filter(|_| is_compressed) {
                        Some(piece) => piece.deflated.clone(),
                        None => payload.plain().clone(),
                    };
                    let is_short = is_copied || shared.len() < WORTH_SHARING;
                    assert_eq!(pieces[1].is_empty(), is_short);
                    assert!(is_short || pieces[1].as_ptr() == shared.as_ptr());
                }
            }
        }
    }

    /// Takes as few bytes as may be.
    struct Slow(Vec<u8>, bool);

    impl AsyncWrite for Slow {
        fn poll_write(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<Result<usize>> {
            self.1 = !self.1;
            if self.1 {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let taken = bytes.len().min(3);
            self.0.extend(&bytes[..taken]);
            Poll::Ready(Ok(taken))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn what_answers_the_client_comes_after_the_message_that_is_on_its_way() {
        let mut slow = Slow(Vec::new(), false);
        let mut writer = FrameWriter::default();
        let payload = Payload::from(Bytes::from(vec![b'x'; WORTH_SHARING]));
        writer.framed(&Framed { before: "<".to_owned(), payload, after: ">" }, false);
        writer.pong(b"lost");
        writer.pong(b"here");
        std::future::poll_fn(|cx| writer.poll_write(Pin::new(&mut slow), cx)).await.unwrap();
        let message = [b"\x81\x7e\x04\x02<", &[b'x'; WORTH_SHARING][..], b">"].concat();
        assert_eq!(slow.0, [&message[..], b"\x8a\x04here"].concat());
        assert!(writer.pieces.iter().chain([&writer.control]).all(Bytes::is_empty));
    }
}
