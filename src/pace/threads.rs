//! The frame threads: a runtime of their own.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::readings::{Meter, ThreadIds};
use super::toll::{Made, SLOWEST, Toll};
use crate::metrics::Metrics;

/// What the threads are called.
const NAME: &str = "frames";

/// How far they come after all others. The kernel gives a thread a quarter less with each step: at
/// 10 it gets a tenth of what a booking's gets that wants the same processor.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Readings are taken no more often, and over no less than it takes to tell the largest event's
/// followers once: where it is all of them at once, frames come in waves.
const READING_EVERY: Duration = Duration::from_millis(100);

/// How often it is looked whether the frames of a tick have left.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// See the room's documentation. They end, without being waited for, when this is dropped.
#[derive(Debug)]
pub struct FrameThreads {
    runtime: Option<Runtime>,
    handle: Handle,
    measured: Mutex<Measured>,
    pace: Gauge<f64, AtomicU64>,
    taken: Counter<f64, AtomicU64>,
}

#[derive(Debug)]
struct Measured {
    meter: Meter,
    toll: Toll,
    /// Since the last reading.
    made: Made,
    /// Followers of the event that has had most, lately.
    largest: usize,
}

impl FrameThreads {
    /// Starts as many as there are processors: at night, when nobody buys, frames may have them.
    ///
    /// # Errors
    ///
    /// If the operating system has no threads to give.
    pub fn start(metrics: &Metrics) -> std::io::Result<Arc<Self>> {
        let ids = ThreadIds::default();
        let begun = Arc::clone(&ids);
        let runtime = Builder::new_multi_thread()
            .thread_name(NAME)
            .on_thread_start(move || begin(&begun))
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        let meter = Meter::new(ids, handle.metrics());
        let toll = Toll::initial();
        let measured = Mutex::new(Measured { meter, toll, made: Made::default(), largest: 0 });
        let pace = metrics.register(
            "frame_pace_seconds",
            "How long the event with most followers waits for its next frames",
            Gauge::default(),
        );
        let taken = metrics.register(
            "frame_cpu_seconds",
            "What the frame threads have taken of the processors",
            Counter::default(),
        );
        Ok(Arc::new(Self { runtime: Some(runtime), handle, measured, pace, taken }))
    }

    /// Where tasks are spawned that carry frames.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Has a task carried out there.
    pub fn spawn<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.handle.spawn(task)
    }

    /// Waits until an event may have its next frames: so long after it had the last.
    pub async fn next_tick(&self, began: Instant, pace: Duration) {
        tokio::time::sleep_until(began + pace).await;
        while let Some(later) = self.put_off(began) {
            tokio::time::sleep_until(later).await;
        }
    }

    /// How long each of an event's followers waits for its next frame. To be called once for each
    /// tick, with how many of them had a frame by it.
    pub fn pace(&self, followers: usize, told: usize) -> Duration {
        let mut measured = self.measured.lock().unwrap_or_else(PoisonError::into_inner);
        let Measured { meter, toll, made, largest } = &mut *measured;
        made.frames += told;
        made.quick += if toll.pace(followers) < SLOWEST { told } else { 0 };
        made.largest = followers.max(made.largest);
        *largest = followers.max(*largest);
        if meter.age() >= READING_EVERY.max(toll.pace(*largest)) {
            let (reading, made) = (meter.read(), std::mem::take(made));
            // One that has ended, or is quiet now, is forgotten step by step.
            *largest = made.largest.max(*largest / 2);
            *toll = toll.after(&reading, &Made { largest: *largest, ..made });
            self.pace.set(toll.pace(*largest).as_secs_f64());
            self.taken.inc_by(reading.taken.as_secs_f64());
        }
        toll.pace(followers)
    }

    /// When to look again, if frames still wait for a thread to write them. `None` as well if the
    /// tick that began then has been waited for long enough.
    pub fn put_off(&self, began: Instant) -> Option<Instant> {
        let waits = self.handle.metrics().global_queue_depth() > 0 && began.elapsed() < SLOWEST;
        waits.then(|| Instant::now() + LOOK_EVERY)
    }
}

impl Drop for FrameThreads {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Within a runtime another must not be waited for.
            runtime.shutdown_background();
        }
    }
}

/// Puts this thread behind all others, and enters it among those that carry frames.
#[cfg(target_os = "linux")]
fn begin(ids: &ThreadIds) {
    // On Linux, "this process" is this thread.
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "frames are carried at the same priority as all else");
    }
    let id = rustix::thread::gettid().as_raw_nonzero().get();
    ids.lock().unwrap_or_else(PoisonError::into_inner).extend(u32::try_from(id));
}

/// Elsewhere a priority is the whole process's, and nothing is counted for each thread.
#[cfg(not(target_os = "linux"))]
fn begin(_: &ThreadIds) {}
