//! The first look at a document: one pass over its text, before anything parses it.
//!
//! What comes after it recurses into brackets, and takes memory for each token. So their numbers
//! are bounded here, and brackets have to pair. The pass ends at the first excess, whatever
//! follows.
//!
//! Spaces, comments and commas mean nothing and are no tokens; the size of the text bounds them.
//!
//! Deliberately absent: what depends on fragments. `limits` counts that once it is parsed.

use apollo_parser::{Lexer, Token, TokenKind};
use async_graphql::Pos;

use super::error::DocumentError;
use crate::graphql::error::Code;

/// The text of a document: a client's whole file of operations has a few kilobytes.
pub const MAX_DOCUMENT_BYTES: usize = 32 * 1024;

/// Brackets of any kind within one another, in a document or in JSON: keeps what reads them from
/// running out of stack. Fields are nested 15 deep, and input values 4.
pub const MAX_NESTING: usize = 64;

/// Names, values and signs of a document: the largest file of operations that we know has 500.
const MAX_TOKENS: usize = 4_000;

/// Bytes of a name. It is repeated in answers and in what is kept of a document.
pub(super) const MAX_NAME_BYTES: usize = 128;

/// Arguments of a field or a directive: ours have 4.
const MAX_ARGUMENTS: usize = 32;

/// Variables of an operation: ours have 4. Each use is looked up among them.
const MAX_VARIABLES: usize = 64;

/// Directives of a field, a fragment or a definition: there are `@skip` and `@include`.
const MAX_DIRECTIVES_OF_ONE: usize = 8;

/// Directives of a document, each of which may have to be decided for every request.
const MAX_DIRECTIVES: usize = 50;

/// The tokens of a document whose brackets pair.
#[derive(Debug)]
pub(super) struct Lexed<'a> {
    /// What means something.
    pub(super) tokens: Vec<Token<'a>>,
    /// The commas between.
    pub(super) commas: Vec<Token<'a>>,
}

/// Reads the tokens of a document.
///
/// # Errors
///
/// If it goes beyond a bound, has what is no token, or brackets that do not pair.
pub(super) fn read(text: &str) -> Result<Lexed<'_>, DocumentError> {
    if text.len() > MAX_DOCUMENT_BYTES {
        let (found, most) = (text.len(), MAX_DOCUMENT_BYTES);
        return Err(DocumentError::excess(found, most, "bytes in a document", None));
    }
    let (tokens, commas) = Default::default();
    let mut pass = Pass { lexed: Lexed { tokens, commas }, places: vec![], directives: 0 };
    pass.places.push(Place::within(TokenKind::Eof));
    let mut end = 0;
    for token in Lexer::new(text) {
        let token = token.map_err(|error| broken(error.message(), text, end))?;
        end = token.index() + token.data().len();
        match token.kind() {
            TokenKind::Whitespace | TokenKind::Comment | TokenKind::Eof => {}
            TokenKind::Comma => pass.lexed.commas.push(token),
            _ => pass.take(token).map_err(|refused| refused.told_of(text))?,
        }
    }
    match pass.place().opened {
        TokenKind::Eof => Ok(pass.lexed),
        opened => Err(Refused::Unpaired { opened, index: end }.told_of(text)),
    }
}

fn broken(message: &str, text: &str, index: usize) -> DocumentError {
    let message = format!("syntax error: {message}");
    DocumentError::at(Code::GraphqlParseFailed, message, Some(place(text, index)))
}

/// Where a token of a text is.
pub(super) fn place(text: &str, index: usize) -> Pos {
    let before = &text[..index];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
    Pos { line, column }
}

struct Pass<'a> {
    lexed: Lexed<'a>,
    /// The brackets around, outermost first; before them what is in none.
    places: Vec<Place>,
    directives: usize,
}

/// What was found directly within a bracket.
struct Place {
    opened: TokenKind,
    arguments: usize,
    variables: usize,
    /// Directives in a row, each with its arguments.
    directives: usize,
}

