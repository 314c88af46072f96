//! Guests: viewers who have no account and are named by chance.

use std::io;
use std::time::Duration;

use crate::domain::ViewerId;
use crate::random;

/// How long a guest's token lasts. Far longer than any hold (minutes) and than an evening of
/// choosing seats, so that a guest never loses seats to it; short enough that one left behind on a
/// shared computer is worthless the next day. It cannot be renewed: a guest with an expired token
/// starts over as another guest.
pub const GUEST_TTL: Duration = Duration::from_hours(24);

/// What every guest's id begins with; 32 hexadecimal digits follow. Nobody else's does.
const GUEST_PREFIX: &str = "guest-";

/// A new guest's id: 128 random bits, so that no one can guess or repeat it.
pub(super) fn new_id() -> io::Result<ViewerId> {
    let name = random::hex::<16>()?;
    Ok(ViewerId::new(&format!("{GUEST_PREFIX}{name}")).expect(
        "a prefix and 32 hexadecimal digits are 1 to 255 characters, none of them control \
            characters",
    ))
}

/// Whether the id is a guest's.
pub(super) fn is_guest(id: &ViewerId) -> bool {
    id.as_str().starts_with(GUEST_PREFIX)
}
