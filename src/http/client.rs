//! Who is at the other end of a connection.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue, header};

use super::app::App;
use crate::clock::wall_clock;
use crate::identity::{Asker, LastToken, TokenError};

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
    pub(super) fn asker(&self, app: &App, headers: &HeaderMap) -> Result<Asker, TokenError> {
        let authorization = match headers.get(header::AUTHORIZATION).map(HeaderValue::to_str) {
            None => None,
            Some(Ok(text)) => Some(text),
            Some(Err(_)) => Some(""),
        };
        let viewer = self.last_token.viewer(&app.identity, authorization, wall_clock())?;
        Ok(Asker { viewer, ..self.stranger(app, headers) })
    }

    /// Whoever is asking, of whom nothing is known but where they are. A connection of a proxy has
    /// the requests of many.
    pub(super) fn stranger(&self, app: &App, headers: &HeaderMap) -> Asker {
        Asker { viewer: None, address: app.proxies.client(self.address, headers) }
    }
}
