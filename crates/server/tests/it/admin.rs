//! Administration, through the socket and on the folder itself.

use crate::harness::{World, config, folder};
use liaison_server::admin::{Admin, AdminError, TokenSubject};
use liaison_server::directory::{NewUser, UserChange, UserMode};
use liaison_server::federation::{AcsUserLabel, FederationChange};
use liaison_server::{Server, ServerError};
use std::os::unix::fs::PermissionsExt;

pub fn mona(tenant: &str) -> NewUser {
    NewUser {
        tenant: tenant.to_owned(),
        object_id: None,
        user_principal_name: "mona#ext@contoso.example".to_owned(),
        display_name: "Mona Kane".to_owned(),
        mode: UserMode::TeamsOnly,
        enable_acs_federation_access: true,
    }
}

pub fn allow(resource: &str) -> FederationChange {
    FederationChange {
        enable_acs_users: Some(true),
        allowed_acs_resources: Some(vec![resource.to_owned()]),
        ..FederationChange::default()
    }
}

/// Every operation, on whichever way `admin` has.
async fn everything(admin: &Admin) {
    let shop = admin.create_resource("shop").await.unwrap();
    assert!(admin.list_resources().await.unwrap().contains(&shop));
    assert!(matches!(admin.create_resource("shop").await, Err(AdminError::Invalid(_))));
    assert!(matches!(admin.resource_keys("none").await, Err(AdminError::NotFound(_))));
    let tenant = admin.create_tenant("contoso", Some("6D9D6D6F-0000-4000-8000-000000000001")).await.unwrap();
    assert_eq!(tenant.id, "6d9d6d6f-0000-4000-8000-000000000001");
    assert!(matches!(admin.create_tenant("x", Some("x")).await, Err(AdminError::Invalid(_))));
    assert_eq!(admin.list_tenants().await.unwrap(), std::slice::from_ref(&tenant));
    let user = admin.add_user(mona("contoso")).await.unwrap();
    assert_eq!(admin.list_users("contoso", None).await.unwrap(), std::slice::from_ref(&user));

    let explained = admin.explain("shop", None, &user.user_principal_name).await.unwrap();
    assert_eq!(explained.cause.as_deref(), Some("acs-users-disabled"));
    let change = FederationChange {
        label_for_allowed_acs_users: Some(AcsUserLabel::External),
        hide_banner_for_allowed_acs_users: Some(true),
        require_acs_federation_for_meeting: Some(true),
        ..allow("shop")
    };
    let set = admin.set_federation("contoso", change).await.unwrap();
    assert_eq!(admin.federation(&tenant.id).await.unwrap(), set);
    assert_eq!(
        (set.allowed_acs_resources.as_slice(), set.hide_banner_for_allowed_acs_users),
        (&[shop.id.clone()][..], true)
    );
    let explained = admin.explain(&shop.id, Some("contoso"), &user.raw_id).await.unwrap();
    assert!(
        explained.call_allowed && explained.chat_allowed && explained.terms.iter().all(|term| term.holds)
    );

    let change = UserChange { mode: Some(UserMode::Islands), ..UserChange::default() };
    admin.set_user(None, &user.object_id, change).await.unwrap();
    let explained = admin.explain("shop", None, &user.object_id).await.unwrap();
    assert_eq!((explained.call_allowed, explained.chat_allowed), (false, true));
    assert_eq!(explained.call_end, Some((403, 5223)));
    let unknown = admin.explain("shop", None, "nobody@nowhere.example").await.unwrap();
    assert_eq!(unknown.cause.as_deref(), Some("unknown-user"));

    let voip = ["voip".to_owned()];
    let new = TokenSubject::NewIdentity { resource: Some("shop".to_owned()) };
    let token = admin.issue_token(new, &voip, Some(60)).await.unwrap();
    assert!(token.raw_id.starts_with(&format!("8:acs:{}_", shop.id)));
    let again = TokenSubject::Identity { raw_id: token.raw_id.clone() };
    admin.issue_token(again.clone(), &voip, None).await.unwrap();
    let staff = TokenSubject::User { tenant: None, user: user.user_principal_name.clone() };
    assert_eq!(admin.issue_token(staff.clone(), &voip, None).await.unwrap().raw_id, user.raw_id);
    let reader = TokenSubject::DirectoryReader { tenant: "contoso".to_owned() };
    let reader = admin.issue_token(reader, &[], None).await.unwrap();
    assert_eq!(reader.scopes, ["directory.read"]);
    for (scopes, minutes) in
        [(&voip[..], Some(59)), (&voip, Some(1441)), (&[], None), (&["directory.read".to_owned()], None)]
    {
        for subject in [&again, &staff] {
            let refused = admin.issue_token(subject.clone(), scopes, minutes).await;
            assert!(matches!(refused, Err(AdminError::Invalid(_))), "{refused:?}");
        }
    }
    admin.revoke_tokens(&token.raw_id).await.unwrap();
    admin.revoke_tokens(&reader.raw_id).await.unwrap();
    assert!(matches!(admin.revoke_tokens("8:acs:x_y").await, Err(AdminError::NotFound(_))));
    admin.remove_user(Some("contoso"), &user.object_id).await.unwrap();
    assert!(matches!(admin.issue_token(staff, &voip, None).await, Err(AdminError::NotFound(_))));
    let done: Vec<String> =
        admin.audit(Some("contoso"), 10).await.unwrap().into_iter().map(|e| e.outcome).collect();
    for outcome in ["user-removed", "tokens-revoked", "user-changed", "federation-changed"] {
        assert!(done.iter().any(|one| one == outcome), "{outcome} in {done:?}");
    }
}

