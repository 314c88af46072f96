//! What is put into a frame: bytes that many are given, as they are and compressed.

use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::deflate::Piece;
use crate::memory::Full;

/// What is shorter than this is given as it is, in bytes: it is one seat or two.
const WORTH_COMPRESSING: usize = 256;

/// Who counts what is kept for many.
pub(super) trait Counting: Debug + Send + Sync {
    /// Counts bytes until their last copy is dropped.
    fn count(&self, bytes: Vec<u8>) -> Result<Bytes, Full>;
}

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
    counting: Arc<dyn Counting>,
}

impl Payload {
    /// For many, counted in either form.
    pub(super) fn shared(counting: Arc<dyn Counting>, bytes: Vec<u8>) -> Result<Self, Full> {
        let plain = counting.count(bytes)?;
        let compressed = (plain.len() >= WORTH_COMPRESSING)
            .then(|| Arc::new(Compressed { made: OnceLock::new(), counting }));
        Ok(Self { plain, shared: compressed })
    }

    /// The bytes.
    pub fn plain(&self) -> &Bytes {
        &self.plain
    }

    /// How many bytes are sent of it.
    pub fn bytes_sent(&self, may_be_compressed: bool) -> usize {
        let compressed = may_be_compressed.then(|| self.compressed()).flatten();
        compressed.map_or(self.plain.len(), |piece| piece.deflated.len())
    }

    /// The bytes as a piece of a stream of deflate, if that is shorter. It is made once; others who
    /// need it wait, as they do for the bytes.
    pub fn compressed(&self) -> Option<&Piece<Bytes>> {
        let Compressed { made, counting } = self.shared.as_deref()?;
        let make = || Piece::of(&self.plain)?.try_map(|bytes| counting.count(bytes)).ok();
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
        let counting = tests::Store::with_room_for(usize::MAX);
        Self::shared(counting, bytes.into()).expect("there is room")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflate;
    use crate::memory::Allowance;

    #[derive(Debug)]
    pub(super) struct Store(Arc<Allowance>);

    impl Store {
        pub(super) fn with_room_for(bytes: usize) -> Arc<Self> {
            Arc::new(Self(Allowance::new("payloads", bytes)))
        }
    }

    impl Counting for Store {
        fn count(&self, bytes: Vec<u8>) -> Result<Bytes, Full> {
            Ok(self.0.charge(bytes.len())?.hold(bytes))
        }
    }

    #[test]
    fn what_many_are_given_is_compressed_once_and_counted_until_all_are_done_with_it() {
        let store = Store::with_room_for(20_000);
        let payload = Payload::shared(store.clone(), vec![b'x'; 10_000]).unwrap();
        let many: Vec<_> = (0..100).map(|_| payload.clone()).collect();
        let made = many.iter().map(|one| one.compressed().unwrap().deflated.as_ptr());
        let made: std::collections::HashSet<_> = made.collect();
        assert_eq!(made.len(), 1);
        let piece = payload.compressed().unwrap();
        assert_eq!(store.0.used(), 10_000 + piece.deflated.len());
        assert_eq!(deflate::inflate(&piece.deflated, 10_000).unwrap(), *payload.plain());
        drop((payload, many));
        assert_eq!(store.0.used(), 0);
    }

    #[test]
    fn what_is_short_or_for_one_alone_or_has_no_room_is_given_as_it_is() {
        let store = Store::with_room_for(10_260);
        let short = Payload::shared(store.clone(), vec![b'x'; WORTH_COMPRESSING - 1]).unwrap();
        assert!(short.compressed().is_none());
        assert!(Payload::from(Bytes::from(vec![b'x'; 10_000])).compressed().is_none());
        let last = Payload::shared(store.clone(), vec![b'x'; 10_000]).unwrap();
        assert!(last.compressed().is_none() && last.compressed().is_none());
        assert_eq!(store.0.refusals(), 1, "it is not tried again for each");
    }
}
