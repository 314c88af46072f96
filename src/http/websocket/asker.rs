//! Who is asking over a socket.

use serde_json::{Map, Value};

use crate::clock::wall_clock;
use crate::http::app::App;
use crate::identity::Asker;

/// Who is asking, as `connection_init` says: `{"Authorization": "Bearer …"}`, the field's name in
/// any case. Where it says nothing, who has asked for the socket.
pub(super) fn asker_from_payload(
    app: &App,
    payload: Option<&Map<String, Value>>,
    from_upgrade: Asker,
) -> Result<Asker, String> {
    let authorization = payload
        .and_then(|all| all.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization")));
    let header = match authorization {
        None | Some((_, Value::Null)) => return Ok(from_upgrade),
        Some((_, Value::String(text))) => Some(text.as_str()),
        Some(_) => return Err("Authorization must be a string".to_owned()),
    };
    let viewer = app.identity.viewer_from_authorization(header, wall_clock());
    let viewer = viewer.map_err(|error| error.to_string())?;
    Ok(Asker { viewer, ..from_upgrade })
}
