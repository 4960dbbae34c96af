//! The names in a path.

use crate::http::ApiError;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use liaison_chat::{MessageId, ThreadId};

/// `{thread}`
pub(super) struct InThread(pub(super) ThreadId);

impl<S: Send + Sync> FromRequestParts<S> for InThread {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(thread) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| broken())?;
        Ok(Self(read(&thread)?))
    }
}

/// `{thread}` and `{message}`
pub(super) struct OfMessage(pub(super) ThreadId, pub(super) MessageId);

impl<S: Send + Sync> FromRequestParts<S> for OfMessage {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path((thread, message)) =
            Path::<(String, String)>::from_request_parts(parts, state).await.map_err(|_| broken())?;
        Ok(Self(read(&thread)?, read(&message)?))
    }
}

fn broken() -> ApiError {
    ApiError::bad_request("the path's encoding is broken: write UTF-8, percent-encoded")
}

fn read<T: std::str::FromStr>(text: &str) -> Result<T, ApiError>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| ApiError::bad_request(error.to_string()))
}
