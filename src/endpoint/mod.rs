//! Addresses outside of the house that the server is told to call, and the secrets that are shared
//! with them.
//!
//! Whoever may name an address must not reach with it what only this machine can reach: other
//! services of the house, or the cloud's metadata. So a name is resolved, what it leads to is
//! checked, and whoever connects takes an address that was checked: nobody resolves the name once
//! more. A setting lifts this, for networks where everybody is trusted.
//!
//! Deliberately absent: the connection itself, and what is said over it.

mod networks;
mod resolve;
mod secret;
mod url;

pub use self::networks::Networks;
pub use self::secret::EndpointSecret;
pub use self::url::{EndpointError, EndpointUrl};
