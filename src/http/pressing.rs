//! The smallest form of what many are given for a long time.
//!
//! To make something as small as it gets takes seconds. So it is done for what has been asked for
//! by some, for one thing at a time, and nobody waits for it: meanwhile they are given the form
//! that is made at once.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::coding;
use crate::memory::Allowance;

/// How often something has to be asked for. Who makes up ever new plans to ask for pays for eight
/// of them before a thread is busy with one.
const WORTH_PRESSING: u32 = 8;

/// Makes one smallest form at a time.
#[derive(Debug)]
pub(super) struct Press {
    turn: Arc<Semaphore>,
    allowance: Arc<Allowance>,
}

/// The smallest form of one thing.
#[derive(Debug, Default)]
pub(super) struct Pressed {
    asked: AtomicU32,
    /// `None` if there was no room for it.
    form: OnceLock<Option<Bytes>>,
}

impl Press {
    /// What it makes is counted there.
    pub(super) fn new(allowance: Arc<Allowance>) -> Self {
        Self { turn: Arc::new(Semaphore::new(1)), allowance }
    }

    /// The smallest form, if it is made. If it is not and somebody should do it, it is begun.
    pub(super) fn form(&self, pressed: &Arc<Pressed>, content: &Bytes) -> Option<Bytes> {
        if let Some(form) = pressed.form.get() {
            return form.clone();
        }
        let asked = pressed.asked.fetch_add(1, Ordering::Relaxed);
        let turn =
            (asked + 1 >= WORTH_PRESSING).then(|| Arc::clone(&self.turn).try_acquire_owned());
        if let Some(Ok(turn)) = turn
            // Whoever had the turn before may have just made it.
            && pressed.form.get().is_none()
        {
            let (pressed, content) = (Arc::clone(pressed), content.clone());
            let allowance = Arc::clone(&self.allowance);
            tokio::task::spawn_blocking(move || {
                let _turn = turn;
                let counted = coding::press(&content)
                    .ok()
                    .and_then(|form| Some(allowance.charge(form.len()).ok()?.hold(form)));
                // Nobody else has the turn.
                let _ = pressed.form.set(counted);
            });
        }
        None
    }
}