/// Why a token is refused.
enum Refused {
    Excess { found: usize, most: usize, what: &'static str, index: usize },
    Unpaired { opened: TokenKind, index: usize },
}

impl Refused {
    fn told_of(self, text: &str) -> DocumentError {
        match self {
            Self::Excess { found, most, what, index } => {
                DocumentError::excess(found, most, what, Some(place(text, index)))
            }
            Self::Unpaired { opened, index } => {
                let message = match opened {
                    TokenKind::LCurly => "expected `}`",
                    TokenKind::LParen => "expected `)`",
                    TokenKind::LBracket => "expected `]`",
                    _ => "a bracket is closed that was not opened",
                };
                broken(message, text, index)
            }
        }
    }
}

impl Place {
    fn within(opened: TokenKind) -> Self {
        Self { opened, arguments: 0, variables: 0, directives: 0 }
    }
}

impl<'a> Pass<'a> {
    fn take(&mut self, token: Token<'a>) -> Result<(), Refused> {
        let index = token.index();
        let excess = |found, most, what| {
            if found <= most { Ok(()) } else { Err(Refused::Excess { found, most, what, index }) }
        };
        let nesting = self.places.len();
        let before = self.lexed.tokens.last().map(Token::kind);
        let place = self.place();
        if !continues_directives(token.kind(), before) {
            place.directives = 0;
        }
        match token.kind() {
            TokenKind::Name => excess(token.data().len(), MAX_NAME_BYTES, "bytes in a name")?,
            TokenKind::At => {
                place.directives += 1;
                excess(place.directives, MAX_DIRECTIVES_OF_ONE, "directives of one thing")?;
                self.directives += 1;
                excess(self.directives, MAX_DIRECTIVES, "directives in a document")?;
            }
            TokenKind::Colon if place.opened == TokenKind::LParen => {
                // Whatever is named in parentheses: `$name:` or `name:`.
                let name_is_of = self.lexed.tokens.iter().nth_back(1).map(Token::kind);
                let place = self.place();
                if name_is_of == Some(TokenKind::Dollar) {
                    place.variables += 1;
                    excess(place.variables, MAX_VARIABLES, "variables of an operation")?;
                } else {
                    place.arguments += 1;
                    excess(place.arguments, MAX_ARGUMENTS, "arguments of a field or directive")?;
                }
            }
            opened @ (TokenKind::LCurly | TokenKind::LParen | TokenKind::LBracket) => {
                excess(nesting, MAX_NESTING, "brackets within one another")?;
                self.places.push(Place::within(opened));
            }
            closed @ (TokenKind::RCurly | TokenKind::RParen | TokenKind::RBracket) => {
                if closes(place.opened) != Some(closed) {
                    return Err(Refused::Unpaired { opened: place.opened, index });
                }
                self.places.pop();
            }
            _ => {}
        }
        self.lexed.tokens.push(token);
        excess(self.lexed.tokens.len(), MAX_TOKENS, "tokens in a document")
    }

    /// Where the next token stands.
    fn place(&mut self) -> &mut Place {
        self.places.last_mut().expect("what is in no bracket is never closed")
    }
}

/// Whether directives in a row go on with this token: an at sign, its name, its arguments.
fn continues_directives(kind: TokenKind, before: Option<TokenKind>) -> bool {
    match kind {
        TokenKind::At | TokenKind::LParen => true,
        TokenKind::Name => before == Some(TokenKind::At),
        _ => false,
    }
}

/// What closes a bracket; nothing, if it is none.
fn closes(opened: TokenKind) -> Option<TokenKind> {
    match opened {
        TokenKind::LCurly => Some(TokenKind::RCurly),
        TokenKind::LParen => Some(TokenKind::RParen),
        TokenKind::LBracket => Some(TokenKind::RBracket),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests;
