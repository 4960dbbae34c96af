use super::*;
use crate::account::Account;
use crate::directory::{KeyKind, NewUser, UserChange, UserMode};
use crate::federation::FederationChange;
use std::path::Path;

fn open(dir: &Path) -> Result<Store, ServerError> {
    Store::open(Arc::new(DataFolder::create_and_lock(dir)?))
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

async fn set_push(store: &Store, account: &Account, device: &str, push: Option<(&str, &str)>) {
    let push = push.map(|(provider, address)| (provider.to_owned(), address.to_owned()));
    let change = PushChange { account: account.clone(), device: device.to_owned(), push };
    store.commit(SwitchboardWrites { push: vec![change], ..SwitchboardWrites::default() }).await.unwrap();
}

fn call(id: usize, live: bool) -> StoredCall {
    StoredCall { owner_id: "r".to_owned(), call_id: format!("{id:032x}"), record: "{}".to_owned(), live }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let resource = store.ensure_default_resource().await.unwrap();
    let user = store.create_identity(&resource.resource_id).await.unwrap();
    let standing = store.standing(&user).await.unwrap();
    store.commit(calls(vec![call(1, true), call(2, true), call(2, false)])).await.unwrap();
    store.close().await;

    let store = open(dir.path()).unwrap();
    assert!(store.ensure_default_resource().await.unwrap() == resource);
    assert_eq!(store.standing(&user).await.unwrap(), standing);
    assert_eq!(store.live_calls().await.unwrap(), [call(1, true)]);
}

/// Many writers at once: all are answered, all is kept, and they share flushes.
#[tokio::test(flavor = "multi_thread")]
async fn writers_share_transactions_and_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let tasks = (0..2000).map(|n| {
        let store = store.clone();
        tokio::spawn(async move { store.commit(calls(vec![call(n, true)])).await })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }
    store.close().await;
    assert_eq!(open(dir.path()).unwrap().live_calls().await.unwrap().len(), 2000);
}

#[tokio::test]
async fn a_use_that_fails_leaves_nothing_and_harms_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let failing = store.write(|c| {
        c.execute("INSERT INTO setting VALUES ('a', 'b')", [])?;
        Err::<(), _>(StoreError::Invalid("no".to_owned()))
    });
    let panicking = store.write(|c| -> Result<(), StoreError> {
        c.execute("INSERT INTO setting VALUES ('c', 'd')", [])?;
        panic!("on purpose")
    });
    let fine = store.set_endpoint("https://localhost");
    let (failing, panicking, fine) = tokio::join!(failing, panicking, fine);
    assert_eq!(failing, Err(StoreError::Invalid("no".to_owned())));
    assert!(panicking.unwrap_err().to_string().contains("on purpose"));
    fine.unwrap();
    let count = store.read(|c| Ok(c.query_row("SELECT count(*) FROM setting", [], |r| r.get::<_, i64>(0))?));
    assert_eq!(count.await, Ok(1));
}

#[tokio::test]
async fn the_folder_has_one_user_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    assert!(matches!(open(dir.path()), Err(ServerError::FolderInUse { .. })));
    store.close().await;
    open(dir.path()).unwrap();
}

