//! What all rounds share: the binaries, a template of the database, tokens.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use futures_util::future::try_join_all;

use crate::Result;
use crate::clock;
use crate::machine::{Disk, Watchdog};
use crate::plan::Kit;
use crate::pooler;
use crate::postgres::{Programs, Template};
use crate::server::Binary;

/// The most viewers that a round has.
pub(crate) const VIEWERS_MAX: usize = 24;

/// The name of a viewer.
pub(crate) fn viewer(number: usize) -> String {
    format!("viewer-{number}")
}

/// What all rounds share.
pub(crate) struct Tools {
    pub(crate) programs: Programs,
    pub(crate) template: Template,
    pub(crate) binary: Binary,
    /// What servers are restarted with: the same, or another version.
    pub(crate) other_binary: Binary,
    /// Of viewers by number, then the shop's and the admin's.
    pub(crate) tokens: Vec<String>,
    pub(crate) http: reqwest::Client,
    pub(crate) kit: Kit,
    pub(crate) folder: PathBuf,
    #[expect(dead_code, reason = "it watches as long as there is one")]
    watchdog: Watchdog,
}

impl Tools {
    /// Finds and makes everything.
    pub(crate) async fn prepare(server: Option<&Path>, other: Option<&Path>) -> Result<Self> {
        let binary = Binary::find(server)?;
        let other_binary = match other {
            Some(_) => Binary::find(other)?,
            None => binary.clone(),
        };
        let programs = Programs::find()?;
        let name = format!("grand-arena-torture-{}-{}", std::process::id(), fastrand::u32(..));
        let folder = std::env::temp_dir().join(name);
        make_folder(&folder)?;
        let watchdog = Watchdog::over(&folder)?;
        let work = folder.join("work");
        make_round_folder(&work)?;
        let disk = Disk::make(work.join("disk-try"), None)?;
        let kit = Kit {
            has_disks: disk.is_own(),
            has_clocks: clock::library().is_some(),
            has_pooler: pooler::is_installed(),
        };
        drop(disk);
        let template = Template::make(&work, &programs, &binary).await?;
        let viewers = (0..VIEWERS_MAX).map(|number| (viewer(number), None));
        let others = [("shop", Some("shop")), ("admin", Some("admin"))];
        let others = others.map(|(name, role)| (name.to_owned(), role));
        let all: Vec<_> = viewers.chain(others).collect();
        let tokens = try_join_all(all.iter().map(|(name, role)| binary.token(name, *role))).await?;
        let http = reqwest::Client::new();
        Ok(Self { programs, template, binary, other_binary, tokens, http, kit, folder, watchdog })
    }
}

/// A folder that a database's user can reach what is in.
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir(path)?;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(0o711))?)
}

/// A folder of a round: the watchdog knows where numbers of processes are.
pub(crate) fn make_round_folder(path: &Path) -> Result<()> {
    make_folder(path)?;
    make_folder(&path.join("processes"))
}
