//! WebSocket messages as a server sends them (RFC 6455, RFC 7692), read with as little work as can
//! be: thousands of clients share the machine with what they measure.
//!
//! What arrives whole is looked at where it lies; only what is left of it is copied. A message that
//! is compressed is handed over as it came: most are known by their bytes, and one of many that
//! are the same is inflated.

use flate2::{Decompress, FlushDecompress};

/// The longest frame that is believed, in bytes: several times all changes of a herd.
const LONGEST_FRAME: usize = 256 * 1024 * 1024;

/// What a message is (RFC 6455, section 5.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Text,
    Ping,
    Close,
    Other,
}

/// A message that has arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Message<'a> {
    pub(super) kind: Kind,
    pub(super) is_compressed: bool,
    pub(super) payload: &'a [u8],
}

/// The messages of a connection.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// A frame of which a part is there.
    arrived: Vec<u8>,
    /// A message of which the first fragments are there, and whether it is compressed.
    fragments: Option<(Vec<u8>, bool)>,
}

/// A frame's head, and how long it is.
struct Head {
    first: u8,
    bytes: usize,
    payload: usize,
}

impl Frames {
    /// Takes what has arrived, and hands over each message that is complete.
    pub(super) fn take<E: From<crate::Error>>(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(Message<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.arrived.is_empty() {
            let read = self.read(bytes, &mut each)?;
            self.arrived.extend_from_slice(&bytes[read..]);
            return Ok(());
        }
        let mut arrived = std::mem::take(&mut self.arrived);
        arrived.extend_from_slice(bytes);
        let read = self.read(&arrived, &mut each)?;
        if read < arrived.len() {
            arrived.drain(..read);
            self.arrived = arrived;
        }
        Ok(())
    }

    /// Reads the frames that are whole, and says how long they are together.
    fn read<E: From<crate::Error>>(
        &mut self,
        bytes: &[u8],
        each: &mut impl FnMut(Message<'_>) -> Result<(), E>,
    ) -> Result<usize, E> {
        let mut read = 0;
        while let Some(head) = head(&bytes[read..])? {
            let end = head.bytes + head.payload;
            let Some(payload) = bytes[read..].get(head.bytes..end) else { break };
            self.frame(head.first, payload, each)?;
            read += end;
        }
        Ok(read)
    }

    fn frame<E: From<crate::Error>>(
        &mut self,
        first: u8,
        payload: &[u8],
        each: &mut impl FnMut(Message<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (is_final, is_compressed) = (first & 0x80 != 0, first & 0x40 != 0);
        if first & 0x30 != 0 {
            return Err(wrong("a frame with bits that nobody has agreed on".to_owned()));
        }
        let whole = |kind| Message { kind, is_compressed, payload };
        match (first & 0x0f, &mut self.fragments) {
            (1, None) if is_final => each(whole(Kind::Text)),
            (1, None) => {
                self.fragments = Some((payload.to_vec(), is_compressed));
                Ok(())
            }
            (0, Some((message, _))) => {
                message.extend_from_slice(payload);
                match self.fragments.take_if(|_| is_final) {
                    Some((message, is_compressed)) => {
                        each(Message { kind: Kind::Text, is_compressed, payload: &message })
                    }
                    None => Ok(()),
                }
            }
            (8, _) => each(whole(Kind::Close)),
            (9, _) => each(whole(Kind::Ping)),
            (10, _) => each(whole(Kind::Other)),
            (opcode, _) => Err(wrong(format!("a frame of kind {opcode} where another has to be"))),
        }
    }
}

fn wrong<E: From<crate::Error>>(error: String) -> E {
    crate::Error::from(error).into()
}

/// The head at the beginning of these bytes, if all of it is there.
fn head(bytes: &[u8]) -> crate::Result<Option<Head>> {
    let [first, second, ..] = *bytes else { return Ok(None) };
    if second & 0x80 != 0 {
        return Err("a server masks nothing".into());
    }
    let number = |bytes: &[u8]| bytes.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
    let (head, payload) = match second {
        126 => (4, bytes.get(2..4).map(number)),
        127 => (10, bytes.get(2..10).map(number)),
        length => (2, Some(usize::from(length))),
    };
    if payload.is_some_and(|payload| payload > LONGEST_FRAME) {
        return Err(format!("a frame of {payload:?} bytes").into());
    }
    Ok(payload.map(|payload| Head { first, bytes: head, payload }))
}

/// What a compressed message was before. Nothing of the messages before it is referred to.
pub(super) fn inflate(message: &[u8]) -> crate::Result<Vec<u8>> {
    /// What a sender leaves away at a message's end.
    const LEFT_AWAY: [u8; 4] = [0, 0, 0xff, 0xff];
    let message = [message, &LEFT_AWAY].concat();
    let (mut inflater, mut inflated) = (Decompress::new(false), Vec::new());
    loop {
        let read = usize::try_from(inflater.total_in())?;
        inflated.reserve(message.len().max(4096) * 2);
        inflater.decompress_vec(&message[read..], &mut inflated, FlushDecompress::Sync)?;
        let read = usize::try_from(inflater.total_in())?;
        if inflated.len() > LONGEST_FRAME {
            return Err("a message that is longer than any".into());
        }
        // There was room for more than came.
        if read == message.len() && inflated.len() < inflated.capacity() {
            return Ok(inflated);
        }
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

#[cfg(test)]
mod tests {
    use flate2::{Compress, Compression, FlushCompress};

    use super::*;

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![first];
        match payload.len() {
            length @ 0..126 => frame.push(length as u8),
            length @ 126..0x1_0000 => {
                frame.push(126);
                frame.extend_from_slice(&(length as u16).to_be_bytes());
            }
            length => {
                frame.push(127);
                frame.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        frame.extend_from_slice(payload);
        frame
    }

    /// All messages of bytes that arrive in pieces of a size.
    fn read(bytes: &[u8], size: usize) -> Vec<(Kind, bool, Vec<u8>)> {
        let (mut frames, mut messages) = (Frames::default(), Vec::new());
        for piece in bytes.chunks(size) {
            let note = |message: Message<'_>| {
                messages.push((message.kind, message.is_compressed, message.payload.to_vec()));
                Ok(())
            };
            frames.take::<crate::Error>(piece, note).unwrap();
        }
        assert!(frames.arrived.is_empty() && frames.fragments.is_none());
        messages
    }

    #[test]
    fn messages_are_the_same_however_their_bytes_arrive() {
        let (short, middle, long) = (b"hello".to_vec(), vec![b'm'; 300], vec![b'l'; 70_000]);
        let bytes = [
            frame(0x81, &short),
            frame(0xc1, &middle),
            frame(0x81, &long),
            frame(0x81, b""),
            // Fragments, with a ping between them.
            frame(0x41, b"frag"),
            frame(0x89, b"?"),
            frame(0x00, b"men"),
            frame(0x80, b"ts"),
            frame(0x88, &[3, 232]),
        ]
        .concat();
        let expected = vec![
            (Kind::Text, false, short),
            (Kind::Text, true, middle),
            (Kind::Text, false, long),
            (Kind::Text, false, Vec::new()),
            (Kind::Ping, false, b"?".to_vec()),
            (Kind::Text, true, b"fragments".to_vec()),
            (Kind::Close, false, vec![3, 232]),
        ];
        for size in [1, 2, 3, 7, 1000, bytes.len()] {
            assert_eq!(read(&bytes, size), expected, "in pieces of {size}");
        }
    }

    #[test]
    fn what_no_server_may_send_is_an_error() {
        for (what, bytes) in [
            ("masked", vec![0x81, 0x80, 0, 0, 0, 0]),
            ("a bit of no extension", frame(0xa1, b"x")),
            ("a fragment of nothing", frame(0x80, b"x")),
            ("a message within another", [frame(0x01, b"x"), frame(0x81, b"x")].concat()),
            ("too long", vec![0x81, 127, 255, 0, 0, 0, 0, 0, 0, 0]),
        ] {
            assert!(Frames::default().take::<crate::Error>(&bytes, |_| Ok(())).is_err(), "{what}");
        }
    }

    #[test]
    fn a_message_of_blocks_that_are_stored_and_compressed_is_inflated() {
        let text = "seats ".repeat(20_000);
        let mut message = vec![0, 3, 0, 0xfc, 0xff];
        message.extend_from_slice(b"id ");
        let mut deflated = Vec::with_capacity(text.len());
        let mut compressor = Compress::new(Compression::fast(), false);
        compressor.compress_vec(text.as_bytes(), &mut deflated, FlushCompress::Sync).unwrap();
        message.extend_from_slice(&deflated);
        message.extend_from_slice(&[0, 1, 0, 0xfe, 0xff, b'}', 0]);
        assert_eq!(inflate(&message).unwrap(), format!("id {text}}}").as_bytes());
        assert!(inflate(b"\xff\xff\xff").is_err());
    }

    #[test]
    fn a_frame_to_a_server_says_its_length_and_that_it_is_masked() {
        assert_eq!(to_server(1, b"ab"), [0x81, 0x82, 0, 0, 0, 0, b'a', b'b']);
        assert_eq!(to_server(1, &[0; 300])[..4], [0x81, 0xfe, 1, 44]);
    }
}
