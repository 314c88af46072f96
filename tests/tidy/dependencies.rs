//! Every dependency is used.

use std::path::{Path, PathBuf};

use crate::sources::{files, none, read};

/// Named by no line of ours, and yet needed.
const NEEDED: [(&str, &str); 0] = [];

#[test]
fn no_dependency_is_unused() {
    let mut broken = Vec::new();
    for manifest in files(&["toml"]).iter().filter(|path| path.ends_with("Cargo.toml")) {
        let package = manifest.parent().unwrap();
        let table: toml::Table = read(manifest).parse().unwrap();
        for (section, folders) in [
            ("dependencies", &["src"][..]),
            ("dev-dependencies", &["src", "tests"]),
            ("build-dependencies", &["build.rs"]),
        ] {
            let sources = sources(package, folders);
            let named = table.get(section).and_then(toml::Value::as_table);
            for name in named.into_iter().flat_map(toml::Table::keys) {
                let is_needed = NEEDED.iter().any(|(needed, _)| needed == name);
                if !is_needed && !is_used(&name.replace('-', "_"), &sources) {
                    broken.push(format!("{}: {section}: {name}", manifest.display()));
                }
            }
        }
    }
    none("nothing uses these dependencies:", &broken);
}

/// The texts of a package below some of its folders.
fn sources(package: &Path, folders: &[&str]) -> Vec<String> {
    let folders: Vec<PathBuf> = folders.iter().map(|folder| package.join(folder)).collect();
    let below = |path: &PathBuf| folders.iter().any(|folder| path.starts_with(folder));
    files(&["rs"]).iter().filter(|path| below(path)).map(read).collect()
}

/// Whether a path begins with the crate's name, or an item is brought in by it.
fn is_used(name: &str, sources: &[String]) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    sources.iter().any(|text| {
        text.match_indices(name).any(|(index, _)| {
            let (before, after) = (&text[..index], &text[index + name.len()..]);
            let begins = !before.ends_with(is_part);
            begins && (after.starts_with("::") || (after.starts_with(';') && before.ends_with(' ')))
        })
    })
}
