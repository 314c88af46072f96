//! What clients send: bytes go in, and messages come out, whatever pieces the bytes come in.
//!
//! A frame is refused with its head, before what it announces is waited for. Of a message that has
//! begun as much is kept as has come; between messages nothing is. A compressed message is inflated
//! when it is there whole, since each begins anew (`client_no_context_takeover`).
//!
//! Lengths may be written in more bytes than they need: nobody is the worse for it.

use super::frame_head::{FrameHead, MOST_BYTES, Opcode};
use super::violation::Violation;
use crate::deflate::{SYNC_FLUSH, inflate};

/// What a client has sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Incoming {
    /// A message that is text.
    Text(String),
    /// Any other.
    Binary(Vec<u8>),
    /// Asks for an answer that has the same bytes.
    Ping(Vec<u8>),
    /// Answers that.
    Pong,
    /// Says goodbye, with a code if it has a reason.
    Close(Option<u16>),
}

/// See the module's documentation.
#[derive(Debug)]
pub struct FrameReader {
    /// The largest message that is read, in bytes, once it is inflated.
    limit: usize,
    /// Whether messages may come compressed.
    may_be_compressed: bool,
    head: [u8; MOST_BYTES],
    /// How many bytes of the head are there.
    head_bytes: usize,
    frame: Option<Frame>,
    message: Option<Message>,
}

/// The frame that is being read.
#[derive(Debug)]
struct Frame {
    head: FrameHead,
    /// Bytes of it that have come.
    come: u64,
    /// What a control frame says. Of others it is in the message.
    control: Vec<u8>,
}

/// The message that is being read.
#[derive(Debug)]
struct Message {
    is_text: bool,
    is_compressed: bool,
    bytes: Vec<u8>,
}

impl FrameReader {
    /// Of a connection that has just become a WebSocket.
    pub fn new(limit: usize, may_be_compressed: bool) -> Self {
        let (head, head_bytes, frame, message) = Default::default();
        Self { limit, may_be_compressed, head, head_bytes, frame, message }
    }

    /// How much memory the message takes that is not there whole, in bytes.
    pub fn kept(&self) -> usize {
        self.message.as_ref().map_or(0, |message| message.bytes.capacity())
    }

    /// Takes of what has come as much as makes a message, or everything.
    ///
    /// # Errors
    ///
    /// If the client breaks the rules. Nothing is to be read after that.
    pub fn read(&mut self, come: &mut &[u8]) -> Result<Option<Incoming>, Violation> {
        loop {
            if self.frame.is_none() && !self.read_head(come)? {
                return Ok(None);
            }
            if !self.read_payload(come) {
                return Ok(None);
            }
            if let Some(incoming) = self.finish_frame()? {
                return Ok(Some(incoming));
            }
        }
    }

    /// Whether a frame's head is there.
    fn read_head(&mut self, come: &mut &[u8]) -> Result<bool, Violation> {
        loop {
            let wanted = FrameHead::bytes_of(&self.head[..self.head_bytes])?;
            let more = come.len().min(wanted - self.head_bytes);
            let (taken, rest) = come.split_at(more);
            self.head[self.head_bytes..][..more].copy_from_slice(taken);
            self.head_bytes += more;
            *come = rest;
            if self.head_bytes < wanted {
                return Ok(false);
            }
            // The first two bytes say how many there are.
            if wanted > 2 {
                break;
            }
        }
        let head = FrameHead::read(&self.head[..self.head_bytes])?;
        self.head_bytes = 0;
        self.begin(head)?;
        self.frame = Some(Frame { head, come: 0, control: Vec::new() });
        Ok(true)
    }

