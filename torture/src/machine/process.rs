//! A process of ours and its signals.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::Result;

/// How long a process may take to end when it is asked to, or a command to do its work. A machine
/// that does much else is slow; nothing of ours takes that long on one that is not.
const END_MAX: Duration = Duration::from_secs(60);

/// A process whose output goes to a file; killed when dropped. Its number is in a file as long as
/// it lives, so that the watchdog knows whom to kill.
pub(crate) struct Process {
    child: Child,
    pid: i32,
    note: PathBuf,
}

impl Process {
    /// Starts it; `log` is appended to, `notes` is the folder of numbers.
    pub(crate) fn start(command: &mut Command, log: &Path, notes: &Path) -> Result<Self> {
        let output = File::options().create(true).append(true).open(log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = command.kill_on_drop(true).spawn()?;
        let number = child.id().ok_or("a process has no number")?;
        let note = notes.join(number.to_string());
        std::fs::write(&note, [])?;
        Ok(Self { child, pid: i32::try_from(number)?, note })
    }

    /// Sends a signal to it alone. One that has ended hears nothing, which is no error.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        tell(self.pid, signal)
    }

    /// Sends a signal to it and its children, the parent first: it starts no other meanwhile.
    pub(crate) fn signal_family(&self, signal: Signal) -> Result<()> {
        let children = children(self.pid);
        tell(self.pid, signal)?;
        children.into_iter().try_for_each(|child| tell(child, signal))
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) -> Result<ExitStatus> {
        Ok(timeout(END_MAX, self.child.wait()).await.map_err(|_| "a process does not end")??)
    }

    /// Kills it and its children, so that none has time for anything, and waits for its end.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        // Stopped, it can start no child that we would not see.
        self.signal(Signal::SIGSTOP)?;
        self.signal_family(Signal::SIGKILL)?;
        self.ended().await?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Where it cannot be removed, the watchdog kills a number that is nobody's any more.
        let _ = std::fs::remove_file(&self.note);
    }
}

fn tell(pid: i32, signal: Signal) -> Result<()> {
    match signal::kill(Pid::from_raw(pid), signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The numbers of a process' children, as Linux knows them.
fn children(pid: i32) -> Vec<i32> {
    let known = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let numbers = known.unwrap_or_default();
    numbers.split_whitespace().filter_map(|number| number.parse().ok()).collect()
}

/// Runs a command to its end; what it printed. What it complains of is the error.
pub(crate) async fn run(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = timeout(END_MAX, output).await.map_err(|_| "a command does not end")??;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    let said = [output.stdout, output.stderr].concat();
    let program = command.as_std().get_program().display();
    Err(format!("{program} failed: {}", String::from_utf8_lossy(&said)).into())
}
