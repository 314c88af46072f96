//! What was made of something that many followers are given: made once, then shared.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// Different forms kept of one thing. A sale has a handful of clients; forms beyond that are made
/// for each follower.
const KEPT_FORMS: usize = 64;

/// The forms of one thing, each made by the first who needs it while the others wait for it.
///
/// Making is plain computing, without awaiting anything: a follower whose socket is stuck can never
/// be the one that all others wait for.
#[derive(Debug, Default)]
pub struct Rendered {
    forms: Mutex<HashMap<u64, Form>>,
}

/// `None` until it is made.
type Form = Arc<Mutex<Option<Bytes>>>;

impl Rendered {
    /// The form of this number, which `make` makes if nobody has made it yet.
    ///
    /// # Errors
    ///
    /// Those of `make`; the next who asks tries again.
    pub fn form<E>(
        &self,
        number: u64,
        make: impl FnOnce() -> Result<Bytes, E>,
    ) -> Result<Bytes, E> {
        let form = self.form_of(number);
        let mut made = form.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = &*made {
            return Ok(bytes.clone());
        }
        let bytes = make()?;
        *made = Some(bytes.clone());
        Ok(bytes)
    }

    fn form_of(&self, number: u64) -> Form {
        let mut forms = self.forms.lock().unwrap_or_else(PoisonError::into_inner);
        let has_room = forms.len() < KEPT_FORMS;
        match forms.get(&number) {
            Some(form) => Arc::clone(form),
            None if has_room => Arc::clone(forms.entry(number).or_default()),
            None => Form::default(),
        }
    }
}
