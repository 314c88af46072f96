//! Streams of deflate that are put together from pieces: what many are given is compressed once,
//! and what each has of its own goes around it as it is.
//!
//! A piece is compressed by itself, so that it refers to nothing before it. It ends with a sync
//! flush, after which the next block begins with a byte of its own. So it can stand anywhere in
//! any stream. A stream's own few bytes are blocks that are stored and not compressed.
//!
//! Deliberately absent: a compressor that lives as long as a stream. It would have 256 KiB for each
//! of ten thousand, and would compress the same for each.

use flate2::{Compress, Compression, Crc, Decompress, FlushCompress, FlushDecompress, Status};

/// The last bytes of a sync flush: those of an empty stored block, without its first one.
pub(crate) const SYNC_FLUSH: [u8; 4] = [0, 0, 0xff, 0xff];

/// How hard a piece is compressed: docs/decisions/0128 has what the levels give.
const LEVEL: u32 = 3;

/// What is compressed has to be shorter by this, in bytes: what stands around it takes as much.
const WORTH_SAVING: usize = 32;

/// The most bytes of a stored block.
const STORED_BYTES: usize = 0xffff;

/// What is inflated at a time, in bytes.
const INFLATED_AT_ONCE: usize = 8 * 1024;

/// A piece of a stream, which any number of streams may have.
#[derive(Debug)]
pub struct Piece<B> {
    /// As it stands in a stream of deflate.
    pub deflated: B,
    /// The sum of what it was, for streams that have one at their end.
    pub crc: Crc,
}

impl Piece<Vec<u8>> {
    /// Compresses. `None` if it becomes no shorter by that.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let mut deflated = Vec::with_capacity(bytes.len() / 4 + SYNC_FLUSH.len());
        let mut compressor = Compress::new(Compression::new(LEVEL), false);
        let mut rest = bytes;
        loop {
            let before = compressor.total_in();
            compressor.compress_vec(rest, &mut deflated, FlushCompress::Sync).ok()?;
            let taken = usize::try_from(compressor.total_in() - before).ok()?;
            rest = rest.get(taken..)?;
            // There was room for more than came: that was all.
            if rest.is_empty() && deflated.len() < deflated.capacity() {
                break;
            }
            if deflated.len() + WORTH_SAVING > bytes.len() {
                return None;
            }
            deflated.reserve(deflated.capacity());
        }
        if deflated.len() + WORTH_SAVING > bytes.len() {
            return None;
        }
        let mut crc = Crc::new();
        crc.update(bytes);
        Some(Self { deflated, crc })
    }

    /// The same with its bytes in another place.
    pub fn try_map<B, E>(self, place: impl FnOnce(Vec<u8>) -> Result<B, E>) -> Result<Piece<B>, E> {
        Ok(Piece { deflated: place(self.deflated)?, crc: self.crc })
    }
}

/// Appends bytes as they are to a stream.
pub(crate) fn store(bytes: &[u8], stream: &mut Vec<u8>) {
    for block in bytes.chunks(STORED_BYTES) {
        // A chunk is no longer than that.
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        stream.push(0);
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
}

/// Why something cannot be inflated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotInflated {
    /// It is not what it says to be.
    Damaged,
    /// It would be longer than may be.
    TooLong,
}

