//! What was made of something that many followers are given: made once, then shared. All frames
//! together are bounded.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use bytes::Bytes;

use super::payload::{Counting, Payload};
use crate::memory::{Allowance, Full};

/// What all frames take together, in bytes, those included that sockets hold which do not read. A
/// snapshot of 20,000 seats has 3 MB, and a batch of a rush 100 KB. So this is some seconds of a
/// few events in a dozen different forms each.
const FRAME_BYTES: usize = 192 * 1024 * 1024;

/// A batch's frame, in bytes: there is room for those although others are sent snapshots.
const BATCH_BYTES: usize = 128 * 1024;

/// What a frame takes beside its bytes.
const FRAME_OVERHEAD: usize = 256;

/// Whose frame, and the number of its form.
type Kept = (Weak<Rendered>, u64);

/// All frames that are kept, whatever they were made of.
#[derive(Debug)]
pub(super) struct Frames {
    allowance: Arc<Allowance>,
    /// The oldest first: they are needed least, since followers move on.
    kept: Mutex<VecDeque<Kept>>,
}

impl Default for Frames {
    fn default() -> Self {
        Self::with_room_for(FRAME_BYTES)
    }
}

impl Frames {
    pub(super) fn with_room_for(bytes: usize) -> Self {
        let allowance = Allowance::with_room_for_small("frames", bytes, BATCH_BYTES);
        Self { allowance, kept: Mutex::default() }
    }

    pub(super) fn allowance(&self) -> &Arc<Allowance> {
        &self.allowance
    }

    /// Takes note of a frame that is kept.
    pub(super) fn note(&self, of: &Arc<Rendered>, number: u64) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that have gone with what they were made of are mostly the oldest.
        while kept.pop_front_if(|(rendered, _)| rendered.strong_count() == 0).is_some() {}
        if kept.len() == kept.capacity() {
            kept.retain(|(rendered, _)| rendered.strong_count() > 0);
            // So that the next look comes after as many more.
            let alive = kept.len();
            kept.reserve(alive);
        }
        kept.push_back((Arc::downgrade(of), number));
    }

    fn forget_oldest(&self) -> bool {
        let oldest = || self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        while let Some((rendered, number)) = oldest() {
            if rendered.upgrade().is_some_and(|rendered| rendered.forget(number)) {
                return true;
            }
        }
        false
    }
}

impl Counting for Frames {
    /// After letting go of as many others as it takes. Whoever has one of those keeps it, and it is
    /// counted until they are done with it.
    fn count(&self, frame: Vec<u8>) -> Result<Bytes, Full> {
        let bytes = frame.len() + FRAME_OVERHEAD;
        Ok(self.allowance.make_room(bytes, || self.forget_oldest())?.hold(frame))
    }
}

/// The forms of one thing, each made by the first who needs it while the others wait for it.
///
/// Making is plain computing, without awaiting anything: a follower whose socket is stuck can never
/// be the one that all others wait for. For the same reason no more are made at a time than there
/// are threads.
#[derive(Debug)]
pub struct Rendered {
    frames: Arc<Frames>,
    forms: Mutex<HashMap<u64, Form>>,
    name: OnceLock<Arc<str>>,
}

/// `None` until it is made.
type Form = Arc<Mutex<Option<Payload>>>;

impl Rendered {
    /// Of something that nothing was made of yet.
    pub(super) fn new(frames: &Arc<Frames>) -> Arc<Self> {
        let (frames, name) = (Arc::clone(frames), OnceLock::new());
        Arc::new(Self { frames, forms: Mutex::default(), name })
    }

    /// As new, of something else.
    pub(super) fn anew(&self) -> Arc<Self> {
        Self::new(&self.frames)
    }

    /// What it is called by those who go on after it, whatever its form: `name` says so once.
    pub fn name(&self, name: impl FnOnce() -> String) -> Arc<str> {
        Arc::clone(self.name.get_or_init(|| name().into()))
    }

    /// The form of this number, which `make` makes if nobody has made it yet, or it was let go of
    /// to make room for others.
    ///
    /// # Errors
    ///
    /// Those of `make`; and if there is no room for it. The next who asks tries again.
    pub fn form<E: From<Full>>(
        self: &Arc<Self>,
        number: u64,
        make: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<Payload, E> {
        let form = Arc::clone(self.forms().entry(number).or_default());
        let mut made = form.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(payload) = &*made {
            return Ok(payload.clone());
        }
        let count = |frame| Ok(Payload::shared(self.frames.clone(), frame)?);
        let payload = make().and_then(count).inspect_err(|_| {
            self.forget(number);
        })?;
        *made = Some(payload.clone());
        self.frames.note(self, number);
        Ok(payload)
    }

    /// Lets go of a form; whether there was one.
    pub(super) fn forget(&self, number: u64) -> bool {
        self.forms().remove(&number).is_some()
    }

    fn forms(&self) -> MutexGuard<'_, HashMap<u64, Form>> {
        self.forms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
impl Frames {
    /// How many it takes note of.
    pub(super) fn remembered(&self) -> usize {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(bytes: usize) -> impl Fn() -> Result<Vec<u8>, Full> {
        move || Ok(vec![0; bytes])
    }

    #[test]
    fn the_oldest_frames_go_first_and_are_counted_as_long_as_somebody_has_them() {
        let frames = Arc::new(Frames::with_room_for(10_000));
        let batches: Vec<_> = (0..2).map(|_| Rendered::new(&frames)).collect();
        let held = batches[0].form(1, make(2_000)).unwrap();
        assert!(held.plain() == batches[0].form(1, make(9)).unwrap().plain(), "made once");
        for number in 2..1_000 {
            batches[1].form(number, make(2_000)).unwrap();
            assert!(frames.allowance().used() <= 10_000);
        }
        assert_eq!(batches[0].form(1, make(9)).unwrap().plain().len(), 9, "it was let go of");
        assert_eq!(
            batches[1].form(999, make(9)).unwrap().plain().len(),
            2_000,
            "the newest are kept"
        );
        assert!(frames.allowance().evictions() > 900);
        drop(batches);
        assert!(frames.allowance().used() > 2_000, "somebody has one still");
        drop(held);
        assert_eq!(frames.allowance().used(), 0);
    }

    #[test]
    fn if_those_who_do_not_read_hold_all_that_may_be_no_more_is_made() {
        let frames = Arc::new(Frames::with_room_for(10_000));
        let batch = Rendered::new(&frames);
        let held: Vec<_> = (0..4).map(|number| batch.form(number, make(2_000))).collect();
        assert_eq!(batch.form(9, make(2_000)).err(), Some(Full));
        drop(held);
        assert!(batch.form(9, make(2_000)).is_ok());
    }

    #[test]
    fn what_has_gone_with_its_batch_is_not_remembered() {
        let frames = Arc::new(Frames::default());
        let kept = Rendered::new(&frames);
        kept.form(0, make(1)).unwrap();
        for _ in 0..10_000 {
            Rendered::new(&frames).form(1, make(1)).unwrap();
        }
        assert!(frames.remembered() < 100, "{}", frames.remembered());
    }
}