#[tokio::test]
async fn a_newer_database_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).unwrap().close().await;
    let path = dir.path().join(DATABASE);
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = open(dir.path()).err().unwrap();
    assert!(matches!(error, ServerError::NewerDatabase { found: 99, known: schema::VERSION, .. }));
    assert!(error.to_string().contains("run the newer liaison"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_damaged_or_foreign_file_is_a_clear_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(DATABASE);
    std::fs::write(&path, b"this is a text file and no database at all, however one looks at it").unwrap();
    let error = open(dir.path()).err().unwrap();
    assert!(matches!(error, ServerError::CorruptDatabase { .. }), "{error}");
    assert!(error.to_string().contains("restore a backup"), "{error}");

    std::fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    let error = open(dir.path()).err().unwrap();
    assert!(error.to_string().contains("another program"), "{error}");

    std::fs::remove_file(&path).unwrap();
    let store = open(dir.path()).unwrap();
    for _ in 0..200 {
        store.create_identity(&store.ensure_default_resource().await.unwrap().resource_id).await.unwrap();
    }
    store.close().await;
    let mut bytes = std::fs::read(&path).unwrap();
    assert!(bytes.len() > 4 * 4096, "several pages");
    let from = bytes.len() - 2 * 4096;
    bytes[from..].fill(0x5a);
    std::fs::write(&path, bytes).unwrap();
    let error = open(dir.path()).err().unwrap();
    assert!(matches!(error, ServerError::CorruptDatabase { .. }), "{error}");
}

#[tokio::test]
async fn identities_end_and_their_tokens_with_them() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let resource = store.ensure_default_resource().await.unwrap().resource_id;
    let account = store.create_identity(&resource).await.unwrap();
    let Account::AppUser { user_id: user, .. } = &account else { panic!("{account:?}") };
    let first = store.standing(&account).await.unwrap().version;
    set_push(&store, &account, "d", Some(("apns", "x"))).await;
    let devices = async || store.federation_facts(None, Some(&account)).await.unwrap().2;
    assert_eq!(devices().await, 1);
    store.revoke_identity(&resource, user).await.unwrap();
    assert!(store.standing(&account).await.unwrap().version > first);
    assert_eq!(devices().await, 0);
    store.delete_identity(&resource, user).await.unwrap();
    store.delete_identity(&resource, user).await.unwrap();
    let gone = StoreError::not_found("identity", user);
    assert_eq!(store.standing(&account).await, Err(gone.clone()));
    assert_eq!(store.revoke_identity(&resource, user).await, Err(gone));
    assert!(store.delete_identity(&resource, "nobody").await.is_err());
    assert!(store.create_identity("no-such-resource").await.is_err(), "the resource must exist");
}

#[tokio::test]
async fn a_user_holds_a_bounded_number_of_devices() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let resource = store.ensure_default_resource().await.unwrap().resource_id;
    let account = store.create_identity(&resource).await.unwrap();
    for n in 0..40 {
        set_push(&store, &account, &format!("{n:02}"), Some(("fcm", "x"))).await;
    }
    assert_eq!(store.federation_facts(None, Some(&account)).await.unwrap().2, 16);
    set_push(&store, &account, "39", None).await;
    assert_eq!(store.federation_facts(None, Some(&account)).await.unwrap().2, 15);
}

#[tokio::test]
async fn keys_are_made_anew_one_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let resource = store.create_resource("shop").await.unwrap();
    let before = store.resource_keys(&resource.id).await.unwrap();
    let after = store.regenerate_key(&resource.id, KeyKind::Secondary).await.unwrap();
    assert_eq!(before.primary, after.primary);
    assert_ne!(before.secondary, after.secondary);
    assert!(store.regenerate_key("none", KeyKind::Primary).await.is_err());
    assert!(store.create_resource("shop").await.unwrap_err().to_string().contains("already"));
    for bad in ["", "  ", "a\nb", &"x".repeat(129), &resource.id] {
        assert!(store.create_resource(bad).await.is_err(), "{bad:?}");
    }
    assert_eq!(store.resource(Some("shop")).await.unwrap(), resource);
    assert_eq!(store.resource(Some(&resource.id.to_uppercase())).await.unwrap(), resource);
    assert!(store.resource(None).await.is_err(), "no default resource yet");
}

