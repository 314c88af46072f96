//! What the parser does not read as the specification has it, put right before it reads.
//!
//! - Descriptions of operations, fragments and variables, which the specification has since
//!   September 2025, say nothing to an execution. They are blanked out.
//! - Commas mean nothing, and the parser stumbles over some. They are blanked out too.
//! - The parser passes over the name of an argument, or of a field of an input object, that has no
//!   value. That is refused here.

use apollo_parser::{Token, TokenKind};

use super::error::DocumentError;
use super::lexical::{self, Lexed};
use crate::graphql::error::Code;

/// The text with spaces where commas and descriptions were, so that every other place stays where
/// it was.
///
/// # Errors
///
/// If its tokens go beyond a bound ([`lexical`]), or a name stands without its value.
pub(super) fn put_right(text: &str) -> Result<String, DocumentError> {
    let Lexed { tokens, commas } = lexical::read(text)?;
    let mut blanks: Vec<&Token<'_>> = commas.iter().collect();
    let mut brackets = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| tokens[index].kind());
        let after = tokens.get(index + 1);
        match token.kind() {
            TokenKind::LCurly | TokenKind::LParen | TokenKind::LBracket => {
                brackets.push(token.kind());
            }
            TokenKind::RCurly | TokenKind::RParen | TokenKind::RBracket => {
                brackets.pop();
            }
            TokenKind::StringValue if describes(&brackets, before, after) => {
                blanks.push(token);
            }
            TokenKind::Name if lacks_value(&brackets, before, after) => {
                return Err(no_value(text, token));
            }
            _ => {}
        }
    }
    let mut text = text.to_owned();
    // From the end: spaces may be fewer bytes.
    blanks.sort_unstable_by_key(|token| std::cmp::Reverse(token.index()));
    blanks.into_iter().for_each(|token| blank(&mut text, token));
    Ok(text)
}

/// Whether a string between these tokens is a description.
fn describes(brackets: &[TokenKind], before: Option<TokenKind>, after: Option<&Token<'_>>) -> bool {
    match brackets {
        // Before a definition.
        [] => after.is_some_and(|after| {
            matches!(after.data(), "query" | "mutation" | "subscription" | "fragment")
        }),
        // Before a variable's definition, and not the default value of the one before it.
        [TokenKind::LParen] => {
            before != Some(TokenKind::Eq)
                && after.is_some_and(|after| after.kind() == TokenKind::Dollar)
        }
        _ => false,
    }
}

/// Whether a name between these tokens is that of an argument or of an input object's field, and
/// has no value.
fn lacks_value(
    brackets: &[TokenKind],
    before: Option<TokenKind>,
    after: Option<&Token<'_>>,
) -> bool {
    // Within parentheses all braces are those of values.
    let names_values =
        brackets.last() != Some(&TokenKind::LBracket) && brackets.contains(&TokenKind::LParen);
    // These come before values, variables, types and directives.
    let is_other = matches!(
        before,
        Some(TokenKind::Colon | TokenKind::Dollar | TokenKind::At | TokenKind::Eq)
    );
    names_values && !is_other && after.is_some_and(|after| after.kind() != TokenKind::Colon)
}

fn no_value(text: &str, token: &Token<'_>) -> DocumentError {
    let message = format!("syntax error: expected `:` and a value after `{}`", token.data());
    let at = Some(lexical::place(text, token.index()));
    DocumentError::at(Code::GraphqlParseFailed, message, at)
}

fn blank(text: &mut String, token: &Token<'_>) {
    let keeps_lines = |character| if character == '\n' { '\n' } else { ' ' };
    let spaces: String = token.data().chars().map(keeps_lines).collect();
    text.replace_range(token.index()..token.index() + token.data().len(), &spaces);
}

#[cfg(test)]
mod tests {
    fn put_right(text: &str) -> String {
        super::put_right(text).unwrap()
    }

    #[test]
    fn descriptions_are_blanked_out_and_values_are_not() {
        let text = r#"
            "Who"
            query Q("""an
            event""" $a: ID = "x" "b" $b: [ID] = ["y" "z"] @d(c: "w" d: "v")) { a(b: "u", c: $b) }
            "F" fragment F on T { a }"#;
        let expected = r#"
                 
            query Q(     
                     $a: ID = "x"     $b: [ID] = ["y" "z"] @d(c: "w" d: "v")) { a(b: "u"  c: $b) }
                fragment F on T { a }"#;
        assert_eq!(put_right(text), expected);
        assert_eq!(put_right("{ a }"), "{ a }");
        assert_eq!(put_right("{ a(b: \"query\") } \"x\" \"y\""), "{ a(b: \"query\") } \"x\" \"y\"");
        assert_eq!(put_right("\"Ärger\" query { a(b: \"ä\") }"), "        query { a(b: \"ä\") }");
    }

    #[test]
    fn commas_mean_nothing_but_in_strings() {
        assert_eq!(put_right("{ ..., on Q { a(b: \"c,d\", e: [1,2]) , } }"), {
            "{ ...  on Q { a(b: \"c,d\"  e: [1 2])   } }"
        });
    }

    #[test]
    fn names_have_values() {
        for lacking in [
            "{ event(id: \"a\", slug) { id } }",
            "{ event(by id: \"x\") { id } }",
            "{ viewer { id @skip(if: true, not) } }",
            "{ seats(filter: { accessible }) { id } }",
            "query ($a: T = { b }) { c }",
        ] {
            assert!(super::put_right(lacking).is_err(), "{lacking}");
        }
        for whole in [
            "query Q($a: [T!]! = [A, B] @d(e: F)) @g(h: $a) { i: j(k: $a, l: M, n: { o: P }) }",
            "fragment F on T @d(a: B) { c }",
        ] {
            assert!(super::put_right(whole).is_ok(), "{whole}");
        }
    }
}
