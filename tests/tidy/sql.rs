//! The numbers of statuses, causes and confirmers stand in one place, the enums of `domain`. SQL is
//! made from them.

use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};

use crate::sources::{files, none, read};

/// Ran on every database before the enums had their numbers; never changes.
const BEFORE_THE_RULE: &str = "migration/src/m0001_initial.rs";

/// The columns that hold such numbers.
const COLUMNS: [&str; 3] = ["status", "cause", "confirmed_by"];

#[test]
fn no_sql_has_a_number_that_an_enum_stands_for() {
    let mut broken = Vec::new();
    for path in files(&["rs"]).iter().filter(|path| *path != Path::new(BEFORE_THE_RULE)) {
        let tokens: TokenStream = read(path).parse().unwrap();
        let mut texts = Vec::new();
        collect_texts(tokens, &mut texts);
        for (line, text) in texts {
            let found = number_in(&text).or_else(|| fallback_in(&text));
            broken.extend(found.map(|found| format!("{}:{line}: {found}", path.display())));
        }
    }
    none("SQL takes these numbers from the enums of domain, and no ELSE makes one:", &broken);
}

/// Every string literal with the line that it begins on, also within macros.
fn collect_texts(tokens: TokenStream, texts: &mut Vec<(usize, String)>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect_texts(group.stream(), texts),
            TokenTree::Literal(literal) => {
                let line = literal.span().start().line;
                if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                    texts.push((line, text.value()));
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

fn is_column(word: &str) -> bool {
    let name = word.rsplit('.').next().unwrap_or_default();
    COLUMNS.iter().any(|column| name.eq_ignore_ascii_case(column))
}

/// The first ELSE in a text about such a column that a new number could fall into.
fn fallback_in(text: &str) -> Option<String> {
    let words = words(text);
    let starts = words.iter().position(|word| word == "CASE")?;
    let at = starts + words[starts..].iter().position(|word| word == "ELSE")?;
    // A constraint refuses by it what it does not know.
    let refuses = words.get(at + 1).is_some_and(|word| word.eq_ignore_ascii_case("false"));
    let is_about_it = words[starts..at].iter().any(|word| is_column(word));
    (is_about_it && !refuses)
        .then(|| words[at..].iter().take(2).cloned().collect::<Vec<_>>())
        .map(|words| words.join(" "))
}

/// The first place in a text where such a column meets a number, as SQL would say it.
fn number_in(text: &str) -> Option<String> {
    let words = words(text);
    let is_number = |word: &str| word.chars().all(|c| c.is_ascii_digit());
    let is_between = |word: &str| {
        ["=", "<>", "!=", "<", ">", "<=", ">=", "(", "IN", "NOT", "ANY", "WHEN", "THEN"]
            .contains(&word)
    };
    for (index, word) in words.iter().enumerate().filter(|(_, word)| is_column(word)) {
        let next = words[index + 1..].iter().find(|word| !is_between(word));
        // Directly after the column a number is a position or an argument, not a value.
        let compares = words.get(index + 1).is_some_and(|word| is_between(word) && *word != "(");
        if compares && next.is_some_and(|word| is_number(word)) {
            return Some(format!("{word} {} {}", words[index + 1], next?));
        }
        let before = index.checked_sub(2).map(|start| &words[start..index]);
        if let Some([number, sign]) = before
            && is_number(number)
            && ["=", "<>", "!="].contains(&sign.as_str())
        {
            return Some(format!("{number} {sign} {word}"));
        }
    }
    None
}

/// Names, numbers, and the signs between them. What is filled in (`{…}`) is no number.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let is_name = |c: char| c.is_alphanumeric() || "_.$".contains(c);
    let is_operator = |c: char| "<>=!".contains(c);
    let mut before: Option<char> = None;
    for c in text.chars() {
        let goes_on = before.is_some_and(|before| {
            (is_name(before) && is_name(c)) || (is_operator(before) && is_operator(c))
        });
        if goes_on {
            words.last_mut().unwrap().push(c);
        } else if !c.is_whitespace() {
            words.push(c.to_string());
        }
        before = Some(c);
    }
    words
}

#[test]
fn numbers_are_found_however_sql_says_them() {
    // # stands for a number, so that this file does not break its own rule.
    let with = [
        "SELECT 1 FROM seats WHERE status = #",
        "WHERE s.status<>#",
        "WHERE cause IN (#, #)",
        "CASE cause WHEN # END",
        "UPDATE seats SET status = #, viewer = 'x'",
        "WHERE # = status",
    ];
    for text in with {
        assert!(number_in(&text.replace('#', "1")).is_some(), "{text}");
    }
    let without = [
        "WHERE status = {RESERVED}",
        "WHERE status = $1",
        "status, cause, 1 AS one",
        "the status (200) of an answer",
    ];
    for text in without {
        assert_eq!(number_in(text), None, "{text}");
    }
}

#[test]
fn an_else_is_found_where_a_new_number_would_fall_into_it() {
    // # stands for ELSE, so that this file does not break its own rule.
    let with = "CASE cause WHEN {RESERVED} THEN {HELD} # {FREE} END";
    assert!(fallback_in(&with.replace('#', "ELSE")).is_some());
    for text in
        ["CASE status WHEN {FREE} THEN true ELSE false END", "CASE n WHEN 2 THEN 'b' ELSE 'a' END"]
    {
        assert_eq!(fallback_in(text), None, "{text}");
    }
}
