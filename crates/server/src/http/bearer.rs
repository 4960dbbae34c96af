//! A request made with an ACS user's token, and its JSON body.

use super::version;
use super::{ApiError, Service};
use crate::tokens::{AuthenticateError, Bearer};
use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use liaison_identity::Scope;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// The oldest version of the chat API that is spoken.
const OLDEST: &str = "2021-03-07";

/// Where our own paths begin, whose version is in the path.
const OURS: &str = "/liaison/v1/";

/// Who sends a chat request: a user whose token was verified and lets them chat.
pub(crate) struct Chatter(pub(crate) Arc<Bearer>);

impl FromRequestParts<Arc<Service>> for Chatter {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, ApiError> {
        let token = token(&parts.headers).ok_or_else(|| {
            ApiError::no_token("send `Authorization: Bearer` and a user's access token with the scope chat")
        })?;
        let bearer = service.operations.tokens.believe(token).await.map_err(refused)?;
        if !parts.uri.path().starts_with(OURS) {
            version::check(parts.uri.query().unwrap_or_default(), OLDEST)?;
        }
        let scopes = &bearer.principal.scopes;
        match [Scope::Chat, Scope::ChatJoin, Scope::ChatJoinLimited].iter().any(|s| scopes.contains(*s)) {
            true => Ok(Self(bearer)),
            false => Err(ApiError::forbidden("the token does not have the scope chat: issue one that does")),
        }
    }
}

/// What follows `Authorization: Bearer`.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Why a token was not believed.
pub(crate) fn refused(error: AuthenticateError) -> ApiError {
    match error {
        AuthenticateError::Store(error) => error.into(),
        refused => ApiError::no_token(refused.to_string()),
    }
}

/// The body of a chat request as JSON: an object, or nothing, which reads as an empty object.
pub(crate) struct Payload<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<Service>> for Payload<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, ApiError> {
        let encoding = request.headers().get(header::CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(ApiError::unsupported("send the body as it is: no content-encoding is undone here"));
        }
        let limit = service.limits.chat_body_bytes;
        let body = to_bytes(request.into_body(), limit).await.map_err(|_| ApiError::too_large(limit))?;
        let body: &[u8] = if body.is_empty() { b"{}" } else { &body };
        // serde_json stops at 128 levels.
        serde_json::from_slice(body)
            .map(Self)
            .map_err(|error| ApiError::bad_request(format!("the body is not what is expected: {error}")))
    }
}
