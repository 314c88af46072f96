//! A history as lines of JSON.

use std::io::{BufRead, Write};

use super::{Entry, History};

/// Why a history cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("line {line} cannot be read")]
    Io {
        /// From 1.
        line: usize,
        /// Why.
        source: std::io::Error,
    },
    /// It is no entry of a history.
    #[error("line {line} is no entry of a history")]
    Entry {
        /// From 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
}

/// Reads a history.
///
/// # Errors
///
/// The first line that cannot be read.
pub fn read(lines: impl BufRead) -> Result<History, ReadError> {
    let mut history = History::default();
    for (index, text) in lines.lines().enumerate() {
        let line = index + 1;
        let text = text.map_err(|source| ReadError::Io { line, source })?;
        let entry = serde_json::from_str(&text);
        history.push(entry.map_err(|source| ReadError::Entry { line, source })?);
    }
    Ok(history)
}

/// Writes a history: what was before the run, what happened in it, and the tables in the end.
///
/// # Errors
///
/// If nothing can be written there.
pub fn write(history: History, mut to: impl Write) -> std::io::Result<()> {
    let mut line = |entry: Entry| {
        serde_json::to_writer(&mut to, &entry)?;
        to.write_all(b"\n")
    };
    line(Entry::Run(history.run))?;
    history.setups.into_iter().map(Entry::Setup).try_for_each(&mut line)?;
    history.calls.into_iter().map(Entry::Call).try_for_each(&mut line)?;
    history.frames.into_iter().map(Entry::Frame).try_for_each(&mut line)?;
    history.faults.into_iter().map(Entry::Fault).try_for_each(&mut line)?;
    history.events.into_iter().map(Entry::Event).try_for_each(&mut line)?;
    history.log.into_iter().map(Entry::Log).try_for_each(&mut line)?;
    history.seats.into_iter().map(Entry::Seat).try_for_each(&mut line)?;
    history.orders.into_iter().map(Entry::Order).try_for_each(&mut line)?;
    history.keys.into_iter().map(Entry::Key).try_for_each(&mut line)?;
    to.flush()
}

/// What may be left out, be null, or have a value: three things.
pub(super) mod nullable {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<T: Serialize, S: Serializer>(
        value: &Option<Option<T>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().and_then(Option::as_ref).serialize(to)
    }

    pub(crate) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Option<T>>, D::Error> {
        Option::<T>::deserialize(from).map(Some)
    }
}
