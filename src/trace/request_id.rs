//! What a request is called.

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

/// The longest id that is taken, in bytes: twice what a W3C trace has.
const MAX_BYTES: usize = 128;

/// Tells this process from others. Nothing secret: an id is for finding a line in a log.
static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().build_hasher().finish());

/// See the module's documentation. Cheap to clone: nothing is written before somebody reads it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestId {
    name: Name,
    /// Which of a socket's operations it is, from 1; 0 if it is the request's own.
    operation: u32,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Name {
    Taken(Arc<str>),
    /// Counts this process's requests.
    Made(u64),
}

impl RequestId {
    /// Another than all before.
    pub fn make() -> Self {
        static MADE: AtomicU64 = AtomicU64::new(1);
        Self { name: Name::Made(MADE.fetch_add(1, Ordering::Relaxed)), operation: 0 }
    }

    /// What a client calls its request, if that can stand in a log and a head; else one that is
    /// made.
    pub fn take(told: Option<&[u8]>) -> Self {
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(byte);
        let told = told.filter(|told| (1..=MAX_BYTES).contains(&told.len()));
        let told = told.filter(|told| told.iter().all(is_plain));
        let told = told.and_then(|told| std::str::from_utf8(told).ok());
        told.map_or_else(Self::make, |told| Self { name: Name::Taken(told.into()), operation: 0 })
    }

    /// That of an operation of the socket that this request has become.
    pub fn of_operation(&self, number: u32) -> Self {
        Self { name: self.name.clone(), operation: number }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Name::Taken(taken) => f.write_str(taken)?,
            Name::Made(number) => write!(f, "{:016x}-{number:x}", *PROCESS)?,
        }
        if self.operation > 0 { write!(f, ".{}", self.operation) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_stand_in_a_log_is_taken_and_for_the_rest_one_is_made() {
        let uuid = b"0194b3ac-7a9e-7c1e-9d1c-1f2a3b4c5d6e";
        assert_eq!(RequestId::take(Some(uuid)).to_string().as_bytes(), uuid);
        assert_eq!(RequestId::take(Some(b"a")).of_operation(3).to_string(), "a.3");
        let (long, longest) = ([b'x'; MAX_BYTES + 1], [b'x'; MAX_BYTES]);
        assert_eq!(RequestId::take(Some(&longest)).to_string().len(), MAX_BYTES);
        let mut made = std::collections::HashSet::new();
        for told in
            [None, Some(&b""[..]), Some(b"a b"), Some(b"a\nb"), Some(b"\xc3\xa4"), Some(&long)]
        {
            let id = RequestId::take(told).to_string();
            assert!(id.len() > 17 && id.len() <= 33, "{id}");
            assert!(made.insert(id));
        }
    }
}
