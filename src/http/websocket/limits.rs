//! Limits and times of a socket, the same for both protocols; and who is asking over it.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::clock::wall_clock;
use crate::http::app::AppState;
use crate::identity::Viewer;

/// How long a client may take to send `connection_init`: what the reference implementation allows
/// is 3 s, doubled for phones on a train.
pub(super) const INIT_TIMEOUT: Duration = Duration::from_secs(6);

/// How often an idle client is asked whether it is still there: below the 60 s after which proxies
/// cut idle sockets.
pub(super) const PING_EVERY: Duration = Duration::from_secs(25);

/// A client that has not been heard of for this long is gone.
pub(super) const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);

/// Operations open on one socket at a time: a page has a handful.
pub(super) const MAX_OPERATIONS: usize = 64;

/// Who is asking, as `connection_init` says: `{"Authorization": "Bearer …"}`, the field's name in
/// any case.
pub(super) fn viewer_from_payload(
    app: &AppState,
    payload: Option<&Map<String, Value>>,
) -> Result<Option<Viewer>, String> {
    let Some(fields) = payload else { return Ok(None) };
    let authorization = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let header = match authorization {
        None | Some((_, Value::Null)) => None,
        Some((_, Value::String(text))) => Some(text.as_str()),
        Some(_) => return Err("Authorization must be a string".to_owned()),
    };
    app.identity.viewer_from_authorization(header, wall_clock()).map_err(|error| error.to_string())
}
