//! What the documents name is there.

use crate::sources::{files, none, read, root};
use std::collections::BTreeSet;

/// A name of so many words can only be a test's.
const WORDS_OF_A_TEST: usize = 5;

/// Top-level folders: a path in a document that begins with one of them must exist.
const FOLDERS: [&str; 13] = [
    ".ci/",
    ".github/",
    "bench/",
    "docs/",
    "domain/",
    "examples/",
    "migration/",
    "ops/",
    "show/",
    "src/",
    "tests/",
    "web/src/",
    "web/test/",
];

/// What names of metrics begin with. tests/arena/metrics.rs looks whether there are such.
const METRIC: &str = "arena_";

/// What the recipes in CONTRIBUTING.md add.
const MADE_UP: [&str; 2] = ["swap", "waiting_list"];

#[test]
fn every_test_and_path_that_a_document_names_exists() {
    let tests = tests();
    let mut broken = Vec::new();
    for path in files(&["md"]) {
        let text = read(&path);
        let folder = path.parent().unwrap();
        for word in code_in(&text) {
            let is_made_up = MADE_UP.iter().any(|name| word.contains(name));
            let is_path = FOLDERS.iter().any(|folder| word.starts_with(folder)) && !is_made_up;
            if is_path && !word.contains(['*', '{', '<', '…', 'N']) && !root().join(word).exists()
            {
                broken.push(format!("{}: there is no {word}", path.display()));
            }
            let name = word.rsplit("::").next().unwrap_or_default();
            if is_test_name(name) && !tests.contains(name) {
                broken.push(format!("{}: there is no test {name}", path.display()));
            }
        }
        for link in links_in(&text) {
            if !root().join(folder).join(link).exists() {
                broken.push(format!("{}: the link {link} leads nowhere", path.display()));
            }
        }
    }
    none("documents name what is there:", &broken);
}

fn is_test_name(word: &str) -> bool {
    let is_name = word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    is_name && !word.starts_with(METRIC) && word.split('_').count() >= WORDS_OF_A_TEST
}

/// What stands between backticks, outside of blocks of code.
fn code_in(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for (index, part) in text.split("```").enumerate() {
        if index % 2 == 0 {
            words.extend(part.split('`').skip(1).step_by(2));
        }
    }
    words
}

/// Where links lead, if it is a file of ours; without the place within it.
fn links_in(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let files = targets.filter_map(|target| target.split('#').next());
    let is_ours = |target: &&str| !target.is_empty() && !target.contains(':');
    files.filter(is_ours).collect()
}

/// The names of all functions, also of those within macros such as proptest's.
fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for path in files(&["rs"]) {
        let text = read(&path);
        let functions = text.split("fn ").skip(1).filter_map(|rest| rest.split_once('('));
        names.extend(functions.map(|(name, _)| name.to_owned()));
    }
    names
}
