//! What clients have begun to send: the bodies of requests and the messages of WebSockets, bounded
//! together until they are read whole.

use std::sync::Arc;

use crate::memory::{Allowance, Charge, Full};

/// What all of it takes together, in bytes: 256 of the largest requests at a time.
const ARRIVING_BYTES: usize = 64 * 1024 * 1024;

/// What each client may have begun without being counted, in bytes. Bookings' requests are shorter
/// than that, so that there is always room for them.
const FREE_BYTES: usize = 16 * 1024;

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct Arriving(Arc<Allowance>);

impl Default for Arriving {
    fn default() -> Self {
        Self(Allowance::new("arriving", ARRIVING_BYTES))
    }
}

impl Arriving {
    /// What bounds it.
    pub(super) fn allowance(&self) -> &Arc<Allowance> {
        &self.0
    }

    /// Counts a body of at most so many bytes, if it is long.
    pub(super) fn body(&self, bytes: usize) -> Result<Option<Charge>, Full> {
        let beyond = bytes.saturating_sub(FREE_BYTES);
        (beyond > 0).then(|| self.0.charge(beyond)).transpose()
    }

    /// Counts what a WebSocket has of a message that is not there whole.
    pub(super) fn message(&self) -> Unfinished {
        Unfinished { arriving: Arc::clone(&self.0), charge: None }
    }
}

/// What a WebSocket keeps of a message until it is there whole.
#[derive(Debug)]
pub(super) struct Unfinished {
    arriving: Arc<Allowance>,
    charge: Option<Charge>,
}

impl Unfinished {
    /// So many bytes are kept now.
    pub(super) fn keep(&mut self, bytes: usize) -> Result<(), Full> {
        let beyond = bytes.saturating_sub(FREE_BYTES);
        match &mut self.charge {
            Some(charge) if beyond >= charge.bytes() => charge.grow(beyond - charge.bytes()),
            charge => {
                *charge = None;
                *charge = (beyond > 0).then(|| self.arriving.charge(beyond)).transpose()?;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_has_begun_to_arrive_is_counted_and_refused_beyond_the_bound() {
        let arriving = Arriving(Allowance::new("arriving", 3 * FREE_BYTES));
        let mut first = arriving.message();
        first.keep(FREE_BYTES).unwrap();
        assert_eq!(arriving.allowance().used(), 0, "so much is free");
        for kept in [2, 3, 2] {
            first.keep(kept * FREE_BYTES).unwrap();
            assert_eq!(arriving.allowance().used(), (kept - 1) * FREE_BYTES);
        }
        let body = arriving.body(2 * FREE_BYTES).unwrap();
        assert!(arriving.message().keep(3 * FREE_BYTES).is_err());
        assert!(arriving.body(3 * FREE_BYTES).is_err() && arriving.body(FREE_BYTES).is_ok());
        first.keep(0).unwrap();
        assert_eq!(arriving.allowance().used(), FREE_BYTES, "the message is there whole");
        drop((first, body));
        assert_eq!(arriving.allowance().used(), 0);
    }
}
