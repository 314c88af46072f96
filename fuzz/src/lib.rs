//! What reads strangers' texts: each function takes any text at all, or any bytes, and panics if
//! what it calls breaks its promise.
//!
//! The fuzzer calls them from `src/bin`, and `tests/arena/fuzz.rs` with drawn texts.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use grand_arena::clock::wall_clock;
use grand_arena::domain::{EventId, ViewerId};
use grand_arena::graphql::document::DocumentReader;
use grand_arena::graphql::ids::AnyId;
use grand_arena::graphql::paging::{
    AUDIT_LOG, ConnectionOf, Cursor, EVENTS, ORDERS, PageBounds, SEATS,
};
use grand_arena::http::{ClientMessage, FrameReader, Incoming, Violation};
use grand_arena::identity::Identity;
use grand_arena::store::reads::OrderCursor;
use serde_json::{Value, json};

static READER: LazyLock<DocumentReader> = LazyLock::new(|| {
    DocumentReader::new(&grand_arena::graphql::sdl()).expect("the schema is valid")
});

static IDENTITY: LazyLock<Identity> = LazyLock::new(|| {
    Identity::from_secret(b"a secret of a fuzzer that has at least 32 bytes").expect("long enough")
});

/// A document is read, and its only operation prepared; or it is refused for a few reasons.
pub fn document(text: &str) {
    match READER.read(text) {
        // It may need a name, or variables.
        Ok(document) => drop(READER.operation(&document, None, Default::default())),
        Err(reasons) => assert!((1..=20).contains(&reasons.len()), "{reasons:?}"),
    }
}

/// What a text names has that text for its one id.
pub fn id(text: &str) {
    if let Some(id) = AnyId::decode(text) {
        assert_eq!(id.encode().0, text, "one of several ids of {id:?}");
    }
}

/// A cursor that is taken says the same after it was given out again.
pub fn cursor(text: &str) {
    cursor_of::<(DateTime<Utc>, EventId)>(EVENTS, text);
    cursor_of::<i32>(SEATS, text);
    cursor_of::<i64>(AUDIT_LOG, text);
    cursor_of::<OrderCursor>(ORDERS, text);
}

fn cursor_of<C: Cursor>(bounds: PageBounds, text: &str) {
    let read = |text: &str| {
        let page = bounds.request::<C>(None, Some(text)).ok()?;
        page.after().map(|position| (page, position))
    };
    let Some((page, position)) = read(text) else { return };
    let given: ConnectionOf<bool> = page.connection(vec![()], |()| (position, true));
    let given = given.edges[0].cursor.clone();
    let (_, again) = read(&given).expect("we gave it out");
    assert_eq!(again.numbers(), position.numbers());
}

/// No text is a token but one that was signed; that names whom it was signed for, until one
/// character of it is another.
pub fn token(text: &str) {
    let now = wall_clock();
    let viewer = |token: &str| {
        let viewer = IDENTITY.viewer_from_authorization(Some(&format!("Bearer {token}")), now);
        viewer.ok().flatten()
    };
    assert!(viewer(text).is_none(), "{text:?} was not signed");
    let Ok(user) = ViewerId::new(text) else { return };
    let hour = std::time::Duration::from_secs(3_600);
    let Ok((token, _)) = IDENTITY.sign(&user, &[], now, hour) else { return };
    assert_eq!(viewer(&token).map(|viewer| viewer.id), Some(user));
    let place = text.bytes().fold(7_usize, |sum, byte| sum * 31 % 65_521 + usize::from(byte));
    let mut forged = token.into_bytes();
    let place = place % forged.len();
    forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).expect("tokens are ASCII");
    assert!(viewer(&forged).is_none(), "{forged} was forged");
}

/// A message that is read says the same after it was written again.
pub fn ws_message(text: &str) {
    let Ok(message) = ClientMessage::read(text) else { return };
    let mut written = match &message {
        ClientMessage::ConnectionInit { payload } => {
            json!({ "type": "connection_init", "payload": payload })
        }
        ClientMessage::Subscribe { id, payload } => {
            json!({ "type": "subscribe", "id": id, "payload": payload })
        }
        ClientMessage::Complete { id } => json!({ "type": "complete", "id": id }),
        ClientMessage::Ping { payload } => json!({ "type": "ping", "payload": payload }),
        ClientMessage::Pong { payload } => json!({ "type": "pong", "payload": payload }),
    };
    // The reader takes numbers with a fraction to the nearest but one.
    if has_fraction(&written) {
        written["payload"] = json!({});
        assert!(ClientMessage::read(&written.to_string()).is_ok(), "{text:?}");
    } else {
        assert_eq!(ClientMessage::read(&written.to_string()).as_ref(), Ok(&message), "{text:?}");
    }
}

/// What is read of a WebSocket's bytes is the same whatever pieces they come in, and no more of it
/// is kept than may be.
pub fn ws_frames(bytes: &[u8]) {
    const LIMIT: usize = 4096;
    let read = |pieces: std::slice::Chunks<u8>, may_be_compressed: bool| {
        let mut reader = FrameReader::new(LIMIT, may_be_compressed);
        let mut all = Vec::<Result<Incoming, Violation>>::new();
        for mut come in pieces {
            while !matches!(all.last(), Some(Err(_))) {
                let Some(read) = reader.read(&mut come).transpose() else { break };
                all.push(read);
            }
            assert!(reader.kept() <= 2 * LIMIT);
        }
        all
    };
    for may_be_compressed in [false, true] {
        let whole = read(bytes.chunks(bytes.len().max(1)), may_be_compressed);
        for piece in [1, 5] {
            assert_eq!(read(bytes.chunks(piece), may_be_compressed), whole, "{bytes:x?}");
        }
        for incoming in whole.iter().flatten() {
            match incoming {
                Incoming::Text(text) => assert!(text.len() <= LIMIT),
                Incoming::Binary(bytes) => assert!(bytes.len() <= LIMIT),
                Incoming::Ping(bytes) => assert!(bytes.len() <= 125),
                Incoming::Pong | Incoming::Close(_) => {}
            }
        }
    }
}

fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(values) => values.iter().any(has_fraction),
        Value::Object(fields) => fields.values().any(has_fraction),
        _ => false,
    }
}
