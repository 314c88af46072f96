//! What is read of frames, good ones and others.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::deflate::Piece;

const LIMIT: usize = 1000;

/// A client's frame that begins with this byte.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        short @ 0..126 => frame.push(0x80 | short as u8),
        long @ 126..0x10000 => {
            frame.push(0x80 | 126);
            frame.extend((long as u16).to_be_bytes());
        }
        longest => {
            frame.push(0x80 | 127);
            frame.extend((longest as u64).to_be_bytes());
        }
    }
    let mask = [7, 200, 31, 99];
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// What a compressed message is sent as.
fn compressed(text: &[u8]) -> Vec<u8> {
    let mut deflated = Piece::of(text).unwrap().deflated;
    deflated.truncate(deflated.len() - SYNC_FLUSH.len());
    deflated
}

/// All that is read of bytes that come in such pieces; the last may be why no more is.
fn read<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    may_be_compressed: bool,
) -> Vec<Result<Incoming, Violation>> {
    let mut reader = FrameReader::new(LIMIT, may_be_compressed);
    let mut all = Vec::new();
    for mut come in pieces {
        loop {
            match reader.read(&mut come) {
                Ok(Some(incoming)) => all.push(Ok(incoming)),
                Ok(None) => break,
                Err(violation) => {
                    all.push(Err(violation));
                    return all;
                }
            }
        }
        assert!(come.is_empty() && reader.kept() <= 2 * LIMIT);
    }
    all
}

fn text(text: &str) -> Result<Incoming, Violation> {
    Ok(Incoming::Text(text.to_owned()))
}

#[test]
fn messages_come_whole_in_fragments_or_with_control_frames_between_them() {
    let come = [
        frame(0x81, b"one"),
        frame(0x01, "zw\u{f6}".as_bytes().split_at(3).0),
        frame(0x89, b"there?"),
        frame(0x00, b""),
        frame(0x8a, b"whatever"),
        frame(0x80, "zw\u{f6}".as_bytes().split_at(3).1),
        frame(0x82, &[0xff, 0]),
        frame(0x81, b""),
        frame(0x88, &[&1000_u16.to_be_bytes()[..], b"bye"].concat()),
        frame(0x88, b""),
    ];
    let expected = [
        text("one"),
        Ok(Incoming::Ping(b"there?".to_vec())),
        Ok(Incoming::Pong),
        text("zw\u{f6}"),
        Ok(Incoming::Binary(vec![0xff, 0])),
        text(""),
        Ok(Incoming::Close(Some(1000))),
        Ok(Incoming::Close(None)),
    ];
    assert_eq!(read([&come.concat()[..]], false), expected);
}

#[test]
fn compressed_messages_begin_anew_each_and_may_come_in_fragments() {
    let long = "{\"type\":\"ping\"}".repeat(50);
    let deflated = compressed(long.as_bytes());
    let (first, second) = deflated.split_at(9);
    let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    let come = [
        frame(0xc1, &deflated),
        frame(0x81, b"as it is"),
        frame(0x41, first),
        frame(0x89, b""),
        frame(0x80, second),
        // RFC 7692, 7.2.3.1, 7.2.3.3, 7.2.3.4, 7.2.3.5 and 7.2.3.6.
        frame(0xc1, &hello),
        frame(0xc1, &[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00]),
        frame(0xc1, &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00]),
        frame(
            0xc1,
            &[0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00],
        ),
        frame(0xc1, &[0x00]),
    ];
    let mut expected = vec![text(&long), text("as it is"), Ok(Incoming::Ping(vec![])), text(&long)];
    expected.extend(["Hello"; 4].map(text));
    expected.push(text(""));
    assert_eq!(read([&come.concat()[..]], true), expected);
}

