//! The rows that are read and locked through SeaORM. They do not leave `store`.

pub(super) mod event;
pub(super) mod seat;
