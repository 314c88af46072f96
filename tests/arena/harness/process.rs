//! The real binary, as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::warnings::Warnings;
use super::{Client, SECRET, token};

/// The binary with a clean environment.
pub fn grand_arena(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grand-arena"));
    command.args(arguments).env_clear().env("PATH", std::env::var("PATH").unwrap_or_default());
    command.env("RUST_BACKTRACE", "1").env("ARENA_JWT_SECRET", SECRET).env("ARENA_LOG", "warn");
    // Tests hurry, and machines differ in how many files may be open.
    command.env("ARENA_LIMITS", "off").env("ARENA_MAX_SUBSCRIPTIONS", "1000");
    command
}

/// Administrators' programs are not on everybody's path.
pub fn program(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    let others = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    folders.into_iter().chain(others).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// The same command with so much address space at most.
pub fn within(kibibytes: u64, command: &Command) -> Command {
    let script = format!("ulimit -v {kibibytes}; exec \"$0\" \"$@\"");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).arg(command.get_program()).args(command.get_args()).env_clear();
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell
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

/// A server as a process. Killed when dropped; what it warned of until then fails the test unless
/// it is expected.
pub struct ServerProcess {
    child: Child,
    pub base: String,
    /// Says when its standard error has been read to the end.
    heard: Receiver<()>,
    warnings: Warnings,
    /// What it has written for its operator so far.
    log: Arc<Mutex<Vec<String>>>,
}

impl ServerProcess {
    /// Starts it on a free port and waits until it says where it listens.
    pub fn start(command: &mut Command) -> Self {
        Self::start_at(command, "127.0.0.1:0")
    }

    /// Starts it at an address and waits until it listens there.
    pub fn start_at(command: &mut Command, address: &str) -> Self {
        command.args(["--listen", address]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let warnings = Warnings::of_a_process();
        let (log, is_warning) = (Arc::<Mutex<Vec<String>>>::default(), warnings.listener());
        let written = Arc::clone(&log);
        let heard = listen(child.stderr.take().unwrap(), move |line| {
            written.lock().unwrap().push(line.to_owned());
            is_warning(line);
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let base = lines.by_ref().map(Result::unwrap).find_map(|line| {
            let address = line.split_once("  map  ")?.1.trim().trim_end_matches('/');
            Some(address.to_owned())
        });
        let base = base.unwrap_or_else(|| panic!("the server ended before it was open"));
        // The rest is read, so that it never blocks on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, base, heard, warnings, log }
    }

    /// Starts it on the private PostgreSQL of a folder.
    pub fn embedded(data_dir: &Path) -> Self {
        Self::start(grand_arena(&["serve", "--demo"]).env("ARENA_DATA_DIR", data_dir))
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn client(&self, user: &str) -> Client {
        Client::new(&self.base, Some(token(user, &[])))
    }

    /// It may warn of what has this in it; the test fails on everything else.
    pub fn expect_warning(&self, text: &str) {
        self.warnings.expect(text);
    }

    /// Whether it has warned of what has this in it.
    pub fn has_warned(&self, text: &str) -> bool {
        self.warnings.include(text)
    }

    /// What it has written for its operator so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// The most memory that it has had so far, in mebibytes: what it has used, and its addresses.
    pub fn peak_memory(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let kibibytes = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().trim_end_matches(" kB").parse().unwrap()
        };
        (kibibytes("VmHWM:") / 1024, kibibytes("VmPeak:") / 1024)
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
        // Somebody else may have its end of the pipe and outlive it; what it has written itself is
        // read at once.
        let _ = self.heard.recv_timeout(Duration::from_secs(5));
    }
}

/// Reads what a server writes for its operator, and shows it with the test if it fails.
fn listen(stderr: ChildStderr, hear: impl Fn(&str) + Send + 'static) -> Receiver<()> {
    let (tell, heard) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            eprintln!("{line}");
            hear(&line);
        }
        let _ = tell.send(());
    });
    heard
}
