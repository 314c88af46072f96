//! What the threads of this process took of the processors, and how long they waited for one: the
//! kernel counts it for each (`/proc/self/task/*/schedstat` on Linux). Elsewhere it is what the
//! frame threads were busy for by the clock, and nothing is known of the others.

use std::collections::HashMap;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::RuntimeMetrics;
use tokio::time::Instant;

use super::toll::Reading;

/// Where the kernel tells of the threads of this process, and of all processors together.
const THREADS: &str = "/proc/self/task";
const PROCESSORS: &str = "/proc/stat";

/// What the kernel tells the time of processors in, in milliseconds: it is the same everywhere.
const PROCESSOR_TICK_MS: u64 = 10;

/// The numbers of the frame threads: each enters its own.
pub(super) type ThreadIds = Arc<Mutex<Vec<u32>>>;

/// What the kernel has counted for a thread.
#[derive(Clone, Copy, Default, Debug)]
struct Counted {
    ran: Duration,
    waited: Duration,
    /// How often it was given a processor.
    runs: u64,
}

impl Counted {
    /// As the kernel writes it: two times in nanoseconds, and a number.
    fn read(schedstat: &str) -> Option<Self> {
        let mut numbers = schedstat.split_ascii_whitespace().map(|number| number.parse().ok());
        let mut next = || numbers.next().flatten();
        let [ran, waited] = [next()?, next()?].map(Duration::from_nanos);
        Some(Self { ran, waited, runs: next()? })
    }

    fn since(self, before: Self) -> Self {
        Self {
            ran: self.ran.saturating_sub(before.ran),
            waited: self.waited.saturating_sub(before.waited),
            runs: self.runs.saturating_sub(before.runs),
        }
    }

    fn add(&mut self, other: Self) {
        self.ran += other.ran;
        self.waited += other.waited;
        self.runs += other.runs;
    }
}

/// How long all processors together had nothing to do since the machine began: the fourth number of
/// the first line; the fifth is of those that wait for a disk.
fn idle(stat: &str) -> Option<Duration> {
    let mut words = stat.lines().next()?.split_ascii_whitespace();
    let numbers = words.next().filter(|&first| first == "cpu").map(|_| words)?;
    let mut idle = numbers.skip(3).map(|ticks| ticks.parse::<u64>().ok());
    let ticks = idle.next()??.saturating_add(idle.next()??);
    Some(Duration::from_millis(ticks.saturating_mul(PROCESSOR_TICK_MS)))
}

/// Takes readings, each since the one before.
#[derive(Debug)]
pub(super) struct Meter {
    frame_threads: ThreadIds,
    metrics: RuntimeMetrics,
    processors: usize,
    taken_at: Instant,
    counted: HashMap<u32, Counted>,
    busy: Duration,
    idle: Option<Duration>,
}

impl Meter {
    /// Begins now.
    pub(super) fn new(frame_threads: ThreadIds, metrics: RuntimeMetrics) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let (counted, busy) = (HashMap::new(), Duration::ZERO);
        let taken_at = Instant::now();
        let mut meter =
            Self { frame_threads, metrics, processors, taken_at, counted, busy, idle: None };
        meter.read();
        meter
    }

    /// How long ago the last reading was taken.
    pub(super) fn age(&self) -> Duration {
        self.taken_at.elapsed()
    }

    /// What was taken and waited since the last reading.
    pub(super) fn read(&mut self) -> Reading {
        let now = Instant::now();
        let elapsed = now - std::mem::replace(&mut self.taken_at, now);
        let workers = 0..self.metrics.num_workers();
        let busy = workers.map(|worker| self.metrics.worker_total_busy_duration(worker)).sum();
        let was_busy = std::mem::replace(&mut self.busy, busy);
        let (taken, waited) = match self.count() {
            Some((frames, others)) => {
                let runs = u32::try_from(others.runs.max(1)).unwrap_or(u32::MAX);
                (frames.ran, Some(others.waited / runs))
            }
            None => (busy.saturating_sub(was_busy), None),
        };
        let idle = fs::read_to_string(PROCESSORS).ok().as_deref().and_then(idle);
        let was_idle = std::mem::replace(&mut self.idle, idle);
        let idle = idle.zip(was_idle).map(|(now, before)| now.saturating_sub(before));
        Reading { elapsed, taken, waited, idle, processors: self.processors }
    }

    /// What was counted since the last time, for frame threads and others; `None` where the kernel
    /// does not say.
    fn count(&mut self) -> Option<(Counted, Counted)> {
        let mut counted = HashMap::with_capacity(self.counted.len());
        for entry in fs::read_dir(THREADS).ok()?.flatten() {
            let id = entry.file_name().to_str().and_then(|name| name.parse().ok());
            // A thread may end between its listing and here.
            let stat = fs::read_to_string(entry.path().join("schedstat")).ok();
            let stat = stat.as_deref().and_then(Counted::read);
            counted.extend(id.zip(stat));
        }
        let frame_threads = self.frame_threads.lock().unwrap_or_else(PoisonError::into_inner);
        if frame_threads.is_empty() || !frame_threads.iter().any(|id| counted.contains_key(id)) {
            return None;
        }
        let (mut frames, mut others) = (Counted::default(), Counted::default());
        for (id, now) in &counted {
            let before = self.counted.get(id).copied().unwrap_or_default();
            let sum = if frame_threads.contains(id) { &mut frames } else { &mut others };
            sum.add(now.since(before));
        }
        drop(frame_threads);
        self.counted = counted;
        Some((frames, others))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_counts_is_read_and_what_it_does_not_write_is_not() {
        let counted = Counted::read("8113291 421337 97\n").unwrap();
        assert_eq!(counted.ran, Duration::from_nanos(8_113_291));
        assert_eq!((counted.waited, counted.runs), (Duration::from_nanos(421_337), 97));
        assert!(Counted::read("").is_none() && Counted::read("1 2").is_none());
        assert!(Counted::read("1 x 2").is_none());
    }

    #[test]
    fn what_processors_leave_is_read_from_the_line_of_all() {
        let stat = "cpu  10 20 30 400 7 6 5\ncpu0 1 2 3 4 5\n";
        assert_eq!(idle(stat), Some(Duration::from_millis(4_070)));
        assert_eq!(idle("cpu0 1 2 3 4 5\n"), None);
        assert_eq!((idle("cpu 1 2 3 4"), idle("cpu 1 2 3 x 5"), idle("")), (None, None, None));
    }
}
