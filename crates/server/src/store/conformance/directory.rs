//! Tenants, their federation and their people.

use super::*;
use liaison_chat::model::{Metadata, Participant, RetentionPolicy};
use liaison_chat::rules::{Admission, Command, NewParticipant};
use liaison_chat::{Event, UnixMillis};
use liaison_identity::{AcsUserLabel, Principal, RawId, Scopes};

pub(super) async fn resources_and_tenants_are_listed_and_own_their_accounts<K: Kept>() {
    let kept = K::new();
    let store = kept.open();
    let mut resources =
        vec![store.create_resource("x").await.unwrap(), store.create_resource("y").await.unwrap()];
    let mut tenants =
        vec![store.create_tenant("a", None).await.unwrap(), store.create_tenant("b", None).await.unwrap()];
    let (resource, tenant) = (resources[0].id.clone(), tenants[0].clone());
    let app = store.create_identity(&resource).await.unwrap();
    let mona = store.add_user(new_user("a", "m@x")).await.unwrap();
    let staff = Account::of(&mona.raw_id).unwrap();
    let reader = store.create_directory_reader(&tenant.id).await.unwrap();
    assert!(store.create_directory_reader("no-such-tenant").await.is_err(), "the tenant must exist");
    assert_eq!(store.standing(&reader).await.unwrap().tenant_id, Some(tenant.id.clone()));

    resources.sort_by(|a, b| a.id.cmp(&b.id));
    tenants.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(store.list_resources().await.unwrap(), resources);
    assert_eq!(store.list_tenants().await.unwrap(), tenants);
    let mut keys: Vec<_> = store.all_keys().await.unwrap().into_iter().map(|keys| keys.resource_id).collect();
    keys.sort();
    assert_eq!(keys, resources.into_iter().map(|resource| resource.id).collect::<Vec<_>>());
    for name in ["a", &tenant.id, &tenant.id.to_uppercase()] {
        assert_eq!(store.tenant(name).await, Ok(tenant.clone()));
    }
    assert_eq!(store.tenant("c").await, Err(StoreError::not_found("tenant", "c")));

    for (account, owner) in [(&app, &resource), (&staff, &tenant.id), (&reader, &tenant.id)] {
        assert_eq!(store.owner_of(account).await.unwrap().as_ref(), Some(owner));
    }
    let others = vec![Some(staff.clone()), None, Some(reader)];
    let (from, others) = store.federation_facts_of_many(&app, others).await.unwrap();
    assert_eq!(from, PartyFacts::AppUser { resource_id: resource, living: true });
    let configuration = store.federation(&tenant.id).await.unwrap();
    let known = PartyFacts::Staff(MemberFacts { user: mona, configuration });
    assert_eq!(others, [known, PartyFacts::Unknown, PartyFacts::Unknown]);
    store.remove_user(None, "m@x").await.unwrap();
    assert_eq!(store.owner_of(&staff).await, Ok(None));
    assert_eq!(store.federation_facts(Some(&staff), None).await.unwrap().0, PartyFacts::Unknown);
}

pub(super) async fn users_are_found_by_every_name_within_their_tenant<K: Kept>() {
    let kept = K::new();
    let store = kept.open();
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

pub(super) async fn the_federation_configuration_is_kept_as_the_cmdlet_says_it<K: Kept>() {
    let kept = K::new();
    let store = kept.open();
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

fn bearer(raw_id: RawId, tenant_id: Option<&str>) -> Principal {
    Principal {
        raw_id,
        scopes: Scopes::default(),
        resource_id: None,
        tenant_id: tenant_id.map(str::to_owned),
        issued_at_unix_s: 0,
        expires_at_unix_s: 0,
        token_version: 0,
        csi: String::new(),
    }
}

pub(super) async fn staff_see_the_label_that_their_tenant_has_now<K: Kept>() {
    let kept = K::new();
    let store = kept.open();
    let resource = store.ensure_default_resource().await.unwrap().resource_id;
    let tenant = store.create_tenant("a", None).await.unwrap().id;
    let other = store.create_tenant("b", None).await.unwrap().id;
    let mona = bearer(
        RawId::new(&store.add_user(new_user("a", "m@x")).await.unwrap().raw_id).unwrap(),
        Some(&tenant),
    );
    let twin = bearer(mona.raw_id.clone(), Some(&other));
    let viewer = store.viewer(&mona);
    let label = |enable, label| FederationChange {
        enable_acs_users: Some(enable),
        allowed_acs_resources: Some(vec![resource.clone()]),
        label_for_allowed_acs_users: Some(label),
        ..FederationChange::default()
    };
    assert_eq!(viewer.label(), Some(AcsUserLabel::Unverified));
    store.set_federation(&tenant, label(false, AcsUserLabel::External)).await.unwrap();
    assert_eq!(
        viewer.label(),
        Some(AcsUserLabel::Unverified),
        "while the switch is off, the rest is ignored"
    );
    store.set_federation(&tenant, label(true, AcsUserLabel::External)).await.unwrap();
    assert_eq!(viewer.label(), Some(AcsUserLabel::External), "whoever looks already");
    assert_eq!(store.viewer(&twin).label(), Some(AcsUserLabel::Unverified), "the other tenant's");
    assert_eq!(store.viewer(&bearer(actor("ada").raw_id, None)).label(), None, "an app's user");
    store.close().await;
    let store = kept.open();
    assert_eq!(store.viewer(&mona).label(), Some(AcsUserLabel::External));
    assert_eq!(store.viewer(&twin).label(), Some(AcsUserLabel::Unverified));
}

/// What was told before keeps the name of its time.
pub(super) async fn a_new_name_in_the_directory_is_that_in_lists_of_participants<K: Kept>() {
    let world = World::<K>::new();
    world.store.create_tenant("a", None).await.unwrap();
    let mona = world.store.add_user(new_user("a", "m@x")).await.unwrap();
    let raw_id = RawId::new(&mona.raw_id).unwrap();
    let thread = world.create(1, &[], RetentionPolicy::None).await;
    let participant = Participant {
        raw_id: raw_id.clone(),
        display_name: Some("Mona".into()),
        share_history_from: UnixMillis(0),
        metadata: Metadata::default(),
    };
    let add = vec![NewParticipant { participant, admission: Admission::Admitted }];
    world.act(&thread, "ada", Command::AddParticipants(add)).await.unwrap();
    let before: Vec<Event> = world.log(&thread, "ada", 0).await.unwrap();
    let change = UserChange { display_name: Some("Mona Lisa".to_owned()), ..UserChange::default() };
    world.store.set_user(None, "m@x", change).await.unwrap();
    let listed =
        world.store.chat_participants(world.rules.clone(), thread.clone(), actor("ada"), 0, None, 10);
    let listed = listed.await.unwrap().items;
    let shown = listed.iter().find(|p| p.raw_id == raw_id).and_then(|p| p.display_name.clone());
    assert_eq!(shown, Some("Mona Lisa".into()));
    assert_eq!(world.log(&thread, "ada", 0).await.unwrap(), before);
}
