//! Names of contents, by which clients ask whether they have them already.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::http::{HeaderMap, HeaderValue, header};

/// The tag of a content. Weak, since it stands for the compressed forms as well. The same content
/// has the same tag on every server.
pub(super) fn tag_of(content: &[u8]) -> HeaderValue {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    let tag = format!("W/\"{:016x}\"", hasher.finish());
    // It is made of what a header may have.
    HeaderValue::from_str(&tag).unwrap_or_else(|_| HeaderValue::from_static("W/\"\""))
}

/// Whether the client has this content already.
pub(super) fn has_tag(asked: &HeaderMap, tag: &str) -> bool {
    let values =
        asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    // Compared weakly, as RFC 9110 wants it here.
    let strong = tag.trim_start_matches("W/");
    let mut tags = values.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|known| known == "*" || known.trim_start_matches("W/") == strong)
}
