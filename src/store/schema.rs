//! How the database's tables compare with those that this server knows.
//!
//! Whoever migrates writes down the name of each migration. What is there and unknown to us is a
//! newer server's. Its tables serve us as well, unless its name says from which migration on
//! servers can use them: see `migration/README.md`. The crate's own comparison refuses all of them.

use migration::{Migrator, MigratorTrait, oldest_that_serves};
use sea_orm::ConnectionTrait;

use super::error::StoreError;
use super::sql::statement;

/// How the tables compare.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Schema {
    /// All that we know is there.
    UpToDate,
    /// So many of our migrations are missing.
    Behind(usize),
    /// A newer server's migration, by its name, after which we cannot use the tables.
    TooNew(String),
}

/// Looks at the database.
pub(super) async fn schema(database: &impl ConnectionTrait) -> Result<Schema, StoreError> {
    const HAS_ANY: &str = "SELECT to_regclass('seaql_migrations') IS NOT NULL";
    const APPLIED: &str = "SELECT version FROM seaql_migrations ORDER BY version";
    let has_any = database.query_one_raw(statement(HAS_ANY, [])).await?;
    let has_any = has_any.map_or(Ok(false), |row| row.try_get_by_index(0))?;
    let rows =
        if has_any { database.query_all_raw(statement(APPLIED, [])).await? } else { Vec::new() };
    let applied =
        rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<Vec<String>, _>>()?;
    Ok(compare(&known(), applied))
}

/// The names of our migrations, in their order.
fn known() -> Vec<String> {
    Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect()
}

fn compare(known: &[String], applied: Vec<String>) -> Schema {
    let missing = known.iter().filter(|name| !applied.contains(name)).count();
    let newest = known.last().and_then(|name| name.split('_').next()).unwrap_or_default();
    let is_beyond_us = |name: &String| {
        !known.contains(name) && oldest_that_serves(name).is_some_and(|oldest| oldest > newest)
    };
    match applied.into_iter().find(is_beyond_us) {
        Some(name) => Schema::TooNew(name),
        None if missing == 0 => Schema::UpToDate,
        None => Schema::Behind(missing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_newer_servers_tables_serve_unless_they_say_from_when_on() {
        let known = names(&["m0001_first", "m0002_second"]);
        let compare = |applied: &[&str]| compare(&known, names(applied));
        assert_eq!(compare(&[]), Schema::Behind(2));
        assert_eq!(compare(&["m0001_first"]), Schema::Behind(1));
        assert_eq!(compare(&["m0001_first", "m0002_second"]), Schema::UpToDate);
        let later = |name| compare(&["m0001_first", "m0002_second", name]);
        assert_eq!(later("m0003_expand"), Schema::UpToDate);
        assert_eq!(later("m0003_contract__from_m0002"), Schema::UpToDate);
        let contract = "m0004_contract__from_m0003";
        assert_eq!(later(contract), Schema::TooNew(contract.to_owned()));
    }

    #[test]
    fn migrations_are_numbered_and_none_asks_for_a_later_one() {
        for (index, name) in known().iter().enumerate() {
            let number = format!("m{:04}", index + 1);
            assert_eq!(name.split('_').next(), Some(&*number), "{name}");
            let oldest = oldest_that_serves(name);
            assert!(oldest.is_none_or(|oldest| oldest < &*number), "{name}");
            assert_eq!(oldest.is_some(), name.contains("__"), "{name}");
        }
    }
}
