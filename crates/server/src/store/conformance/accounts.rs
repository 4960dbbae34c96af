//! What the store says of accounts, keys and tokens.

use super::*;

pub(super) async fn identities_end_and_their_tokens_with_them<K: Kept>() {
    let kept = K::new();
    let store = kept.open();
    let resource = store.ensure_default_resource().await.unwrap().resource_id;
    let account = store.create_identity(&resource).await.unwrap();
    let Account::AppUser { user_id: user, .. } = &account else { panic!("{account:?}") };
    let first = store.standing(&account).await.unwrap().version;
    set_push(&*store, &account, "d", Some(("apns", "x"))).await;
    let devices = async || store.federation_facts(None, Some(&account)).await.unwrap().2;
    assert_eq!(devices().await, 1);
    let believed = store.standings().generation();
    store.set_endpoint("https://localhost").await.unwrap();
    assert_eq!(store.standings().generation(), believed, "nothing about tokens");
    store.revoke_identity(&resource, user).await.unwrap();
    assert_ne!(store.standings().generation(), believed, "when this returns nobody believes the old token");
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

pub(super) async fn a_user_holds_a_bounded_number_of_devices<K: Kept>() {
    let kept = K::new();
    let store = kept.open();
    let resource = store.ensure_default_resource().await.unwrap().resource_id;
    let account = store.create_identity(&resource).await.unwrap();
    for n in 0..40 {
        set_push(&*store, &account, &format!("{n:02}"), Some(("fcm", "x"))).await;
    }
    assert_eq!(store.federation_facts(None, Some(&account)).await.unwrap().2, 16);
    set_push(&*store, &account, "39", None).await;
    assert_eq!(store.federation_facts(None, Some(&account)).await.unwrap().2, 15);
}

pub(super) async fn keys_are_made_anew_one_at_a_time<K: Kept>() {
    let kept = K::new();
    let store = kept.open();
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

/// Somebody removed and added again under the same id must not revive old tokens.
pub(super) async fn a_returning_user_starts_with_a_higher_version<K: Kept>() {
    let kept = K::new();
    let store = kept.open();
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

pub(super) async fn a_closed_store_says_so_and_is_opened_again<K: Kept>() {
    let kept = K::new();
    let store = kept.open();
    store.set_endpoint("https://localhost").await.unwrap();
    let other = Arc::clone(&store);
    store.close().await;
    assert_eq!(other.endpoint().await, Err(StoreError::Closed));
    assert_eq!(other.set_endpoint("https://elsewhere").await, Err(StoreError::Closed));
    other.close().await;
    assert_eq!(kept.open().endpoint().await.unwrap().as_deref(), Some("https://localhost"));
}

pub(super) async fn a_store_that_is_full_refuses_and_keeps_what_it_has<K: Kept>() {
    let kept = K::new();
    let store = kept.open();
    store.limit_size(1).await.unwrap();
    let mut written = 0;
    let refused = loop {
        let record = format!("{{\"long\":\"{}\"}}", "x".repeat(4096));
        match store.commit(calls(vec![StoredCall { record, ..call(written, true) }])).await {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 1000, "a bound that bounds nothing");
    };
    assert_eq!(refused, StoreError::Full);
    assert_eq!(store.live_calls().await.unwrap().len(), written);
    store.limit_size(1 << 30).await.unwrap();
    store.commit(calls(vec![call(written, true)])).await.unwrap();
    assert_eq!(store.live_calls().await.unwrap().len(), written + 1);
}
