//! Server-sent events as bytes, compressed by gzip for clients that can inflate them.
//!
//! A stream has one head and one end, as RFC 1952 says. Between them payloads that many are given
//! stand as they were compressed for all ([`Piece`](crate::deflate::Piece)), and what is a stream's
//! own is stored. Each event ends with an empty block: there are readers that pass on what they
//! have at no other place. The sum at the end is put together from those of the pieces.

use bytes::Bytes;
use flate2::Crc;

use crate::deflate;
use crate::feed::Payload;

/// How a stream by gzip begins: by deflate, with no name and no time, from anywhere.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// An empty block, which ends an event.
const EVENT_END: [u8; 5] = [0, 0, 0, 0xff, 0xff];

/// An empty block that is the last one.
const LAST: [u8; 5] = [1, 0, 0, 0xff, 0xff];

/// An event: a payload, and what stands around it.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) before: &'static [u8],
    pub(super) payload: Payload,
    pub(super) after: Bytes,
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) enum EventWriter {
    Plain,
    Gzip {
        is_begun: bool,
        /// The sum of all that was written, and how much that was.
        crc: Crc,
    },
}

impl EventWriter {
    pub(super) fn new(by_gzip: bool) -> Self {
        if by_gzip { Self::Gzip { is_begun: false, crc: Crc::new() } } else { Self::Plain }
    }

    /// An event, in pieces: what many are given is not copied for each of them.
    pub(super) fn write(&mut self, event: &Event) -> [Bytes; 3] {
        let Event { before, payload, after } = event;
        let Self::Gzip { is_begun, crc } = self else {
            return [Bytes::from_static(before), payload.plain().clone(), after.clone()];
        };
        let mut head = if *is_begun { Vec::new() } else { HEAD.to_vec() };
        *is_begun = true;
        let own = |bytes: &[u8], crc: &mut Crc, to: &mut Vec<u8>| {
            deflate::store(bytes, to);
            crc.update(bytes);
        };
        own(before, crc, &mut head);
        let compressed = payload.compressed();
        match compressed {
            Some(piece) => crc.combine(&piece.crc),
            None => own(payload.plain(), crc, &mut head),
        }
        let mut tail = Vec::new();
        own(after, crc, &mut tail);
        tail.extend(EVENT_END);
        let shared = compressed.map(|piece| piece.deflated.clone()).unwrap_or_default();
        [head.into(), shared, tail.into()]
    }

    /// What comes after the last event.
    pub(super) fn end(&self) -> Bytes {
        let Self::Gzip { is_begun, crc } = self else { return Bytes::new() };
        let head = if *is_begun { &[][..] } else { &HEAD };
        let (sum, length) = (crc.sum().to_le_bytes(), crc.amount().to_le_bytes());
        [head, &LAST, &sum, &length].concat().into()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn a_stream_by_gzip_is_read_event_by_event_and_to_its_end() {
        let long = Payload::for_many("{\"a\":1}".repeat(500));
        let own = Payload::from(Bytes::from("{}".repeat(50_000)));
        let (mut plain, mut gzip) = (EventWriter::new(false), EventWriter::new(true));
        let (mut expected, mut written) = (Vec::new(), Vec::new());
        for payload in [long.clone(), own, Payload::from(Bytes::new()), long] {
            let event = Event { before: b"data: ", payload, after: "\n\n".into() };
            expected.extend(plain.write(&event).concat());
            let pieces = gzip.write(&event);
            let piece = event.payload.compressed();
            let shared = piece.map(|piece| piece.deflated.as_ptr());
            assert!(shared.is_none_or(|shared| shared == pieces[1].as_ptr()), "no copy");
            written.extend(pieces.concat());
            // What has come so far is a stream of deflate that is read as far as it goes.
            let read = deflate::inflate(&written[HEAD.len()..], expected.len());
            assert_eq!(read, Ok(expected.clone()));
        }
        assert!(plain.end().is_empty());
        written.extend(gzip.end());
        let mut read = Vec::new();
        GzDecoder::new(&written[..]).read_to_end(&mut read).unwrap();
        assert!(read == expected, "and the sum at the end is right");
        let mut empty = Vec::new();
        GzDecoder::new(&EventWriter::new(true).end()[..]).read_to_end(&mut empty).unwrap();
        assert!(empty.is_empty());
    }
}
