//! PostgreSQL: the programs that are installed, a primary, and a synchronous standby.

mod node;
mod pair;
mod programs;
mod template;

pub(crate) use self::node::Node;
pub(crate) use self::pair::Pair;
pub(crate) use self::programs::Programs;
pub(crate) use self::template::{EVENT_SLUGS, Template};

/// The database and the role that servers use.
pub(crate) const NAME: &str = "arena";

/// Whom we are ourselves.
pub(crate) const SUPERUSER: &str = "postgres";