#[tokio::test]
async fn users_are_found_by_every_name_within_their_tenant() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let (a, b) =
        (store.create_tenant("a", None).await.unwrap(), store.create_tenant("b", None).await.unwrap());
    let mona = store.add_user(new_user("a", "Mona@contoso.example")).await.unwrap();
    let twin = store.add_user(new_user(&b.id, "mona@contoso.example")).await.unwrap();
    for name in [&mona.object_id, &mona.raw_id, &mona.object_id.to_uppercase()] {
        assert_eq!(store.user(None, name).await.unwrap(), mona);
    }
    assert_eq!(store.user(Some(&b.id), "MONA@contoso.example").await.unwrap(), twin);
    assert!(store.user(Some(&b.id), &mona.object_id).await.is_err(), "not in that tenant");
    let several = store.user(None, "mona@contoso.example").await.unwrap_err();
    assert!(several.to_string().contains("say which tenant"), "{several}");
    let same = store.add_user(new_user("a", "MONA@CONTOSO.example")).await.unwrap_err();
    assert!(same.to_string().contains("taken"), "{same}");
    assert!(store.add_user(new_user("c", "x@y")).await.is_err());
    for bad in ["mona", "@x", "x@", "a b@c", "a/b@c", "a@b\n"] {
        assert!(store.add_user(new_user("a", bad)).await.is_err() || bad == "a@b\n", "{bad:?}");
    }
    let change = UserChange {
        mode: Some(UserMode::Islands),
        enable_acs_federation_access: Some(false),
        ..UserChange::default()
    };
    let changed = store.set_user(Some(&a.id), "mona@contoso.example", change).await.unwrap();
    assert_eq!(store.user(None, &mona.raw_id).await.unwrap(), changed);
    assert_eq!((changed.mode, changed.enable_acs_federation_access), (UserMode::Islands, false));
    store.remove_user(None, &mona.raw_id).await.unwrap();
    assert!(store.user(None, &mona.raw_id).await.is_err());
    assert_eq!(store.list_users(&b.id, None).await.unwrap(), std::slice::from_ref(&twin));
    assert_eq!(store.list_users(&b.id, Some(&twin.object_id)).await.unwrap(), []);
}

/// Somebody removed and added again under the same id must not revive old tokens.
#[tokio::test]
async fn a_returning_user_starts_with_a_higher_version() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    store.create_tenant("a", None).await.unwrap();
    let mona = store.add_user(new_user("a", "m@x")).await.unwrap();
    let account = Account::of(&mona.raw_id).unwrap();
    let first = store.standing(&account).await.unwrap().version;
    store.revoke_tenant_account(&account).await.unwrap();
    let second = store.standing(&account).await.unwrap().version;
    assert!(second > first);
    store.remove_user(None, "m@x").await.unwrap();
    assert!(store.standing(&account).await.is_err());
    tokio::time::sleep(std::time::Duration::from_millis(3)).await;
    store.add_user(NewUser { object_id: Some(mona.object_id), ..new_user("a", "m@x") }).await.unwrap();
    assert!(store.standing(&account).await.unwrap().version > second);
}

#[tokio::test]
async fn the_federation_configuration_is_kept_as_the_cmdlet_says_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let resource = store.ensure_default_resource().await.unwrap().resource_id;
    let tenant = store.create_tenant("a", None).await.unwrap().id;
    assert_eq!(store.federation(&tenant).await.unwrap(), Default::default());
    let enable = FederationChange { enable_acs_users: Some(true), ..FederationChange::default() };
    let refused = store.set_federation(&tenant, enable.clone()).await.unwrap_err();
    assert!(refused.to_string().contains("--allowed-acs-resources"), "{refused}");
    let elsewhere = "6D9D6D6F-0000-4000-8000-000000000001";
    let allow = FederationChange {
        allowed_acs_resources: Some(vec!["default".to_owned(), elsewhere.to_owned(), resource.clone()]),
        ..enable
    };
    let after = store.set_federation(&tenant, allow).await.unwrap();
    assert!(after.enable_acs_users && after.allowed_acs_resources.len() == 2);
    assert!(after.allowed_acs_resources.contains(&resource));
    assert!(after.allowed_acs_resources.contains(&elsewhere.to_lowercase()));
    assert_eq!(store.federation(&tenant).await.unwrap(), after);
    let unknown = FederationChange {
        allowed_acs_resources: Some(vec!["typo".to_owned()]),
        ..FederationChange::default()
    };
    assert!(store.set_federation(&tenant, unknown).await.is_err());
    let off = FederationChange {
        enable_acs_users: Some(false),
        allowed_acs_resources: Some(vec![]),
        ..FederationChange::default()
    };
    assert!(!store.set_federation(&tenant, off).await.unwrap().enable_acs_users);
}

