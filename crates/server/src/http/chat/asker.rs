//! Who asks: one extractor for every chat operation.

use crate::account::Account;
use crate::http::bearer::Chatter;
use crate::http::{ApiError, Service};
use crate::store::Viewer;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use liaison_chat::ThreadId;
use liaison_chat::model::Side;
use liaison_chat::rules::{Actor, Operation, Refusal, Rules};
use std::sync::Arc;

/// A verified user with what the handlers need of the service.
pub(super) struct Asker {
    pub(super) service: Arc<Service>,
    pub(super) account: Account,
    pub(super) actor: Actor,
    /// The resource, or the tenant, whose the threads are that they create.
    pub(super) owner: String,
    /// Through whose eyes they see people.
    pub(super) viewer: Viewer,
}

impl FromRequestParts<Arc<Service>> for Asker {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, ApiError> {
        let Chatter(bearer) = Chatter::from_request_parts(parts, service).await?;
        let side = match &bearer.account {
            Account::AppUser { .. } => Side::App,
            Account::Staff { .. } => Side::Staff,
            Account::DirectoryReader { .. } => return Err(ApiError::forbidden("only users chat")),
        };
        let principal = &bearer.principal;
        let owner = match &bearer.account {
            Account::AppUser { resource_id, .. } => resource_id.clone(),
            _ => principal.tenant_id.clone().unwrap_or_default(),
        };
        Ok(Self {
            service: Arc::clone(service),
            account: bearer.account.clone(),
            // The one spelling of the raw id, whatever the token's.
            actor: Actor { raw_id: bearer.account.raw_id(), side, scopes: principal.scopes.clone() },
            owner,
            viewer: service.operations.store.viewer(principal),
        })
    }
}

impl Asker {
    /// Counts the request, and refuses it when there are too many. A token that may not do it at all is
    /// refused before it takes from others who share the rate.
    pub(super) fn begin(&self, operation: Operation, thread: Option<&ThreadId>) -> Result<(), ApiError> {
        if !operation.is_allowed_by(&self.actor.scopes) {
            return Err(Refusal::Scope.into());
        }
        let service = &self.service;
        service.limits.chat_rates.take(&service.chat_rates, operation, &self.actor.raw_id, thread)
    }

    pub(super) fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.service.rules)
    }

    /// The address of a thread, as clients write it.
    pub(super) fn address(&self, thread: &ThreadId) -> String {
        let id = thread.as_str().replace(':', "%3A").replace('@', "%40");
        format!("{}/chat/threads/{id}", self.service.operations.endpoint)
    }
}
