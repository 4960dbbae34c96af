//! What goes over the administration socket: one JSON object a line.

use crate::backup::BackupSummary;
use crate::directory::{
    KeyKind, NewUser, ResourceKeys, ResourceSummary, TenantSummary, UserChange, UserRecord,
};
use crate::federation::{Explanation, FederationChange, FederationConfiguration};
use crate::webhook::{NewWebhook, WebhookSummary, WebhookUrl};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

macro_rules! kinds {
    ($type:ident { $($variant:ident),* $(,)? }) => {
        impl $type {
            /// The variant's name, for messages; never its content.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$variant { .. } => stringify!($variant)),* }
            }
        }
    };
}

/// A question. Names of resources and tenants may be ids or names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[non_exhaustive]
#[expect(missing_docs, reason = "each is documented at its method of `Admin`")]
pub enum Request {
    CreateResource { name: String },
    ListResources {},
    ResourceKeys { resource: String },
    RegenerateKey { resource: String, key: KeyKind },
    CreateTenant { name: String, id: Option<String> },
    ListTenants {},
    AddUser { user: NewUser },
    ListUsers { tenant: String, after: Option<String> },
    SetUser { tenant: Option<String>, user: String, change: UserChange },
    RemoveUser { tenant: Option<String>, user: String },
    SetFederation { tenant: String, change: FederationChange },
    ShowFederation { tenant: String },
    Explain { resource: String, tenant: Option<String>, user: String },
    IssueToken { subject: TokenSubject, scopes: Vec<String>, minutes: Option<u32> },
    RevokeTokens { raw_id: String },
    Audit { owner: Option<String>, limit: u32 },
    Backup { to: PathBuf },
    Check {},
    ExportSubject { raw_id: String, to: PathBuf },
    EraseSubject { raw_id: String },
    AddWebhook { owner: Option<String>, url: WebhookUrl, events: Vec<String> },
    ListWebhooks {},
    RemoveWebhook { id: String },
}

kinds!(Request {
    CreateResource,
    ListResources,
    ResourceKeys,
    RegenerateKey,
    CreateTenant,
    ListTenants,
    AddUser,
    ListUsers,
    SetUser,
    RemoveUser,
    SetFederation,
    ShowFederation,
    Explain,
    IssueToken,
    RevokeTokens,
    Audit,
    Backup,
    Check,
    ExportSubject,
    EraseSubject,
    AddWebhook,
    ListWebhooks,
    RemoveWebhook,
});

/// Whom a token is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "camelCase")]
#[non_exhaustive]
pub enum TokenSubject {
    /// A new identity of a resource (id or name; the default resource when `None`).
    NewIdentity {
        /// The resource.
        resource: Option<String>,
    },
    /// An existing app identity, by its raw id.
    Identity {
        /// `8:acs:…`.
        raw_id: String,
    },
    /// A tenant's user, by UPN, object id or raw id. The token is issued under the tenant.
    User {
        /// The tenant's id or name, when the UPN fits several.
        tenant: Option<String>,
        /// UPN, object id or raw id.
        user: String,
    },
    /// A program that may read a tenant's directory, and nothing else.
    DirectoryReader {
        /// The tenant's id or name.
        tenant: String,
    },
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "camelCase")]
#[non_exhaustive]
#[expect(missing_docs, reason = "each is documented at the method of `Admin` that returns it")]
pub enum Reply {
    Resource(ResourceSummary),
    Resources(Vec<ResourceSummary>),
    Keys(ResourceKeys),
    Tenant(TenantSummary),
    Tenants(Vec<TenantSummary>),
    User(UserRecord),
    Users(Vec<UserRecord>),
    Federation(FederationConfiguration),
    Explanation(Explanation),
    Token(IssuedToken),
    Done(()),
    Audit(Vec<AuditEntry>),
    Backup(BackupSummary),
    Check(CheckReport),
    Exported(u64),
    Webhook(NewWebhook),
    Webhooks(Vec<WebhookSummary>),
    NotFound(String),
    Invalid(String),
    Failed(String),
}

kinds!(Reply {
    Resource,
    Resources,
    Keys,
    Tenant,
    Tenants,
    User,
    Users,
    Federation,
    Explanation,
    Token,
    Done,
    Audit,
    Backup,
    Check,
    Exported,
    Webhook,
    Webhooks,
    NotFound,
    Invalid,
    Failed,
});

/// A token, just made. Nothing else shows it again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedToken {
    /// Whom it is for.
    pub raw_id: String,
    /// The token.
    pub token: String,
    /// Until when, RFC 3339 in UTC.
    pub expires_on: String,
    /// What it allows.
    pub scopes: Vec<String>,
}

impl fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedToken").field("expires_on", &self.expires_on).finish_non_exhaustive()
    }
}

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// The tenant it belongs to, or the resource when no tenant is concerned.
    pub owner_id: String,
    /// When, RFC 3339 in UTC with milliseconds.
    pub at: String,
    /// What was tried: `call`, `recording`, `admin`.
    pub action: String,
    /// `allowed`, `refused`, or what became of it.
    pub outcome: String,
    /// Why: the word of the federation table, a code and subCode, or empty.
    pub reason: String,
    /// Who tried, as a raw id or `admin`.
    pub actor: String,
    /// On whom or what.
    pub target: String,
    /// The call, when it is about one.
    #[serde(default)]
    pub call: Option<String>,
}

/// What a check of the whole database found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckReport {
    /// Of the database.
    pub schema_version: i64,
    /// Chat threads that are not deleted.
    pub threads: u64,
    /// Messages of all threads, the service's own included.
    pub messages: u64,
    /// Files of chats, each content once.
    #[serde(default)]
    pub files: u64,
    /// What should not be, in words; empty when all is well.
    pub problems: Vec<String>,
}
