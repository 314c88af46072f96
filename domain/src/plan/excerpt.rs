//! What an error repeats of a refused value.

use std::fmt;

/// Characters of a refused value that an error repeats: enough to recognise it, too few to flood a
/// log.
pub(super) const EXCERPT_CHARS: usize = 40;

/// The beginning of a refused value, quoted and escaped. So an error can repeat what somebody sent,
/// and neither a megabyte of it nor a terminal's escape codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt(String);

impl Excerpt {
    /// The first 40 characters of the text, and a sign that more follows.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut characters = text.chars();
        let mut excerpt: String = characters.by_ref().take(EXCERPT_CHARS).collect();
        if characters.next().is_some() {
            excerpt.push('…');
        }
        Self(excerpt)
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Debug quotes and escapes.
        write!(f, "{:?}", self.0)
    }
}
