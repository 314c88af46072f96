//! The bounds, each at its edge; and whatever else somebody may send.

use apollo_parser::T;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn message(text: &str) -> Option<String> {
    read(text).err().map(|refused| refused.into_server_error().message)
}

/// What it is of, a document with so many of it, and how many there may be.
type Bound<'a> = (&'a str, &'a dyn Fn(usize) -> String, usize);

#[test]
fn each_bound_is_reached_and_not_passed() {
    let arguments = |n: usize| format!("{{ a({}) }}", "b: $c ".repeat(n));
    let variables = |n: usize| format!("query ({}) {{ a }}", "$b: [C!] = [1] @d(e: 2) ".repeat(n));
    let directives = |n: usize| format!("{{ a(b: 1) {} {{ c }} }}", "@d(e: [f]) ".repeat(n));
    let spread = |n: usize| format!("{{ {} ...A @b }}", "...A @b @c ".repeat((n - 1) / 2));
    let brackets = |n: usize| format!("{{ a(b: {}{}) }}", "[".repeat(n - 2), "]".repeat(n - 2));
    let types = |n: usize| format!("query ($a: {}B{})", "[".repeat(n - 1), "]!".repeat(n - 1));
    let tokens = |n: usize| format!("{{ {} }}", "a, # [\n".repeat(n - 2));
    let name = |n: usize| "a".repeat(n);
    let bytes = |n: usize| format!("#{}\n{{ a }}", "é".repeat(16_000)) + &" ".repeat(n - 32_007);
    let bounds: [Bound<'_>; 9] = [
        ("32 arguments of a field or directive", &arguments, 32),
        ("8 directives of one thing", &directives, 8),
        ("64 brackets within one another", &brackets, 64),
        ("64 brackets within one another", &types, 64),
        ("4000 tokens in a document", &tokens, 4_000),
        ("128 bytes in a name", &name, 128),
        ("32768 bytes in a document", &bytes, 32_768),
        ("64 variables of an operation", &|n| variables(n).replace("@d(e: 2)", ""), 64),
        ("50 directives in a document", &|n| spread(n - 1 + n % 2), 50),
    ];
    for (what, document, most) in bounds {
        let most_allowed = document(most);
        assert_eq!(message(&most_allowed), None, "{what}");
        let refused = message(&document(most + 1)).unwrap_or_else(|| panic!("{what}"));
        assert!(refused.starts_with(&format!("at most {what} are allowed, and here")), "{refused}");
    }
    assert_eq!(message(&variables(50)), None, "directives apart");
    assert_eq!(message("{ a @b @c @d @e a @b @c @d @e ...f @b @c @d @e ...f @b @c @d @e }"), None);
}

#[test]
fn brackets_pair() {
    for (text, expected) in [
        ("{ a", "syntax error: expected `}`"),
        ("{ a(b: [c }", "syntax error: expected `]`"),
        ("{ a(b: c] }", "syntax error: expected `)`"),
        ("{ a } }", "syntax error: a bracket is closed that was not opened"),
    ] {
        assert_eq!(message(text).as_deref(), Some(expected), "{text}");
    }
    for text in ["{ a(b: \"[[\") }", "{ a # {{\n }", "{ a(b: \"\"\"[ \\\"\"\" { \"\"\") }", ""] {
        assert_eq!(message(text), None, "{text}");
    }
}

#[test]
fn what_is_refused_is_refused_where_it_stands() {
    let at = |text: &str| read(text).unwrap_err().into_server_error().locations;
    assert_eq!(at("{ # é\n  b(c: ?) }"), [Pos { line: 2, column: 8 }]);
    let deep = format!("{{\n a(b: {}", "[".repeat(70));
    assert_eq!(at(&deep), [Pos { line: 2, column: 7 + 62 }]);
}

/// How many there are of everything that is bounded.
#[derive(Clone, Debug)]
struct Numbers {
    name: usize,
    arguments: usize,
    variables: usize,
    /// Of each of several fields.
    directives: Vec<usize>,
    /// Brackets of an argument's value, and those of one of a variable's type.
    nesting: [usize; 2],
    fields: usize,
    comment: usize,
}

/// Mostly few; else more or less as many as there may be.
fn about(most: usize) -> impl Strategy<Value = usize> {
    prop_oneof![6 => 1..4_usize, 2 => most - 2..most + 3, 1 => 1..most * 2]
}

fn numbers() -> impl Strategy<Value = Numbers> {
    let nesting = [about(MAX_NESTING), about(MAX_NESTING)];
    let directives = vec(about(MAX_DIRECTIVES_OF_ONE), 0..9);
    let names = (about(MAX_NAME_BYTES), about(MAX_ARGUMENTS), about(MAX_VARIABLES));
    let sizes = (about(MAX_TOKENS), about(MAX_DOCUMENT_BYTES));
    (names, directives, nesting, sizes).prop_map(|(names, directives, nesting, sizes)| {
        let ((name, arguments, variables), (fields, comment)) = (names, sizes);
        Numbers { name, arguments, variables, directives, nesting, fields, comment }
    })
}