#[test]
fn who_breaks_the_rules_is_told_which() {
    let reserved = "a reserved bit is set";
    let half = frame(0x01, b"x");
    let cases: Vec<(Vec<u8>, bool, Violation)> = vec![
        (vec![0x81, 0x01], false, Violation::Protocol("a frame is not masked")),
        (frame(0xa1, b""), true, Violation::Protocol(reserved)),
        (frame(0x91, b""), true, Violation::Protocol(reserved)),
        (frame(0xc1, b""), false, Violation::Protocol(reserved)),
        (frame(0xc9, b""), true, Violation::Protocol(reserved)),
        ([half.clone(), frame(0xc0, b"")].concat(), true, Violation::Protocol(reserved)),
        (frame(0x83, b""), false, Violation::Protocol("an unknown opcode")),
        (frame(0x8b, b""), false, Violation::Protocol("an unknown opcode")),
        (frame(0x09, b""), false, Violation::Protocol("a control frame is too long")),
        (frame(0x89, &[0; 126]), false, Violation::Protocol("a control frame is too long")),
        (frame(0x80, b""), false, Violation::Protocol("nothing is to be continued")),
        (
            [half, frame(0x81, b"")].concat(),
            false,
            Violation::Protocol("a message is not at its end"),
        ),
        (frame(0x88, b"x"), false, Violation::Protocol("half a code")),
        (frame(0x81, b"\xff"), false, Violation::NotUtf8),
        (frame(0x88, b"\x03\xe8\xff"), false, Violation::NotUtf8),
        (frame(0xc1, b"\xff"), true, Violation::NotInflated),
        (frame(0xc1, &compressed(&[0xff; LIMIT])), true, Violation::NotUtf8),
        (frame(0xc1, &compressed(&[b'x'; LIMIT + 1])), true, Violation::TooLarge),
        (frame(0x81, &[b'x'; LIMIT + 1])[..8].to_vec(), false, Violation::TooLarge),
        (
            [frame(0x01, &[b'x'; LIMIT]), frame(0x80, b"x")[..6].to_vec()].concat(),
            false,
            Violation::TooLarge,
        ),
        ([&[0x81, 0xff][..], &[0xff; 12]].concat(), false, Violation::TooLarge),
    ];
    for (come, may_be_compressed, violation) in cases {
        let read = read([&come[..]], may_be_compressed);
        assert_eq!(read.last(), Some(&Err(violation)), "{come:02x?}");
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 2999, 5000] {
        let read = read([&frame(0x88, &u16::to_be_bytes(code))[..]], false);
        assert_eq!(read, [Err(Violation::Protocol("a code that is none"))], "{code}");
    }
}

/// Frames as they come in good order and in none.
fn frames() -> impl Strategy<Value = Vec<u8>> {
    let good = prop_oneof![
        4 => select(&[0x81, 0x01, 0x80, 0x00, 0x82, 0x89, 0x8a, 0xc1, 0x41][..]),
        1 => any::<u8>(),
    ];
    let payload = prop_oneof![
        vec(any::<u8>(), 0..200),
        "[a-z\u{e9}]{0,40}".prop_map(String::into_bytes),
        (4..300_usize)
            .prop_map(|times| compressed(&b"0123456789abcdefghijklmnopqrstuvwxyz ".repeat(times))),
    ];
    vec((good, payload), 0..8).prop_map(|frames| {
        frames.iter().flat_map(|(first, payload)| frame(*first, payload)).collect()
    })
}

proptest! {
    #[test]
    fn whatever_pieces_the_bytes_come_in_the_same_is_read(
        come in frames(),
        spoilt in prop::option::weighted(0.3, (any::<Index>(), any::<u8>())),
        cuts in vec(any::<Index>(), 0..6),
        may_be_compressed in any::<bool>(),
    ) {
        let mut come = come;
        if let Some((at, byte)) = spoilt.filter(|_| !come.is_empty()) {
            let at = at.index(come.len());
            come[at] = byte;
        }
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(come.len() + 1)).collect();
        cuts.extend([0, come.len()]);
        cuts.sort_unstable();
        let whole = read([&come[..]], may_be_compressed);
        let in_pieces = read(cuts.windows(2).map(|cut| &come[cut[0]..cut[1]]), may_be_compressed);
        prop_assert_eq!(&whole, &in_pieces);
        let byte_by_byte = read(come.chunks(1), may_be_compressed);
        prop_assert_eq!(&whole, &byte_by_byte);
    }

    #[test]
    fn what_was_masked_is_read_as_it_was(
        bytes in vec(any::<u8>(), 0..100),
        mask in any::<[u8; 4]>(),
    ) {
        let mut masked: Vec<_> =
            bytes.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        unmask(&mut masked, mask);
        prop_assert_eq!(masked, bytes);
    }
}
