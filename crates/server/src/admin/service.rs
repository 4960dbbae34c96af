//! What each question does. The same for the running service and for a resting one.

use super::model::{CheckReport, Reply, Request, TokenSubject};
use crate::account::Account;
use crate::admin::IssuedToken;
use crate::backup::{self, BackupError, BackupSummary};
use crate::federation::explain;
use crate::folder::{self, DATABASE};
use crate::operations::Operations;
use crate::store::{
    Found, NewAudit, Owner, PartyFacts, StoreError, SwitchboardWrites, Webhook, WebhookKey, check_database,
    export_subject, schema_version,
};
use crate::tokens::IssueError;
use crate::webhook::{NewWebhook, Secret, WebhookUrl};
use crate::{clock, random};
use liaison_chat::event_grid::GridKind;
use liaison_identity::Scopes;
use std::io::Write as _;
use std::path::PathBuf;

/// Most audit lines in an answer.
const AUDIT_LINES: u32 = 1000;

/// Answers a question; a failure is an answer as well.
pub(super) async fn answer(operations: &Operations, request: Request) -> Reply {
    let kind = request.kind();
    let reply = act(operations, request).await.unwrap_or_else(|error| match error {
        StoreError::NotFound { .. } => Reply::NotFound(error.to_string()),
        StoreError::Invalid(text) => Reply::Invalid(text),
        StoreError::Database(_) | StoreError::Full | StoreError::Closed => Reply::Failed(error.to_string()),
    });
    tracing::debug!(kind, answer = reply.kind(), "administration");
    reply
}

async fn act(operations: &Operations, request: Request) -> Result<Reply, StoreError> {
    let store = &operations.store;
    Ok(match request {
        Request::CreateResource { name } => Reply::Resource(store.create_resource(&name).await?),
        Request::ListResources {} => Reply::Resources(store.list_resources().await?),
        Request::ResourceKeys { resource } => {
            let id = store.resource(Some(&resource)).await?.id;
            Reply::Keys(operations.show_keys(&store.resource_keys(&id).await?)?)
        }
        Request::RegenerateKey { resource, key } => {
            let id = store.resource(Some(&resource)).await?.id;
            let keys = operations.regenerate_key(&id, key).await?;
            note(operations, &id, "key-regenerated", &id).await?;
            Reply::Keys(operations.show_keys(&keys)?)
        }
        Request::CreateTenant { name, id } => Reply::Tenant(store.create_tenant(&name, id.as_deref()).await?),
        Request::ListTenants {} => Reply::Tenants(store.list_tenants().await?),
        Request::AddUser { user } => Reply::User(store.add_user(user).await?),
        Request::ListUsers { tenant, after } => {
            let id = store.tenant(&tenant).await?.id;
            Reply::Users(store.list_users(&id, after.as_deref()).await?)
        }
        Request::SetUser { tenant, user, change } => {
            let tenant = tenant_id(operations, tenant).await?;
            let user = store.set_user(tenant.as_deref(), &user, change).await?;
            note(operations, &user.tenant_id, "user-changed", &user.raw_id).await?;
            Reply::User(user)
        }
        Request::RemoveUser { tenant, user } => {
            let tenant = tenant_id(operations, tenant).await?;
            let user = operations.remove_user(tenant.as_deref(), &user).await?;
            note(operations, &user.tenant_id, "user-removed", &user.raw_id).await?;
            Reply::User(user)
        }
        Request::SetFederation { tenant, change } => {
            let id = store.tenant(&tenant).await?.id;
            let configuration = store.set_federation(&id, change).await?;
            note(operations, &id, "federation-changed", &id).await?;
            Reply::Federation(configuration)
        }
        Request::ShowFederation { tenant } => {
            let id = store.tenant(&tenant).await?.id;
            Reply::Federation(store.federation(&id).await?)
        }
        Request::Explain { resource, tenant, user } => {
            explained(operations, &resource, tenant, &user).await?
        }
        Request::IssueToken { subject, scopes, minutes } => {
            Reply::Token(issue(operations, subject, &scopes, minutes).await?)
        }
        Request::RevokeTokens { raw_id } => {
            let account = Account::of(&raw_id).ok_or_else(|| StoreError::not_found("identity", &raw_id))?;
            operations.revoke(&account).await?;
            let owner = store.owner_of(&account).await?.unwrap_or_default();
            note(operations, &owner, "tokens-revoked", &account.to_string()).await?;
            Reply::Done(())
        }
        Request::Audit { owner, limit } => {
            let owner = match owner {
                None => None,
                Some(name) => Some(owner_id(operations, &name).await?),
            };
            Reply::Audit(store.audit(owner.as_deref(), limit.clamp(1, AUDIT_LINES)).await?)
        }
        Request::Backup { to } => Reply::Backup(backed_up(operations, to).await?),
        Request::Check {} => Reply::Check(checked(operations).await?),
        Request::ExportSubject { raw_id, to } => {
            Reply::Exported(exported(operations, person(&raw_id)?, to).await?)
        }
        Request::EraseSubject { raw_id } => {
            let account = person(&raw_id)?;
            let owner = store.owner_of(&account).await?.unwrap_or_default();
            operations.erase(&account).await?;
            note(operations, &owner, "subject-erased", &account.to_string()).await?;
            Reply::Done(())
        }
        Request::AddWebhook { owner, url, events } => {
            Reply::Webhook(add_webhook(operations, owner, &url, &events).await?)
        }
        Request::ListWebhooks {} => Reply::Webhooks(store.webhook_summaries().await?),
        Request::RemoveWebhook { id } => {
            let owner = store.remove_webhook(&id).await?;
            operations.bell.hooks();
            note(operations, &owner, "webhook-removed", &id).await?;
            Reply::Done(())
        }
    })
}

