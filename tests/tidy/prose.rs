//! Documents and comments are in plain English: short sentences.

use std::path::Path;

use crate::sources::{files, none, read};

/// Words of a sentence.
const MAX_WORDS: usize = 25;

/// Written by the benchmarks.
const EXEMPT: &str = "bench/RESULTS.md";

#[test]
fn sentences_of_documents_have_at_most_25_words() {
    let mut broken = Vec::new();
    for path in files(&["md"]) {
        if path != Path::new(EXEMPT) {
            check(&path, &read(&path), &mut broken);
        }
    }
    none("sentences have at most 25 words:", &broken);
}

#[test]
fn sentences_of_comments_have_at_most_25_words() {
    let mut broken = Vec::new();
    for path in files(&["rs"]) {
        check(&path, &comments(&read(&path)), &mut broken);
    }
    none("sentences have at most 25 words:", &broken);
}

fn check(path: &Path, text: &str, broken: &mut Vec<String>) {
    for sentence in sentences(text) {
        let words = sentence.split_whitespace().count();
        if words > MAX_WORDS {
            let beginning: String = sentence.chars().take(60).collect();
            broken.push(format!("{}: {words} words: {beginning}…", path.display()));
        }
    }
}

/// The comments of a Rust file, with an empty line for each line of code.
fn comments(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let comment = line.trim_start().strip_prefix("//");
        comment.map(|comment| comment.trim_start_matches(['/', '!'])).unwrap_or_default()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The sentences of the paragraphs and list items of a document.
fn sentences(text: &str) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    let mut is_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
            continue;
        }
        let line = line.trim();
        let is_item = line.starts_with("- ") || line.starts_with("* ");
        let is_numbered =
            line.split_once(". ").is_some_and(|(number, _)| number.parse::<u32>().is_ok());
        let is_prose = !is_code && !line.is_empty() && !line.starts_with(['|', '#', '<', '!']);
        if !is_prose || is_item || is_numbered {
            paragraphs.push(String::new());
        }
        if is_prose {
            let last = paragraphs.last_mut().unwrap();
            last.push_str(line);
            last.push(' ');
        }
    }
    let ends = [".** ", ". ", "? ", "! ", ": ", "; "];
    let mut sentences = paragraphs;
    for end in ends {
        sentences = sentences.iter().flat_map(|text| text.split(end)).map(str::to_owned).collect();
    }
    sentences
}
