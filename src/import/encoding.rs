//! What a file's bytes are, before anything is read from them.

use super::error::ImportError;

/// The bytes without a byte order mark.
///
/// # Errors
/// If they are no UTF-8 for sure: what it is instead, in words for the person who mends it.
pub(super) fn text_of(bytes: &[u8]) -> Result<&[u8], ImportError> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Ok(rest),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, 0, _, ..] | [_, 0, _, 0, ..] => {
            Err(ImportError::Utf16)
        }
        // A workbook of today, which is an archive, and one of before 2007.
        [b'P', b'K', 3, 4, ..] | [0xd0, 0xcf, 0x11, 0xe0, ..] => Err(ImportError::Workbook),
        _ => Ok(bytes),
    }
}

/// Whether it is JSON: a venue is an object.
pub(super) fn is_json(text: &[u8]) -> bool {
    text.trim_ascii_start().starts_with(b"{")
}
