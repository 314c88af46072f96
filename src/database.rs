//! Which database: the one that is set, or the private one under the data folder.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::config::DatabaseSettings;
use crate::embedded::{EmbeddedError, EmbeddedPostgres, default_data_dir, has_database};
use crate::store::{ConnectError, ConnectSettings, Store, parse_address};

/// The database that the settings lead to, running.
#[derive(Debug)]
pub struct Database {
    /// Its address; may hold a password.
    pub url: String,
    /// The private PostgreSQL, if it is that.
    pub embedded: Option<EmbeddedPostgres>,
    /// Nothing will be written: a standby will do.
    is_to_look: bool,
}

/// Why there is no database. Each is one sentence for the person who runs the server.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The private one does not start.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// There is nothing to look at.
    #[error(
        "there is no database in {}: set DATABASE_URL, or ARENA_DATA_DIR to the folder that has it",
        data_dir.display()
    )]
    Absent {
        /// The data folder.
        data_dir: PathBuf,
    },
    /// The one that is set cannot be used.
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

impl Database {
    /// Starts the private PostgreSQL if no other is set.
    pub async fn open(settings: &DatabaseSettings) -> Result<Self, DatabaseError> {
        match &settings.database_url {
            Some(url) => {
                parse_address(url, "DATABASE_URL")?;
                Ok(Self { url: url.clone(), embedded: None, is_to_look: false })
            }
            None => {
                let data_dir = data_dir(settings);
                let embedded = EmbeddedPostgres::start(&data_dir).await?;
                note_address(&data_dir, embedded.url());
                Ok(Self {
                    url: embedded.url().to_owned(),
                    embedded: Some(embedded),
                    is_to_look: false,
                })
            }
        }
    }

    /// Like [`Database::open`], for commands that run beside a server: if the private PostgreSQL
    /// runs already, it is used as it is.
    pub async fn open_beside(settings: &DatabaseSettings) -> Result<Self, DatabaseError> {
        match Self::open(settings).await {
            Err(DatabaseError::Embedded(error @ EmbeddedError::InUse { .. })) => {
                let url = std::fs::read_to_string(data_dir(settings).join(ADDRESS_FILE))
                    .map_err(|_| error)?;
                Ok(Self { url, embedded: None, is_to_look: false })
            }
            opened => opened,
        }
    }

    /// Like [`Database::open_beside`], for commands that only look: a private database that was
    /// never made is not made for them.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::Absent`] if there is none; else as [`Database::open`].
    pub async fn open_existing(settings: &DatabaseSettings) -> Result<Self, DatabaseError> {
        let data_dir = data_dir(settings);
        if settings.database_url.is_none() && !has_database(&data_dir) {
            return Err(DatabaseError::Absent { data_dir });
        }
        Self::open_beside(settings).await
    }

    /// For commands that write nothing: a standby will do.
    #[must_use]
    pub fn to_look(self) -> Self {
        Self { is_to_look: true, ..self }
    }

    /// Connects to it.
    pub async fn connect(&self, settings: &DatabaseSettings) -> Result<Store, ConnectError> {
        let connect = ConnectSettings {
            url: self.url.clone(),
            booking_connections: settings.booking_connections,
            reading_connections: settings.read_connections,
        };
        if self.is_to_look {
            Store::connect_to_look(&connect).await
        } else {
            Store::connect(&connect).await
        }
    }

    /// Says why the private one has ended by itself; never, if it is another. Safe to cancel.
    pub async fn ended(&mut self) -> String {
        match &mut self.embedded {
            Some(embedded) => embedded.exited().await,
            None => std::future::pending().await,
        }
    }

    /// Stops the private one, if it is that.
    pub async fn close(self) -> Result<(), DatabaseError> {
        match self.embedded {
            Some(embedded) => Ok(embedded.stop().await?),
            None => Ok(()),
        }
    }
}

/// Where the running server notes the private PostgreSQL's address, for commands that run beside
/// it.
const ADDRESS_FILE: &str = "database-url";

/// The address holds the password, so it is for our own user only. Without the note, commands that
/// run beside the server say that the folder is in use; the server itself does not need it.
fn note_address(data_dir: &Path, url: &str) {
    let path = data_dir.join(ADDRESS_FILE);
    let write = || {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        file.write_all(url.as_bytes())
    };
    if let Err(error) = write() {
        tracing::warn!(path = %path.display(), %error, "the database's address could not be noted");
    }
}

/// Where the private PostgreSQL and the signing secret are kept.
pub fn data_dir(settings: &DatabaseSettings) -> PathBuf {
    settings.data_dir.clone().unwrap_or_else(default_data_dir)
}
