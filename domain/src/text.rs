//! What text of people and programs may hold: names, references, keys, ids of viewers.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

/// What no text may hold, in words for messages.
pub const TEXT_RULE: &str = "no control characters, nor such as turn the direction of writing";

/// Whether a character must not be in a name or a reference.
///
/// Control characters, because PostgreSQL cannot store one of them (NUL) and the others garble
/// tickets, logs and terminals. Those that turn the direction of writing, because with them a text
/// reads as another one: Unicode's property `Bidi_Control`.
#[must_use]
pub fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

/// Whether a character is not seen, and nothing is written with it: soft hyphens, spaces without
/// width, fillers. Unicode's property `Default_Ignorable_Code_Point`, but for what [`joins`] and
/// what [`is_control`].
#[must_use]
pub fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e00ff}'
            | '\u{e01f0}'..='\u{e0fff}'
    )
}

/// Whether a character is not seen itself and says how those beside it are written: joiners, and
/// selectors of a variant.
#[must_use]
pub fn joins(character: char) -> bool {
    matches!(
        character,
        '\u{180b}'..='\u{180d}'
            | '\u{180f}'
            | '\u{200c}'..='\u{200d}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

/// Whether the text has 1 to `max_chars` characters, and none that [`is_control`].
pub(crate) fn is_plain(text: &str, max_chars: usize) -> bool {
    has_length(text, max_chars) && !text.contains(is_control)
}

/// Whether the text has 1 to `max_chars` characters.
pub(crate) fn has_length(text: &str, max_chars: usize) -> bool {
    !text.is_empty() && text.chars().count() <= max_chars
}

/// The text in Unicode's normal form C, in which what looks the same and means the same has one
/// spelling. Nearly every text is in it already.
pub(crate) fn nfc(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(text.nfc().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_the_direction_of_writing_is_refused_and_what_is_written_in_it_is_not() {
        let turning = ['\u{61c}', '\u{200e}', '\u{200f}']
            .into_iter()
            .chain('\u{202a}'..='\u{202e}')
            .chain('\u{2066}'..='\u{2069}');
        for character in turning {
            assert!(!is_plain(&format!("Row {character}1"), 64), "{character:?}");
        }
        for good in ["שורה 1", "صف ١", "Zoë 日本", "👩\u{200d}🎤", "a\u{2060}b"] {
            assert!(is_plain(good, 64), "{good:?}");
        }
        for bad in ["", "a\0", "a\nb", "\u{85}", &"é".repeat(65)] {
            assert!(!is_plain(bad, 64), "{bad:?}");
        }
    }

    #[test]
    fn two_spellings_of_one_text_have_one_normal_form() {
        for (spelled, normal) in [
            ("alice", "alice"),
            ("Zoe\u{308}", "Zoë"),
            ("Zoë", "Zoë"),
            ("\u{212b}", "Å"),
            ("e\u{323}\u{302}", "ệ"),
            ("e\u{302}\u{323}", "ệ"),
            ("\u{ff21}", "\u{ff21}"),
        ] {
            assert_eq!(nfc(spelled), normal, "{spelled:?}");
        }
    }
}