async fn backed_up(operations: &Operations, to: PathBuf) -> Result<BackupSummary, StoreError> {
    let data = operations.folder.path().to_owned();
    // No file is removed that the copy of the database names.
    let _naming = operations.attachments.naming().await;
    let made = blocking(move || backup::back_up(&data, &to)).await?;
    made.map_err(|error| match error {
        BackupError::NotEmpty(_) => StoreError::Invalid(error.to_string()),
        other => StoreError::Database(other.to_string()),
    })
}

async fn checked(operations: &Operations) -> Result<CheckReport, StoreError> {
    let path = operations.folder.file(DATABASE);
    let files = operations.attachments.folder().to_owned();
    // No file is removed between what is read of the database and what is read of the files.
    let _naming = operations.attachments.naming().await;
    let Found { threads, messages, files, problems } =
        blocking(move || check_database(&path, &files)).await?.map_err(StoreError::Database)?;
    Ok(CheckReport { schema_version: schema_version(), threads, messages, files, problems })
}

fn person(raw_id: &str) -> Result<Account, StoreError> {
    let account = Account::of(raw_id).filter(|account| !matches!(account, Account::DirectoryReader { .. }));
    account.ok_or_else(|| StoreError::Invalid(format!("{raw_id} is nobody of this service")))
}

async fn exported(operations: &Operations, account: Account, to: PathBuf) -> Result<u64, StoreError> {
    let database = operations.folder.file(DATABASE);
    let files = operations.attachments.folder().to_owned();
    let _naming = operations.attachments.naming().await;
    let written = blocking(move || {
        let mut file = folder::new_secret(&to)
            .map(std::io::BufWriter::new)
            .map_err(|error| StoreError::Invalid(format!("{}: {error}", to.display())))?;
        let lines =
            export_subject(&database, &files, &account.raw_id(), &mut file).map_err(StoreError::Database)?;
        file.flush().map_err(|error| StoreError::Database(error.to_string()))?;
        Ok(lines)
    });
    written.await?
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| StoreError::Database(error.to_string()))
}

async fn add_webhook(
    operations: &Operations,
    owner: Option<String>,
    url: &WebhookUrl,
    events: &[String],
) -> Result<NewWebhook, StoreError> {
    let owner = match owner {
        Some(name) => owner_id(operations, &name).await?,
        None => operations.store.resource(None).await?.id,
    };
    let events: Result<Vec<GridKind>, _> = events.iter().map(|name| name.parse()).collect();
    let hook = Webhook {
        key: WebhookKey { owner, id: random::guid() },
        // Whoever spoke to the socket may not have checked it.
        url: WebhookUrl::parse(url.as_str()).map_err(StoreError::Invalid)?,
        secret: Secret::new(),
        events: events.map_err(|error| StoreError::Invalid(error.to_string()))?,
        created_ms: clock::now_ms(),
    };
    let secret = hook.secret.clone();
    let webhook = operations.store.add_webhook(hook).await?;
    operations.bell.hooks();
    note(operations, &webhook.owner_id, "webhook-added", &webhook.id).await?;
    Ok(NewWebhook { webhook, secret })
}

