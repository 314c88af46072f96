//! How far the rounds are: a bar on a terminal, lines elsewhere. All on standard output: it is what
//! this program is for.

use std::io::{self, Write as _};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How a bar looks.
const STYLE: &str = "{bar:30} {elapsed} {msg}";

/// What a bar counts: rounds where their number is known, else seconds.
pub(crate) struct Progress {
    bar: ProgressBar,
    began: Instant,
    counts_rounds: bool,
}

impl Progress {
    /// For so many rounds, or so many minutes.
    pub(crate) fn new(rounds: Option<usize>, minutes: u64) -> Self {
        let length = rounds.map_or(60 * minutes, |rounds| rounds as u64);
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(STYLE);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, began: Instant::now(), counts_rounds: rounds.is_some() }
    }

    /// A line above the bar.
    pub(crate) fn say(&self, line: &str) {
        // If nobody reads it, the work goes on.
        let _ = self.bar.suspend(|| writeln!(io::stdout(), "{line}"));
    }

    /// A round is over; and what all of them came to so far.
    pub(crate) fn tell(&mut self, line: &str, sums: &str) {
        self.say(line);
        let done = if self.counts_rounds {
            self.bar.position() + 1
        } else {
            self.began.elapsed().as_secs()
        };
        self.bar.set_position(done);
        self.bar.set_message(sums.to_owned());
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
