//! The thread of the workers, with a runtime of its own.
//!
//! While thousands of requests wait for a processor, a booking that has an answer from the database
//! goes on at once. Among the requests it would wait for its turn with each statement, and they for
//! it.

use tokio::runtime::{Builder, Handle, Runtime};

/// The workers' runtime; ends without being waited for when dropped.
#[derive(Debug)]
pub(super) struct BookingThread(Option<Runtime>);

impl BookingThread {
    /// Starts it. One thread is enough: of the 42 µs that a reservation takes of the server in a
    /// rush, 2 to 3 are spent there (`bench rush`).
    pub(super) fn start() -> std::io::Result<(Self, Handle)> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("desk")
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        Ok((Self(Some(runtime)), handle))
    }
}

impl Drop for BookingThread {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // Within a runtime another must not be waited for.
            runtime.shutdown_background();
        }
    }
}
