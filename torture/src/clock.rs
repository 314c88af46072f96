//! Clocks that go wrong: libfaketime before a process.
//!
//! Only the wall clock is wrong. What is measured by the monotonic clock stays right, as it does
//! on a machine whose time is set.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::Result;

/// Where Debian's package `faketime` has it, by the machine's kind.
const LIBRARIES: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
];

/// How far a clock is off. All who have it read it from one file.
#[derive(Clone, Debug)]
pub(crate) struct Clock(Option<Faked>);

#[derive(Clone, Debug)]
struct Faked {
    library: &'static str,
    file: PathBuf,
}

/// The library, where it is installed.
pub(crate) fn library() -> Option<&'static str> {
    LIBRARIES.into_iter().find(|path| Path::new(path).is_file())
}

impl Clock {
    /// The machine's own.
    pub(crate) fn right() -> Self {
        Self(None)
    }

    /// One that can be set, right until then; the machine's own where that cannot be.
    pub(crate) fn adjustable(file: PathBuf) -> Result<Self> {
        let Some(library) = library() else { return Ok(Self::right()) };
        let clock = Self(Some(Faked { library, file }));
        clock.set(0)?;
        Ok(clock)
    }

    /// Sets it so many seconds off, for all who have it; they notice within a second.
    pub(crate) fn set(&self, seconds: i64) -> Result<()> {
        let Some(faked) = &self.0 else { return Err("this clock cannot be set".into()) };
        // In one step: whoever reads it has the old one or the new one.
        let new = faked.file.with_extension("new");
        std::fs::write(&new, format!("{seconds:+}\n"))?;
        Ok(std::fs::rename(new, &faked.file)?)
    }

    /// Gives it to a process that will be started.
    pub(crate) fn set_for(&self, command: &mut Command) {
        if let Some(faked) = &self.0 {
            command
                .env("LD_PRELOAD", faked.library)
                .env("FAKETIME_TIMESTAMP_FILE", &faked.file)
                .env("FAKETIME_CACHE_DURATION", "1")
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
                .env("FAKETIME_DONT_RESET", "1");
        }
    }
}
