//! How far along a command is: a bar on a terminal, a line now and then elsewhere. On standard
//! error; what is said of each event is for standard output.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a line says it where there is no terminal: nobody wonders, and no log fills up.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// How often a bar is drawn anew, a second.
const DRAWN_A_SECOND: u8 = 10;

/// How a bar looks.
const STYLE: &str = "{bar:30} {human_pos} of {human_len} seats, {per_sec}, {eta} left";

/// How many of so many seats are done.
pub(super) struct Progress {
    bar: ProgressBar,
    told: Instant,
}

impl Progress {
    pub(super) fn of(seats: usize) -> Self {
        let bar = ProgressBar::with_draw_target(
            Some(seats as u64),
            ProgressDrawTarget::stderr_with_hz(DRAWN_A_SECOND),
        );
        let style = ProgressStyle::with_template(STYLE);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, told: Instant::now() }
    }

    /// So many more are done.
    pub(super) fn advance(&mut self, seats: usize) {
        self.bar.inc(seats as u64);
        // Hidden where standard error is no terminal.
        if self.bar.is_hidden() && self.told.elapsed() >= LINE_EVERY {
            self.told = Instant::now();
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or_default());
            // If nobody reads it, the work goes on.
            let _ = writeln!(io::stderr(), "{done} of {all} seats so far");
        }
    }

    /// A line on standard output, above the bar.
    pub(super) fn say(&self, line: &str) -> io::Result<()> {
        self.bar.suspend(|| writeln!(io::stdout(), "{line}"))
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
