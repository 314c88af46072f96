//! Who runs PostgreSQL, and how its programs are started: as that user, with a bare environment.

use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::{EmbeddedError, IoContext};
use super::pgdata;

pub(super) const ROOT: u32 = 0;

/// The users root gives PostgreSQL to, the better one first.
const STAND_INS: [&str; 2] = ["postgres", "nobody"];

/// What PostgreSQL's programs see of our environment. Not the rest: it may hold secrets, `PG*`
/// variables that would change what they do, or `NOTIFY_SOCKET`, on which PostgreSQL would report
/// itself to systemd in our place.
const ENVIRONMENT: [&str; 3] = ["PATH", "LD_LIBRARY_PATH", "TZ"];

/// The user who runs PostgreSQL.
#[derive(Debug, Clone)]
pub(super) enum Account {
    /// The server's own.
    Own,
    /// Another, because the server is root.
    Other { name: String, uid: u32, gid: u32 },
}

impl Account {
    /// The server's own user, unless that is root: then the owner of `pgdata`, or the first of
    /// [`STAND_INS`] there is.
    pub(super) fn choose(pgdata: &Path) -> Result<Self, EmbeddedError> {
        let own = own_uid();
        // An empty `pgdata` will be replaced; what is in another user's only root can see.
        let owner = match fs::metadata(pgdata) {
            Ok(found) if own != ROOT || pgdata::major(pgdata)?.is_some() => {
                Some((found.uid(), found.gid()))
            }
            _ => None,
        };
        match owner {
            None if own == ROOT => stand_in().ok_or(EmbeddedError::NoAccount),
            None => Ok(Self::Own),
            Some((uid, _)) if uid == own && own != ROOT => Ok(Self::Own),
            Some((uid, gid)) if own == ROOT && uid != ROOT => {
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
            command.uid(*uid).gid(*gid);
        }
        command
    }

    /// Gives `path` to this user.
    pub(super) fn own(&self, path: &Path) -> Result<(), EmbeddedError> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid, .. } => {
                chown(path, Some(*uid), Some(*gid)).while_doing("change the owner of", path)
            }
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
            Self::Own => user_name(own_uid()),
            Self::Other { name, .. } => name.clone(),
        };
        let folder = PathBuf::from(way.into_iter().find(is_closed).unwrap_or(folder));
        EmbeddedError::Closed { folder, user }
    }

    fn may_enter(&self, folder: &Metadata) -> bool {
        let bit = match self {
            Self::Own => return true,
            Self::Other { uid, .. } if *uid == folder.uid() => 0o100,
            Self::Other { gid, .. } if *gid == folder.gid() => 0o010,
            Self::Other { .. } => 0o001,
        };
        folder.mode() & bit != 0
    }
}

/// The effective user id of this process. Asked of `/proc`, or where there is none (macOS) of `id`,
/// since the system call needs unsafe code; who it cannot find out is taken for an ordinary user.
pub(super) fn own_uid() -> u32 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    // "Uid:" real, effective, saved, file system
    let from_proc = status
        .lines()
        .find_map(|line| line.strip_prefix("Uid:")?.split_whitespace().nth(1)?.parse().ok());
    from_proc.or_else(uid_from_id).unwrap_or(u32::MAX)
}

fn uid_from_id() -> Option<u32> {
    let output = Command::new("id").arg("-u").output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// The lines of `/etc/passwd`: name, uid, gid.
fn users() -> Vec<(String, u32, u32)> {
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    passwd.lines().filter_map(user).collect()
}

fn user(line: &str) -> Option<(String, u32, u32)> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some((name, uid, gid))
}

fn user_name(uid: u32) -> String {
    let named = users().into_iter().find(|(_, found, _)| *found == uid);
    named.map_or_else(|| format!("user {uid}"), |(name, ..)| name)
}

fn stand_in() -> Option<Account> {
    let users = users();
    STAND_INS.iter().find_map(|wanted| {
        let (name, uid, gid) =
            users.iter().find(|(name, uid, _)| name == wanted && *uid != ROOT)?.clone();
        Some(Account::Other { name, uid, gid })
    })
}

#[cfg(test)]
mod tests {
    use super::user;

    #[test]
    fn a_line_of_passwd_gives_name_uid_and_gid() {
        let line = "postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash";
        assert_eq!(user(line), Some(("postgres".to_owned(), 101, 104)));
        assert_eq!(user("nobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false"), None);
        assert_eq!(user("+::::::"), None);
    }
}
