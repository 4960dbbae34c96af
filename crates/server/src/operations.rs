//! What REST and administration both do to accounts: first in the store, then to live connections.

use crate::ServerError;
use crate::account::Account;
use crate::admin::IssuedToken;
use crate::attachments::Attachments;
use crate::directory::{KeyKind, ResourceKeys, UserRecord};
use crate::folder::{CONNECTION_STRING, DataFolder, write_secret};
use crate::store::{AccessKeys, Store, StoreError};
use crate::tokens::{IssueError, Tokens};
use crate::webhook::Bell;
use liaison_identity::{AccessKey, ConnectionString, Scopes};
use std::sync::Arc;

/// Told after an account's tokens were voided, so that its live connections end.
pub(crate) trait Departures: Send + Sync {
    /// The account was deleted, or its tokens were revoked. The store says so already.
    fn departed(&self, account: &Account);
}

/// The store, the tokens, and who must hear when an account leaves.
pub(crate) struct Operations {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) tokens: Tokens,
    /// The files of chats.
    pub(crate) attachments: Arc<Attachments>,
    pub(crate) folder: Arc<DataFolder>,
    /// The URL clients use.
    pub(crate) endpoint: String,
    /// `None` when the service rests: then there is no live connection.
    pub(crate) departures: Option<Arc<dyn Departures>>,
    /// Rung when webhooks have to be told.
    pub(crate) bell: Arc<Bell>,
}

impl Operations {
    /// Makes an identity and, with scopes, a token for it. No identity is left behind when the token
    /// cannot be issued.
    pub(crate) async fn create_identity(
        &self,
        resource_id: &str,
        scopes: &Scopes,
        minutes: Option<u32>,
    ) -> Result<(Account, Option<IssuedToken>), IssueError> {
        self.tokens.check(scopes, minutes)?;
        let account = self.store.create_identity(resource_id).await?;
        let token = match scopes.is_empty() {
            true => None,
            false => Some(self.tokens.issue(&account, scopes, minutes).await?),
        };
        Ok((account, token))
    }

    /// Deletes an app identity.
    pub(crate) async fn delete_identity(&self, resource_id: &str, user_id: &str) -> Result<(), StoreError> {
        self.store.delete_identity(resource_id, user_id).await?;
        let account = Account::AppUser { resource_id: resource_id.to_owned(), user_id: user_id.to_owned() };
        // After its tokens are void, so that it cannot come back in between.
        self.store.leave_chats(account.raw_id()).await?;
        self.departed(&account);
        Ok(())
    }

    /// Voids all tokens of an account.
    pub(crate) async fn revoke(&self, account: &Account) -> Result<(), StoreError> {
        match account {
            Account::AppUser { resource_id, user_id } => {
                self.store.revoke_identity(resource_id, user_id).await?;
            }
            Account::Staff { .. } | Account::DirectoryReader { .. } => {
                self.store.revoke_tenant_account(account).await?;
            }
        }
        self.departed(account);
        Ok(())
    }

    /// Takes a user out of its tenant's directory.
    pub(crate) async fn remove_user(
        &self,
        tenant_id: Option<&str>,
        user: &str,
    ) -> Result<UserRecord, StoreError> {
        let record = self.store.remove_user(tenant_id, user).await?;
        let account = Account::Staff { object_id: record.object_id.clone() };
        self.store.leave_chats(account.raw_id()).await?;
        self.departed(&account);
        Ok(record)
    }

    /// Deletes an account, unless that is done, and everything it wrote and was called. Others hear that its messages
    /// are deleted. What stays is the raw id, in others' history and in the audit log.
    pub(crate) async fn erase(&self, account: &Account) -> Result<(), StoreError> {
        let gone = match account {
            Account::AppUser { resource_id, user_id } => {
                self.store.delete_identity(resource_id, user_id).await
            }
            // The directory's entry goes last: what fails before can be done again.
            Account::Staff { .. } => self.store.revoke_tenant_account(account).await,
            Account::DirectoryReader { .. } => {
                return Err(StoreError::Invalid("a directory reader is no person".to_owned()));
            }
        };
        match gone {
            // Whoever was deleted earlier has left chats as well, but not everything they wrote.
            Ok(()) | Err(StoreError::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
        self.departed(account);
        self.store.delete_messages_of(account.raw_id()).await?;
        self.store.leave_chats(account.raw_id()).await?;
        self.store.scrub_subject(account.raw_id()).await?;
        while self.attachments.collect(&*self.store).await? {}
        if let Account::Staff { object_id } = account {
            match self.remove_user(None, object_id).await {
                Ok(_) | Err(StoreError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Makes one key of a resource anew. The file with the default resource's connection string follows.
    pub(crate) async fn regenerate_key(
        &self,
        resource_id: &str,
        key: KeyKind,
    ) -> Result<AccessKeys, StoreError> {
        let keys = self.store.regenerate_key(resource_id, key).await?;
        if self.store.ensure_default_resource().await?.resource_id == resource_id {
            self.write_connection_string(&keys).map_err(|error| StoreError::Database(error.to_string()))?;
        }
        Ok(keys)
    }

    /// Writes the file with the default resource's connection string.
    pub(crate) fn write_connection_string(&self, keys: &AccessKeys) -> Result<(), ServerError> {
        let text = connection_string(&self.endpoint, &keys.primary)
            .map_err(|error| ServerError::Store(error.to_string()))?;
        write_secret(&self.folder.file(CONNECTION_STRING), text.as_bytes())
    }

    /// A resource's keys with their connection strings.
    pub(crate) fn show_keys(&self, keys: &AccessKeys) -> Result<ResourceKeys, StoreError> {
        Ok(ResourceKeys {
            id: keys.resource_id.clone(),
            primary_key: keys.primary.clone(),
            secondary_key: keys.secondary.clone(),
            primary_connection_string: connection_string(&self.endpoint, &keys.primary)?,
            secondary_connection_string: connection_string(&self.endpoint, &keys.secondary)?,
        })
    }

    fn departed(&self, account: &Account) {
        if let Some(departures) = &self.departures {
            departures.departed(account);
        }
    }
}

/// `endpoint=https://…/;accesskey=…`
fn connection_string(endpoint: &str, key: &str) -> Result<String, StoreError> {
    let key = AccessKey::from_base64(key).map_err(|e| StoreError::Database(e.to_string()))?;
    Ok(ConnectionString { endpoint: endpoint.to_owned(), access_key: key }.to_string())
}