async fn tenant_id(operations: &Operations, tenant: Option<String>) -> Result<Option<String>, StoreError> {
    match tenant {
        None => Ok(None),
        Some(tenant) => Ok(Some(operations.store.tenant(&tenant).await?.id)),
    }
}

async fn owner_id(operations: &Operations, name: &str) -> Result<String, StoreError> {
    match operations.store.tenant(name).await {
        Ok(tenant) => Ok(tenant.id),
        Err(StoreError::NotFound { .. }) => match operations.store.resource(Some(name)).await {
            Ok(resource) => Ok(resource.id),
            Err(_) => Err(StoreError::not_found("tenant or resource", name)),
        },
        Err(error) => Err(error),
    }
}

async fn explained(
    operations: &Operations,
    resource: &str,
    tenant: Option<String>,
    user: &str,
) -> Result<Reply, StoreError> {
    let resource_id = operations.store.resource(Some(resource)).await?.id;
    let tenant = tenant_id(operations, tenant).await?;
    let account = match operations.store.user(tenant.as_deref(), user).await {
        Ok(user) => Some(Account::Staff { object_id: user.object_id }),
        Err(StoreError::NotFound { .. }) => None,
        Err(error) => return Err(error),
    };
    let (_, facts, _) = operations.store.federation_facts(None, account.as_ref()).await?;
    let member = match &facts {
        PartyFacts::Staff(member) => Some(member),
        _ => None,
    };
    Ok(Reply::Explanation(explain(&resource_id, member)))
}

async fn issue(
    operations: &Operations,
    subject: TokenSubject,
    scopes: &[String],
    minutes: Option<u32>,
) -> Result<IssuedToken, StoreError> {
    let scopes = Scopes::parse(scopes.iter().map(String::as_str))
        .map_err(|error| StoreError::Invalid(error.to_string()))?;
    issue_to(operations, subject, &scopes, minutes).await.map_err(|error| match error {
        IssueError::Store(error) => error,
        IssueError::Sign(error) => StoreError::Database(error.to_string()),
        refused => StoreError::Invalid(refused.to_string()),
    })
}

async fn issue_to(
    operations: &Operations,
    subject: TokenSubject,
    scopes: &Scopes,
    minutes: Option<u32>,
) -> Result<IssuedToken, IssueError> {
    let (store, tokens) = (&operations.store, &operations.tokens);
    // Checked before anything is made for the token.
    tokens.check(scopes, minutes)?;
    let account = match subject {
        TokenSubject::NewIdentity { resource } => {
            if scopes.is_empty() {
                return Err(IssueError::NoScope);
            }
            let resource = store.resource(resource.as_deref()).await?;
            store.create_identity(&resource.id).await?
        }
        TokenSubject::Identity { raw_id } => match Account::of(&raw_id) {
            Some(account @ Account::AppUser { .. }) => account,
            _ => return Err(StoreError::not_found("identity", &raw_id).into()),
        },
        TokenSubject::User { tenant, user } => {
            let tenant = tenant_id(operations, tenant).await?;
            Account::Staff { object_id: store.user(tenant.as_deref(), &user).await?.object_id }
        }
        TokenSubject::DirectoryReader { tenant } => {
            let tenant = store.tenant(&tenant).await?;
            store.create_directory_reader(&tenant.id).await?
        }
    };
    tokens.issue(&account, scopes, minutes).await
}

/// A line in the audit log about an administrator's doing.
async fn note(
    operations: &Operations,
    owner: &str,
    outcome: &'static str,
    target: &str,
) -> Result<(), StoreError> {
    let line = NewAudit {
        owner: Owner::Id(owner.to_owned()),
        action: "admin",
        outcome,
        reason: "".into(),
        actor: "admin".to_owned(),
        target: target.to_owned(),
        call: None,
    };
    operations.store.commit(SwitchboardWrites { audit: vec![line], ..SwitchboardWrites::default() }).await
}
