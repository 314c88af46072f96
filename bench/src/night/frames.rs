//! WebSocket frames as they arrive, read with as little work as can be: thousands of clients share
//! the machine with what they measure.

/// Bytes of a frame that are kept where its whole text is of no interest: what a message is, and
/// the revisions it spans, stand at its beginning.
const KEPT_BYTES: usize = 512;

/// The longest header of a frame from a server.
const LONGEST_HEADER: usize = 10;

/// What a frame is (RFC 6455, section 5.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Text,
    Ping,
    Close,
    Other,
}

/// A frame that has arrived.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) kind: Kind,
    /// All of it, or its beginning.
    pub(super) payload: &'a [u8],
}

/// The frames of a connection.
#[derive(Debug)]
pub(super) struct Frames {
    keeps_all: bool,
    /// The frame that is arriving: its header, and what is kept of its payload.
    arrived: Vec<u8>,
    /// What has yet to arrive of a payload whose header is there.
    missing: Option<usize>,
    /// Bytes that have arrived in all.
    pub(super) bytes: u64,
}

impl Frames {
    /// `keeps_all`: frames are wanted whole.
    pub(super) fn new(keeps_all: bool) -> Self {
        Self { keeps_all, arrived: Vec::new(), missing: None, bytes: 0 }
    }

    /// Takes what has arrived, and hands over each frame that is complete.
    pub(super) fn take(&mut self, mut bytes: &[u8], mut each: impl FnMut(Frame<'_>)) {
        self.bytes += bytes.len() as u64;
        while !bytes.is_empty() {
            let Some(missing) = self.missing else {
                bytes = self.take_header(bytes);
                self.end_if_complete(&mut each);
                continue;
            };
            let (payload, rest) = bytes.split_at(missing.min(bytes.len()));
            let room = if self.keeps_all {
                payload.len()
            } else {
                (KEPT_BYTES + LONGEST_HEADER).saturating_sub(self.arrived.len())
            };
            self.arrived.extend_from_slice(&payload[..room.min(payload.len())]);
            self.missing = Some(missing - payload.len());
            bytes = rest;
            self.end_if_complete(&mut each);
        }
    }

    /// Takes a byte, which may end the header.
    fn take_header<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (first, rest) = bytes.split_at(1);
        self.arrived.extend_from_slice(first);
        let number = |bytes: &[u8]| bytes.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
        self.missing = match (self.arrived.get(1).map(|length| length & 0x7f), self.arrived.len()) {
            (Some(126), 4) => Some(number(&self.arrived[2..4])),
            (Some(127), LONGEST_HEADER) => Some(number(&self.arrived[2..LONGEST_HEADER])),
            (Some(126 | 127), _) | (None, _) => None,
            (Some(length), _) => Some(usize::from(length)),
        };
        rest
    }

    fn end_if_complete(&mut self, each: &mut impl FnMut(Frame<'_>)) {
        if self.missing != Some(0) {
            return;
        }
        let kind = match self.arrived[0] & 0x0f {
            1 => Kind::Text,
            8 => Kind::Close,
            9 => Kind::Ping,
            _ => Kind::Other,
        };
        let header = match self.arrived[1] & 0x7f {
            126 => 4,
            127 => LONGEST_HEADER,
            _ => 2,
        };
        each(Frame { kind, payload: &self.arrived[header..] });
        self.arrived.clear();
        self.missing = None;
    }
}

/// A frame to a server, which has to be masked; with zeros, since no proxy is in the way.
pub(super) fn to_server(opcode: u8, payload: &[u8]) -> Vec<u8> {
    const IS_FINAL: u8 = 0x80;
    const IS_MASKED: u8 = 0x80;
    let mut frame = vec![IS_FINAL | opcode];
    match u16::try_from(payload.len()) {
        Ok(length) if length < 126 => frame.push(IS_MASKED | length as u8),
        Ok(length) => {
            frame.push(IS_MASKED | 126);
            frame.extend_from_slice(&length.to_be_bytes());
        }
        Err(_) => {
            frame.push(IS_MASKED | 127);
            frame.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}
