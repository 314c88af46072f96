//! What a round comes to: the books, the history, and what is kept of it.

use std::fs;
use std::path::Path;

use torture::checker;
use torture::history::{self, History};

use crate::Result;
use crate::load::{Event, RawCall, RawFrame};
use crate::stage::Stage;
use crate::tables;
use crate::tools::Tools;
use crate::translate::{self, Names};

/// Reads the tables into the history, and has the product check its own books.
pub(super) async fn of_tables(
    stage: &Stage,
    tools: &Tools,
    history: &mut History,
) -> Result<Option<String>> {
    let mut pair = stage.pair.lock().await;
    let mut sql = pair.primary().connect().await?;
    tables::read(&mut sql, history).await?;
    let checked = tools.binary.check(pair.primary().address()).await;
    Ok(checked.err().map(|error| error.to_string()))
}

/// Puts everything into the history, and checks it.
pub(super) fn of_history(
    history: &mut History,
    notes: (Vec<RawCall>, Vec<RawFrame>),
    names: &Names,
    events: &[Event],
    violations: &mut Vec<String>,
) {
    translate::add(history, notes, names, events);
    violations.extend(checker::check(history).iter().map(ToString::to_string));
}

/// Keeps the history, what is wrong with it, and the logs.
pub(super) fn keep(
    history: History,
    round: &Path,
    kept: &Path,
    violations: &[String],
) -> Result<()> {
    if kept.exists() {
        fs::remove_dir_all(kept)?;
    }
    fs::create_dir_all(kept)?;
    fs::write(kept.join("violations.txt"), violations.join("\n") + "\n")?;
    let file = fs::File::create(kept.join("history.jsonl"))?;
    history::write(history, std::io::BufWriter::new(file))?;
    for entry in fs::read_dir(round)? {
        let entry = entry?;
        if entry.path().extension().is_some_and(|extension| extension == "log") {
            fs::copy(entry.path(), kept.join(entry.file_name()))?;
        }
    }
    Ok(())
}
