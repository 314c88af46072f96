//! How a file's fields are separated, and how its fractions are written: as Excel does it, by the
//! country it is set to.

/// A file's ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// What stands between two fields.
    pub(super) separator: u8,
    /// Whether fractions may have a comma. Not where commas are between fields: a field that has
    /// one is more likely a field that lost its quotation marks.
    pub(super) takes_decimal_commas: bool,
}

/// What may stand between two fields. The first is meant where none is there.
const SEPARATORS: [u8; 3] = *b",;\t";

/// A first line of this and one character says what stands between fields, to Excel.
const SEPARATOR_LINE: &[u8] = b"sep=";

impl Dialect {
    /// The ways of a file, and whether they are said on a line of their own before the header.
    pub(super) fn of(bytes: &[u8]) -> (Self, bool) {
        let header = first_record(bytes);
        match header.split_at_checked(SEPARATOR_LINE.len()) {
            Some((start, [separator])) if start.eq_ignore_ascii_case(SEPARATOR_LINE) => {
                (Self::separated_by(*separator), true)
            }
            _ => (Self::separated_by(most_frequent(header)), false),
        }
    }

    const fn separated_by(separator: u8) -> Self {
        Self { separator, takes_decimal_commas: separator != b',' }
    }
}

/// The first line that has something, without its end; with the line breaks that are quoted.
fn first_record(bytes: &[u8]) -> &[u8] {
    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let start = bytes.iter().position(|byte| !is_end(byte)).unwrap_or(bytes.len());
    let rest = &bytes[start..];
    let mut is_quoted = false;
    let end = rest.iter().position(|byte| {
        is_quoted ^= *byte == b'"';
        !is_quoted && is_end(byte)
    });
    &rest[..end.unwrap_or(rest.len())]
}

fn most_frequent(header: &[u8]) -> u8 {
    let count = |separator: u8| {
        let mut is_quoted = false;
        let counts = header.iter().filter(|byte| {
            is_quoted ^= **byte == b'"';
            !is_quoted && **byte == separator
        });
        counts.count()
    };
    let [first, others @ ..] = SEPARATORS;
    others.into_iter().fold(first, |best, it| if count(it) > count(best) { it } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_says_what_separates_fields() {
        for (file, separator, is_said) in [
            ("section,row,number\n", b',', false),
            ("section;row;number\r\n1,2;3;4", b';', false),
            ("section\trow\tnumber", b'\t', false),
            ("\r\n\"a,b,c,d\";row;number\n", b';', false),
            ("\"a\n,,,\";row\n", b';', false),
            ("section", b',', false),
            ("", b',', false),
            ("sep=;\r\nsection,row", b';', true),
            ("SEP=\t\nsection", b'\t', true),
        ] {
            let found = Dialect::of(file.as_bytes());
            assert_eq!(found, (Dialect::separated_by(separator), is_said), "{file:?}");
        }
    }
}
