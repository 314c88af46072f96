//! Makes a table of what `npm run build` has left in web/dist, so that the pages are part of the
//! binary.
//!
//! Debug and release builds embed the same. A build without web/dist has an empty table: then the
//! server says what is missing in the pages' place.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("web").join("dist");
    let is_built = dist.join("index.html").is_file();
    // Where a watched path is missing, Cargo builds anew every time. What is watched then is the
    // folder that it would appear in.
    println!("cargo::rerun-if-changed={}", if is_built { "web/dist" } else { "web" });
    println!("cargo::rerun-if-changed=build.rs");

    let mut files = Vec::new();
    if is_built {
        collect(&dist, &mut files)?;
    }
    files.sort();
    let mut table = String::from("&[\n");
    for file in files.iter().filter(|file| !is_beside(file)) {
        let path = file.strip_prefix(&dist).map_err(io::Error::other)?;
        let content = fs::read(file)?;
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        let compressed = |extension: &str| {
            let sibling = PathBuf::from(format!("{}.{extension}", file.display()));
            if sibling.is_file() {
                format!("Some(include_bytes!({sibling:?}))")
            } else {
                "None".to_owned()
            }
        };
        let (brotli, gzip, tag) = (compressed("br"), compressed("gz"), hasher.finish());
        let policy = PathBuf::from(format!("{}.policy", file.display()));
        let scripts = if policy.is_file() { fs::read_to_string(policy)? } else { String::new() };
        writeln!(
            table,
            "Asset {{ path: {path:?}, tag: \"W/\\\"{tag:016x}\\\"\", plain: \
                include_bytes!({file:?}), brotli: {brotli}, gzip: {gzip}, scripts: {scripts:?} }},"
        )
        .map_err(io::Error::other)?;
    }
    table.push(']');
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("Cargo sets OUT_DIR"))?;
    fs::write(Path::new(&out).join("assets.rs"), table)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether it belongs to another file: a compressed form of it, or what its policy allows.
fn is_beside(file: &Path) -> bool {
    let extension = file.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| ["br", "gz", "policy"].contains(&extension))
}
