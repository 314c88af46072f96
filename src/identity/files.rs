//! Reading the operator's files: the secret and the JWKS.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Reads a whole file, refusing one of more than `max_bytes` without reading on: a wrong path may
/// name anything.
pub(super) fn read_file(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    read_open_file(File::open(path)?, max_bytes)
}

/// As [`read_file`], of a file that was looked at already.
pub(super) fn read_open_file(file: File, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    file.take(max_bytes + 1).read_to_end(&mut content)?;
    if content.len() as u64 > max_bytes {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(content)
}
