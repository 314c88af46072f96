//! Lines on their way out.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tracing_subscriber::fmt::MakeWriter;

/// What may wait to be written, in bytes: some 20,000 lines, which are more than a rush's second
/// has.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// What the buffer keeps room for while it is empty, in bytes.
const KEPT_BYTES: usize = 64 * 1024;

/// See the module's documentation. Copies are the same buffer.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffer(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Something waits, or everything is written.
    changed: Condvar,
    lost: Counter,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<u8>,
    is_writing: bool,
}

impl Buffer {
    /// Lines that there was no room for.
    pub(super) fn lost(&self) -> &Counter {
        &self.0.lost
    }

    /// Writes what comes, for ever.
    pub(super) fn write_to(&self, mut out: impl io::Write) {
        let mut taken = Vec::new();
        loop {
            let mut state = self.state();
            state.is_writing = false;
            self.0.changed.notify_all();
            while state.waiting.is_empty() {
                state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            std::mem::swap(&mut state.waiting, &mut taken);
            state.is_writing = true;
            drop(state);
            // Where nobody reads there is nobody to be told.
            let _ = out.write_all(&taken).and_then(|()| out.flush());
            taken.clear();
            taken.shrink_to(KEPT_BYTES);
        }
    }

    /// Waits until everything is written, for so long at most.
    pub(super) fn flush(&self, patience: Duration) {
        let is_busy = |state: &mut State| state.is_writing || !state.waiting.is_empty();
        let waited = self.0.changed.wait_timeout_while(self.state(), patience, is_busy);
        drop(waited);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A line comes in one piece.
impl io::Write for &Buffer {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut state = self.state();
        if state.waiting.len() + line.len() > MOST_BYTES {
            self.0.lost.inc();
            return Ok(line.len());
        }
        state.waiting.extend_from_slice(line);
        drop(state);
        self.0.changed.notify_all();
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Buffer {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> &'a Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::sync::mpsc;

    use super::*;

    /// Takes what it is given one piece at a time, when it is told to.
    struct Slow(mpsc::Receiver<()>, Arc<Mutex<Vec<u8>>>);

    impl io::Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.recv().map_err(io::Error::other)?;
            self.1.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn who_logs_waits_for_nobody_and_what_there_is_no_room_for_is_lost_and_counted() {
        let (buffer, written) = (Buffer::default(), Arc::default());
        let (go_on, told) = mpsc::channel();
        let (writing, out) = (buffer.clone(), Slow(told, Arc::clone(&written)));
        std::thread::spawn(move || writing.write_to(out));
        let line = [b'x'; 1024 * 1024];
        // One is being written at most while four wait.
        (0..10).for_each(|_| (&buffer).write_all(&line).unwrap());
        let lost = buffer.lost().get();
        assert!((5..=6).contains(&lost), "{lost}");
        (0..10).for_each(|_| go_on.send(()).unwrap());
        buffer.flush(Duration::from_secs(20));
        let expected = (10 - usize::try_from(lost).unwrap()) * line.len();
        assert_eq!(written.lock().unwrap().len(), expected);
    }
}