impl Numbers {
    fn tokens(&self) -> Vec<String> {
        let mut all = vec!["query".to_owned(), "n".repeat(self.name), "(".to_owned()];
        let mut write = |words: &str| all.extend(words.split(' ').map(str::to_owned));
        for _ in 0..self.variables {
            write("$ v : T = { a : 1 }");
        }
        write("$ w :");
        (0..self.nesting[0]).for_each(|_| write("["));
        write("T");
        (0..self.nesting[0]).for_each(|_| write("] !"));
        write(") { f (");
        for _ in 0..self.arguments {
            write("a : $ v");
        }
        write(")");
        for directives in &self.directives {
            (0..*directives).for_each(|_| write("@ d ( a : { b : 1 } )"));
            write("g");
        }
        write("h ( a :");
        (0..self.nesting[1]).for_each(|_| write("{ b : ["));
        (0..self.nesting[1]).for_each(|_| write("] }"));
        write(")");
        (0..self.fields).for_each(|_| write("x"));
        write("}");
        all
    }

    /// The text, and whether it keeps all bounds.
    fn document(&self) -> (String, bool) {
        let tokens = self.tokens();
        let mut text = format!("#{}\n", "#".repeat(self.comment));
        for (number, token) in tokens.iter().enumerate() {
            text += token;
            text += [" ", "\n", ", ", " # {[(\n"][number % 61 % 4];
        }
        let keeps = text.len() <= MAX_DOCUMENT_BYTES
            && tokens.len() <= MAX_TOKENS
            && self.name <= MAX_NAME_BYTES
            && self.arguments <= MAX_ARGUMENTS
            && self.variables < MAX_VARIABLES
            && self.nesting[0] < MAX_NESTING
            && self.nesting[1] * 2 + 2 <= MAX_NESTING
            && self.directives.iter().all(|directives| *directives <= MAX_DIRECTIVES_OF_ONE)
            && self.directives.iter().sum::<usize>() <= MAX_DIRECTIVES;
        (text, keeps)
    }
}

/// Texts of what documents are made of, and of what breaks readers.
pub(in crate::graphql::document) fn any_text() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "$",
        "a",
        ":",
        "!",
        "=",
        "@",
        "|",
        "&",
        "...",
        ".",
        ",",
        " ",
        "\n",
        "\r",
        "\t",
        "#",
        "\"",
        "\"\"\"",
        "\\",
        "\\u",
        "\\u{1F4BA}",
        "\\uD83D",
        "0",
        "-1",
        "1.5e3",
        "é",
        "💺",
        "\u{feff}",
        "\u{202e}",
        "\0",
        "query",
        "fragment",
        "on",
        "viewer",
        "id",
        "event(id: 1) {",
        "... on Query {",
        "subscription",
        "null",
        "true",
        "@skip(if: $a)",
    ];
    let pieces = vec(select(PIECES), 0..120).prop_map(|pieces| pieces.concat());
    let truncated = (numbers(), any::<prop::sample::Index>()).prop_map(|(numbers, at)| {
        let (mut text, _) = numbers.document();
        text.truncate(at.index(text.len()));
        text
    });
    prop_oneof![4 => pieces, 1 => truncated, 1 => any::<String>()]
}

proptest! {
    #[test]
    fn what_passes_keeps_all_bounds_and_what_is_refused_breaks_one(numbers in numbers()) {
        let (text, keeps) = numbers.document();
        let told = message(&text);
        prop_assert_eq!(told.is_none(), keeps, "{:?}", told);
        if let Ok(lexed) = read(&text) {
            let read: Vec<_> = lexed.tokens.iter().map(Token::data).collect();
            prop_assert_eq!(read, numbers.tokens());
        }
    }

    #[test]
    fn whatever_is_sent_is_read_or_refused(text in any_text()) {
        if let Ok(lexed) = read(&text) {
            let signs = |signs: &[TokenKind]| {
                lexed.tokens.iter().filter(|token| signs.contains(&token.kind())).count()
            };
            prop_assert!(text.len() <= MAX_DOCUMENT_BYTES && lexed.tokens.len() <= MAX_TOKENS);
            let opened = signs(&[T!['{'], T!['('], T!['[']]);
            prop_assert_eq!(opened, signs(&[T!['}'], T![')'], T![']']]));
            prop_assert!(signs(&[T![@]]) <= MAX_DIRECTIVES);
        }
    }
}
