//! The switches for what the preview of 2021 did not allow, each on and off, through the REST interface.

use super::support::{User, assert_error, path};
use crate::admin::{allow, mona};
use crate::harness::World;
use liaison_server::admin::TokenSubject;
use liaison_server::{ChatPolicy, ChatRates};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// An app's user and a member of staff who may reach each other, under a policy.
async fn both(policy: ChatPolicy) -> (World, User, User) {
    let world = World::start_with(|limits| {
        limits.chat_policy = policy;
        limits.chat_rates = ChatRates::unlimited();
    })
    .await;
    let admin = world.admin().await;
    admin.create_tenant("contoso", None).await.unwrap();
    let staff = admin.add_user(mona("contoso")).await.unwrap();
    admin.set_federation("contoso", allow("default")).await.unwrap();
    let subject = TokenSubject::User { tenant: None, user: staff.object_id };
    let token = admin.issue_token(subject, &["chat".to_owned()], None).await.unwrap().token;
    admin.close().await;
    let app = User::new(&world).await;
    let staff = User::of(&world, &staff.raw_id, &token);
    (world, app, staff)
}

/// What comes of an attempt.
fn judge(answer: &(StatusCode, Value), allowed: bool, what: &str) {
    match allowed {
        true => assert!(answer.0.is_success(), "{what}: {answer:?}"),
        false => assert_error(answer, 403, "Forbidden"),
    }
}

/// Everything that a switch is about, and what is allowed whatever they say.
async fn tried(policy: ChatPolicy) {
    let (_world, app, staff) = both(policy).await;
    let with = |user: &User| json!({ "topic": "t", "participants": [user.participant("P")] });
    let by_staff = staff.post("/chat/threads", with(&app)).await;
    judge(&by_staff, policy.staff_start_threads, "staff start a thread");
    if policy.staff_start_threads {
        assert!(by_staff.1.get("invalidParticipants").is_none(), "{by_staff:?}");
    }
    let (status, made) = app.post("/chat/threads", with(&staff)).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let messages = format!("{}/messages", path(made["chatThread"]["id"].as_str().unwrap()));

    for (who, user, may_edit) in [("app", &app, true), ("staff", &staff, policy.staff_edit_messages)] {
        let html = |content: &str| json!({ "content": content, "type": "html" });
        let image = user.post(&messages, html("see <img src=\"https://example.org/x.png\">")).await;
        judge(&image, policy.files_and_images, &format!("{who} sends an image"));
        for link in [
            html("<a href=\"https://example.org/x.png\">x</a>"),
            json!({ "content": "https://example.org/x.png" }),
        ] {
            judge(&user.post(&messages, link).await, true, &format!("{who} sends a link"));
        }
        let (_, sent) = user.post(&messages, html("first")).await;
        let message = format!("{messages}/{}", sent["id"].as_str().unwrap());
        let edited = user.patch(&message, json!({ "content": "second" })).await;
        judge(&edited, may_edit, &format!("{who} edits"));
        let smuggled =
            user.patch(&message, json!({ "content": "<img src=\"https://example.org/x.png\">" })).await;
        judge(&smuggled, may_edit && policy.files_and_images, &format!("{who} edits an image in"));
        judge(&user.delete(&message).await, true, &format!("{who} deletes"));
    }
}

#[tokio::test]
async fn each_switch_withholds_its_own_thing_only() {
    let open = ChatPolicy::OPEN;
    for policy in [
        open,
        ChatPolicy { staff_start_threads: false, ..open },
        ChatPolicy { files_and_images: false, ..open },
        ChatPolicy { staff_edit_messages: false, ..open },
    ] {
        tried(policy).await;
    }
}

#[tokio::test]
async fn the_preview_withholds_all_three() {
    let preview: ChatPolicy = "teams-preview".parse().unwrap();
    assert_eq!(
        preview,
        ChatPolicy { staff_start_threads: false, files_and_images: false, staff_edit_messages: false }
    );
    tried(preview).await;
}
