//! A request signed with a resource's access key.

use super::{ApiError, Service, version};
use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use bytes::Bytes;
use liaison_identity::AccessKey;
use liaison_identity::request_signing::{IncomingRequest, verify};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// The oldest version of the API that is spoken.
const OLDEST: &str = "2023-10-01";

/// A request whose signature was verified, with the resource whose key signed it.
pub(crate) struct Signed {
    pub(crate) resource_id: String,
    body: Bytes,
}

impl Signed {
    /// The body as JSON. An empty one reads as an empty object.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        serde_json::from_slice(body)
            .map_err(|error| ApiError::bad_request(format!("the body is not what is expected: {error}")))
    }
}

impl FromRequest<Arc<Service>> for Signed {
    type Rejection = ApiError;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let limit = service.limits.body_bytes;
        let body = to_bytes(body, limit).await.map_err(|_| ApiError::too_large(limit))?;
        let resource_id = signer(&parts, &body, service).await?;
        version::check(parts.uri.query().unwrap_or_default(), OLDEST)?;
        Ok(Self { resource_id, body })
    }
}

/// The resource one of whose keys signed the request.
async fn signer(parts: &Parts, body: &[u8], service: &Service) -> Result<String, ApiError> {
    let headers: Vec<(&str, &str)> = parts
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect();
    let request = IncomingRequest {
        method: parts.method.as_str(),
        path_and_query: parts.uri.path_and_query().map_or("/", |text| text.as_str()),
        headers: &headers,
        body,
    };
    // The host does not name the resource as it does in ACS: every resource's keys are tried.
    let mut resources = service.operations.store.all_keys().await?;
    let keys = resources
        .iter()
        .flat_map(|resource| [&resource.primary, &resource.secondary])
        .map(|key| AccessKey::from_base64(key))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| {
            tracing::error!(%error, "a stored access key is damaged");
            ApiError::internal()
        })?;
    let skew = service.limits.date_skew.as_secs();
    let index = verify(&request, &keys, crate::clock::now_s(), skew)?;
    Ok(resources.swap_remove(index / 2).resource_id)
}
