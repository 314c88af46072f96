//! Making the database: all of it or nothing.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use super::binaries::Binaries;
use super::data_folder::{DataFolder, secret, write_private};
use super::endpoint::NAME;
use super::error::{EmbeddedError, IoContext};
use super::leftover;

/// `initdb` takes a second or two on a disk of today; this is for a very slow one.
const INITIALISE_MAX: Duration = Duration::from_secs(300);

/// Sees to it that there is a database and that its password is known; gives the password.
pub(super) async fn prepare(
    binaries: &Binaries,
    folder: &DataFolder,
) -> Result<String, EmbeddedError> {
    folder.sweep()?;
    let is_new = folder.major()?.is_none();
    match folder.password() {
        Some(password) if !is_new => Ok(password),
        kept => {
            let password = kept.map_or_else(secret, Ok)?;
            if is_new {
                folder.keep_password(&password)?;
                initialise(binaries, folder, &password).await?;
            } else {
                // The file was lost. It is written after the change, so that it is never wrong.
                let change = format!("ALTER ROLE {NAME} PASSWORD '{password}'");
                single_user(binaries, folder, &folder.pgdata(), &change).await?;
                folder.keep_password(&password)?;
            }
            Ok(password)
        }
    }
}

/// Makes the database elsewhere and then gives it its name: whatever interrupts this, there is no
/// half `pgdata`.
async fn initialise(
    binaries: &Binaries,
    folder: &DataFolder,
    password: &str,
) -> Result<(), EmbeddedError> {
    tracing::info!(data_dir = %folder.path().display(), "making the database");
    let fresh = folder.new_pgdata(binaries.run_as())?;
    let password_file = folder.path().join("initdb.password");
    write_private(&password_file, password)?;
    binaries.run_as().own(&password_file)?;
    let made = initdb(binaries, folder, &fresh, &password_file).await;
    fs::remove_file(&password_file).while_doing("remove", &password_file)?;
    made?;
    single_user(binaries, folder, &fresh, &format!("CREATE DATABASE {NAME}")).await?;
    let pgdata = folder.pgdata();
    fs::rename(&fresh, &pgdata).while_doing("make", &pgdata)?;
    folder.sync()
}

async fn initdb(
    binaries: &Binaries,
    folder: &DataFolder,
    target: &Path,
    password_file: &Path,
) -> Result<(), EmbeddedError> {
    let mut command = binaries.command("initdb");
    command.arg("--pgdata").arg(target).arg("--username").arg(NAME);
    // A password even on the socket: who we are says nothing there when PostgreSQL runs as another
    // user.
    command.arg("--auth=scram-sha-256").arg("--pwfile").arg(password_file);
    // Text sorts by its bytes, the same on every machine; an index never breaks when a system
    // library changes.
    command.args(["--encoding=UTF8", "--locale=C"]);
    binaries.run(command, None, folder, INITIALISE_MAX).await
}

/// Runs one statement with nobody else there, not even authentication.
async fn single_user(
    binaries: &Binaries,
    folder: &DataFolder,
    pgdata: &Path,
    statement: &str,
) -> Result<(), EmbeddedError> {
    let (input, mut writer) = std::io::pipe().while_doing("open a pipe for", pgdata)?;
    // Far less than a pipe holds, so this does not wait for the reader.
    writeln!(writer, "{statement};").while_doing("open a pipe for", pgdata)?;
    drop(writer);
    let mut command = binaries.command("postgres");
    // Otherwise a failed statement would count as success.
    command.args(["--single", "-c", "exit_on_error=on", "-D"]).arg(pgdata).arg("postgres");
    leftover::disown(&mut command, pgdata);
    binaries.run(command, Some(input), folder, INITIALISE_MAX).await
}
