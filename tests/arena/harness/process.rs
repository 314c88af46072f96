//! The real binary, as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::{Client, SECRET, token};

/// The binary with a clean environment.
pub fn grand_arena(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grand-arena"));
    command.args(arguments).env_clear().env("PATH", std::env::var("PATH").unwrap_or_default());
    command.env("RUST_BACKTRACE", "1").env("ARENA_JWT_SECRET", SECRET).env("ARENA_LOG", "warn");
    command
}

/// What a command that ended has said.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Said {
    let output = command.stdin(Stdio::null()).output().unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A server as a process. Killed when dropped.
pub struct ServerProcess {
    child: Child,
    pub base: String,
}

impl ServerProcess {
    /// Starts it on a free port and waits until it says where it listens.
    pub fn start(command: &mut Command) -> Self {
        Self::start_at(command, "127.0.0.1:0")
    }

    /// Starts it at an address and waits until it listens there.
    pub fn start_at(command: &mut Command, address: &str) -> Self {
        let mut child = command.args(["--listen", address]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let base = lines.by_ref().map(Result::unwrap).find_map(|line| {
            let address = line.split_once("  map  ")?.1.trim().trim_end_matches('/');
            Some(address.to_owned())
        });
        let base = base.unwrap_or_else(|| panic!("the server ended before it was open"));
        // The rest is read, so that it never blocks on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, base }
    }

    /// Starts it on the private PostgreSQL of a folder.
    pub fn embedded(data_dir: &Path) -> Self {
        Self::start(grand_arena(&["serve", "--demo"]).env("ARENA_DATA_DIR", data_dir))
    }

    pub fn client(&self, user: &str) -> Client {
        Client::new(&self.base, Some(token(user, &[])))
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([format!("-{name}"), self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        let started = std::time::Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "the server does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
