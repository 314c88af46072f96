//! Descriptions of operations, fragments and variables, which the specification has since September
//! 2025 and the parser does not know yet. They say nothing to an execution: they are blanked out.

use std::borrow::Cow;

use apollo_parser::{Lexer, Token, TokenKind};

/// The text with spaces where descriptions were, so that every other place stays where it was.
pub(super) fn blanked(text: &str) -> Cow<'_, str> {
    // Most documents have no string at all.
    if !text.contains('"') {
        return Cow::Borrowed(text);
    }
    let is_significant =
        |kind| !matches!(kind, TokenKind::Whitespace | TokenKind::Comment | TokenKind::Comma);
    // What cannot be read ends here; the parser says why.
    let tokens: Vec<_> = Lexer::new(text)
        .map_while(Result::ok)
        .filter(|token| is_significant(token.kind()))
        .collect();
    let (mut brackets, mut described) = (Vec::new(), Vec::new());
    for (index, token) in tokens.iter().enumerate() {
        match token.kind() {
            TokenKind::LCurly | TokenKind::LParen | TokenKind::LBracket => {
                brackets.push(token.kind());
            }
            TokenKind::RCurly | TokenKind::RParen | TokenKind::RBracket => {
                brackets.pop();
            }
            TokenKind::StringValue => {
                let before = index.checked_sub(1).map(|index| tokens[index].kind());
                if describes(&brackets, before, tokens.get(index + 1)) {
                    described.push(token);
                }
            }
            _ => {}
        }
    }
    let mut blanked = Cow::Borrowed(text);
    // From the end: spaces may be fewer bytes.
    described.into_iter().rev().for_each(|token| blank(blanked.to_mut(), token));
    blanked
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

fn blank(text: &mut String, token: &Token<'_>) {
    let keeps_lines = |character| if character == '\n' { '\n' } else { ' ' };
    let spaces: String = token.data().chars().map(keeps_lines).collect();
    text.replace_range(token.index()..token.index() + token.data().len(), &spaces);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_blanked_out_and_values_are_not() {
        let text = r#"
            "Who"
            query Q("""an
            event""" $a: ID = "x" "b" $b: [ID] = ["y" "z"] @d(c: "w" d: "v")) { a(b: "u", c: $b) }
            "F" fragment F on T { a }"#;
        let expected = r#"
                 
            query Q(     
                     $a: ID = "x"     $b: [ID] = ["y" "z"] @d(c: "w" d: "v")) { a(b: "u", c: $b) }
                fragment F on T { a }"#;
        assert_eq!(blanked(text), expected);
        assert_eq!(blanked("{ a }"), "{ a }");
        assert_eq!(
            blanked("{ a(b: \"query\") } \"x\" \"y\" }"),
            "{ a(b: \"query\") } \"x\" \"y\" }"
        );
        assert_eq!(blanked("\"Ärger\" query { a(b: \"ä\") }"), "        query { a(b: \"ä\") }");
    }
}
