//! What the database is: PostgreSQL, or something that speaks like it.

use std::fmt;

use sea_orm::sqlx::{self, PgConnection};

/// The oldest PostgreSQL we test against, as `server_version_num` counts.
pub const OLDEST_SERVER_VERSION: i32 = 140_000;

/// The database, as it says what it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Engine {
    /// The version of PostgreSQL that it is, or is like.
    postgresql: String,
    /// The version of its extension Citus, if it has that.
    citus: Option<String>,
}

/// Why a database is nothing for us. Each is one sentence for the person who runs the server.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// It is older than what we know to work.
    #[error("the database is PostgreSQL {0}; Grand Arena needs 14 or newer")]
    TooOld(String),
    /// It speaks like PostgreSQL, and is none.
    #[error("the database is {0}; Grand Arena needs PostgreSQL, 14 or newer")]
    Foreign(String),
    /// It cannot store every text.
    #[error(
        "the database's encoding is {0}; Grand Arena needs one that was created with ENCODING \
            'UTF8'"
    )]
    Encoding(String),
}

/// What it answers to [`QUESTION`], in that order.
type Answer = (String, String, String, String, Option<String>);

const QUESTION: &str = "
SELECT current_setting('server_version_num'), current_setting('server_version'),
       current_setting('server_encoding'), version(),
       (SELECT extversion::text FROM pg_extension WHERE extname = 'citus')";

impl Engine {
    /// Asks it; the outer error is the driver's, the inner one that it is nothing for us.
    pub(super) async fn ask(
        connection: &mut PgConnection,
    ) -> Result<Result<Self, EngineError>, sqlx::Error> {
        let answer: Answer = sqlx::query_as(QUESTION).fetch_one(connection).await?;
        Ok(Self::try_from(answer))
    }

    /// Whether tables may be distributed by Citus.
    pub fn is_citus(&self) -> bool {
        self.citus.is_some()
    }

    /// Whether it is YugabyteDB, which has its name in its version.
    fn is_yugabyte(&self) -> bool {
        self.postgresql.contains("-YB-")
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.citus {
            Some(citus) => write!(f, "Citus {citus} on PostgreSQL {}", self.postgresql),
            None if self.is_yugabyte() => write!(f, "YugabyteDB {}", self.postgresql),
            None => write!(f, "PostgreSQL {}", self.postgresql),
        }
    }
}

impl TryFrom<Answer> for Engine {
    type Error = EngineError;

    fn try_from(answer: Answer) -> Result<Self, EngineError> {
        let (number, version, encoding, name, citus) = answer;
        if name.starts_with("CockroachDB") {
            let name = name.split(" (").next().unwrap_or_default().to_owned();
            return Err(EngineError::Foreign(name));
        }
        if encoding != "UTF8" {
            return Err(EngineError::Encoding(encoding));
        }
        match number.parse::<i32>() {
            Ok(number) if number >= OLDEST_SERVER_VERSION => {
                Ok(Self { postgresql: version, citus })
            }
            _ => Err(EngineError::TooOld(version)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(number: &str, version: &str, name: &str, citus: Option<&str>) -> String {
        let (number, version, name) = (number.to_owned(), version.to_owned(), name.to_owned());
        let citus = citus.map(str::to_owned);
        let answer = (number, version, "UTF8".to_owned(), name, citus);
        Engine::try_from(answer).map_or_else(|error| error.to_string(), |it| it.to_string())
    }

    #[test]
    fn a_database_is_called_by_its_name_and_refused_by_it() {
        let debian = "15.18 (Debian 15.18-0+deb12u1)";
        let name = "PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu";
        assert_eq!(engine("150018", debian, name, None), format!("PostgreSQL {debian}"));
        let citus = engine("150018", "15.18", name, Some("13.2-1"));
        assert_eq!(citus, "Citus 13.2-1 on PostgreSQL 15.18");
        let yugabyte = "15.12-YB-2025.1.0.1-b0";
        let name = "PostgreSQL 15.12-YB-2025.1.0.1-b0 on x86_64-pc-linux-gnu";
        assert_eq!(engine("150012", yugabyte, name, None), format!("YugabyteDB {yugabyte}"));
        let name = "CockroachDB CCL v25.2.0 (x86_64-pc-linux-gnu, built 2025/05/12)";
        let cockroach = engine("130000", "13.0.0", name, None);
        assert!(cockroach.starts_with("the database is CockroachDB CCL v25.2.0; "), "{cockroach}");
        let old = engine("130014", "13.14", "PostgreSQL 13.14", None);
        assert!(old.contains("PostgreSQL 13.14; Grand Arena needs 14"), "{old}");
    }
}
