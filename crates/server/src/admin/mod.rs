//! Administering the service: through its local socket when it runs, on the store itself when not.

mod model;
mod service;
pub(crate) mod socket;
mod way;

pub use model::{AuditEntry, CheckReport, IssuedToken, Reply, Request, TokenSubject};

use crate::backup::BackupSummary;
use crate::directory::{
    KeyKind, NewUser, ResourceKeys, ResourceSummary, TenantSummary, UserChange, UserRecord,
};
use crate::federation::{Explanation, FederationChange, FederationConfiguration};
use crate::webhook::{NewWebhook, WebhookSummary, WebhookUrl};
use std::path::{Path, PathBuf};
use way::Way;

/// Why an administration command failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    /// The folder holds no service.
    #[error("{path} holds no liaison data: start `liaison serve --data {path}` once")]
    NoData {
        /// The folder.
        path: PathBuf,
    },
    /// The folder is locked but its socket does not answer.
    #[error(
        "the data folder {path} is in use, but its service does not answer ({detail}): wait, or restart it"
    )]
    Unreachable {
        /// The folder.
        path: PathBuf,
        /// What went wrong.
        detail: String,
    },
    /// The running service went away in the middle of a question.
    #[error("the running service did not answer ({0}): see its log, and whether the change was made")]
    Lost(String),
    /// The store could not be opened, or failed.
    #[error("{0}")]
    Store(String),
    /// What was named does not exist.
    #[error("{0}")]
    NotFound(String),
    /// What was asked makes no sense or clashes with what exists.
    #[error("{0}")]
    Invalid(String),
    /// The service answered something this program does not understand.
    #[error("the running service answered something unknown ({0}): use the same version of liaison for both")]
    Protocol(String),
}

/// The way to administer a data folder.
pub struct Admin {
    way: Way,
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admin").field("through_service", &self.through_service()).finish()
    }
}

/// Turns the reply of the expected kind into a value.
macro_rules! expect_reply {
    ($admin:expr, $request:expr, $variant:ident) => {
        match $admin.call($request).await? {
            Reply::$variant(value) => Ok(value),
            other => Err(AdminError::Protocol(other.kind().to_owned())),
        }
    };
}

impl Admin {
    /// Opens the way in: the running service's socket, or the folder itself when nothing runs (which
    /// then holds the folder's lock until this value is dropped).
    ///
    /// # Errors
    /// [`AdminError::NoData`], [`AdminError::Unreachable`] or [`AdminError::Store`].
    pub async fn open(data_dir: impl AsRef<Path>) -> Result<Self, AdminError> {
        Ok(Self { way: Way::find(data_dir.as_ref()).await? })
    }

    /// Whether a running service answers; else this value works on the folder itself.
    pub fn through_service(&self) -> bool {
        matches!(self.way, Way::Socket(_))
    }

    /// Asks one thing.
    ///
    /// # Errors
    /// Any [`AdminError`].
    pub async fn call(&self, request: Request) -> Result<Reply, AdminError> {
        match self.way.ask(request).await? {
            Reply::NotFound(text) => Err(AdminError::NotFound(text)),
            Reply::Invalid(text) => Err(AdminError::Invalid(text)),
            Reply::Failed(text) => Err(AdminError::Store(text)),
            reply => Ok(reply),
        }
    }

    /// Lets the folder go. Dropping does so as well, but does not wait for it.
    pub async fn close(self) {
        self.way.close().await;
    }

    /// Makes a resource.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] when the name is empty, too long or taken.
    pub async fn create_resource(&self, name: &str) -> Result<ResourceSummary, AdminError> {
        expect_reply!(self, Request::CreateResource { name: name.to_owned() }, Resource)
    }

    /// All resources.
    ///
    /// # Errors
    /// Any [`AdminError`].
    pub async fn list_resources(&self) -> Result<Vec<ResourceSummary>, AdminError> {
        expect_reply!(self, Request::ListResources {}, Resources)
    }

