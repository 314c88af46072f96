//! Who runs PostgreSQL, and how its programs are started: as that user, with a bare environment.

use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{Gid, Uid, User};

use super::error::{EmbeddedError, IoContext};
use super::pgdata;

/// The users root gives PostgreSQL to, the better one first.
const STAND_INS: [&str; 2] = ["postgres", "nobody"];

/// What PostgreSQL's programs see of our environment. Not the rest: it may hold secrets, `PG*`
/// variables that would change what they do, or `NOTIFY_SOCKET`, on which PostgreSQL would report
/// itself to systemd in our place.
const ENVIRONMENT: [&str; 3] = ["PATH", "LD_LIBRARY_PATH", "TZ"];

/// The user who runs PostgreSQL.
#[derive(Debug, Clone)]
pub(super) enum RunAs {
    /// The server's own.
    Own,
    /// Another, because the server is root.
    Other { name: String, uid: Uid, gid: Gid },
}

impl RunAs {
    /// The server's own user, unless that is root: then the owner of `pgdata`, or the first of
    /// [`STAND_INS`] there is.
    pub(super) fn choose(pgdata: &Path) -> Result<Self, EmbeddedError> {
        let own = Uid::effective();
        // An empty `pgdata` will be replaced; what is in another user's only root can see.
        let owner = match fs::metadata(pgdata) {
            Ok(found) if !own.is_root() || pgdata::major(pgdata)?.is_some() => {
                Some((Uid::from_raw(found.uid()), Gid::from_raw(found.gid())))
            }
            _ => None,
        };
        match owner {
            None if own.is_root() => stand_in().ok_or(EmbeddedError::NoUserToRunAs),
            None => Ok(Self::Own),
            Some((uid, _)) if uid == own && !own.is_root() => Ok(Self::Own),
            Some((uid, gid)) if own.is_root() && !uid.is_root() => {
                Ok(Self::Other { name: user_name(uid), uid, gid })
            }
            Some((uid, _)) => {
                Err(EmbeddedError::WrongOwner { pgdata: pgdata.to_owned(), owner: user_name(uid) })
            }
        }
    }

    /// A command run as this user in `folder`. It gets a process group of its own, so that a Ctrl-C
    /// in the terminal reaches the server alone.
    pub(super) fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder).process_group(0).env_clear();
        let kept = ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        // LC_ALL: we read what the programs say, so they say it in English.
        command.envs(kept).env("LC_ALL", "C");
        if let Self::Other { uid, gid, .. } = self {
            // With a uid and as root, the standard library also drops root's supplementary groups.
            command.uid(uid.as_raw()).gid(gid.as_raw());
        }
        command
    }

    /// Gives `path` to this user.
    pub(super) fn own(&self, path: &Path) -> Result<(), EmbeddedError> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid, .. } => chown(path, Some(uid.as_raw()), Some(gid.as_raw()))
                .while_doing("change the owner of", path),
        }
    }

    /// What to say when this user cannot enter `folder`: names the first closed folder on the way
    /// there.
    pub(super) fn closed(&self, folder: &Path) -> EmbeddedError {
        let is_closed =
            |path: &&Path| fs::metadata(path).is_ok_and(|found| !self.may_enter(&found));
        let mut way: Vec<&Path> = folder.ancestors().collect();
        way.reverse();
        let user = match self {
            Self::Own => user_name(Uid::effective()),
            Self::Other { name, .. } => name.clone(),
        };
        let folder = PathBuf::from(way.into_iter().find(is_closed).unwrap_or(folder));
        EmbeddedError::Closed { folder, user }
    }

    fn may_enter(&self, folder: &Metadata) -> bool {
        let bit = match self {
            Self::Own => return true,
            Self::Other { uid, .. } if uid.as_raw() == folder.uid() => 0o100,
            Self::Other { gid, .. } if gid.as_raw() == folder.gid() => 0o010,
            Self::Other { .. } => 0o001,
        };
        folder.mode() & bit != 0
    }
}

/// What messages call a user.
fn user_name(uid: Uid) -> String {
    let known = User::from_uid(uid).ok().flatten();
    known.map_or_else(|| format!("user {uid}"), |user| user.name)
}

fn stand_in() -> Option<RunAs> {
    let known = |name: &&str| User::from_name(name).ok().flatten();
    let user = STAND_INS.iter().filter_map(known).find(|user| !user.uid.is_root())?;
    Some(RunAs::Other { name: user.name, uid: user.uid, gid: user.gid })
}

#[cfg(test)]
mod tests {
    use nix::unistd::Uid;

    use super::user_name;

    #[test]
    fn a_user_without_a_name_is_called_by_number() {
        assert_eq!(user_name(Uid::from_raw(0)), "root");
        assert_eq!(user_name(Uid::from_raw(3_999_999_999)), "user 3999999999");
    }
}
