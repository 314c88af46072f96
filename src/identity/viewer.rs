//! Who is asking, and what they may do.

use chrono::{DateTime, Utc};

use super::guest;
use crate::domain::ViewerId;

/// What a viewer may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// May hold, confirm and release seats of their own. Every viewer is one.
    Buyer,
    /// May also confirm for others, and see every order: the shop's own server. Only a token whose
    /// `roles` say so.
    Shop,
    /// May also manage events, and all that a shop may. Only a token whose `roles` say so.
    Admin,
}

impl Role {
    /// Each of them.
    pub(super) const ALL: [Self; 3] = [Self::Buyer, Self::Shop, Self::Admin];

    /// As tokens have it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Buyer => "BUYER",
            Self::Shop => "SHOP",
            Self::Admin => "ADMIN",
        }
    }
}

/// Someone whose token was checked.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Who they are: the token's `sub`.
    pub id: ViewerId,
    /// Asked by [`Viewer::has_role`]; of the roles only this one
    is_shop: bool,
    /// and this one are given.
    is_admin: bool,
    /// From this moment on the token is refused (its `exp`); a socket opened with it is closed. May
    /// lie thousands of years ahead if the issuer says so.
    pub expires_at: DateTime<Utc>,
}

impl Viewer {
    /// A viewer with these roles, and [`Role::Buyer`] whether it is among them or not.
    pub fn new(id: ViewerId, roles: &[Role], expires_at: DateTime<Utc>) -> Self {
        let has = |role| roles.contains(&role);
        Self { id, is_shop: has(Role::Shop), is_admin: has(Role::Admin), expires_at }
    }

    /// Whether they are one of this server's guests, who have no account.
    pub fn is_guest(&self) -> bool {
        guest::is_guest(&self.id)
    }

    /// Whether they may do what `role` allows.
    pub fn has_role(&self, role: Role) -> bool {
        match role {
            Role::Buyer => true,
            Role::Shop => self.is_shop || self.is_admin,
            Role::Admin => self.is_admin,
        }
    }

    /// What their token says; and every viewer is a [`Role::Buyer`].
    pub fn roles(&self) -> &'static [Role] {
        match (self.is_shop, self.is_admin) {
            (false, false) => &[Role::Buyer],
            (true, false) => &[Role::Buyer, Role::Shop],
            (false, true) => &[Role::Buyer, Role::Admin],
            (true, true) => &[Role::Buyer, Role::Shop, Role::Admin],
        }
    }
}