#[tokio::test]
async fn the_audit_log_is_newest_first_and_pruned() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let line = |owner: &str, reason: &'static str| NewAudit {
        owner: Owner::Id(owner.to_owned()),
        action: "call",
        outcome: "refused",
        reason: reason.into(),
        actor: "a".to_owned(),
        target: "b".to_owned(),
        call: None,
    };
    let first = SwitchboardWrites { audit: vec![line("t", "first")], ..SwitchboardWrites::default() };
    store.commit(first).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(3)).await;
    let audit = vec![line("t", "second"), line("u", "x")];
    store.commit(SwitchboardWrites { audit, ..calls(vec![call(1, false), call(2, true)]) }).await.unwrap();
    let reasons = |entries: Vec<crate::admin::AuditEntry>| {
        entries.into_iter().map(|entry| entry.reason).collect::<Vec<_>>()
    };
    assert_eq!(reasons(store.audit(Some("t"), 10).await.unwrap()), ["second", "first"]);
    assert_eq!(reasons(store.audit(Some("t"), 1).await.unwrap()), ["second"]);
    assert_eq!(store.audit(None, 10).await.unwrap().len(), 3);
    store.prune(i64::MAX, i64::MAX).await.unwrap();
    assert_eq!(store.audit(None, 10).await.unwrap(), []);
    assert_eq!(store.live_calls().await.unwrap(), [call(2, true)], "a call that goes on is never pruned");
}

#[tokio::test]
async fn an_audit_line_belongs_to_the_tenant_it_concerns() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let resource = store.ensure_default_resource().await.unwrap().resource_id;
    let app = store.create_identity(&resource).await.unwrap().to_string();
    let tenant = store.create_tenant("a", None).await.unwrap().id;
    let mona = store.add_user(new_user("a", "m@x")).await.unwrap().raw_id;
    for (actor, target, owner) in [
        (&app, &mona, &tenant),
        (&mona, &app, &tenant),
        (&app, &"8:orgid:6d9d6d6f-0000-4000-8000-000000000001".to_owned(), &resource),
        (&app, &app, &resource),
    ] {
        let line = NewAudit {
            owner: Owner::Parties,
            action: "call",
            outcome: "refused",
            reason: "user-policy".into(),
            actor: actor.clone(),
            target: target.clone(),
            call: Some("c".to_owned()),
        };
        let writes = SwitchboardWrites { audit: vec![line], ..SwitchboardWrites::default() };
        store.commit(writes).await.unwrap();
        let entry = store.audit(Some(owner), 1).await.unwrap().remove(0);
        assert_eq!((&entry.actor, &entry.target, entry.call.as_deref()), (actor, target, Some("c")));
        tokio::time::sleep(std::time::Duration::from_millis(3)).await;
    }
}

/// Lines of one transaction are often of one millisecond.
#[tokio::test]
async fn audit_lines_of_the_same_moment_keep_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let audit = (0..100)
        .map(|n| NewAudit {
            owner: Owner::Id("t".to_owned()),
            action: "call",
            outcome: "ended",
            reason: n.to_string().into(),
            actor: "a".to_owned(),
            target: "b".to_owned(),
            call: None,
        })
        .collect();
    store.commit(SwitchboardWrites { audit, ..SwitchboardWrites::default() }).await.unwrap();
    for owner in [Some("t"), None] {
        let reasons: Vec<String> =
            store.audit(owner, 100).await.unwrap().into_iter().map(|e| e.reason).collect();
        assert_eq!(reasons, (0..100).rev().map(|n| n.to_string()).collect::<Vec<_>>());
    }
}
