//! Secrets that other users of the machine can know.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use grand_arena::clock::wall_clock;
use grand_arena::identity::Identity;

use crate::harness::SECRET;
use crate::harness::process::{Said, grand_arena, run};

/// A folder that is gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("arena-secret-{}", fastrand::u64(..)));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn secret(&self, name: &str, mode: u32) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, format!("{SECRET}\n")).unwrap();
        set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Runs during a failing test as well.
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A command that signs a token, and is given no secret yet.
fn token() -> Command {
    let mut command = grand_arena(&["token", "--user", "alice"]);
    command.env_remove("ARENA_JWT_SECRET");
    command
}

fn from_file(path: &Path) -> Said {
    run(token().env("ARENA_JWT_SECRET_FILE", path))
}

#[test]
fn a_secret_in_the_command_line_is_warned_of_and_one_in_a_variable_or_a_file_is_not() {
    let folder = Folder::new();
    let file = folder.secret("secret", 0o600);
    let flagged = run(token().args(["--jwt-secret", SECRET]));
    assert!(flagged.err.contains("WARN"), "{}", flagged.err);
    assert!(flagged.err.contains("every user of this machine can read"), "{}", flagged.err);
    let by_variable = run(token().env("ARENA_JWT_SECRET", SECRET));
    let by_file = run(token().arg("--jwt-secret-file").arg(&file));
    let by_both = from_file(&file);
    let identity = Identity::from_secret(SECRET.as_bytes()).unwrap();
    for (what, said) in [("flag", &flagged), ("variable", &by_variable), ("file", &by_file)] {
        assert_eq!(said.code, Some(0), "{what}: {}", said.err);
        let viewer = identity.verify(said.out.trim(), wall_clock()).unwrap();
        assert_eq!(viewer.id.as_str(), "alice", "{what}");
        assert!(!said.err.contains(SECRET), "{what}");
    }
    for said in [by_variable, by_file, by_both] {
        assert_eq!(said.err, "");
    }
    let twice = run(token().env("ARENA_JWT_SECRET", SECRET).env("ARENA_JWT_SECRET_FILE", &file));
    assert_eq!(twice.code, Some(2));
    assert!(twice.err.contains("not both"), "{}", twice.err);
}

#[test]
fn a_secret_that_others_can_read_or_own_is_refused_wherever_it_is() {
    let folder = Folder::new();
    let refused = |said: Said, words: &str| {
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{}", said.err);
        assert!(said.err.contains(words) && !said.err.contains(SECRET), "{}", said.err);
        assert_eq!(said.err.lines().count(), 1, "{}", said.err);
    };
    refused(from_file(&folder.secret("of-everybody", 0o644)), "(its mode is 644): chmod 600 it");
    refused(from_file(&folder.0.join("missing")), "cannot read");
    // The one that is kept in the data folder, by its name there.
    folder.secret("jwt-secret", 0o640);
    refused(run(token().env("ARENA_DATA_DIR", &folder.0)), "(its mode is 640): chmod 600 it");
    if nix::unistd::Uid::effective().is_root() {
        let given = folder.secret("given", 0o600);
        std::os::unix::fs::chown(&given, Some(12_345), None).unwrap();
        refused(from_file(&given), "belongs to user 12345; it must be this server's own (user 0)");
    }
}
