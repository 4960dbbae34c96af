//! The Identity REST interface of ACS, 2023-10-01 and later.

use super::signed::Signed;
use super::{ApiError, Name, Service};
use crate::account::Account;
use crate::admin::IssuedToken;
use crate::config::Rate;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use liaison_identity::Scopes;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Instant;

/// Most scopes in a request; there are five.
const MOST_SCOPES: usize = 16;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateRequest {
    create_token_with_scopes: Option<Vec<String>>,
    expires_in_minutes: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenRequest {
    scopes: Vec<String>,
    expires_in_minutes: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessToken {
    token: String,
    expires_on: String,
}

impl From<IssuedToken> for AccessToken {
    fn from(issued: IssuedToken) -> Self {
        Self { token: issued.token, expires_on: issued.expires_on }
    }
}

#[derive(Serialize)]
pub(crate) struct Identity {
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateAnswer {
    identity: Identity,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<AccessToken>,
}

/// `POST /identities`
pub(crate) async fn create(
    State(service): State<Arc<Service>>,
    request: Signed,
) -> Result<(StatusCode, Json<CreateAnswer>), ApiError> {
    limit(&service, "create", &request.resource_id, service.limits.create_identity)?;
    let body: CreateRequest = request.json()?;
    let scopes = scopes(&body.create_token_with_scopes.unwrap_or_default())?;
    let minutes = minutes(body.expires_in_minutes)?;
    let (account, token) = service.operations.create_identity(&request.resource_id, &scopes, minutes).await?;
    let identity = Identity { id: account.to_string() };
    Ok((StatusCode::CREATED, Json(CreateAnswer { identity, access_token: token.map(AccessToken::from) })))
}

/// `DELETE /identities/{id}`. Deleting again succeeds: the SDKs repeat a request whose answer was lost.
pub(crate) async fn delete(
    State(service): State<Arc<Service>>,
    id: Name,
    request: Signed,
) -> Result<StatusCode, ApiError> {
    limit(&service, "delete", &request.resource_id, service.limits.delete_identity)?;
    let (resource_id, user_id) = own(&id.0, &request)?;
    service.operations.delete_identity(&resource_id, &user_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /identities/{id}/:issueAccessToken`
pub(crate) async fn issue(
    State(service): State<Arc<Service>>,
    id: Name,
    request: Signed,
) -> Result<Json<AccessToken>, ApiError> {
    limit(&service, "issue", &request.resource_id, service.limits.issue_token)?;
    let (resource_id, user_id) = own(&id.0, &request)?;
    let body: TokenRequest = request.json()?;
    let (scopes, minutes) = (scopes(&body.scopes)?, minutes(body.expires_in_minutes)?);
    let account = Account::AppUser { resource_id, user_id };
    Ok(Json(service.operations.tokens.issue(&account, &scopes, minutes).await?.into()))
}

/// `POST /identities/{id}/:revokeAccessTokens`
pub(crate) async fn revoke(
    State(service): State<Arc<Service>>,
    id: Name,
    request: Signed,
) -> Result<StatusCode, ApiError> {
    limit(&service, "revoke", &request.resource_id, service.limits.revoke_tokens)?;
    let (resource_id, user_id) = own(&id.0, &request)?;
    service.operations.revoke(&Account::AppUser { resource_id, user_id }).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn limit(service: &Service, what: &'static str, resource: &str, rate: Rate) -> Result<(), ApiError> {
    service.rates.take((what, resource.to_owned()), rate, Instant::now()).map_err(ApiError::too_many)
}

/// The identity's parts, when it belongs to the resource whose key signed. A tenant's user belongs to
/// no resource: a resource's key never mints a token for one.
fn own(id: &str, request: &Signed) -> Result<(String, String), ApiError> {
    match Account::of(id) {
        Some(Account::AppUser { resource_id, user_id }) if resource_id == request.resource_id => {
            Ok((resource_id, user_id))
        }
        Some(_) => {
            Err(ApiError::forbidden("this identity does not belong to the resource whose key was used"))
        }
        None => Err(ApiError::not_found("this is not the id of an identity: they begin with 8:acs:")),
    }
}

fn scopes(names: &[String]) -> Result<Scopes, ApiError> {
    if names.len() > MOST_SCOPES {
        return Err(ApiError::bad_request("there are too many scopes"));
    }
    Scopes::parse(names.iter().map(String::as_str)).map_err(|e| ApiError::bad_request(e.to_string()))
}

fn minutes(asked: Option<i64>) -> Result<Option<u32>, ApiError> {
    // What is not even a u32 is out of range as well.
    let minutes = asked.map(|minutes| u32::try_from(minutes).unwrap_or(0));
    match minutes {
        Some(minutes) if !crate::tokens::MINUTES.contains(&minutes) => {
            Err(ApiError::bad_request("expiresInMinutes must be from 60 to 1440"))
        }
        _ => Ok(minutes),
    }
}
