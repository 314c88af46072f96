//! What we read in `pgdata`, which PostgreSQL keeps for itself: the major version that made it, and
//! `postmaster.pid`, the note that a running PostgreSQL leaves there.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::error::{EmbeddedError, IoContext};

/// The major version of PostgreSQL that made `pgdata`; `None` if there is no database yet.
pub(super) fn major(pgdata: &Path) -> Result<Option<u32>, EmbeddedError> {
    let not_a_database = || EmbeddedError::NotADatabase { pgdata: pgdata.to_owned() };
    let mut entries = match fs::read_dir(pgdata) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == ErrorKind::NotADirectory => return Err(not_a_database()),
        entries => entries.while_doing("read the folder", pgdata)?,
    };
    if entries.next().is_none() {
        return Ok(None);
    }
    let version = fs::read_to_string(pgdata.join("PG_VERSION")).unwrap_or_default();
    version.trim().parse().map(Some).map_err(|_| not_a_database())
}

/// The process that the note names, whether it still lives or not.
pub(super) fn noted_pid(pgdata: &Path) -> Option<u32> {
    // Negative in single-user mode.
    note(pgdata).lines().next()?.trim().parse().ok().map(i32::unsigned_abs)
}

/// Whether the note is `pid`'s and says that it takes connections. The state is on line 8 (since
/// PostgreSQL 10).
pub(super) fn notes_ready(pgdata: &Path, pid: u32) -> bool {
    let note = note(pgdata);
    let mut lines = note.lines().map(str::trim);
    let is_its_own = lines.next().and_then(|line| line.parse().ok()) == Some(pid);
    is_its_own && lines.nth(6) == Some("ready")
}

/// Empty if there is none.
fn note(pgdata: &Path) -> String {
    fs::read_to_string(pgdata.join("postmaster.pid")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{noted_pid, notes_ready};

    #[test]
    fn a_note_speaks_for_the_process_it_names_only() -> std::io::Result<()> {
        let name = format!("grand-arena-note-{}", std::process::id());
        let pgdata = std::env::temp_dir().join(name);
        fs::create_dir_all(&pgdata)?;
        let note = "17\n/pgdata\n1600000000\n5432\n/run\n\n  1 2\nready   \n";
        fs::write(pgdata.join("postmaster.pid"), note)?;
        assert_eq!(noted_pid(&pgdata), Some(17));
        assert!(notes_ready(&pgdata, 17) && !notes_ready(&pgdata, 18));
        fs::write(pgdata.join("postmaster.pid"), "-17\n")?;
        assert_eq!(noted_pid(&pgdata), Some(17), "in single-user mode it is negative");
        assert!(!notes_ready(&pgdata, 17));
        fs::remove_dir_all(&pgdata)?;
        assert_eq!(noted_pid(&pgdata), None);
        Ok(())
    }
}
