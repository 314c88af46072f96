//! How a PostgreSQL is stopped, whether it is our child or an earlier server's.

use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::error::EmbeddedError;

/// How often a state that cannot be waited for is looked at: it costs a few reads of small files.
pub(super) const POLL: Duration = Duration::from_millis(50);

/// The two ways to stop and how long each is given. INT, PostgreSQL's "fast" shutdown, disconnects
/// everybody and writes what is in memory, at most the shared buffers. QUIT stops at once;
/// PostgreSQL gives its own processes 5 s.
pub(super) const STOPPING: [(Signal, Duration); 2] =
    [(Signal::SIGINT, Duration::from_secs(30)), (Signal::SIGQUIT, Duration::from_secs(10))];

/// Sends a signal. A process that is gone is no error; one that may not be signalled will not stop.
pub(super) fn signal(signal: Signal, pid: u32) -> Result<(), EmbeddedError> {
    // A number beyond the system's type is nobody's.
    let Ok(id) = i32::try_from(pid) else { return Ok(()) };
    match kill(Pid::from_raw(id), signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => {
            tracing::warn!(pid, %signal, %error, "PostgreSQL cannot be signalled");
            Err(EmbeddedError::StillRunning { pid })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::Command;

    use nix::sys::signal::Signal;

    use super::signal;

    #[test]
    fn a_signal_reaches_a_process_and_one_that_is_gone_is_no_error() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        signal(Signal::SIGQUIT, child.id()).unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(Signal::SIGQUIT as i32));
        signal(Signal::SIGQUIT, child.id()).unwrap();
        signal(Signal::SIGQUIT, u32::MAX).unwrap();
    }
}
