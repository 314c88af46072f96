//! Sees to it that nothing outlives us: a shell that waits for our end, however it comes.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::Result;

/// Waits until our end of the pipe is gone. Then it kills whose numbers are in `$1/…/processes`,
/// takes disks away that were laid below `$1`, and removes it. A database that was killed leaves a
/// segment of shared memory behind; asked to quit, it does not.
const SCRIPT: &str = r#"
cat > /dev/null
for note in "$1"/*/processes/*; do kill -CONT "${note##*/}"; kill -QUIT "${note##*/}"; done
sleep 1
for note in "$1"/*/processes/*; do kill -KILL "${note##*/}"; done
for disk in "$1"/*/disk-*; do umount -l "$disk"; done
rm -rf "$1"
"#;

/// Alive as long as we are.
pub(crate) struct Watchdog(#[expect(dead_code, reason = "its pipe ends when it is dropped")] Child);

impl Watchdog {
    /// Watches over a folder.
    pub(crate) fn over(folder: &Path) -> Result<Self> {
        let mut shell = Command::new("sh");
        shell.args(["-c", SCRIPT, "watchdog"]).arg(folder).process_group(0);
        // The pipe's other end is ours alone: processes that we start do not get it.
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self(shell.spawn()?))
    }
}
