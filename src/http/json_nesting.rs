//! How deep JSON is nested: looked at before anything reads it, since that recurses.
//!
//! The reader has a bound of its own, of 128. What walks over values after it, here and in the
//! libraries, has this one.

use memchr::memchr2;

use crate::graphql::document::MAX_NESTING;

/// JSON whose brackets are more than [`MAX_NESTING`] within one another.
#[derive(Debug, thiserror::Error)]
#[error("at most {MAX_NESTING} brackets within one another are allowed")]
pub(super) struct TooDeep;

/// Refuses JSON that is too deep. What is no JSON may pass: its reader refuses it where it ends to
/// be JSON, and looks no further.
pub(super) fn check(json: &[u8]) -> Result<(), TooDeep> {
    if is_shallow(json) { Ok(()) } else { Err(TooDeep) }
}

fn is_shallow(json: &[u8]) -> bool {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = json.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' if depth == MAX_NESTING => return false,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => at = end_of_string(json, at),
            _ => {}
        }
    }
    true
}

/// What follows a string that begins here, or the end of all.
fn end_of_string(json: &[u8], mut at: usize) -> usize {
    while let Some(found) = json.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found + 1;
        if json[at - 1] == b'"' {
            return at;
        }
        // Whatever follows a backslash ends nothing.
        at += 1;
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn brackets_of_both_kinds_count_and_those_in_strings_do_not() {
        let nested = |open: &str, inner: &str, close: &str, depth: usize| {
            [&*open.repeat(depth), inner, &*close.repeat(depth)].concat()
        };
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[[1],", "]")] {
            assert!(is_shallow(nested(open, "1", close, 63).as_bytes()), "{open}");
            assert!(!is_shallow(nested(open, "[1]", close, 64).as_bytes()), "{open}");
        }
        for inner in [r#""[[[""#, r#""\"[[[""#, r#""\\",[1],"\\\"[""#] {
            assert!(is_shallow(nested("[", inner, "]", 63).as_bytes()), "{inner}");
        }
        assert!(!is_shallow(nested("[", r#""\\",[1]"#, "]", 64).as_bytes()));
    }

    /// Any JSON that nests, with texts that look as if they did.
    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!(null)),
            Just(json!(1.5)),
            r#"[\[{\\"é}\]]{0,6}"#.prop_map(Value::from)
        ];
        let inner = leaf.prop_recursive(6, 60, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(r#"[\[{\\"]{0,3}"#, inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        });
        (inner, 55_usize..70).prop_map(|(inner, around)| {
            (0..around).fold(inner, |inner, level| match level % 2 {
                0 => json!([inner]),
                _ => json!({ "a": inner }),
            })
        })
    }

    fn depth(value: &Value) -> usize {
        match value {
            Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or(0),
            Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
            _ => 0,
        }
    }

    proptest! {
        #[test]
        fn what_passes_is_as_deep_as_its_values_say(json in any_json()) {
            prop_assert_eq!(is_shallow(json.to_string().as_bytes()), depth(&json) <= MAX_NESTING);
        }

        #[test]
        fn bytes_that_are_no_json_are_looked_at_as_well(
            bytes in prop::collection::vec(prop::sample::select(&b"[]{}\"\\a\xff"[..]), 0..300),
        ) {
            // A reader goes no deeper than where its text is no JSON any more.
            if !is_shallow(&bytes) {
                let opened = bytes.iter().filter(|byte| b"[{".contains(byte)).count();
                prop_assert!(opened > MAX_NESTING);
            }
        }
    }
}
