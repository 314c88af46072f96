//! What this machine has.

use std::num::NonZero;
use std::path::Path;

use nix::sys::statvfs::statvfs;

use crate::open_files;
use crate::store::survey::Facts;

/// What this machine has.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    /// Processors that this process may use.
    pub processors: usize,
    /// Files that a server may have open.
    pub open_files: u64,
    /// Memory, in bytes: of the machine, or what this process's group may use, if that is less.
    pub memory: Option<i64>,
    /// What is left of the database's disk, in bytes, if it is on this machine and its folder is
    /// known.
    pub free_disk: Option<i64>,
}

impl Machine {
    pub(super) fn look(facts: &Facts) -> Self {
        let folder = facts.data_directory.as_deref().filter(|_| facts.is_local);
        Self {
            processors: std::thread::available_parallelism().map_or(1, NonZero::get),
            open_files: open_files::most(),
            memory: memory(),
            free_disk: folder.and_then(|folder| free_bytes(Path::new(folder))),
        }
    }
}

fn free_bytes(folder: &Path) -> Option<i64> {
    let disk = statvfs(folder).ok()?;
    i64::try_from(disk.blocks_available().saturating_mul(disk.fragment_size())).ok()
}

fn memory() -> Option<i64> {
    let of_machine = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        line.trim().strip_suffix(" kB")?.parse::<i64>().ok()?.checked_mul(1024)
    });
    // `max` where there is no limit.
    let of_group = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let of_group = of_group.and_then(|text| text.trim().parse::<i64>().ok());
    [of_machine, of_group].into_iter().flatten().min()
}
