//! The secret's file: made once, by one of those who ask for it, and kept; or somebody else's work.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::error::IdentityError;
use super::file_access::{self, Exposure};
use super::files::read_open_file;
use super::limits::MIN_SECRET_BYTES;
use crate::random;

/// The largest secret file, in bytes: ours has 65, and no secret gains from being longer than a
/// hash's block.
const MAX_SECRET_FILE_BYTES: u64 = 4 * 1024;

/// Only the owner may read and write.
const OWNER_ONLY: u32 = 0o600;

/// See [`super::Identity::load_or_create_secret`].
pub(super) fn load_or_create(path: &Path) -> Result<Vec<u8>, IdentityError> {
    match load(path) {
        // Whoever made the file, its content is what everyone uses: hence it is read back.
        Err(IdentityError::SecretFile { reason, .. })
            if reason.kind() == io::ErrorKind::NotFound =>
        {
            create(path).map_err(|reason| unreadable(path, reason))?;
            load(path)
        }
        loaded => loaded,
    }
}

/// See [`super::Identity::read_secret`].
pub(super) fn load(path: &Path) -> Result<Vec<u8>, IdentityError> {
    let unreadable = |reason| unreadable(path, reason);
    let file = File::open(path).map_err(unreadable)?;
    // Of the open file: the name may stand for another one in a moment.
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(unreadable(io::ErrorKind::IsADirectory.into()));
    }
    let us = nix::unistd::Uid::effective().as_raw();
    file_access::check(&metadata, us).map_err(|exposure| {
        let path = path.to_path_buf();
        match exposure {
            Exposure::Owner(owner) => IdentityError::SecretFileOwner { path, owner, us },
            Exposure::Mode(mode) => IdentityError::SecretFileMode { path, mode },
        }
    })?;
    let content = read_open_file(file, MAX_SECRET_FILE_BYTES).map_err(unreadable)?;
    let secret = content.trim_ascii();
    if secret.len() < MIN_SECRET_BYTES {
        return Err(IdentityError::SecretFileTooShort {
            path: path.to_path_buf(),
            bytes: secret.len(),
        });
    }
    Ok(secret.to_vec())
}

fn unreadable(path: &Path, reason: io::Error) -> IdentityError {
    IdentityError::SecretFile { path: path.to_path_buf(), reason }
}

/// Writes the secret whole into a draft, then links the draft to its name. A link, unlike a rename,
/// fails if the name is taken, so the first of several processes wins and nobody's secret is
/// replaced.
pub(super) fn create(path: &Path) -> io::Result<()> {
    let draft = draft_of(path)?;
    let outcome = write_draft(&draft).and_then(|()| publish(&draft, path));
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(draft = %draft.display(), %error, "a draft of the token secret is left \
                behind: remove it");
        }
        _ => {}
    }
    outcome
}

/// A name beside `path` that no other process uses.
fn draft_of(path: &Path) -> io::Result<PathBuf> {
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_os_string();
    name.push(format!(".draft-{}", random::hex::<8>()?));
    Ok(path.with_file_name(name))
}

fn write_draft(draft: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(draft)?;
    writeln!(file, "{}", random::hex::<32>()?)?;
    file.sync_all()
}

fn publish(draft: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        linked => linked?,
    }
    tracing::info!(path = %path.display(), "made a secret for signing tokens");
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
