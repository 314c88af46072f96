//! What the machine gives: processes with their signals, folders on disks of their own, free ports.
//!
//! Invariant: nothing outlives this program, however it ends ([`watchdog::Watchdog`]).

mod disk;
mod process;
mod watchdog;

pub(crate) use self::disk::{Disk, copy_folder, own};
pub(crate) use self::process::{Process, run};
pub(crate) use self::watchdog::Watchdog;

use std::net::{Ipv4Addr, TcpListener};

use nix::unistd::{Uid, User};

use crate::Result;

/// A port that nobody has just now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Whom databases run as where we are root, which PostgreSQL refuses to be.
pub(crate) fn database_user() -> Result<Option<User>> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name)? {
            return Ok(Some(user));
        }
    }
    Err("PostgreSQL does not run as root, and there is no user postgres or nobody".into())
}
