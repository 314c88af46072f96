//! Who is at the other end of a connection.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue, header};

use crate::clock::wall_clock;
use crate::identity::{Asker, Identity, LastToken, TokenError};

/// A client's connection: what its requests have in common.
pub(super) struct Client {
    address: IpAddr,
    last_token: LastToken,
}

impl Client {
    /// Somebody at this address.
    pub(super) fn at(address: IpAddr) -> Self {
        Self { address, last_token: LastToken::default() }
    }

    /// Who is asking. Credentials that are no good are refused rather than passed over.
    pub(super) fn asker(
        &self,
        identity: &Identity,
        headers: &HeaderMap,
    ) -> Result<Asker, TokenError> {
        let authorization = match headers.get(header::AUTHORIZATION).map(HeaderValue::to_str) {
            None => None,
            Some(Ok(text)) => Some(text),
            Some(Err(_)) => Some(""),
        };
        let viewer = self.last_token.viewer(identity, authorization, wall_clock())?;
        Ok(Asker { viewer, address: self.address })
    }
}