/// What a stream of deflate was before, of at most so many bytes. It may end with a last block, or
/// anywhere after a sync flush.
///
/// # Errors
///
/// If it is none, or longer. What is longer is not looked at to its end.
pub(crate) fn inflate(stream: &[u8], most: usize) -> Result<Vec<u8>, NotInflated> {
    let mut inflater = Decompress::new(false);
    let mut inflated = Vec::new();
    let mut space = [0; INFLATED_AT_ONCE];
    loop {
        let (taken, made) = (inflater.total_in(), inflater.total_out());
        let rest = usize::try_from(taken).ok().and_then(|taken| stream.get(taken..));
        let rest = rest.ok_or(NotInflated::Damaged)?;
        let status = inflater.decompress(rest, &mut space, FlushDecompress::None);
        let status = status.map_err(|_| NotInflated::Damaged)?;
        let made = usize::try_from(inflater.total_out() - made).unwrap_or(space.len());
        if inflated.len() + made > most {
            return Err(NotInflated::TooLong);
        }
        inflated.extend_from_slice(&space[..made]);
        let left = rest.len() - usize::try_from(inflater.total_in() - taken).unwrap_or_default();
        match status {
            // What ends before its last bytes has nothing after it but the flush, which somebody
            // else has put there.
            Status::StreamEnd if left <= 1 + SYNC_FLUSH.len() => return Ok(inflated),
            Status::StreamEnd => return Err(NotInflated::Damaged),
            Status::Ok | Status::BufError if left == 0 && made < space.len() => {
                return Ok(inflated);
            }
            Status::Ok | Status::BufError if made == 0 && left == rest.len() => {
                return Err(NotInflated::Damaged);
            }
            Status::Ok | Status::BufError => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_and_what_is_around_them_are_one_stream(
            parts in vec((vec(any::<u8>(), 0..9), 1..3000_usize, any::<bool>()), 0..8),
        ) {
            let (mut stream, mut whole, mut crc) = (Vec::new(), Vec::new(), Crc::new());
            for (bytes, times, is_shared) in &parts {
                let bytes = bytes.repeat(*times);
                match Piece::of(&bytes).filter(|_| *is_shared) {
                    Some(piece) => {
                        prop_assert!(piece.deflated.ends_with(&SYNC_FLUSH));
                        prop_assert!(piece.deflated.len() < bytes.len());
                        stream.extend(&piece.deflated);
                        crc.combine(&piece.crc);
                    }
                    None => {
                        store(&bytes, &mut stream);
                        crc.update(&bytes);
                    }
                }
                whole.extend(bytes);
            }
            prop_assert_eq!(inflate(&stream, whole.len()), Ok(whole.clone()));
            if !whole.is_empty() {
                let too_long = inflate(&stream, whole.len() - 1);
                prop_assert_eq!(too_long, Err(NotInflated::TooLong));
            }
            // As another reads it, to its end.
            store(&[], &mut stream);
            stream.extend([1, 0, 0, 0xff, 0xff]);
            let mut read = Vec::new();
            flate2::read::DeflateDecoder::new(&stream[..]).read_to_end(&mut read).unwrap();
            prop_assert_eq!(read, &whole[..]);
            let mut sum = Crc::new();
            sum.update(&whole);
            prop_assert_eq!((crc.sum(), crc.amount()), (sum.sum(), sum.amount()));
        }

        #[test]
        fn whatever_comes_is_inflated_within_bounds_or_refused(
            stream in vec(any::<u8>(), 0..400),
        ) {
            if let Ok(inflated) = inflate(&stream, 1000) {
                prop_assert!(inflated.len() <= 1000);
            }
        }
    }

    #[test]
    fn a_stream_may_end_with_a_last_block_and_nothing_comes_after_it() {
        let last = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        for more in [&[][..], &[0][..], &SYNC_FLUSH, &[0, 0, 0, 0xff, 0xff]] {
            let stream = [&last[..], more].concat();
            assert_eq!(inflate(&stream, 5), Ok(b"Hello".to_vec()));
        }
        let stream = [last, last].concat();
        assert_eq!(inflate(&stream, 99), Err(NotInflated::Damaged));
    }

    #[test]
    fn a_bomb_is_left_where_it_becomes_too_long() {
        let zeros = vec![0; 16 * 1024 * 1024];
        let bomb = Piece::of(&zeros).unwrap().deflated;
        assert!(bomb.len() < 128 * 1024);
        assert_eq!(inflate(&bomb, 512 * 1024), Err(NotInflated::TooLong));
    }

    #[test]
    fn what_becomes_no_shorter_is_left_as_it_is() {
        assert!(Piece::of(b"").is_none());
        assert!(Piece::of(br#"{"type":"pong"}"#).is_none());
        let noise: Vec<u8> = (0..100_000).map(|_| fastrand::u8(..)).collect();
        assert!(Piece::of(&noise).is_none());
    }
}
