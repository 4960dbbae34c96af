//! `GET /v1.0/users/{id|userPrincipalName}` in Microsoft Graph's shape, for directory readers.

use super::{ApiError, Name, Service, bearer};
use crate::tokens::Bearer;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use liaison_identity::Scope;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;

/// Answers within the token's tenant only.
pub(crate) async fn user(
    State(service): State<Arc<Service>>,
    name: Result<Name, ApiError>,
    headers: HeaderMap,
) -> Response {
    let found = match name {
        Ok(Name(name)) => find(&service, &name, &headers).await,
        Err(error) => Err(error),
    };
    match found {
        Ok(user) => Json(user).into_response(),
        Err(error) => graph_error(&error),
    }
}

async fn find(service: &Service, name: &str, headers: &HeaderMap) -> Result<Value, ApiError> {
    let bearer = reader(service, headers).await?;
    let tenant = match &bearer.principal.tenant_id {
        Some(tenant) if bearer.principal.scopes.contains(Scope::DirectoryRead) => tenant,
        _ => return Err(ApiError::forbidden("only a directory reader's token may look people up")),
    };
    let rate = service.limits.directory_reads;
    service.rates.take(("directory", tenant.clone()), rate, Instant::now()).map_err(ApiError::too_many)?;
    let user = service.operations.store.user(Some(tenant), name).await?;
    Ok(json!({
        "@odata.context": format!("{}/v1.0/$metadata#users/$entity", service.operations.endpoint),
        "businessPhones": [],
        "displayName": user.card().display_name,
        "givenName": null,
        "jobTitle": null,
        "mail": null,
        "mobilePhone": null,
        "officeLocation": null,
        "preferredLanguage": null,
        "surname": null,
        "userPrincipalName": user.user_principal_name,
        "id": user.object_id,
    }))
}

async fn reader(service: &Service, headers: &HeaderMap) -> Result<Bearer, ApiError> {
    let token = bearer::token(headers)
        .ok_or_else(|| ApiError::no_token("send `Authorization: Bearer` and a directory reader's token"))?;
    service.operations.tokens.authenticate(token).await.map_err(bearer::refused)
}

fn graph_error(error: &ApiError) -> Response {
    let code = match error.status {
        StatusCode::UNAUTHORIZED => "InvalidAuthenticationToken",
        StatusCode::FORBIDDEN => "Authorization_RequestDenied",
        StatusCode::NOT_FOUND => "Request_ResourceNotFound",
        StatusCode::TOO_MANY_REQUESTS => "TooManyRequests",
        StatusCode::BAD_REQUEST => "Request_BadRequest",
        _ => "serviceNotAvailable",
    };
    let inner = json!({ "date": crate::clock::text_of_s(crate::clock::now_s()), "request-id": crate::random::guid() });
    error.respond_with(&json!({ "error": { "code": code, "message": error.message, "innerError": inner } }))
}
