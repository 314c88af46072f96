//! The secret: how long it must be, and the file it is kept in.

use std::sync::Barrier;
use std::thread;

use super::*;

#[test]
fn a_secret_below_32_bytes_is_refused_in_words_that_help() {
    for secret in [&b""[..], b"secret", &TEST_SECRET[..31]] {
        let error = Identity::from_secret(secret).unwrap_err().to_string();
        assert!(
            error.contains("at least 32") && error.contains(&secret.len().to_string()),
            "{error}"
        );
        let error = load_jwks(&[rsa_jwk()], Some(secret)).unwrap_err();
        assert!(matches!(error, IdentityError::SecretTooShort { .. }), "{error}");
    }
    Identity::from_secret(TEST_SECRET).unwrap();
}

#[test]
fn a_secret_is_made_once_for_the_owner_only() {
    let folder = Folder::new();
    let path = folder.path("secret");
    let secret = Identity::load_or_create_secret(&path).unwrap();
    assert!(secret.len() == 64 && secret.iter().all(u8::is_ascii_hexdigit));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(Identity::load_or_create_secret(&path).unwrap(), secret);
    assert_ne!(Identity::load_or_create_secret(&folder.path("other")).unwrap(), secret);
    Identity::from_secret(&secret).unwrap();
}

#[test]
fn racing_processes_end_with_the_same_secret_and_leave_no_draft() {
    const RACERS: usize = 8;
    for _ in 0..20 {
        let folder = Folder::new();
        let path = folder.path("secret");
        let start = Barrier::new(RACERS);
        let race = || {
            start.wait();
            Identity::load_or_create_secret(&path).unwrap()
        };
        let secrets: Vec<_> = thread::scope(|scope| {
            let racers: Vec<_> = (0..RACERS).map(|_| scope.spawn(race)).collect();
            racers.into_iter().map(|racer| racer.join().unwrap()).collect()
        });
        assert!(secrets.iter().all(|secret| *secret == secrets[0]));
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1);
    }
}

#[test]
fn a_secret_that_appears_after_the_look_is_kept() {
    let folder = Folder::new();
    let path = folder.file(TEST_SECRET);
    secret_file::create(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), TEST_SECRET);
}

#[test]
fn a_secret_that_others_can_reach_is_refused_and_is_left_alone() {
    let folder = Folder::new();
    for mode in [0o640, 0o604, 0o660, 0o644] {
        let path = folder.file(TEST_SECRET);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        for read in [Identity::read_secret, Identity::load_or_create_secret] {
            let error = read(&path).unwrap_err();
            let is_mode =
                matches!(error, IdentityError::SecretFileMode { mode: of, .. } if of == mode);
            assert!(is_mode && error.to_string().contains("chmod 600"), "{error}");
        }
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode);
    }
}

/// Only root can give a file away; for everybody else `file_access` is tried.
#[test]
fn a_secret_of_another_user_is_refused() {
    if !nix::unistd::Uid::effective().is_root() {
        return;
    }
    let folder = Folder::new();
    let path = folder.file(TEST_SECRET);
    std::os::unix::fs::chown(&path, Some(12_345), None).unwrap();
    for read in [Identity::read_secret, Identity::load_or_create_secret] {
        let error = read(&path).unwrap_err();
        assert!(matches!(error, IdentityError::SecretFileOwner { owner: 12_345, us: 0, .. }));
        assert!(error.to_string().contains("belongs to user 12345"), "{error}");
    }
}

#[test]
fn a_secret_that_somebody_else_was_to_make_is_not_made() {
    let folder = Folder::new();
    let path = folder.path("secret");
    let error = Identity::read_secret(&path).unwrap_err();
    assert!(matches!(error, IdentityError::SecretFile { .. }), "{error}");
    assert!(!path.exists());
    assert_eq!(Identity::read_secret(&folder.file(TEST_SECRET)).unwrap(), TEST_SECRET);
}

#[test]
fn white_space_around_the_secret_does_not_count() {
    let folder = Folder::new();
    let padded = [b" \r\n\t", TEST_SECRET, b"\r\n\n"].concat();
    assert_eq!(Identity::load_or_create_secret(&folder.file(padded)).unwrap(), TEST_SECRET);
}

#[test]
fn a_secret_file_that_is_no_secret_is_an_error_and_is_left_alone() {
    let folder = Folder::new();
    for content in ["", "\n", "too short", &" ".repeat(64)] {
        let path = folder.file(content);
        let error = Identity::load_or_create_secret(&path).unwrap_err();
        assert!(matches!(error, IdentityError::SecretFileTooShort { .. }), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
    for path in [
        folder.file("x".repeat(4097)),
        folder.0.clone(),
        folder.path("no/such/folder"),
        PathBuf::from("/"),
    ] {
        let error = Identity::load_or_create_secret(&path).unwrap_err();
        assert!(matches!(error, IdentityError::SecretFile { .. }), "{error}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
}
