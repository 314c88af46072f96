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
