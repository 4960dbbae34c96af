//! What a refused request is answered: the error body of ACS.

use crate::store::StoreError;
use crate::tokens::IssueError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use liaison_identity::SignatureError;
use std::time::Duration;

/// A refusal. Its message reaches the app's developer: no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) retry_after: Option<Duration>,
    /// How to authenticate, where the answer is 401.
    challenge: &'static str,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None, challenge: "HMAC-SHA256" }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", message)
    }

    /// The request needs a user's token, or another one.
    pub(crate) fn no_token(message: impl Into<String>) -> Self {
        Self { challenge: "Bearer", ..Self::unauthorized(message) }
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", message)
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "this path has no such method")
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        let message = format!("the request's body is longer than {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLarge", message)
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
    }

    pub(crate) fn timeout() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "RequestTimeout", "the request took too long")
    }

    pub(crate) fn too_many(wait: Duration) -> Self {
        let refusal = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "TooManyRequests",
            "too many requests: wait and try again",
        );
        Self { retry_after: Some(wait), ..refusal }
    }

    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        let refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", message);
        Self { retry_after: Some(Duration::from_secs(1)), ..refusal }
    }

    pub(crate) fn internal() -> Self {
        let message = "the service failed: its log says why";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", message)
    }

    /// The answer with another body, for an interface with its own error shape.
    pub(crate) fn respond_with(&self, body: &serde_json::Value) -> Response {
        let mut response = (self.status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert("x-ms-error-code", HeaderValue::from_static(self.code));
        if let Some(wait) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs_f64().ceil().max(1.0) as u64));
        }
        response
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = serde_json::json!({ "error": { "code": self.code, "message": self.message } });
        let mut response = self.respond_with(&body);
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(self.challenge));
        }
        response
    }
}

impl From<SignatureError> for ApiError {
    fn from(error: SignatureError) -> Self {
        match error {
            SignatureError::PathTooLong => Self::bad_request(error.to_string()),
            _ => Self::unauthorized(error.to_string()),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { what: "identity", .. } => {
                Self::not_found("there is no such identity: it was deleted, or never made")
            }
            StoreError::NotFound { .. } => Self::not_found(error.to_string()),
            StoreError::Invalid(message) => Self::bad_request(message),
            StoreError::Full => {
                tracing::error!("the disk is full: a request was refused");
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "InsufficientStorage", error.to_string())
            }
            StoreError::Closed => Self::unavailable(error.to_string()),
            StoreError::Database(_) => {
                tracing::error!(%error, "a request failed");
                Self::internal()
            }
        }
    }
}

impl From<IssueError> for ApiError {
    fn from(error: IssueError) -> Self {
        match error {
            IssueError::Store(error) => error.into(),
            IssueError::Minutes(_) | IssueError::NoScope | IssueError::DirectoryScope => {
                Self::bad_request(error.to_string())
            }
            IssueError::Sign(_) => {
                tracing::error!(%error, "a token could not be signed");
                Self::internal()
            }
        }
    }
}
