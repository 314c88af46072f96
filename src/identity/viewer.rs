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
    /// Asked by [`Viewer::has_role`]; of the two roles only this one is given.
    is_admin: bool,
    /// From this moment on the token is refused (its `exp`); a socket opened with it is closed. May
    /// lie thousands of years ahead if the issuer says so.
    pub expires_at: DateTime<Utc>,
}

impl Viewer {
    /// A viewer with these roles, and [`Role::Buyer`] whether it is among them or not.
    pub fn new(id: ViewerId, roles: &[Role], expires_at: DateTime<Utc>) -> Self {
        Self { id, is_admin: roles.contains(&Role::Admin), expires_at }
    }

    /// Whether they may do what `role` allows.
    pub fn has_role(&self, role: Role) -> bool {
        self.roles().contains(&role)
    }

    /// Every viewer is a [`Role::Buyer`]; an admin is a [`Role::Admin`] too.
    pub fn roles(&self) -> &'static [Role] {
        if self.is_admin { &[Role::Buyer, Role::Admin] } else { &[Role::Buyer] }
    }
}