#[tokio::test]
async fn everything_through_the_running_service() {
    let world = World::start().await;
    let socket = world.dir.path().join("admin.sock");
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let admin = world.admin().await;
    assert!(admin.through_service());
    everything(&admin).await;
}

#[tokio::test]
async fn everything_on_the_folder_of_a_resting_service() {
    let mut world = World::start().await;
    let endpoint = world.endpoint();
    world.server.take().unwrap().shutdown().await;
    assert!(!world.dir.path().join("admin.sock").exists());
    let admin = world.admin().await;
    assert!(!admin.through_service());
    let keys = admin.resource_keys("default").await.unwrap();
    assert!(keys.primary_connection_string.contains(&endpoint), "{}", keys.primary_connection_string);
    everything(&admin).await;
    // The folder has one writer: neither a service nor another administrator gets in.
    let busy = Server::start(config(world.dir.path())).await;
    assert!(matches!(busy, Err(ServerError::FolderInUse { .. })), "{busy:?}");
    admin.close().await;
    let server = Server::start(config(world.dir.path())).await.unwrap();
    let admin = world.admin().await;
    assert!(admin.through_service());
    assert_eq!(admin.list_tenants().await.unwrap().len(), 1, "what was done is there");
    server.shutdown().await;
    let lost = admin.list_tenants().await;
    assert!(matches!(lost, Err(AdminError::Lost(_))), "{lost:?}");
}

#[tokio::test]
async fn a_folder_without_a_service_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let error = Admin::open(dir.path()).await.unwrap_err();
    assert!(error.to_string().contains("liaison serve --data"), "{error}");
    std::fs::write(dir.path().join("liaison.db"), "no database, whatever its name may say about it").unwrap();
    let error = Admin::open(dir.path()).await.unwrap_err();
    assert!(error.to_string().contains("restore a backup"), "{error}");
}

/// The socket of a killed service is still there; nobody listens on it.
#[tokio::test]
async fn a_socket_left_behind_is_in_nobodys_way() {
    let dir = folder();
    Server::start(config(dir.path())).await.unwrap().shutdown().await;
    drop(std::os::unix::net::UnixListener::bind(dir.path().join("admin.sock")).unwrap());
    let admin = Admin::open(dir.path()).await.unwrap();
    assert!(!admin.through_service());
    admin.close().await;
    let server = Server::start(config(dir.path())).await.unwrap();
    assert!(Admin::open(dir.path()).await.unwrap().through_service());
    server.shutdown().await;
}

#[tokio::test]
async fn a_folder_with_a_long_name_has_a_socket_too() {
    let dir = tempfile::tempdir().unwrap();
    let long = dir.path().join("x".repeat(120));
    let server = Server::start(config(&long)).await.unwrap();
    assert!(Admin::open(&long).await.unwrap().through_service());
    server.shutdown().await;
}

