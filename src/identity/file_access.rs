//! Who may reach a secret's file.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;

/// Permissions of everybody but the owner: to read, to write.
const OTHERS: u32 = 0o077;
const OTHERS_WRITE: u32 = 0o022;

/// The bits of a mode that are permissions.
const PERMISSIONS: u32 = 0o777;

const ROOT: u32 = 0;

/// Why a file is no place for a secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Exposure {
    /// It belongs to this user, who is neither we nor root.
    Owner(u32),
    /// Others may read it, or write it; these are its permissions.
    Mode(u32),
}

/// Whether only we and root can know what is in a file, and change it.
pub(super) fn check(file: &Metadata, us: u32) -> Result<(), Exposure> {
    judge(file.uid(), file.mode() & PERMISSIONS, us)
}

/// A file of ours is for nobody else. One of root's may be read by others: so secrets are mounted
/// into containers, and we could not read it otherwise.
fn judge(owner: u32, mode: u32, us: u32) -> Result<(), Exposure> {
    let forbidden = match owner {
        owner if owner == us => OTHERS,
        ROOT => OTHERS_WRITE,
        _ => return Err(Exposure::Owner(owner)),
    };
    if mode & forbidden == 0 { Ok(()) } else { Err(Exposure::Mode(mode)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_in_a_file_of_ours_alone_or_in_one_of_roots_that_is_ours_to_read() {
        let (us, other) = (1000, 1001);
        for (owner, mode, of) in [
            (us, 0o600, Ok(())),
            (us, 0o400, Ok(())),
            (us, 0o640, Err(Exposure::Mode(0o640))),
            (us, 0o604, Err(Exposure::Mode(0o604))),
            (us, 0o620, Err(Exposure::Mode(0o620))),
            (ROOT, 0o444, Ok(())),
            (ROOT, 0o440, Ok(())),
            (ROOT, 0o644, Ok(())),
            (ROOT, 0o664, Err(Exposure::Mode(0o664))),
            (ROOT, 0o646, Err(Exposure::Mode(0o646))),
            (other, 0o600, Err(Exposure::Owner(other))),
            (other, 0o444, Err(Exposure::Owner(other))),
        ] {
            assert_eq!(judge(owner, mode, us), of, "{owner} {mode:o}");
        }
        assert_eq!(judge(ROOT, 0o644, ROOT), Err(Exposure::Mode(0o644)), "root's own");
    }
}
