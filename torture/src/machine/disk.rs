//! Folders with a disk of their own, so that it can be full.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::User;

use crate::Result;

/// Bytes that a disk has: a database of a few events takes 60 MB of it.
const DISK_BYTES: u64 = 320 * 1024 * 1024;

/// What fills a disk up.
const BALLAST: &str = "ballast";

/// Bytes written at a time to fill it up.
const PIECE: usize = 1024 * 1024;

/// A folder, on a disk of its own where we may make one (as root, in memory).
pub(crate) struct Disk {
    path: PathBuf,
    is_own: bool,
}

impl Disk {
    /// Makes the folder, which must be called `disk-…` for the watchdog to find it.
    pub(crate) fn make(path: PathBuf, user: Option<&User>) -> Result<Self> {
        fs::create_dir(&path)?;
        let size = format!("size={DISK_BYTES},mode=0711");
        let source = Some("tmpfs");
        let made = mount(source, &path, source, MsFlags::empty(), Some(size.as_str()));
        own(&path, user)?;
        Ok(Self { path, is_own: made.is_ok() })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it can be full without harm to anybody else.
    pub(crate) fn is_own(&self) -> bool {
        self.is_own
    }

    /// Takes all that is free on it; what is let go later is free for others.
    pub(crate) fn fill(&self) -> Result<()> {
        use std::io::Write as _;
        if !self.is_own {
            return Err("a disk that is not ours alone is not filled".into());
        }
        let mut ballast =
            fs::File::options().create(true).append(true).open(self.path.join(BALLAST))?;
        let mut piece = PIECE;
        while piece > 0 {
            // The last bytes by ever smaller pieces.
            if ballast.write(&vec![0; piece]).is_err() {
                piece /= 2;
            }
        }
        Ok(())
    }

    /// Gives it back.
    pub(crate) fn free(&self) -> Result<()> {
        let ballast = self.path.join(BALLAST);
        if ballast.exists() { Ok(fs::remove_file(ballast)?) } else { Ok(()) }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.is_own {
            // Where it is still in use, it goes with its last user.
            let _ = umount2(&self.path, MntFlags::MNT_DETACH);
        }
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Gives a folder and what is in it to a user.
pub(crate) fn own(path: &Path, user: Option<&User>) -> Result<()> {
    let Some(user) = user else { return Ok(()) };
    chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw()))?;
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            own(&entry?.path(), Some(user))?;
        }
    }
    Ok(())
}

/// Copies a folder with its permissions.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir(to)?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
