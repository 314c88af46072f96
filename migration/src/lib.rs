//! Grand Arena's tables, constraints and indexes, as migrations that run forward, each in the order
//! listed.
//!
//! The constraints repeat what the rules in the crate `domain` guarantee, by its numbers: whatever
//! writes to these tables, a seat cannot be in a state that makes no sense, and cannot be sold
//! twice.
//!
//! Servers of the version before go on beside those of this one: `README.md` has the rules.
//!
//! The tables can be distributed by event: every key begins with the event, no statement of a
//! booking spans two events, and there are no triggers.

pub use sea_orm_migration::prelude::*;

mod m0001_initial;
mod m0002_rush;
mod m0003_off_sale;
mod m0004_by_the_book;
mod m0005_who_may_take;
mod m0006_sections;
mod m0007_holds;
mod m0008_plans;
mod m0009_arena;
mod m0010_histories;

pub use m0004_by_the_book::ENTER_ORDER_CODES;

/// The oldest migration that a server has to know to use the tables after this one, as `m0007`;
/// `None`: all that could use them before can do so after it. It is in the migration's name, which
/// servers of before read.
#[must_use]
pub fn oldest_that_serves(migration: &str) -> Option<&str> {
    let (_, oldest) = migration.rsplit_once("__from_")?;
    let digits = oldest.strip_prefix('m')?;
    let is_number = digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then_some(oldest)
}

/// All migrations.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_initial::Migration),
            Box::new(m0002_rush::Migration),
            Box::new(m0003_off_sale::Migration),
            Box::new(m0004_by_the_book::Migration),
            Box::new(m0005_who_may_take::Migration),
            Box::new(m0006_sections::Migration),
            Box::new(m0007_holds::Migration),
            Box::new(m0008_plans::Migration),
            Box::new(m0009_arena::Migration),
            Box::new(m0010_histories::Migration),
        ]
    }
}
