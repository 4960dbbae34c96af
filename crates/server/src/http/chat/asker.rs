//! Who asks: one extractor for every chat operation.

use crate::account::Account;
use crate::http::bearer::Chatter;
use crate::http::{ApiError, Service};
use crate::store::Viewer;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use liaison_chat::ThreadId;
use liaison_chat::model::Side;
use liaison_chat::rules::{Actor, Needs, Operation, Refusal, Rules};
use liaison_identity::RawId;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

/// A verified user with what the handlers need of the service.
pub(super) struct Asker {
    pub(super) service: Arc<Service>,
    pub(super) account: Account,
    pub(super) actor: Actor,
    /// The resource, or the tenant, whose the threads are that they create.
    pub(super) owner: String,
    /// Through whose eyes they see people.
    pub(super) viewer: Viewer,
    /// Where they stand in the thread of the path; `None` also when nobody is counted.
    standing: Option<Standing>,
}

/// Of someone who is or was in a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Standing {
    is_present: bool,
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
        // The one spelling of the raw id, whatever the token's.
        let raw_id = bearer.account.raw_id();
        let standing = standing(parts, service, &raw_id).await?;
        Ok(Self {
            service: Arc::clone(service),
            account: bearer.account.clone(),
            actor: Actor { raw_id, side, scopes: principal.scopes.clone() },
            owner,
            viewer: service.operations.store.viewer(principal),
            standing,
        })
    }
}

/// Asked for before anything is counted: the rates of a thread are shared by those who are in it, not by whoever knows
/// its name. What they may do is decided later, on the rows of the transaction that does it.
async fn standing(
    parts: &mut Parts,
    service: &Arc<Service>,
    user: &RawId,
) -> Result<Option<Standing>, ApiError> {
    if service.limits.chat_rates.0.is_empty() {
        return Ok(None);
    }
    let Ok(Path(names)) = Path::<HashMap<String, String>>::from_request_parts(parts, service).await else {
        return Ok(None);
    };
    let Some(thread) = names.get("thread").and_then(|name| name.parse().ok()) else { return Ok(None) };
    let is_present = service.operations.store.chat_standing(thread, user.clone()).await?;
    Ok(is_present.map(|is_present| Standing { is_present }))
}

impl Asker {
    /// Counts the request, and refuses it when there are too many. A token that may not do it at all is
    /// refused before it takes from others who share the rate.
    pub(super) fn begin(&self, operation: Operation, thread: Option<&ThreadId>) -> Result<(), ApiError> {
        if !operation.is_allowed_by(&self.actor.scopes) {
            return Err(Refusal::Scope.into());
        }
        let belongs = match operation.needs() {
            Needs::Nothing => true,
            Needs::Once => self.standing.is_some(),
            Needs::Present => self.standing.is_some_and(|standing| standing.is_present),
        };
        let (service, user) = (&self.service, &self.actor.raw_id);
        let rates = &service.limits.chat_rates;
        rates.take(&service.chat_rates, operation, user, thread, !belongs, Instant::now())
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
