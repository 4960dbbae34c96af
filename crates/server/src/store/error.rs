//! Why the store did not do what was asked.

/// What went wrong in one use of the store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StoreError {
    /// What was named is not there.
    #[error("no {what} `{name}`")]
    NotFound {
        /// "resource", "tenant", "user", "identity".
        what: &'static str,
        /// As it was named.
        name: String,
    },
    /// It clashes with what is there, or makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// The database failed; nothing of the use was kept.
    #[error("the database failed: {0}")]
    Database(String),
    /// There is no room for what was to be written; nothing of the use was kept.
    #[error("the service's disk is full: nothing was written")]
    Full,
    /// The store is shut down.
    #[error("the service is stopping: try again when it runs")]
    Closed,
}

impl StoreError {
    pub(crate) fn not_found(what: &'static str, name: &str) -> Self {
        Self::NotFound { what, name: name.chars().take(128).collect() }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            _ => Self::Database(error.to_string()),
        }
    }
}

/// Whether the error says that a unique key is taken.
pub(crate) fn is_taken(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::ConstraintViolation))
}
