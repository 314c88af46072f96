//! What an operation may cost, known before it is executed.

mod amount;

pub use self::amount::Cost;