    /// The keys of a resource, by id or name.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn resource_keys(&self, resource: &str) -> Result<ResourceKeys, AdminError> {
        expect_reply!(self, Request::ResourceKeys { resource: resource.to_owned() }, Keys)
    }

    /// Makes one key of a resource anew; the old one is refused from now on.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn regenerate_key(&self, resource: &str, key: KeyKind) -> Result<ResourceKeys, AdminError> {
        expect_reply!(self, Request::RegenerateKey { resource: resource.to_owned(), key }, Keys)
    }

    /// Makes a tenant. `id`: a GUID of your own, else a new one.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] when the name or id is malformed or taken.
    pub async fn create_tenant(&self, name: &str, id: Option<&str>) -> Result<TenantSummary, AdminError> {
        let request = Request::CreateTenant { name: name.to_owned(), id: id.map(str::to_owned) };
        expect_reply!(self, request, Tenant)
    }

    /// All tenants.
    ///
    /// # Errors
    /// Any [`AdminError`].
    pub async fn list_tenants(&self) -> Result<Vec<TenantSummary>, AdminError> {
        expect_reply!(self, Request::ListTenants {}, Tenants)
    }

    /// Adds a user to a tenant's directory.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] for the tenant, [`AdminError::Invalid`] for the rest.
    pub async fn add_user(&self, user: NewUser) -> Result<UserRecord, AdminError> {
        expect_reply!(self, Request::AddUser { user }, User)
    }

    /// The users of a tenant (id or name), at most 1000 a page, in the order of their object ids;
    /// `after` is the last object id of the page before.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn list_users(&self, tenant: &str, after: Option<&str>) -> Result<Vec<UserRecord>, AdminError> {
        let request = Request::ListUsers { tenant: tenant.to_owned(), after: after.map(str::to_owned) };
        expect_reply!(self, request, Users)
    }

    /// Changes a user, named by object id, raw id or UPN. `tenant` (id or name) is needed only when two
    /// tenants have the same UPN.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Invalid`].
    pub async fn set_user(
        &self,
        tenant: Option<&str>,
        user: &str,
        change: UserChange,
    ) -> Result<UserRecord, AdminError> {
        let request = Request::SetUser { tenant: tenant.map(str::to_owned), user: user.to_owned(), change };
        expect_reply!(self, request, User)
    }

    /// Takes a user out of the directory; its tokens stop working and its connections close.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn remove_user(&self, tenant: Option<&str>, user: &str) -> Result<UserRecord, AdminError> {
        let request = Request::RemoveUser { tenant: tenant.map(str::to_owned), user: user.to_owned() };
        expect_reply!(self, request, User)
    }

    /// Changes a tenant's federation configuration.
    ///
    /// # Errors
    /// [`AdminError::NotFound`]; [`AdminError::Invalid`] when it is enabled without an allowed resource.
    pub async fn set_federation(
        &self,
        tenant: &str,
        change: FederationChange,
    ) -> Result<FederationConfiguration, AdminError> {
        expect_reply!(self, Request::SetFederation { tenant: tenant.to_owned(), change }, Federation)
    }

    /// A tenant's federation configuration.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn federation(&self, tenant: &str) -> Result<FederationConfiguration, AdminError> {
        expect_reply!(self, Request::ShowFederation { tenant: tenant.to_owned() }, Federation)
    }

    /// Each term of the decision about a resource (id or name) and a user (object id, raw id or UPN).
    ///
    /// # Errors
    /// [`AdminError::Invalid`] when the user's name fits several tenants.
    pub async fn explain(
        &self,
        resource: &str,
        tenant: Option<&str>,
        user: &str,
    ) -> Result<Explanation, AdminError> {
        let request = Request::Explain {
            resource: resource.to_owned(),
            tenant: tenant.map(str::to_owned),
            user: user.to_owned(),
        };
        expect_reply!(self, request, Explanation)
    }

    /// Issues a token. `scopes`: `voip`, `chat`, …; ignored for a directory reader. `minutes`: 60 to
    /// 1440, 1440 when `None`.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Invalid`].
    pub async fn issue_token(
        &self,
        subject: TokenSubject,
        scopes: &[String],
        minutes: Option<u32>,
    ) -> Result<IssuedToken, AdminError> {
        expect_reply!(self, Request::IssueToken { subject, scopes: scopes.to_vec(), minutes }, Token)
    }

    /// Makes every token of an identity (raw id) or user issued so far void, and closes its connections.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn revoke_tokens(&self, raw_id: &str) -> Result<(), AdminError> {
        expect_reply!(self, Request::RevokeTokens { raw_id: raw_id.to_owned() }, Done)
    }

    /// The newest audit entries of a tenant or resource (id or name), newest first; all of them when
    /// `owner` is `None`. `limit`: 1 to 1000.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn audit(&self, owner: Option<&str>, limit: u32) -> Result<Vec<AuditEntry>, AdminError> {
        expect_reply!(self, Request::Audit { owner: owner.map(str::to_owned), limit }, Audit)
    }

    /// Copies the whole data folder, as of one moment, to a folder that is not there yet. The service goes on
    /// meanwhile. `to` is a path on the service's machine; take [`crate::backup::restore`] to make a data folder of it.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] when `to` is there already, [`AdminError::Store`] when it cannot be written.
    pub async fn back_up(&self, to: &Path) -> Result<BackupSummary, AdminError> {
        let to = std::path::absolute(to).map_err(|error| AdminError::Invalid(error.to_string()))?;
        expect_reply!(self, Request::Backup { to }, Backup)
    }

    /// Reads the whole database and checks that it is undamaged and that nothing in it contradicts itself.
    ///
    /// # Errors
    /// [`AdminError::Store`] when it cannot be read.
    pub async fn check(&self) -> Result<CheckReport, AdminError> {
        expect_reply!(self, Request::Check {}, Check)
    }

    /// Writes all that the service keeps of a person into a new file, one JSON object a line; returns how many. `to`
    /// is a path on the service's machine.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] when `raw_id` is nobody who can have an account here, or `to` is there already.
    pub async fn export_subject(&self, raw_id: &str, to: &Path) -> Result<u64, AdminError> {
        let to = std::path::absolute(to).map_err(|error| AdminError::Invalid(error.to_string()))?;
        expect_reply!(self, Request::ExportSubject { raw_id: raw_id.to_owned(), to }, Exported)
    }

    /// Deletes a person's account, everything they wrote in chats, how they were called, their receipts and the
    /// records of their calls. Their raw id stays in others' history and in the audit log. May be done again.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] when `raw_id` is nobody who can have an account here.
    pub async fn erase_subject(&self, raw_id: &str) -> Result<(), AdminError> {
        expect_reply!(self, Request::EraseSubject { raw_id: raw_id.to_owned() }, Done)
    }

    /// Adds a webhook: from now on the chat events of `owner`'s threads are sent to `url`. `owner`: the id or name of a
    /// resource or tenant, the default resource when `None`. `events`: Event Grid's names; all sixteen when empty.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] for the owner; [`AdminError::Invalid`] for the URL or a name, or when there are too many.
    pub async fn add_webhook(
        &self,
        owner: Option<&str>,
        url: &str,
        events: &[String],
    ) -> Result<NewWebhook, AdminError> {
        let url = WebhookUrl::parse(url).map_err(AdminError::Invalid)?;
        let owner = owner.map(str::to_owned);
        expect_reply!(self, Request::AddWebhook { owner, url, events: events.to_vec() }, Webhook)
    }

    /// All webhooks, without their secrets.
    ///
    /// # Errors
    /// Any [`AdminError`].
    pub async fn list_webhooks(&self) -> Result<Vec<WebhookSummary>, AdminError> {
        expect_reply!(self, Request::ListWebhooks {}, Webhooks)
    }

    /// Removes a webhook. What it was not told yet it is never told.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn remove_webhook(&self, id: &str) -> Result<(), AdminError> {
        expect_reply!(self, Request::RemoveWebhook { id: id.to_owned() }, Done)
    }
}
