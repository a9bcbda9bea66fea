//! [`Fault`]: what goes wrong inside of this store, before it is told as a `StoreError`.

use flow_core::port::StoreError;
use rusqlite::ErrorCode;

/// A failure that does not know the store's place yet.
#[derive(Debug)]
pub(super) enum Fault {
    /// SQLite said so.
    Sql(rusqlite::Error),
    /// A stored document cannot be read.
    Unreadable(String),
    /// A rule was broken; told as it is.
    Refused(StoreError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Fault::Sql(error)
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Fault::Unreadable(error.to_string())
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Fault::Refused(error)
    }
}

impl Fault {
    /// The error for the world.
    pub(super) fn at(self, place: &str) -> StoreError {
        let place = place.to_owned();
        match self {
            Fault::Refused(error) => error,
            Fault::Unreadable(message) => StoreError::Corrupt { place, message },
            Fault::Sql(error) if is_corrupt(&error) => StoreError::Corrupt { place, message: error.to_string() },
            Fault::Sql(error) => StoreError::Io { place, message: error.to_string() },
        }
    }

    /// Whether another connection was in the way.
    pub(super) fn is_busy(&self) -> bool {
        let Fault::Sql(error) = self else { return false };
        matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
    }
}

/// Whether the bytes are at fault, not the disk: no later call will go through.
fn is_corrupt(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::IntegralValueOutOfRange(..) => true,
        _ => matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)),
    }
}
