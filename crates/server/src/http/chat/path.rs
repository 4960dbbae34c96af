//! The names in a path.

use crate::http::ApiError;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use liaison_chat::{AttachmentId, MessageId, ThreadId};

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

/// `{thread}` and `{file}`
pub(super) struct OfFile(pub(super) ThreadId, pub(super) AttachmentId);

impl<S: Send + Sync> FromRequestParts<S> for OfFile {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path((thread, file)) =
            Path::<(String, String)>::from_request_parts(parts, state).await.map_err(|_| broken())?;
        Ok(Self(read(&thread)?, read(&file)?))
    }
}

/// `{thread}`, `{file}` and `{view}`
pub(super) struct OfView(pub(super) ThreadId, pub(super) AttachmentId, pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for OfView {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path((thread, file, view)) =
            Path::<(String, String, String)>::from_request_parts(parts, state).await.map_err(|_| broken())?;
        Ok(Self(read(&thread)?, read(&file)?, view))
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
