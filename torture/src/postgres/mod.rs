//! PostgreSQL: the programs that are installed, a primary, and a synchronous standby.

mod names;
mod node;
mod pair;
mod programs;
mod template;

pub(crate) use self::names::NAME;
pub(crate) use self::pair::Pair;
pub(crate) use self::programs::Programs;
pub(crate) use self::template::{EVENT_SLUGS, Template};
