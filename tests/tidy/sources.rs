//! The project's files, as a fresh clone has them.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold nothing of ours, or what is made from ours.
const NOT_OURS: [&str; 8] =
    [".git", ".venv", "target", "node_modules", "dist", "dist-test", "generated", "__generated__"];

/// The project's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file whose name ends in one of these, by its path below [`root`], sorted.
pub(crate) fn files(extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(root(), extensions, &mut found);
    found.sort();
    assert!(!found.is_empty(), "there are files that end in {extensions:?}");
    found
}

fn collect(folder: &Path, extensions: &[&str], found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if !NOT_OURS.contains(&name) {
                collect(&path, extensions, found);
            }
        } else if path.extension().is_some_and(|is| extensions.iter().any(|one| is == *one)) {
            found.push(path.strip_prefix(root()).unwrap().to_owned());
        }
    }
}

/// A file's text, by its path below [`root`].
pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A Rust file, parsed.
pub(crate) fn parse(path: &Path) -> syn::File {
    syn::parse_file(&read(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Fails with what was found, a line each.
pub(crate) fn none(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}\n{}", broken.join("\n"));
}