    /// Finds the frame's place in a message.
    fn begin(&mut self, head: FrameHead) -> Result<(), Violation> {
        let FrameHead { opcode, is_compressed, length, .. } = head;
        match (opcode, self.message.is_some()) {
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _) => return Ok(()),
            (Opcode::Continuation, false) => {
                return Err(Violation::Protocol("nothing is to be continued"));
            }
            (Opcode::Text | Opcode::Binary, true) => {
                return Err(Violation::Protocol("a message is not at its end"));
            }
            _ if is_compressed && (opcode == Opcode::Continuation || !self.may_be_compressed) => {
                return Err(Violation::Protocol("a reserved bit is set"));
            }
            (Opcode::Continuation, true) => {}
            (Opcode::Text | Opcode::Binary, false) => {
                let is_text = opcode == Opcode::Text;
                self.message = Some(Message { is_text, is_compressed, bytes: Vec::new() });
            }
        }
        let come = self.message.as_ref().map_or(0, |message| message.bytes.len());
        let is_small = |length| length <= self.limit - come;
        if usize::try_from(length).is_ok_and(is_small) { Ok(()) } else { Err(Violation::TooLarge) }
    }

    /// Whether the frame is there whole.
    fn read_payload(&mut self, come: &mut &[u8]) -> bool {
        let Some(frame) = &mut self.frame else { return false };
        let to = match &mut self.message {
            Some(message) if !frame.head.opcode.is_control() => &mut message.bytes,
            _ => &mut frame.control,
        };
        let left = usize::try_from(frame.head.length - frame.come).unwrap_or(usize::MAX);
        let (taken, rest) = come.split_at(come.len().min(left));
        let begun = to.len();
        to.extend_from_slice(taken);
        let mut mask = frame.head.mask;
        mask.rotate_left((frame.come % 4) as usize);
        unmask(&mut to[begun..], mask);
        frame.come += taken.len() as u64;
        *come = rest;
        frame.come == frame.head.length
    }

    fn finish_frame(&mut self) -> Result<Option<Incoming>, Violation> {
        let Some(Frame { head, control, .. }) = self.frame.take() else { return Ok(None) };
        match head.opcode {
            Opcode::Ping => Ok(Some(Incoming::Ping(control))),
            Opcode::Pong => Ok(Some(Incoming::Pong)),
            Opcode::Close => Ok(Some(Incoming::Close(close_code(&control)?))),
            Opcode::Continuation | Opcode::Text | Opcode::Binary if !head.is_final => Ok(None),
            Opcode::Continuation | Opcode::Text | Opcode::Binary => {
                self.message.take().map(|message| message.finish(self.limit)).transpose()
            }
        }
    }
}

impl Message {
    fn finish(self, limit: usize) -> Result<Incoming, Violation> {
        let Self { is_text, is_compressed, mut bytes } = self;
        if is_compressed {
            bytes.extend(SYNC_FLUSH);
            bytes = inflate(&bytes, limit)?;
        }
        if !is_text {
            return Ok(Incoming::Binary(bytes));
        }
        String::from_utf8(bytes).map(Incoming::Text).map_err(|_| Violation::NotUtf8)
    }
}

fn unmask(bytes: &mut [u8], mask: [u8; 4]) {
    let mut blocks = bytes.chunks_exact_mut(8);
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    for block in &mut blocks {
        let mut number = [0; 8];
        number.copy_from_slice(block);
        block.copy_from_slice(&(u64::from_ne_bytes(number) ^ wide).to_ne_bytes());
    }
    let rest = blocks.into_remainder().iter_mut();
    rest.zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
}

/// The code in a close frame, if there is one.
fn close_code(payload: &[u8]) -> Result<Option<u16>, Violation> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        let is_empty = payload.is_empty();
        return is_empty.then_some(None).ok_or(Violation::Protocol("half a code"));
    };
    let code = u16::from_be_bytes(*code);
    // Those that RFC 6455, 7.4, and IANA's registry have for frames, and those that are free.
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Violation::Protocol("a code that is none"));
    }
    std::str::from_utf8(reason).map_err(|_| Violation::NotUtf8)?;
    Ok(Some(code))
}

#[cfg(test)]
mod tests;
