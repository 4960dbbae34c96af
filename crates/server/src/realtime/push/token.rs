//! Who asks for a channel: `X-Skypetoken` carries the user's token.

use crate::http::bearer::{refused, token};
use crate::http::{ApiError, Service};
use crate::tokens::Bearer;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use liaison_identity::Scope;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// No channel outlives this, whatever its token says.
const LONGEST: Duration = Duration::from_secs(7 * 86_400);

/// A user whose token was verified and lets them chat.
pub(super) struct Holder {
    pub(super) bearer: Arc<Bearer>,
    /// The token, to be judged once more.
    token: String,
}

impl Holder {
    async fn of(service: &Service, token: &str) -> Result<Self, ApiError> {
        let bearer = service.operations.tokens.believe(token).await.map_err(refused)?;
        let scopes = &bearer.principal.scopes;
        match [Scope::Chat, Scope::ChatJoin, Scope::ChatJoinLimited].iter().any(|s| scopes.contains(*s)) {
            true => Ok(Self { bearer, token: token.to_owned() }),
            false => Err(ApiError::forbidden("the token does not have the scope chat: issue one that does")),
        }
    }

    /// Whether the token is still good: a revocation either finds the channel that was opened meanwhile, or is
    /// seen here.
    pub(super) async fn again(&self, service: &Service) -> Result<(), ApiError> {
        service.operations.tokens.believe(&self.token).await.map(drop).map_err(refused)
    }

    /// When the token ends.
    pub(super) fn expires(&self) -> Instant {
        let left = self.bearer.principal.expires_at_unix_s.saturating_sub(crate::clock::now_s());
        Instant::now() + Duration::from_secs(left).min(LONGEST)
    }
}

impl FromRequestParts<Arc<Service>> for Holder {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, ApiError> {
        let skype = parts.headers.get("x-skypetoken").and_then(|value| value.to_str().ok());
        let token = skype.or_else(|| token(&parts.headers));
        let token = token.ok_or_else(|| {
            ApiError::no_token("send X-Skypetoken: a user's access token with the scope chat")
        })?;
        Self::of(service, token).await
    }
}
