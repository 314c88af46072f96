//! Who is asking, and what they may do.

use chrono::{DateTime, Utc};

use crate::domain::ViewerId;

/// What a viewer may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// May hold, confirm and release seats of their own. Every viewer is one.
    Buyer,
    /// May also manage events. Only a token whose `roles` say so.
    Admin,
}

/// Someone whose token was checked.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Who they are: the token's `sub`.
    pub id: ViewerId,
    /// Whether the token's `roles` hold `ADMIN`.
    pub is_admin: bool,
    /// From this moment on the token is refused (its `exp`); a socket opened with it is closed. May
    /// lie thousands of years ahead if the issuer says so.
    pub expires_at: DateTime<Utc>,
}

impl Viewer {
    /// Every viewer is a [`Role::Buyer`]; an admin is a [`Role::Admin`] too.
    pub fn roles(&self) -> &'static [Role] {
        if self.is_admin { &[Role::Buyer, Role::Admin] } else { &[Role::Buyer] }
    }
}