#[tokio::test]
async fn nonsense_on_the_socket_harms_nobody() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let world = World::start().await;
    let path = world.dir.path().join("admin.sock");
    let mut peers = Vec::new();
    for text in [&b"{}\n"[..], b"\n", b"{\"kind\":\"dropEverything\"}\n", b"\xff\xfe\n"] {
        let mut stream = tokio::net::UnixStream::connect(&path).await.unwrap();
        stream.write_all(text).await.unwrap();
        let mut answer = [0; 256];
        let n = stream.read(&mut answer).await.unwrap();
        assert!(String::from_utf8_lossy(&answer[..n]).contains("invalid"), "{text:?}");
        peers.push(stream);
    }
    let mut endless = tokio::net::UnixStream::connect(&path).await.unwrap();
    let _ = endless.write_all(&vec![b'x'; 1 << 20]).await;
    assert_eq!(endless.read(&mut [0; 16]).await.unwrap_or(0), 0, "a line without end is cut off");
    assert_eq!(world.admin().await.list_tenants().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_service_at_work_is_restored_whole() {
    use crate::chat::User;
    let mut world = World::start().await;
    let (ada, bob) = (User::new(&world).await, User::new(&world).await);
    let thread = ada.thread("lunch", &[&bob]).await;
    ada.send(&thread, "before").await;
    let outside = tempfile::tempdir().unwrap();
    let (to, again) = (outside.path().join("backup"), outside.path().join("data"));
    let admin = world.admin().await;
    assert!(admin.through_service());
    let found = admin.check().await.unwrap();
    assert_eq!((found.threads, found.problems.as_slice()), (1, &[][..]));
    let made = admin.back_up(&to).await.unwrap();
    assert!(matches!(admin.back_up(&to).await, Err(AdminError::Invalid(_))));
    ada.send(&thread, "after").await;
    world.server.take().unwrap().shutdown().await;

    assert_eq!(liaison_server::backup::restore(&to, &again).unwrap(), made);
    let restored = Admin::open(&again).await.unwrap();
    assert!(!restored.through_service());
    assert_eq!(restored.check().await.unwrap(), found);
    restored.close().await;
    // Its tokens and its certificate are good as well.
    let mut settings = config(&again);
    settings.listen = world.listen;
    world.server = Some(Server::start(settings).await.unwrap());
    assert_eq!(bob.texts(&thread).await, ["before"]);
    assert_eq!(ada.send(&thread, "on").await.len(), 13);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_erased_leaves_nothing_behind_but_their_raw_id() {
    use crate::chat::User;
    let mut world = World::start().await;
    let (ada, bob) = (User::new(&world).await, User::new(&world).await);
    let everywhere = |what: &'static str| {
        let file = std::fs::read(world.dir.path().join("liaison.db")).unwrap();
        let log = std::fs::read(world.dir.path().join("liaison.db-wal")).unwrap_or_default();
        [file, log].iter().any(|bytes| bytes.windows(what.len()).any(|window| window == what.as_bytes()))
    };
    let body = serde_json::json!({
        "topic": "lunch",
        "participants": [ada.participant("Adalovelace"), bob.participant("Bob")],
    });
    let (_, made) = bob.post("/chat/threads", body).await;
    let thread = crate::chat::path(made["chatThread"]["id"].as_str().unwrap());
    let left = bob.thread("left", &[&ada]).await;
    ada.send(&thread, "quitesecret").await;
    ada.send(&left, "oncesecret").await;
    let remove = format!("{left}/participants/:remove");
    let (status, _) = bob.post(&remove, serde_json::json!({ "rawId": ada.raw_id })).await;
    assert!(status.is_success());
    let read = bob.send(&thread, "kept").await;
    ada.post(&format!("{thread}/readReceipts"), serde_json::json!({ "chatMessageId": read })).await;
    assert!(everywhere("quitesecret") && everywhere("oncesecret") && everywhere("Adalovelace"));

    let admin = world.admin().await;
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("ada.jsonl");
    assert!(admin.export_subject(&ada.raw_id, &file).await.unwrap() >= 6);
    let text = std::fs::read_to_string(&file).unwrap();
    let kinds = ["identity", "thread", "message", "receipt"].map(|kind| format!(r#""kind":"{kind}""#));
    assert!(kinds.iter().all(|kind| text.contains(kind.as_str())), "{text}");
    assert!(text.contains("quitesecret") && text.contains("oncesecret") && !text.contains("kept"), "{text}");

    admin.erase_subject(&ada.raw_id).await.unwrap();
    admin.erase_subject(&ada.raw_id).await.unwrap();
    assert_eq!(bob.texts(&thread).await, ["kept"]);
    assert_eq!(ada.get(&thread).await.0, reqwest::StatusCode::UNAUTHORIZED);
    let (_, page) = bob.get(&format!("/liaison/v1{thread}/events?limit=200")).await;
    assert!(page.to_string().contains("chatMessageDeleted"), "others hear of it: {page}");
    assert_eq!(admin.check().await.unwrap().problems, [""; 0]);
    // Nobody reads any more, so that the file is all there is.
    world.server.take().unwrap().shutdown().await;
    for gone in ["quitesecret", "oncesecret", "Adalovelace"] {
        assert!(!everywhere(gone), "{gone}");
    }
}
