//! The documents of a file, one after another: as much of the file is held as one of them takes.

use std::io::BufRead;

use crate::import::error::ImportError;
use crate::import::limits::MAX_FILE_BYTES;

/// The documents of a file.
pub(super) struct Documents<R> {
    reader: R,
    line: u64,
    /// The bytes of that line that are read.
    column: usize,
}

/// A document's text, and where in its file it begins.
pub(super) struct Document {
    pub(super) text: String,
    /// The line, from 1.
    pub(super) line: u64,
    /// The bytes of that line before it.
    pub(super) column: usize,
}

impl<R: BufRead> Documents<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, line: 1, column: 0 }
    }

    /// The next document, as far as brackets tell where it ends.
    pub(super) fn next(&mut self) -> Result<Option<Document>, ImportError> {
        self.skip_space()?;
        let (line, column) = (self.line, self.column);
        let bytes = self.object()?;
        if bytes.is_empty() {
            return Ok(None);
        }
        self.pass(&bytes);
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(Document { text, line, column })),
            Err(error) => {
                let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                Err(ImportError::JsonNotUtf8 { line: line + lines_in(before) })
            }
        }
    }

    fn skip_space(&mut self) -> Result<(), ImportError> {
        loop {
            let buffer = self.reader.fill_buf()?;
            let space = buffer.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let is_all = space == buffer.len() && space > 0;
            let passed = buffer[..space].to_vec();
            self.reader.consume(space);
            self.pass(&passed);
            if !is_all {
                return Ok(());
            }
        }
    }

    /// Counts what is read.
    fn pass(&mut self, bytes: &[u8]) {
        self.line += lines_in(bytes);
        self.column = match memchr::memrchr(b'\n', bytes) {
            Some(end) => bytes.len() - end - 1,
            None => self.column + bytes.len(),
        };
    }

    /// The bytes up to the bracket that ends what the first one begins. All of the rest if there
    /// is none: the parser says what is wrong with it.
    fn object(&mut self) -> Result<Vec<u8>, ImportError> {
        let mut bytes = Vec::new();
        let mut brackets = Brackets::default();
        loop {
            let buffer = self.reader.fill_buf()?;
            let taken = brackets.end_in(buffer).unwrap_or(buffer.len());
            let is_end = buffer.is_empty() || brackets.is_closed;
            bytes.extend_from_slice(&buffer[..taken]);
            self.reader.consume(taken);
            if bytes.len() as u64 > MAX_FILE_BYTES {
                return Err(ImportError::FileTooLong);
            }
            if is_end {
                return Ok(bytes);
            }
        }
    }
}

/// How deep in brackets and quotation marks the bytes so far have led.
#[derive(Default)]
struct Brackets {
    depth: u64,
    is_quoted: bool,
    is_escaped: bool,
    is_closed: bool,
}

impl Brackets {
    /// The index after the last bracket, if it is here.
    fn end_in(&mut self, bytes: &[u8]) -> Option<usize> {
        for (index, byte) in bytes.iter().enumerate() {
            if self.is_quoted {
                let was_escaped = std::mem::replace(&mut self.is_escaped, false);
                match byte {
                    b'\\' => self.is_escaped = !was_escaped,
                    b'"' => self.is_quoted = was_escaped,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.is_quoted = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        self.is_closed = true;
                        return Some(index + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

fn lines_in(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}
