//! Calls and the audit log.

use super::*;

pub(super) async fn what_was_acknowledged_is_there_after_a_restart<K: Kept>() {
    let kept = K::new();
    let store = kept.open();
    let resource = store.ensure_default_resource().await.unwrap();
    let user = store.create_identity(&resource.resource_id).await.unwrap();
    let standing = store.standing(&user).await.unwrap();
    store.commit(calls(vec![call(1, true), call(2, true), call(2, false)])).await.unwrap();
    store.close().await;

    let store = kept.open();
    assert!(store.ensure_default_resource().await.unwrap() == resource);
    assert_eq!(store.standing(&user).await.unwrap(), standing);
    assert_eq!(store.live_calls().await.unwrap(), [call(1, true)]);
}

/// Many writers at once: all are answered, all is kept, and they share flushes.
pub(super) async fn writers_share_transactions_and_lose_nothing<K: Kept>() {
    let kept = K::new();
    let store = kept.open();
    let tasks = (0..2000).map(|n| {
        let store = store.clone();
        tokio::spawn(async move { store.commit(calls(vec![call(n, true)])).await })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }
    store.close().await;
    assert_eq!(kept.open().live_calls().await.unwrap().len(), 2000);
}

pub(super) async fn the_audit_log_is_newest_first_and_pruned<K: Kept>() {
    let kept = K::new();
    let store = kept.open();
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

pub(super) async fn an_audit_line_belongs_to_the_tenant_it_concerns<K: Kept>() {
    let kept = K::new();
    let store = kept.open();
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
pub(super) async fn audit_lines_of_the_same_moment_keep_their_order<K: Kept>() {
    let kept = K::new();
    let store = kept.open();
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
