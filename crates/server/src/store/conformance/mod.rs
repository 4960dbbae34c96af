//! What every store must do that keeps to `Store`, whatever lies below: told in terms of the trait alone.
//! `conformance!` runs all of it against one kind of store.

mod accounts;
mod calls;
mod chat;
mod directory;
mod files;
mod reads;
mod webhooks;
mod world;

use super::*;
use crate::account::Account;
use crate::directory::{KeyKind, NewUser, UserChange, UserMode};
use crate::federation::FederationChange;
use liaison_chat::ThreadId;
pub(super) use world::{OWNER, World, actor, sequences, text};

/// What one kind of store keeps, and opens again as it was left.
pub(super) trait Kept {
    /// Nothing kept yet.
    fn new() -> Self;
    /// Opens the store; the one opened before is closed.
    fn open(&self) -> Arc<dyn Store>;
    /// Lets a thread be that much older.
    async fn age(&self, thread: &ThreadId, days: u32);
    /// Damages the log: events of a thread are there no more.
    async fn lose_events(&self, thread: &ThreadId, sequences: &[u32]);
}

/// The tests of every area, run against one kind of store.
macro_rules! conformance {
    ($kept:ty) => {
        conformance! { $kept:
            accounts:
                identities_end_and_their_tokens_with_them
                a_user_holds_a_bounded_number_of_devices
                keys_are_made_anew_one_at_a_time
                a_returning_user_starts_with_a_higher_version
                a_closed_store_says_so_and_is_opened_again
                a_store_that_is_full_refuses_and_keeps_what_it_has
            ;
            calls:
                what_was_acknowledged_is_there_after_a_restart
                writers_share_transactions_and_lose_nothing
                the_audit_log_is_newest_first_and_pruned
                an_audit_line_belongs_to_the_tenant_it_concerns
                audit_lines_of_the_same_moment_keep_their_order
            ;
            chat:
                many_senders_at_once_leave_no_gap_and_are_told_in_order
                a_message_is_sent_once_and_a_thread_created_once
                whether_somebody_is_in_a_thread_is_known
                whoever_was_removed_keeps_the_old_history_and_gets_nothing_new
                a_deleted_account_leaves_its_threads_and_its_messages_stay
                what_lacks_in_the_log_is_told_and_never_asked_for_again
                what_an_account_wrote_is_deleted_once_and_told
                a_thread_ends_when_its_retention_says_so
            ;
            directory:
                resources_and_tenants_are_listed_and_own_their_accounts
                users_are_found_by_every_name_within_their_tenant
                the_federation_configuration_is_kept_as_the_cmdlet_says_it
                staff_see_the_label_that_their_tenant_has_now
                a_new_name_in_the_directory_is_that_in_lists_of_participants
            ;
            files:
                a_file_is_its_uploaders_until_it_is_sent_and_goes_with_its_message
                what_waits_to_be_sent_is_bounded_and_dropped_in_time
                a_content_is_unnamed_when_the_last_row_of_it_is_gone
                files_go_with_their_thread_and_with_whoever_uploaded_them
            ;
            reads:
                lists_go_on_where_the_page_before_ended
                typing_is_told_and_not_kept
            ;
            webhooks:
                an_owner_has_so_many_webhooks
                what_a_webhook_is_owed_is_kept_until_it_was_told
                what_a_damaged_log_lacks_is_owed_up_to_its_end
            ;
        }
    };
    ($kept:ty: $($area:ident: $($test:ident)*;)*) => {
        $(mod $area {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::super::$area::$test::<$kept>().await;
            })*
        })*
    };
}

/// The SQLite store in a folder of its own.
pub(super) struct InFolder {
    dir: tempfile::TempDir,
    open: Mutex<Option<SqliteStore>>,
}

impl InFolder {
    /// The store that was opened last.
    pub(super) fn sqlite(&self) -> SqliteStore {
        self.open.lock().unwrap().clone().unwrap()
    }
}

impl Kept for InFolder {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), open: Mutex::default() }
    }

    fn open(&self) -> Arc<dyn Store> {
        let store =
            SqliteStore::open(Arc::new(DataFolder::create_and_lock(self.dir.path()).unwrap())).unwrap();
        *self.open.lock().unwrap() = Some(store.clone());
        Arc::new(store)
    }

    async fn age(&self, thread: &ThreadId, days: u32) {
        let (sqlite, thread, ms) = (self.sqlite(), thread.to_string(), i64::from(days) * 86_400_000);
        let aged = sqlite.write(move |c| {
            let sql = "UPDATE chat_thread SET created_ms = created_ms - ?2, due_ms = due_ms - ?2
                       WHERE thread_id = ?1";
            Ok(c.execute(sql, (thread, ms))?)
        });
        assert_eq!(aged.await, Ok(1));
    }

    async fn lose_events(&self, thread: &ThreadId, sequences: &[u32]) {
        let (sqlite, thread, sequences) = (self.sqlite(), thread.to_string(), sequences.to_vec());
        let lost = sqlite.write(move |c| {
            let mut delete = c.prepare("DELETE FROM chat_event WHERE thread_id = ?1 AND sequence = ?2")?;
            let lost = sequences.iter().map(|sequence| delete.execute((&thread, sequence)));
            Ok(lost.sum::<Result<usize, _>>()?)
        });
        assert!(lost.await.unwrap() > 0);
    }
}

mod sqlite {
    conformance!(super::super::InFolder);
}

fn new_user(tenant: &str, upn: &str) -> NewUser {
    NewUser {
        tenant: tenant.to_owned(),
        object_id: None,
        user_principal_name: upn.to_owned(),
        display_name: "Mona".to_owned(),
        mode: UserMode::TeamsOnly,
        enable_acs_federation_access: true,
    }
}

fn calls(calls: Vec<StoredCall>) -> SwitchboardWrites {
    SwitchboardWrites { calls, ..SwitchboardWrites::default() }
}

async fn set_push(store: &dyn Store, account: &Account, device: &str, push: Option<(&str, &str)>) {
    let push = push.map(|(provider, address)| (provider.to_owned(), address.to_owned()));
    let change = PushChange { account: account.clone(), device: device.to_owned(), push };
    store.commit(SwitchboardWrites { push: vec![change], ..SwitchboardWrites::default() }).await.unwrap();
}

fn call(id: usize, live: bool) -> StoredCall {
    StoredCall { owner_id: "r".to_owned(), call_id: format!("{id:032x}"), record: "{}".to_owned(), live }
}
