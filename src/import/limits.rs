//! Bounds of a file and of what is said about it.

/// Longest file, in bytes: 320 for each of [`MAX_SEATS`](crate::domain::plan::MAX_SEATS) lines,
/// several times what a real line takes. The file is held in memory while it is read.
pub const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// Most problems that one error lists: as many as somebody mends in one round.
pub const MAX_REPORTED_LINES: usize = 100;

/// Most unknown columns one error lists: a header that has more is not a header.
pub(super) const MAX_REPORTED_COLUMNS: usize = 10;
