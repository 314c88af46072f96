//! Where the figures go.

use std::fmt::Write as _;
use std::path::Path;

use textwrap::{Options, WordSplitter};

use crate::Result;

/// Columns of a line, as in all files of the project (`tests/tidy`).
const COLUMNS: usize = 100;

/// The lines of a section of `bench/RESULTS.md`.
pub(crate) struct Report {
    title: &'static str,
    text: String,
}

impl Report {
    /// A section, made by a command on this machine.
    pub(crate) fn new(title: &'static str, command: &str) -> Self {
        let mut report = Self { title, text: String::new() };
        report.say(&format!("Made by `{command}` on {}.\n", machine()));
        report
    }

    /// Adds paragraphs and tables, and shows them.
    #[expect(clippy::print_stdout, reason = "a benchmark shows its figures as they come")]
    pub(crate) fn say(&mut self, text: &str) {
        println!("{text}");
        for line in text.split('\n') {
            // A row of a table cannot be broken.
            let is_row = line.starts_with('|');
            let line = if is_row { line.into() } else { textwrap::fill(line, wrapping()) };
            // Writing to a string does not fail.
            let _ = writeln!(self.text, "{line}");
        }
    }

    /// Puts the section in place of the one before it in the file.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let heading = format!("## {}\n", self.title);
        let old = std::fs::read_to_string(path).unwrap_or_else(|_| {
            "# Results\n\nRatios count; the figures are those of one machine on one day.\n\n"
                .to_owned()
        });
        let (before, after) = match old.split_once(&heading) {
            Some((before, rest)) => (
                before.to_owned(),
                rest.split_once("\n## ")
                    .map(|(_, rest)| format!("\n## {rest}"))
                    .unwrap_or_default(),
            ),
            None => (old, String::new()),
        };
        Ok(std::fs::write(path, format!("{before}{heading}\n{}{after}", self.text))?)
    }
}

/// How paragraphs are written: as all prose of the project, between words only.
fn wrapping() -> Options<'static> {
    Options::new(COLUMNS).word_splitter(WordSplitter::NoHyphenation).break_words(false)
}

/// Progress, for whoever waits.
#[expect(clippy::print_stderr, reason = "progress is for the terminal, not for the figures")]
pub(crate) fn progress(what: &str) {
    eprintln!("… {what}");
}

/// The machine in a few words.
fn machine() -> String {
    let cpus = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let memory = read("/proc/meminfo");
    let kilobytes = memory
        .lines()
        .next()
        .and_then(|line| line.split_whitespace().nth(1))
        .and_then(|kb| kb.parse::<u64>().ok());
    let gigabytes = kilobytes.unwrap_or_default() / (1024 * 1024);
    format!(
        "{cpus} cores ({}), {gigabytes} GiB, load generator and database on the same machine",
        model.trim_start_matches([':', '\t', ' '])
    )
}
