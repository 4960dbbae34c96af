//! What the service asks of its store. Another database comes in by keeping to this and to `conformance`.
//!
//! The store is the source of truth: whatever else the service remembers, such as who believes in which token, is
//! asked here again when it may have changed. A method is one use case and one transaction, of which all is kept or
//! nothing; those that are too large for one can be done again, and say so. One that writes returns when the write
//! survives a power cut. What the rules decide is decided within the transaction that writes it.
//!
//! Times are milliseconds since 1970-01-01T00:00:00Z. A page holds at most `size` items and names where the next one
//! begins: after a key, so that what comes or goes meanwhile moves nothing else.
//!
//! All may fail with [`StoreError::Database`] and [`StoreError::Closed`], those that write with [`StoreError::Full`]:
//! then nothing was kept. Whoever is named and is not there is [`StoreError::NotFound`]; what clashes or makes no sense
//! is [`StoreError::Invalid`]. Methods that ask the rules fail with [`ChatError`], which adds their refusals.

use super::chat::{CreatedThread, Owing, Page, ThreadItem};
use super::versions::Standing;
use super::{
    AccessKeys, ChatError, Due, FileFacts, Member, ParticipantKey, PartyFacts, SqliteStore, Standings,
    StoreError, StoredCall, SwitchboardWrites, ThreadKey, Viewer, Webhook, WebhookKey,
};
use crate::account::Account;
use crate::admin::AuditEntry;
use crate::attachments::ContentHash;
use crate::directory::{KeyKind, NewUser, ResourceSummary, TenantSummary, UserChange, UserRecord};
use crate::federation::{FederationChange, FederationConfiguration};
use crate::webhook::WebhookSummary;
use async_trait::async_trait;
use liaison_chat::link::{EventPage, ThreadHead};
use liaison_chat::model::{Message, Participant, ReadReceipt, Thread};
use liaison_chat::rules::{Actor, Command, CreateThread, Outcome, Rules};
use liaison_chat::{AttachmentId, Event, EventSequence, MessageId, Text, ThreadId, UnixMillis};
use liaison_identity::{Principal, RawId};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Declares the trait once, and has the SQLite store answer it with its own method of the same name.
macro_rules! contract {
    ($($(#[doc = $doc:literal])* async fn $name:ident(&self $(, $arg:ident: $kind:ty)* $(,)?) -> $result:ty;)*) => {
        /// A store; the module says what holds for all methods.
        #[async_trait]
        pub(crate) trait Store: Send + Sync {
            /// Whoever is told of chat's events from now on, in the order of the commits. It must never wait for
            /// a client.
            fn tell(&self, events: mpsc::Sender<Event>);
            /// When beliefs in tokens must be renewed.
            fn standings(&self) -> &Standings;
            /// Through whose eyes the bearer of a token sees people, now and after each `set_federation`.
            fn viewer(&self, bearer: &Principal) -> Viewer;
            $($(#[doc = $doc])* async fn $name(&self $(, $arg: $kind)*) -> $result;)*
        }

        #[async_trait]
        impl Store for SqliteStore {
            fn tell(&self, events: mpsc::Sender<Event>) {
                SqliteStore::tell(self, events);
            }
            fn standings(&self) -> &Standings {
                SqliteStore::standings(self)
            }
            fn viewer(&self, bearer: &Principal) -> Viewer {
                SqliteStore::viewer(self, bearer)
            }
            $(async fn $name(&self $(, $arg: $kind)*) -> $result {
                SqliteStore::$name(self $(, $arg)*).await
            })*
        }
    };
}

contract! {
    // The store itself.

    /// Does what was asked before, then lets the data go. Later uses fail with [`StoreError::Closed`].
    async fn close(&self) -> ();
    /// Lets the database become no larger than that; what does not fit is refused with [`StoreError::Full`].
    async fn limit_size(&self, bytes: u64) -> Result<(), StoreError>;

    // Resources and what is kept of the service itself.
    /// Makes a resource with two new keys.
    async fn create_resource(&self, name: &str) -> Result<ResourceSummary, StoreError>;
    /// The resource made at the first start, made now if this is it.
    async fn ensure_default_resource(&self) -> Result<AccessKeys, StoreError>;
    /// All resources, by id.
    async fn list_resources(&self) -> Result<Vec<ResourceSummary>, StoreError>;
    /// The resource of that id or name; the default one for `None`.
    async fn resource(&self, id_or_name: Option<&str>) -> Result<ResourceSummary, StoreError>;
    /// The keys of a resource, by id.
    async fn resource_keys(&self, resource_id: &str) -> Result<AccessKeys, StoreError>;
    /// The keys of every resource, for requests that do not say which resource they are for.
    async fn all_keys(&self) -> Result<Vec<AccessKeys>, StoreError>;
    /// Replaces one key; the old one is void when this returns.
    async fn regenerate_key(&self, resource_id: &str, key: KeyKind) -> Result<AccessKeys, StoreError>;
    /// Remembers the URL clients use, for connection strings made while the service rests.
    async fn set_endpoint(&self, url: &str) -> Result<(), StoreError>;
    /// The URL clients used last; `None` before the first start.
    async fn endpoint(&self) -> Result<Option<String>, StoreError>;

    // App identities, and how tokens stand.
    /// Makes an identity.
    async fn create_identity(&self, resource_id: &str) -> Result<Account, StoreError>;
    /// Deletes an identity for good: its tokens are void, its id never comes back. Deleting it again
    /// succeeds, so that a client may repeat a request whose answer it lost.
    async fn delete_identity(&self, resource_id: &str, user_id: &str) -> Result<(), StoreError>;
    /// Makes every token of a living identity issued so far void.
    async fn revoke_identity(&self, resource_id: &str, user_id: &str) -> Result<(), StoreError>;
    /// What a token of this account must agree with now; `NotFound` when the account is gone.
    async fn standing(&self, account: &Account) -> Result<Standing, StoreError>;
    /// Registers a new directory reader of a tenant.
    async fn create_directory_reader(&self, tenant_id: &str) -> Result<Account, StoreError>;
    /// Makes every token of a staff member or directory reader issued so far void.
    async fn revoke_tenant_account(&self, account: &Account) -> Result<(), StoreError>;

    // Tenants, their federation and their people.
    /// Makes a tenant whose federation is off.
    async fn create_tenant(&self, name: &str, id: Option<&str>) -> Result<TenantSummary, StoreError>;
    /// All tenants, by id.
    async fn list_tenants(&self) -> Result<Vec<TenantSummary>, StoreError>;
    /// The tenant of that id or name.
    async fn tenant(&self, id_or_name: &str) -> Result<TenantSummary, StoreError>;
    /// A tenant's federation configuration, by id.
    async fn federation(&self, tenant_id: &str) -> Result<FederationConfiguration, StoreError>;
    /// Changes a tenant's federation configuration. Resources may be named by id or name; enabling with
    /// no allowed resource is refused, as the cmdlet does.
    async fn set_federation(
        &self,
        tenant_id: &str,
        change: FederationChange,
    ) -> Result<FederationConfiguration, StoreError>;
    /// Adds a user to a tenant (id or name).
    async fn add_user(&self, user: NewUser) -> Result<UserRecord, StoreError>;
    /// A tenant's users, by object id, from after `after`: at most 1000.
    async fn list_users(
        &self,
        tenant_id: &str,
        after: Option<&str>,
    ) -> Result<Vec<UserRecord>, StoreError>;
    /// The user of that object id, raw id or UPN; in that tenant (id) when one is given.
    async fn user(&self, tenant_id: Option<&str>, user: &str) -> Result<UserRecord, StoreError>;
    /// Changes a user. Lists of participants show a new name at once; what was written before keeps the old one.
    async fn set_user(
        &self,
        tenant_id: Option<&str>,
        user: &str,
        change: UserChange,
    ) -> Result<UserRecord, StoreError>;
    /// Takes a user out of the directory.
    async fn remove_user(&self, tenant_id: Option<&str>, user: &str) -> Result<UserRecord, StoreError>;
    /// What is known of the two ends of an attempt, and how many devices of the callee can be woken.
    async fn federation_facts(
        &self,
        caller: Option<&Account>,
        callee: Option<&Account>,
    ) -> Result<(PartyFacts, PartyFacts, u32), StoreError>;
    /// What is known of somebody who wants to reach others, and of each of those.
    async fn federation_facts_of_many(
        &self,
        caller: &Account,
        others: Vec<Option<Account>>,
    ) -> Result<(PartyFacts, Vec<PartyFacts>), StoreError>;

    // Calls.
    /// Keeps what the switchboard wants written.
    async fn commit(&self, writes: SwitchboardWrites) -> Result<(), StoreError>;
    /// The resource of an app's user, the tenant of any other account; `None` when that account is gone.
    async fn owner_of(&self, account: &Account) -> Result<Option<String>, StoreError>;
    /// The records of the calls that go on.
    async fn live_calls(&self) -> Result<Vec<StoredCall>, StoreError>;

    // What was decided.
    /// The newest lines of an owner (id), or of all, newest first: at most `limit`.
    async fn audit(&self, owner_id: Option<&str>, limit: u32) -> Result<Vec<AuditEntry>, StoreError>;
    /// Drops audit lines and ended calls older than the given times.
    async fn prune(&self, audit_before_ms: i64, calls_before_ms: i64) -> Result<(), StoreError>;

    // Chat: what changes it.
    /// Creates a thread of that owner. The same request by the same user creates one thread only.
    async fn create_chat_thread(
        &self,
        rules: Arc<Rules>,
        owner: String,
        actor: Actor,
        request_id: Option<String>,
        create: CreateThread,
    ) -> Result<CreatedThread, ChatError>;
    /// Does what `command` says in a thread, when the rules allow it.
    async fn change_chat_thread(
        &self,
        rules: Arc<Rules>,
        thread_id: ThreadId,
        actor: Actor,
        command: Command,
    ) -> Result<Outcome, ChatError>;
    /// Tells of what passes and is not kept, when the rules allow it: typing. Nothing is written.
    async fn pass_chat_event(
        &self,
        rules: Arc<Rules>,
        thread_id: ThreadId,
        actor: Actor,
        command: Command,
    ) -> Result<(), ChatError>;
    /// Takes an account out of its threads. Doing it again does what was not done yet.
    async fn leave_chats(&self, raw_id: RawId) -> Result<(), StoreError>;
    /// Deletes every message of an account in the threads it is in. Doing it again does what was not done yet.
    async fn delete_messages_of(&self, raw_id: RawId) -> Result<(), StoreError>;
    /// Takes out of every chat what somebody wrote and how they were called, and forgets their receipts and the
    /// calls that are over. Their raw id stays where others' history needs it. Doing it again does what was not
    /// done yet.
    async fn scrub_subject(&self, raw_id: RawId) -> Result<(), StoreError>;

    // Chat: what is read.
    /// The threads somebody is in with news since `start`, those joined last first.
    async fn chat_threads(
        &self,
        actor: Actor,
        start: Option<UnixMillis>,
        after: Option<ThreadKey>,
        size: usize,
    ) -> Result<Page<ThreadItem, ThreadKey>, StoreError>;
    /// A thread's properties.
    async fn chat_thread(
        &self,
        rules: Arc<Rules>,
        thread: ThreadId,
        actor: Actor,
    ) -> Result<Thread, ChatError>;
    /// A message.
    async fn chat_message(
        &self,
        rules: Arc<Rules>,
        thread: ThreadId,
        actor: Actor,
        id: MessageId,
    ) -> Result<Message, ChatError>;
    /// Messages since `start`, newest first, from before `before`.
    async fn chat_messages(
        &self,
        rules: Arc<Rules>,
        thread: ThreadId,
        actor: Actor,
        start: Option<UnixMillis>,
        before: Option<MessageId>,
        size: usize,
    ) -> Result<Page<Message, MessageId>, ChatError>;
    /// Who is in a thread, those who came first first; the first `skip` left out.
    async fn chat_participants(
        &self,
        rules: Arc<Rules>,
        thread: ThreadId,
        actor: Actor,
        skip: u32,
        after: Option<ParticipantKey>,
        size: usize,
    ) -> Result<Page<Participant, ParticipantKey>, ChatError>;
    /// How far those who are in a thread have read; the first `skip` left out.
    async fn chat_receipts(
        &self,
        rules: Arc<Rules>,
        thread: ThreadId,
        actor: Actor,
        skip: u32,
        after: Option<String>,
        size: usize,
    ) -> Result<Page<ReadReceipt, String>, ChatError>;
    /// Whether somebody is in a thread now; `None` when they never were.
    async fn chat_standing(&self, thread: ThreadId, user: RawId) -> Result<Option<bool>, StoreError>;
    /// Everybody who is or was in a thread, at this moment or a later one.
    async fn chat_members(&self, thread: ThreadId) -> Result<Vec<Member>, StoreError>;
    /// At most `size` events after `after` that nothing lacks between, with what their messages say now. Where the
    /// log has a hole after `after`, the page's `first` is after it: what is before is not asked for again.
    async fn chat_events(
        &self,
        rules: Arc<Rules>,
        thread: ThreadId,
        actor: Actor,
        after: EventSequence,
        size: usize,
    ) -> Result<EventPage, ChatError>;
    /// How far the log of each thread goes for somebody who is or was in it, in the order of the
    /// threads' names, from after `after`. A deleted thread's end is told as well.
    async fn chat_heads(
        &self,
        user: RawId,
        after: Option<ThreadId>,
        size: usize,
    ) -> Result<Page<ThreadHead, ThreadId>, StoreError>;

    // Files of chats: their rows. The bytes are beside the store (`crate::attachments`), under the hash of the content;
    // they are at their place before a row names them, and are removed after none does.
    /// Whether somebody may upload a file of so many bytes, before these are read.
    async fn may_upload(
        &self,
        rules: Arc<Rules>,
        thread: ThreadId,
        actor: Actor,
        name: Option<Text>,
        bytes: u64,
    ) -> Result<(), ChatError>;
    /// Adds a file whose bytes are at their place, when the rules allow it now.
    async fn add_attachment(
        &self,
        rules: Arc<Rules>,
        thread: ThreadId,
        actor: Actor,
        id: AttachmentId,
        facts: FileFacts,
    ) -> Result<(), ChatError>;
    /// A file that somebody may read.
    async fn chat_attachment(
        &self,
        rules: Arc<Rules>,
        thread: ThreadId,
        actor: Actor,
        id: AttachmentId,
    ) -> Result<FileFacts, ChatError>;
    /// Drops files that were uploaded before `before_ms` and not sent.
    async fn drop_unsent(&self, before_ms: i64) -> Result<(), StoreError>;
    /// At most `most` contents of which a row was dropped, or that were noted, and whether a row names them.
    async fn unnamed_files(&self, most: usize) -> Result<Vec<(ContentHash, bool)>, StoreError>;
    /// These are removed, or named again: `unnamed_files` leaves them out.
    async fn forget_unnamed(&self, hashes: Vec<ContentHash>) -> Result<(), StoreError>;
    /// `unnamed_files` tells of those of these that no row names.
    async fn note_unnamed(&self, hashes: Vec<ContentHash>) -> Result<(), StoreError>;

    // Webhooks.
    /// Adds a webhook, which is told what happens from now on.
    async fn add_webhook(&self, hook: Webhook) -> Result<WebhookSummary, StoreError>;
    /// All webhooks, by owner and id.
    async fn webhooks(&self) -> Result<Vec<Webhook>, StoreError>;
    /// The same for people, with how many threads wait.
    async fn webhook_summaries(&self) -> Result<Vec<WebhookSummary>, StoreError>;
    /// Removes a webhook, and forgets what it was owed. Its owner's id.
    async fn remove_webhook(&self, id: &str) -> Result<String, StoreError>;
    /// The threads of which a webhook is owed events, those first that were due first: at most `most`.
    async fn webhook_due(&self, hook: WebhookKey, most: usize) -> Result<Vec<Due>, StoreError>;
    /// The next events of a thread after `told`, at most `most`, with what their messages say now: nothing when they,
    /// or the thread, are deleted.
    async fn webhook_owing(
        &self,
        thread: ThreadId,
        told: EventSequence,
        most: u32,
    ) -> Result<Owing, StoreError>;
    /// A webhook was told up to `told`. Whether it is owed more of the thread.
    async fn webhook_told(
        &self,
        hook: WebhookKey,
        thread: ThreadId,
        told: EventSequence,
    ) -> Result<bool, StoreError>;
    /// The next event of a thread could not be told; it is tried again at `due_ms`.
    async fn webhook_failed(
        &self,
        hook: WebhookKey,
        thread: ThreadId,
        attempts: u32,
        due_ms: i64,
    ) -> Result<(), StoreError>;

    // Upkeep.
    /// Deletes threads whose retention is over. Whether there may be more.
    async fn expire_chats(&self) -> Result<bool, StoreError>;
    /// Drops a part of what deleted threads held: messages, receipts, and the log but its last event,
    /// which tells of the end. Whether there may be more.
    async fn purge_chats(&self) -> Result<bool, StoreError>;
    /// Forgets which requests created which threads before that time.
    async fn prune_chat_creations(&self, before_ms: i64) -> Result<(), StoreError>;
}
