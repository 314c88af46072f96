//! What is put into a frame: bytes that many are given, as they are and compressed.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::rendered::Frames;
use crate::deflate::Piece;
use crate::memory::Full;

/// What is shorter than this is given as it is, in bytes: it is one seat or two.
const WORTH_COMPRESSING: usize = 256;

/// What is put into a frame. Copies share it, and its compressed form: that is made by the first
/// who needs it, and kept and counted beside the bytes.
#[derive(Clone, Debug)]
pub struct Payload {
    plain: Bytes,
    /// `None` for what one follower alone is given: it is not compressed.
    shared: Option<Arc<Compressed>>,
}

/// `None` if it is no shorter, or there was no room for it.
#[derive(Debug)]
struct Compressed {
    made: OnceLock<Option<Piece<Bytes>>>,
    frames: Arc<Frames>,
}

impl Payload {
    /// Counted among all frames.
    pub(super) fn shared(frames: &Arc<Frames>, bytes: Vec<u8>) -> Result<Self, Full> {
        let plain = frames.count(bytes)?;
        let compressed = (plain.len() >= WORTH_COMPRESSING)
            .then(|| Compressed { made: OnceLock::new(), frames: Arc::clone(frames) });
        Ok(Self { plain, shared: compressed.map(Arc::new) })
    }

    /// The bytes.
    pub fn plain(&self) -> &Bytes {
        &self.plain
    }

    /// The bytes as a piece of a stream of deflate, if that is shorter. It is made once; others who
    /// need it wait, as they do for the bytes.
    pub fn compressed(&self) -> Option<&Piece<Bytes>> {
        let Compressed { made, frames } = self.shared.as_deref()?;
        let make = || Piece::of(&self.plain)?.try_map(|bytes| frames.count(bytes)).ok();
        made.get_or_init(make).as_ref()
    }
}

/// For one follower alone.
impl From<Bytes> for Payload {
    fn from(plain: Bytes) -> Self {
        Self { plain, shared: None }
    }
}

#[cfg(test)]
impl Payload {
    /// Shared, as frames are.
    pub(crate) fn for_many(bytes: impl Into<Vec<u8>>) -> Self {
        Self::shared(&Arc::default(), bytes.into()).expect("there is room")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflate;

    #[test]
    fn what_many_are_given_is_compressed_once_and_counted_until_all_are_done_with_it() {
        let frames = Arc::new(Frames::default());
        let payload = Payload::shared(&frames, vec![b'x'; 10_000]).unwrap();
        let plain = frames.allowance().used();
        let many: Vec<_> = (0..100).map(|_| payload.clone()).collect();
        let made = many.iter().map(|one| one.compressed().unwrap().deflated.as_ptr());
        let made: std::collections::HashSet<_> = made.collect();
        assert_eq!(made.len(), 1);
        let piece = payload.compressed().unwrap();
        assert!(frames.allowance().used() >= plain + piece.deflated.len());
        assert_eq!(deflate::inflate(&piece.deflated, 10_000).unwrap(), *payload.plain());
        drop((payload, many));
        assert_eq!(frames.allowance().used(), 0);
    }

    #[test]
    fn what_is_short_or_for_one_alone_or_has_no_room_is_given_as_it_is() {
        let frames = Arc::new(Frames::with_room_for(11_000));
        let short = Payload::shared(&frames, vec![b'x'; WORTH_COMPRESSING - 1]).unwrap();
        assert!(short.compressed().is_none());
        assert!(Payload::from(Bytes::from(vec![b'x'; 10_000])).compressed().is_none());
        let last = Payload::shared(&frames, vec![b'x'; 10_000]).unwrap();
        assert!(last.compressed().is_none() && last.compressed().is_none());
        assert_eq!(frames.allowance().refusals(), 1, "it is not tried again for each");
    }
}
